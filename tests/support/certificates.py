"""Certificates for tests: an authority, and what it signs, good or deliberately wrong."""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate authority that keeps what it signs in one folder."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        """Make a P-256 key and a certificate signed by itself, as ca.pem and ca.der."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self._certificate = (
            self._builder(self._name, self._key, NOW - 365 * DAY, NOW + 365 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.pem = folder / "ca.pem"
        self.der = folder / "ca.der"
        self.pem.write_bytes(self._certificate.public_bytes(Encoding.PEM))
        self.der.write_bytes(self._certificate.public_bytes(Encoding.DER))

    def issue(
        self,
        name: str,
        hosts: tuple[str, ...] = (),
        *,
        starts: datetime.datetime = NOW - DAY,
        ends: datetime.datetime = NOW + 30 * DAY,
    ) -> dict[str, str]:
        """Sign a certificate; return the paths cert, key (PEM), cert_der, key_der, key_sec1_der."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_name(name), key, starts, ends)
        if hosts:
            names = [_host(host) for host in hosts]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        secret, pkcs8 = NoEncryption(), PrivateFormat.PKCS8
        parts = {
            "cert": certificate.public_bytes(Encoding.PEM),
            "cert_der": certificate.public_bytes(Encoding.DER),
            "key": key.private_bytes(Encoding.PEM, pkcs8, secret),
            "key_der": key.private_bytes(Encoding.DER, pkcs8, secret),
            "key_sec1_der": key.private_bytes(
                Encoding.DER, PrivateFormat.TraditionalOpenSSL, secret
            ),
        }
        paths = {}
        for part, content in parts.items():
            path = self.folder / f"{name}.{part}"
            path.write_bytes(content)
            paths[part] = str(path)
        return paths

    def _builder(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        starts: datetime.datetime,
        ends: datetime.datetime,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(starts)
            .not_valid_after(ends)
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
