"""What is wrong with a broker's folder, in words.

Settings that open a door, keys that others can read, certificates that do not fit, paths that
mosquitto's account cannot reach.
"""

import os
import pwd
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from strongroom_gateway.broker.authority import GATEWAY_NAME, SERVER_NAME
from strongroom_gateway.broker.files import read_certificate, read_identity, read_revocation_list
from strongroom_gateway.broker.folder import BrokerFolder
from strongroom_gateway.broker.settings import Settings, access_list, configuration, directives
from strongroom_gateway.errors import BrokerError

SOON = timedelta(days=365)

# What follows when a line of mosquitto.conf is not as `init` wrote it. Other lines are the
# operator's.
CONSEQUENCES = {
    "listener": "nodes look for the broker elsewhere",
    "allow_anonymous": "anybody gets in",
    "tls_version": "old, broken encryption is accepted",
    "cafile": "certificates are checked against another authority",
    "certfile": "nodes see another certificate than the one made here",
    "keyfile": "nodes see another certificate than the one made here",
    "crlfile": "revoked nodes get in",
    "require_certificate": "clients get in without a certificate",
    "use_identity_as_username": "clients choose their own name",
    "use_username_as_clientid": "a node can take over the session of another",
    "acl_file": "other rules decide who may publish what",
    "max_inflight_messages": "alarms wait while the gateway's disk is slow",
    "persistence": "sessions are lost when the broker ends",
    "persistence_location": "sessions are saved elsewhere",
    "user": "mosquitto cannot read its files, or runs with more rights than it needs",
}
# Lines that add another way in or another judge; one of `init`'s own is no addition.
OPENERS = {
    "port": "a second listener, without TLS",
    "listener": "a second listener",
    "include_dir": "further settings that are not checked here",
    "password_file": "a second way to log in",
    "plugin": "a plugin that decides who gets in",
    "auth_plugin": "a plugin that decides who gets in",
    "bridge_cafile": "a bridge to another broker",
    "connection": "a bridge to another broker",
    "use_subject_as_username": "clients get another name than the one in their certificate",
}


def problems(folder: BrokerFolder) -> list[str]:
    """Return what is wrong, one sentence each; empty when nothing is.

    Raises BrokerError when the folder is none, OSError when a file may not be read by who asks.
    """
    settings = folder.settings()
    return [
        *_missing_files(folder),
        *_configuration(folder, settings),
        *_access_list(folder, settings),
        *_certificates(folder, settings),
        *_open_keys(folder),
        *_reach(folder, settings),
    ]


def _missing_files(folder: BrokerFolder) -> Iterator[str]:
    for name in ("mosquitto.conf", "acl", "ca/cert.pem", "server/revoked.pem", "data"):
        if not (folder.root / name).exists():
            yield f"{folder.root / name} is missing"


def _configuration(folder: BrokerFolder, settings: Settings) -> Iterator[str]:
    if not folder.configuration.exists():
        return
    lines = directives(folder.configuration.read_text())
    wanted = set(directives(configuration(settings, folder.root)))
    for line in sorted(wanted):
        key = line.split()[0]
        if key in CONSEQUENCES and line not in lines:
            instead = [other for other in lines if other.split()[0] == key]
            found = f" but {' and '.join(map(repr, instead))}" if instead else ""
            yield f"mosquitto.conf has no line {line!r}{found}: {CONSEQUENCES[key]}"
    for line in lines:
        key = line.split()[0]
        if key in OPENERS and line not in wanted:
            yield f"mosquitto.conf has the line {line!r}: {OPENERS[key]}"


def _access_list(folder: BrokerFolder, settings: Settings) -> Iterator[str]:
    if not folder.access_list.exists():
        return
    lines = directives(folder.access_list.read_text())
    wanted = directives(access_list(settings))
    for line in lines:
        if line not in wanted:
            yield f"acl has the line {line!r}, which `init` did not write: it allows more"
    for line in wanted:
        if line not in lines:
            yield f"acl has no line {line!r}: somebody cannot do their part or is not kept out"
    if sorted(lines) == sorted(wanted) and lines != wanted:
        yield "acl has its lines in another order: they now belong to other users"


def _certificates(folder: BrokerFolder, settings: Settings) -> Iterator[str]:
    authority_path = folder.root / "ca" / "cert.pem"
    if not authority_path.exists():
        return
    try:
        authority = read_certificate(authority_path)
        revoked = _revoked(folder, authority)
    except BrokerError as error:
        yield str(error)
        return
    yield from _validity("the authority", authority)
    expected = {
        "server": (SERVER_NAME, ExtendedKeyUsageOID.SERVER_AUTH),
        "gateway": (GATEWAY_NAME, ExtendedKeyUsageOID.CLIENT_AUTH),
    }
    for node in folder.nodes():
        expected[f"nodes/{node}"] = (node, ExtendedKeyUsageOID.CLIENT_AUTH)
    for place, (name, purpose) in expected.items():
        home = folder.root / place
        yield from _identity(home, name, purpose, authority, revoked)
    yield from _hosts(folder.root / "server" / "cert.pem", settings)


