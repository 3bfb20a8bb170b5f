"""`strongroom broker`: certificates and settings for mosquitto, made, extended, checked."""

import argparse
import ipaddress
import os
import pwd
import re
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from strongroom_gateway.broker.authority import GATEWAY_NAME
from strongroom_gateway.broker.check import problems
from strongroom_gateway.broker.folder import BrokerFolder, create
from strongroom_gateway.broker.settings import Settings
from strongroom_gateway.contract.types import Name
from strongroom_gateway.errors import BrokerError

DEFAULT_PORT = 8883
PACKAGED_USER = "mosquitto"
# These stand where a node's name stands in a topic, or name the gateway's certificate.
RESERVED = {GATEWAY_NAME, "state", "alarm"}
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")


def register(subparsers: Any) -> None:
    """Add `broker` and what it can do to the command line."""
    parser = subparsers.add_parser(
        "broker", help="make and check certificates and settings for mosquitto"
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    init = actions.add_parser("init", help="make a new folder with keys, certificates and settings")
    init.add_argument("folder", metavar="DIR", type=Path, help="a new or empty folder")
    init.add_argument("--room", required=True, help="the id of the room")
    init.add_argument(
        "--node", action="append", default=[], metavar="NODE", help="the id of a node; repeatable"
    )
    init.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="HOST",
        help="a name or IP address under which nodes reach the broker; repeatable;"
        " without it this machine's name, also with .local",
    )
    init.add_argument("--port", type=int, default=DEFAULT_PORT, help="TCP port (default: 8883)")
    init.add_argument(
        "--bind", metavar="ADDRESS", help="listen on this local address only (default: on all)"
    )
    init.add_argument(
        "--user",
        metavar="ACCOUNT",
        help="the account that runs mosquitto (default: mosquitto for root, else your own)",
    )
    init.set_defaults(run=run_init)

    add = actions.add_parser("add-node", help="issue a certificate for one more node")
    add.add_argument("folder", metavar="DIR", type=Path)
    add.add_argument("node", metavar="NODE")
    add.set_defaults(run=run_add_node)

    revoke = actions.add_parser("revoke", help="refuse a node's certificate from now on")
    revoke.add_argument("folder", metavar="DIR", type=Path)
    revoke.add_argument("node", metavar="NODE")
    revoke.set_defaults(run=run_revoke)

    check = actions.add_parser("check", help="say what is wrong with a folder, in words")
    check.add_argument("folder", metavar="DIR", type=Path)
    check.set_defaults(run=run_check)


def run_init(arguments: argparse.Namespace) -> int:
    """Make a broker folder and say what to do with it."""
    room = _checked_name("room", arguments.room)
    nodes = [_node_name(name) for name in arguments.node]
    repeated = sorted({name for name in nodes if nodes.count(name) > 1})
    if repeated:
        raise BrokerError(f"node {repeated[0]!r} is named twice")
    if not 0 < arguments.port < 65_536:
        raise BrokerError(f"port {arguments.port} is not between 1 and 65535")
    settings = Settings(
        room=room,
        hosts=_hosts(arguments.host),
        port=arguments.port,
        bind=_bind(arguments.bind),
        user=_account(arguments.user),
    )
    made = create(arguments.folder, settings, nodes)
    print(f"made {made.root} for room {room}")
    print(f"  start the broker   mosquitto -c {made.configuration}")
    print(f"  for the gateway    {made.root / 'gateway'}")
    for node in nodes:
        print(f"  for {node:<14} {made.node(node)}")
    print(f"  nodes reach it at  {', '.join(settings.hosts)}, port {settings.port}")
    print(
        f"Keep {made.root / 'ca' / 'key.pem'} away from this machine once all nodes have their"
        " certificate: whoever has it can be any node."
    )
    return 0


def run_add_node(arguments: argparse.Namespace) -> int:
    """Issue a certificate for one more node."""
    home = BrokerFolder(arguments.folder).add_node(_node_name(arguments.node))
    print(f"made {home}; the broker needs no restart")
    return 0


def run_revoke(arguments: argparse.Namespace) -> int:
    """Refuse a node's certificate from now on."""
    BrokerFolder(arguments.folder).revoke(arguments.node)
    print(f"{arguments.node} is revoked; restart mosquitto: it reads the list when it starts")
    return 0


def run_check(arguments: argparse.Namespace) -> int:
    """Print what is wrong, one line each; the exit code is 1 when there is something."""
    folder = BrokerFolder(arguments.folder)
    found = problems(folder)
    for problem in found:
        print(problem)
    if not found:
        print(f"nothing wrong with {folder.root}: {len(folder.nodes())} nodes")
    return 1 if found else 0


def _checked_name(what: str, name: str) -> str:
    try:
        return msgspec.convert(name, Name)
    except msgspec.ValidationError:
        raise BrokerError(
            f"{what} {name!r} is no name: lower-case letters, digits and '-', at most 32,"
            " and not '-' first"
        ) from None


def _node_name(name: str) -> str:
    if name in RESERVED:
        raise BrokerError(f"no node can be called {name!r}: the room itself uses that name")
    return _checked_name("node", name)


def _hosts(given: Sequence[str]) -> tuple[str, ...]:
    machine = socket.gethostname()
    wanted = list(given) or [machine, f"{machine.partition('.')[0]}.local"]
    for host in wanted:
        if not (_is_address(host) or (len(host) < 254 and _HOST_NAME.fullmatch(host))):
            raise BrokerError(f"host {host!r} is neither a host name nor an IP address")
    # The gateway on the same machine, and whoever looks into a fault there.
    return tuple(dict.fromkeys([*wanted, "localhost", "127.0.0.1"]))


def _bind(given: str | None) -> str | None:
    if given is not None and not _is_address(given):
        raise BrokerError(f"address {given!r} to listen on is no IP address")
    return given


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _account(given: str | None) -> str:
    """Return the account that owns what mosquitto reads; raises BrokerError when it cannot be."""
    if os.geteuid() != 0:
        own = pwd.getpwuid(os.geteuid()).pw_name
        if given not in (None, own):
            raise BrokerError(f"only root can give files to {given!r}; you are {own!r}")
        return own
    user = given or PACKAGED_USER
    try:
        pwd.getpwnam(user)
    except KeyError:
        raise BrokerError(
            f"this machine has no account {user!r}: install mosquitto first, or name the account"
            " that will run it with --user"
        ) from None
    return user
