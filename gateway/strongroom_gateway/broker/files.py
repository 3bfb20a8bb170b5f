"""Files of the broker's folder: keys only their owner can read, and nothing is overwritten."""

import os
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from strongroom_gateway.broker.authority import Identity
from strongroom_gateway.errors import BrokerError

SECRET = 0o600
READABLE = 0o644


def write_new(path: Path, content: bytes, mode: int = READABLE) -> None:
    """Write a file that must not exist yet, with `mode` from its first byte on.

    Raises BrokerError when there is a file already: a key that is overwritten is gone.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise BrokerError(f"{path} exists already and is not overwritten") from None
    with open(descriptor, "wb") as file:  # noqa: PTH123 - takes over a descriptor, which Path cannot
        os.fchmod(descriptor, mode)  # the umask may have taken bits away
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Put a new file, with the owner and mode of the old one, in its place in one step."""
    old = path.stat()
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    write_new(fresh, content, old.st_mode & 0o777)
    if os.geteuid() == 0:
        os.chown(fresh, old.st_uid, old.st_gid)
    fresh.replace(path)


def write_identity(folder: Path, identity: Identity, *, der: bool = False) -> None:
    """Write a certificate and its key as PEM, and as DER as well when `der` is set."""
    write_new(folder / "cert.pem", identity.certificate_pem)
    write_new(folder / "key.pem", identity.key_pem, SECRET)
    if der:
        write_new(folder / "cert.der", identity.certificate_der)
        write_new(folder / "key.der", identity.key_der, SECRET)


def read_certificate(path: Path) -> x509.Certificate:
    """Return a certificate; raises BrokerError naming the file when there is none in it."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise BrokerError(f"{path} holds no certificate: {error}") from None


def read_revocation_list(path: Path) -> x509.CertificateRevocationList:
    """Return a list of revoked certificates; raises BrokerError when there is none in the file."""
    try:
        return x509.load_pem_x509_crl(path.read_bytes())
    except ValueError as error:
        raise BrokerError(f"{path} holds no revocation list: {error}") from None


def read_identity(folder: Path) -> Identity:
    """Return the certificate and key of a folder; raises BrokerError when one cannot be read."""
    path = folder / "key.pem"
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise BrokerError(f"{path} holds no private key: {error}") from None
    # Only `init` writes here, and it writes nothing but P-256 keys.
    return Identity(read_certificate(folder / "cert.pem"), cast(ec.EllipticCurvePrivateKey, key))
