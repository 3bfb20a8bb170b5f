"""Opens the byte stream to a broker, plain or TLS with a client certificate, on both interpreters.

    dial = dialer("broker.lan", 8883, tls)   # tls: None or {"ca": b"", "cert": b"", "key": b""}
    reader, writer, hang_up = await dial()

`tls` holds file contents, PEM or DER. The broker's certificate is always checked: signed by `ca`,
in date, and made out to the host we asked for. Errors are LinkErrors with one of these words:

    resolve  refused  unreachable  timeout  closed  network
    tls_untrusted  tls_host  tls_expired  tls_early  tls_refused (the broker did not like ours)  tls
"""

import asyncio
import errno

from strongroom_node.compat import IS_MICROPYTHON
from strongroom_node.errors import LinkError

ADDRESS_USES = 8  # connects before the host name is looked up again
_WORDS = {
    "ECONNREFUSED": "refused",
    "EHOSTUNREACH": "unreachable",
    "ENETUNREACH": "unreachable",
    "ENETDOWN": "unreachable",
    "ETIMEDOUT": "timeout",
    "ECONNRESET": "closed",
    "ECONNABORTED": "closed",
    "ENOTCONN": "closed",
    "EPIPE": "closed",
    "EBADF": "closed",
}
_CLOSED = ("ConnectionResetError", "ConnectionAbortedError", "BrokenPipeError")
# Not every number has a name in MicroPython's errno.
_LINUX_ONLY = {32: "closed", 100: "unreachable", 101: "unreachable"}
_FATAL_ALERT = -30592  # mbedTLS, where it leaves out the words
# How mbedTLS and OpenSSL put it, in lower case.
_TLS_WORDS = (
    ("expected cn", "tls_host"),
    ("hostname mismatch", "tls_host"),
    ("ip address mismatch", "tls_host"),
    ("expired", "tls_expired"),
    ("not yet valid", "tls_early"),
    ("starts in the future", "tls_early"),
    ("not correctly signed", "tls_untrusted"),
    ("unable to get", "tls_untrusted"),
    ("self-signed", "tls_untrusted"),
    ("self signed", "tls_untrusted"),
    ("signature failure", "tls_untrusted"),
    ("fatal alert", "tls_refused"),
    ("fatal_alert", "tls_refused"),
    ("alert", "tls_refused"),
)


def explain(error):
    """Return the LinkError for an OSError, EOFError or ValueError raised by a socket or TLS."""
    text = str(error)
    return LinkError(_word(error, text.lower()), text or type(error).__name__)


def _word(error, low):
    # asyncio raises some closed connections without a number.
    if isinstance(error, EOFError) or type(error).__name__ in _CLOSED:
        return "closed"
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if -256 < number < 0:
        return "resolve"  # host name look-ups number their errors from -1 down
    if number == _FATAL_ALERT:
        return "tls_refused"
    if number < 0 or "ssl" in low or "certificate" in low or isinstance(error, ValueError):
        for part, word in _TLS_WORDS:
            if part in low:
                return word
        return "tls"
    return _WORDS.get(errno.errorcode.get(number)) or _LINUX_ONLY.get(number) or "network"


def dialer(host, port, tls=None):
    """Return the async function that opens the stream; keys are read once, here."""
    if IS_MICROPYTHON:
        return _small_dialer(host, port, tls)
    return _big_dialer(host, port, tls)


def _small_dialer(host, port, tls):
    import socket

    context = None
    if tls is not None:
        import tls as mbed

        context = mbed.SSLContext(mbed.PROTOCOL_TLS_CLIENT)
        context.verify_mode = mbed.CERT_REQUIRED
        try:
            context.load_verify_locations(tls["ca"])
            context.load_cert_chain(tls["cert"], tls["key"])
        except (ValueError, OSError) as error:
            raise LinkError("tls", "unusable key or certificate: %s" % error)
    known = []  # [address, times used]

    def writable(sock):
        yield asyncio.core._io_queue.queue_write(sock)

    async def dial():
        if not known or known[1] >= ADDRESS_USES:
            # This call blocks the whole node while a name server is asked, so its answer is used
            # more than once; an address in the settings instead of a name never blocks.
            try:
                known[:] = [socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0], 0]
            except OSError as error:
                raise LinkError("resolve", "%s: %s" % (host, error))
        known[1] += 1
        found = known[0]
        raw = socket.socket(found[0], found[1], found[2])
        try:
            raw.setblocking(False)
            try:
                raw.setsockopt(6, 1, 1)  # TCP_NODELAY
            except OSError:
                pass  # a port without it is slower, not wrong
            try:
                raw.connect(found[-1])
            except OSError as error:
                if error.errno != errno.EINPROGRESS:
                    raise
            await writable(raw)
            sock = raw
            if context is not None:
                sock = context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
        except BaseException:
            raw.close()
            raise
        stream = asyncio.StreamReader(sock)

        def hang_up():
            # A TLS socket whose handshake failed has let go of the socket below without closing it.
            sock.close()
            if sock is not raw:
                raw.close()

        return stream, stream, hang_up

    return dial


def _big_dialer(host, port, tls):
    context = _big_context(tls) if tls is not None else None

    async def dial():
        import socket

        try:
            reader, writer = await asyncio.open_connection(
                host, port, ssl=context, server_hostname=host if context else None
            )
        except socket.gaierror as error:
            raise LinkError("resolve", "%s: %s" % (host, error))
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return reader, writer, writer.transport.abort

    return dial


def _big_context(tls):
    import os
    import ssl
    import tempfile

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    name = None
    try:
        ca = tls["ca"]
        context.load_verify_locations(cadata=ca.decode() if b"-----BEGIN" in ca else ca)
        # The library reads key pairs from files only; this one is ours alone and gone at once.
        handle, name = tempfile.mkstemp()
        with os.fdopen(handle, "wb") as file:
            file.write(_pem(tls["cert"], "CERTIFICATE") + _pem(tls["key"], None))
        context.load_cert_chain(name)
    except (ValueError, OSError) as error:
        raise LinkError("tls", "unusable key or certificate: %s" % error)
    finally:
        if name is not None:
            os.remove(name)
    return context


def _pem(data, label):
    """Return PEM text of PEM or DER bytes; without a label it is a key."""
    import base64

    if b"-----BEGIN" in data:
        return data + b"\n"
    if label is None:
        # Behind the outer header and the version comes a SEQUENCE in PKCS #8, an OCTET STRING in
        # SEC 1.
        start = 2 if data[1] < 0x80 else 2 + (data[1] & 0x7F)
        label = "PRIVATE KEY" if data[start + 3] == 0x30 else "EC PRIVATE KEY"
    body = base64.encodebytes(data)
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label.encode(), body, label.encode())
