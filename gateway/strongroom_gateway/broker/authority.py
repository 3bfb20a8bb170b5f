"""The certificate authority of one room: issues certificates and the list of revoked ones.

Keys are P-256, the one curve that every MicroPython board of ours can load. Nothing here touches
a file.

All certificates are valid from 1970 on and for 30 years from now. A node without a battery-backed
clock starts in the year 2000 (ESP32) or at the date of its last shutdown (Raspberry Pi) and gets
the time from the gateway, over the very connection that the certificate protects: with a later
first day it could never connect. And nobody comes by to renew the certificate of a sensor behind
a shelf; one that must go is revoked.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_FROM = datetime(1970, 1, 1, tzinfo=UTC)
VALID_FOR = timedelta(days=30 * 365.25)

SERVER_NAME = "broker"
GATEWAY_NAME = "gateway"


@dataclass(frozen=True)
class Identity:
    """A certificate and the private key that belongs to it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def certificate_der(self) -> bytes:
        """The certificate in the binary form that MicroPython loads."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        """The private key as text, not encrypted: a machine has nobody to ask for a password."""
        return self._key_bytes(serialization.Encoding.PEM)

    @property
    def key_der(self) -> bytes:
        """The private key in the binary form that MicroPython loads."""
        return self._key_bytes(serialization.Encoding.DER)

    def _key_bytes(self, encoding: serialization.Encoding) -> bytes:
        return self.key.private_bytes(
            encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


class Authority:
    """Signs what the broker of one room trusts."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity

    @classmethod
    def create(cls, room: str) -> "Authority":
        """Return a new authority with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"Strongroom {room} CA")
        certificate = (
            _builder(name, name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(sign_certificates=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        return cls(Identity(certificate, key))

    def issue_server(self, hosts: Sequence[str]) -> Identity:
        """Return a certificate for the broker under all of its host names and IP addresses."""
        names = x509.SubjectAlternativeName([_host_name(host) for host in hosts])
        return self._issue(SERVER_NAME, ExtendedKeyUsageOID.SERVER_AUTH, names)

    def issue_client(self, name: str) -> Identity:
        """Return a certificate whose common name is the user name the broker will see.

        It is good for clients only: a stolen node key cannot pass itself off as the broker.
        """
        return self._issue(name, ExtendedKeyUsageOID.CLIENT_AUTH)

    def revocation_list(self, serials: Iterable[tuple[int, datetime]], number: int) -> bytes:
        """Return the signed list of revoked serial numbers as PEM; `number` counts the lists up.

        It lasts as long as the authority: a broker refuses everybody once its list is out of date.
        """
        authority = self.identity.certificate
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(authority.subject)
            .last_update(VALID_FROM)
            .next_update(authority.not_valid_after_utc)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(_signed_by(self.identity), critical=False)
        )
        for serial, revoked_at in serials:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(revoked_at)
                .build()
            )
        signed = builder.sign(self.identity.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)

    def _issue(
        self,
        common_name: str,
        purpose: x509.ObjectIdentifier,
        hosts: x509.SubjectAlternativeName | None = None,
    ) -> Identity:
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key()
        builder = (
            _builder(_name(common_name), self.identity.certificate.subject, public)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(sign_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(_signed_by(self.identity), critical=False)
        )
        if hosts is not None:
            builder = builder.add_extension(hosts, critical=False)
        return Identity(builder.sign(self.identity.key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    # Whole seconds: a certificate holds no fractions.
    end = (datetime.now(UTC) + VALID_FOR).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(end)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _signed_by(identity: Identity) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(identity.key.public_key())


def _key_usage(sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