def _revoked(folder: BrokerFolder, authority: x509.Certificate) -> set[int]:
    """Return the revoked serials; raises BrokerError when mosquitto would refuse the list."""
    if not folder.revocation_list.exists():
        return set()
    listed = read_revocation_list(folder.revocation_list)
    public = authority.public_key()
    if not listed.is_signature_valid(public):  # type: ignore[arg-type]  # an EC key, as init makes it
        raise BrokerError(f"{folder.revocation_list} is not signed by ca/cert.pem: nobody gets in")
    end = listed.next_update_utc
    if end is not None and end < datetime.now(UTC):
        raise BrokerError(f"{folder.revocation_list} ended on {end:%Y-%m-%d}: nobody gets in")
    return {entry.serial_number for entry in listed}


def _identity(
    home: Path,
    name: str,
    purpose: x509.ObjectIdentifier,
    authority: x509.Certificate,
    revoked: set[int],
) -> Iterator[str]:
    for file in ("cert.pem", "key.pem", "ca.pem"):
        if not (home / file).exists():
            yield f"{home / file} is missing"
            return
    try:
        identity = read_identity(home)
        trusted = read_certificate(home / "ca.pem")
    except BrokerError as error:
        yield str(error)
        return
    certificate = identity.certificate
    path = home / "cert.pem"
    if trusted != authority:
        yield f"{home / 'ca.pem'} is not the authority in ca/cert.pem"
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        yield f"{path} is not signed by the authority in ca/cert.pem"
    if identity.key.public_key() != certificate.public_key():
        yield f"{home / 'key.pem'} does not belong to {path}"
    common_names = [
        attribute.value
        for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    ]
    if common_names != [name]:
        yield f"{path} is for {common_names}, not for {name!r}"
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
    if list(usage) != [purpose]:
        yield f"{path} may be used for more than its purpose"
    if certificate.serial_number in revoked:
        yield f"{path} is revoked"
    yield from _validity(str(path), certificate)
    yield from _binary_twins(home)


def _binary_twins(home: Path) -> Iterator[str]:
    """Compare the .der files of a node with their .pem twins."""
    der = home / "cert.der"
    if der.exists() and der.read_bytes() != read_certificate(home / "cert.pem").public_bytes(
        serialization.Encoding.DER
    ):
        yield f"{der} is not the certificate in cert.pem"


def _validity(what: str, certificate: x509.Certificate) -> Iterator[str]:
    now = datetime.now(UTC)
    end = certificate.not_valid_after_utc
    if end < now:
        yield f"{what} ended on {end:%Y-%m-%d}"
    elif end < now + SOON:
        yield f"{what} ends on {end:%Y-%m-%d}, in less than a year"
    if certificate.not_valid_before_utc > now:
        yield f"{what} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"


def _hosts(path: Path, settings: Settings) -> Iterator[str]:
    if not path.exists():
        return
    try:
        names = (
            read_certificate(path)
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value
        )
    except (BrokerError, x509.ExtensionNotFound):
        yield f"{path} names no host: every node refuses it"
        return
    named = {str(name.value) for name in names}
    for host in settings.hosts:
        if host not in named:
            yield f"{path} does not name {host!r}: nodes that look for it there refuse it"


def _open_keys(folder: BrokerFolder) -> Iterator[str]:
    for key in sorted(folder.root.rglob("key.*")):
        mode = key.stat().st_mode & 0o777
        if mode & 0o077:
            yield f"{key} can be read by others (mode {mode:04o}, should be 0600)"


def _reach(folder: BrokerFolder, settings: Settings) -> Iterator[str]:
    """Judge from owners and modes whether mosquitto's account can use its files."""
    try:
        account = pwd.getpwnam(settings.user)
    except KeyError:
        yield f"this machine has no account {settings.user!r}, under which mosquitto should run"
        return
    if account.pw_uid == 0:
        return
    groups = set(os.getgrouplist(account.pw_name, account.pw_gid))
    for path in (*reversed(folder.root.parents), folder.root):
        if not _allowed(path, account.pw_uid, groups, 0o1):
            yield f"{settings.user!r} cannot pass through {path}"
            return
    for name, bits in {"server": 0o5, "data": 0o7, "acl": 0o4}.items():
        if (path := folder.root / name).exists() and not _allowed(
            path, account.pw_uid, groups, bits
        ):
            yield f"{settings.user!r} cannot use {path}: it belongs to somebody else"
    for path in sorted((folder.root / "server").glob("*")):
        if not _allowed(path, account.pw_uid, groups, 0o4):
            yield f"{settings.user!r} cannot read {path}"


def _allowed(path: Path, user: int, groups: set[int], bits: int) -> bool:
    found = path.stat()
    if found.st_uid == user:
        return found.st_mode >> 6 & bits == bits
    if found.st_gid in groups:
        return found.st_mode >> 3 & bits == bits
    return found.st_mode & bits == bits
