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

from strongroom_node.compat import IS_MICROPYTHON, const, forget
from strongroom_node.errors import LinkError

_READ_BYTES = const(256)  # from a small board's socket at a time
_ADDRESS_USES = const(8)  # connects before the host name is looked up again


def explain(error):
    """Return the LinkError for an OSError, EOFError or ValueError raised by a socket or TLS."""
    from strongroom_node import dial_words

    text = str(error)
    try:
        return LinkError(dial_words.word(error, text.lower()), text or type(error).__name__)
    finally:
        forget("strongroom_node.dial_words")


def dialer(host, port, tls=None):
    """Return the async function that opens the stream; keys are read once, here."""
    if IS_MICROPYTHON:
        return _small_dialer(host, port, tls)
    from strongroom_node.dial_cpython import big_dialer

    return big_dialer(host, port, tls)


def _writable(sock):
    yield asyncio.core._io_queue.queue_write(sock)


class _Stream:
    """What a client needs of a stream, and no more: asyncio's own costs a node 1.5 KB."""

    def __init__(self, sock, buffer):
        self._sock = sock
        self._buffer = buffer
        self._out = (
            None  # what is still to be sent; a view, for a small heap has no room for copies
        )

    def read(self, n):
        """Return some bytes when there are any, b"" at the end."""
        while True:
            yield asyncio.core._io_queue.queue_read(self._sock)
            got = self._sock.readinto(self._buffer)
            if got is not None:  # None: the bytes that came were TLS's own
                return bytes(self._buffer[:got])

    def write(self, data):
        """Keep bytes for `drain`; they must not change until then."""
        self._out = memoryview(bytes(self._out) + data if self._out else data)

    def drain(self):
        """Send what was written."""
        while self._out:
            yield asyncio.core._io_queue.queue_write(self._sock)
            sent = self._sock.write(self._out)
            if sent is not None:
                self._out = self._out[sent:]
        self._out = None


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
    # One for all connections: after some hours so much is seldom to be had in one piece.
    buffer = memoryview(bytearray(_READ_BYTES))

    async def dial():
        if not known or known[1] >= _ADDRESS_USES:
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
            await _writable(raw)
            sock = raw
            if context is not None:
                sock = context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
        except BaseException:
            raw.close()
            raise
        stream = _Stream(sock, buffer)

        def hang_up():
            # A TLS socket whose handshake failed has let go of the socket below without closing it.
            sock.close()
            if sock is not raw:
                raw.close()

        return stream, stream, hang_up

    return dial
