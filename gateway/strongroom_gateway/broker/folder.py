"""The broker's folder: what is where, made in one step, changed so that a crash leaves it usable.

DIR/
  broker.json      what `init` was told
  mosquitto.conf   start mosquitto with `mosquitto -c` this
  acl              who may publish and receive what
  server/          what mosquitto reads: ca.pem cert.pem key.pem revoked.pem
  data/            what mosquitto writes
  gateway/         for the gateway: ca.pem cert.pem key.pem
  nodes/NODE/      for one node: ca, cert and key, each as .pem and .der
  ca/              the authority's cert.pem and key.pem: whoever has this key owns the room
  revoked/         certificates that are refused
"""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography import x509

from strongroom_gateway.broker.authority import GATEWAY_NAME, Authority, Identity
from strongroom_gateway.broker.files import (
    READABLE,
    SECRET,
    read_certificate,
    read_identity,
    read_revocation_list,
    replace_file,
    write_identity,
    write_new,
)
from strongroom_gateway.broker.settings import Settings, access_list, configuration
from strongroom_gateway.errors import BrokerError

PRIVATE_FOLDER = 0o700
OPEN_FOLDER = 0o755


class BrokerFolder:
    """One folder made by `create`, opened to look at it or to change it."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.configuration = self.root / "mosquitto.conf"
        self.access_list = self.root / "acl"
        self.revocation_list = self.root / "server" / "revoked.pem"

    def node(self, name: str) -> Path:
        """Return the folder with what one node needs."""
        return self.root / "nodes" / name

    def nodes(self) -> list[str]:
        """Return the names of all nodes that hold a certificate, sorted."""
        folder = self.root / "nodes"
        return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []

    def settings(self) -> Settings:
        """Return what `init` was told; raises BrokerError when this is no broker folder."""
        path = self.root / "broker.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=Settings)
        except FileNotFoundError:
            raise BrokerError(
                f"{self.root} is not a broker folder: it has no broker.json"
                " ('strongroom broker init' makes one)"
            ) from None
        except msgspec.MsgspecError as error:
            raise BrokerError(f"{path} cannot be read: {error}") from None

    def authority(self) -> Authority:
        """Return the authority with its key; raises BrokerError when the key is not here."""
        path = self.root / "ca" / "key.pem"
        if not path.exists():
            raise BrokerError(
                f"{path} is not here: bring the authority's key back to issue or revoke"
            )
        return Authority(read_identity(path.parent))

    def add_node(self, name: str) -> Path:
        """Issue a certificate for a node and return the folder that goes to it."""
        self.settings()
        home = self.node(name)
        if home.exists():
            raise BrokerError(
                f"{name} has a certificate already, in {home}; revoke it first to replace it"
            )
        authority = self.authority()
        # The name appears with all of its files or not at all.
        making = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=self.root))
        try:
            _write_node(making, authority.issue_client(name), authority.identity)
            making.rename(home)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return home

    def revoke(self, name: str) -> None:
        """Put a node's certificate on the list of refused ones and delete its key.

        Mosquitto reads the list when it starts.
        """
        self.settings()
        home = self.node(name)
        if not home.is_dir():
            known = ", ".join(self.nodes()) or "none"
            raise BrokerError(f"no node {name!r} has a certificate here; those that have: {known}")
        authority = self.authority()
        serial = read_certificate(home / "cert.pem").serial_number
        listed = read_revocation_list(self.revocation_list)
        revoked = {entry.serial_number: entry.revocation_date_utc for entry in listed}
        revoked.setdefault(serial, datetime.now(UTC).replace(microsecond=0))
        number = listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        # The list first: after a crash in between the node is refused, and revoking again
        # completes.
        replace_file(self.revocation_list, authority.revocation_list(revoked.items(), number + 1))
        kept = self.root / "revoked" / f"{name}-{serial:x}"
        home.rename(kept)
        for key in kept.glob("key.*"):
            key.unlink()


def create(root: Path, settings: Settings, nodes: Iterable[str]) -> BrokerFolder:
    """Make the folder with all keys, certificates and settings, in one step.

    Raises BrokerError when `root` holds anything already: keys are never overwritten.
    """
    root = root.absolute()
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise BrokerError(f"{root} exists and is not empty: keys are made in a new folder only")
    root.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{root.name}.", dir=root.parent))
    try:
        _fill(making, root, settings, nodes)
        making.chmod(OPEN_FOLDER)  # mosquitto's account must get through to its own part
        making.rename(root)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return BrokerFolder(root)


def _fill(making: Path, root: Path, settings: Settings, nodes: Iterable[str]) -> None:
    """Write everything into `making`, which will be called `root`."""
    for name, mode in {
        "ca": PRIVATE_FOLDER,
        "nodes": PRIVATE_FOLDER,
        "gateway": PRIVATE_FOLDER,
        "server": PRIVATE_FOLDER,
        "data": PRIVATE_FOLDER,
        "revoked": OPEN_FOLDER,
    }.items():
        (making / name).mkdir()
        (making / name).chmod(mode)
    authority = Authority.create(settings.room)
    write_identity(making / "ca", authority.identity)
    write_identity(making / "server", authority.issue_server(settings.hosts))
    write_new(making / "server" / "ca.pem", authority.identity.certificate_pem)
    write_new(making / "server" / "revoked.pem", authority.revocation_list([], 1))
    write_identity(making / "gateway", authority.issue_client(GATEWAY_NAME))
    write_new(making / "gateway" / "ca.pem", authority.identity.certificate_pem)
    for node in nodes:
        home = making / "nodes" / node
        home.mkdir()
        home.chmod(PRIVATE_FOLDER)
        _write_node(home, authority.issue_client(node), authority.identity)
    write_new(making / "mosquitto.conf", configuration(settings, root).encode(), READABLE)
    write_new(making / "acl", access_list(settings).encode(), SECRET)
    write_new(making / "broker.json", msgspec.json.format(msgspec.json.encode(settings)) + b"\n")
    _hand_over(making, settings.user)


def _write_node(folder: Path, identity: Identity, authority: Identity) -> None:
    write_identity(folder, identity, der=True)
    write_new(folder / "ca.pem", authority.certificate_pem)
    write_new(folder / "ca.der", authority.certificate_der)


def _hand_over(folder: Path, user: str) -> None:
    """Give what mosquitto reads and writes to the account it runs under."""
    if os.geteuid() != 0:
        return
    account = pwd.getpwnam(user)
    for part in ("server", "data", "acl"):
        for path in (folder / part, *(folder / part).glob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)
