"""The byte stream to a broker as CPython opens it: see dial.py."""

import asyncio

from strongroom_node.errors import LinkError


def big_dialer(host, port, tls):
    """Return the async function that opens the stream; keys are read once, here."""
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
