"""mosquitto.conf and its access list, made from a few settings of a room. Pure text."""

from pathlib import Path

import msgspec

from strongroom_gateway.broker.authority import GATEWAY_NAME
from strongroom_gateway.contract.topics import ROOT


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `strongroom broker init` was told; kept as broker.json in the folder.

    room   the room whose topics the broker serves
    hosts  names and addresses under which nodes reach it
    port   the TCP port it listens on
    bind   the one local address it listens on, or None for all
    user   the account that mosquitto runs under and that owns what it must read
    """

    room: str
    hosts: tuple[str, ...]
    port: int
    bind: str | None
    user: str


def configuration(settings: Settings, folder: Path) -> str:
    """Return mosquitto.conf for a broker whose files are in `folder` (absolute)."""
    listener = f"{settings.port} {settings.bind}" if settings.bind else str(settings.port)
    return f"""\
# mosquitto for the room {settings.room}. Made by `strongroom broker init`; `strongroom broker
# check` says when a change here opens a door. Lines may be added. It needs mosquitto 2.0 or
# later.

# One listener, TLS only: without a certificate of this room's own authority nobody gets past the
# handshake.
listener {listener}
allow_anonymous false
tls_version tlsv1.2
cafile {folder}/server/ca.pem
certfile {folder}/server/cert.pem
keyfile {folder}/server/key.pem
crlfile {folder}/server/revoked.pem
require_certificate true

# Who somebody is follows from the certificate alone. The session belongs to that name as well:
# else one node could take over the session of another by its client id, and with it the commands
# that wait in it.
use_identity_as_username true
use_username_as_clientid true
acl_file {folder}/acl

# An alarm is a small packet that must not wait for the next one.
set_tcp_nodelay true

# The gateway acknowledges a message when it is committed, not when it has come in. With a limit
# here the stream would stop after that many unacknowledged messages while the disk is slow, and
# alarms would wait.
max_inflight_messages 0

# What waits for a client that is away. A node keeps every event on its own flash until the
# gateway says that it is on record, so a queue that overflows loses nothing; without a bound it
# would take the memory. (0 would mean no bound, and with it mosquitto 2.0.11 also cuts the
# connection of a client for each message that the access list refuses.)
max_queued_messages 10000

# A node sends 1 KiB at most; a configuration for a node may be larger, and still fits the node's
# memory.
message_size_limit 16384

# A node that is gone for good must not leave its session and queue behind for ever.
persistent_client_expiration 30d

# Sessions, queues and retained messages survive the end of the process. Saving writes and syncs
# the whole database while every client waits. Saved at each change, 200 messages a second on a
# disk that needs 20 ms for a sync arrived seconds late, alarms among them; saved every 1000
# changes they arrive at once. Nothing rests on what a kill can lose in between: nodes and gateway
# send it again.
persistence true
persistence_location {folder}/data/
autosave_on_changes true
autosave_interval 1000

# Started by root, mosquitto becomes this user, which owns the files above. Started by anybody
# else it stays who it is.
user {settings.user}

log_dest stderr
log_timestamp_format %Y-%m-%dT%H:%M:%S
log_type error
log_type warning
log_type notice
log_type information
"""


def access_list(settings: Settings) -> str:
    """Return the access list: what is not named is refused."""
    room = f"{ROOT}/{settings.room}"
    return f"""\
# Who may publish (write) and receive (read) what. %u is the name in the client's certificate.

# A node: its own reports, and what is meant for it. Nothing of any other node.
pattern write {room}/%u/status
pattern write {room}/%u/info
pattern write {room}/%u/telemetry/#
pattern write {room}/%u/event/#
pattern read {room}/%u/command/#
pattern read {room}/%u/config
pattern read {room}/%u/ack

# The gateway: the reports of all nodes, orders to all nodes, and the room's own topics. It reads
# the room's topics too, so that it can remove an alarm that was retained before it was started
# anew.
user {GATEWAY_NAME}
topic deny {room}/{GATEWAY_NAME}/#
topic read {room}/+/status
topic read {room}/+/info
topic read {room}/+/telemetry/#
topic read {room}/+/event/#
topic write {room}/+/command/#
topic write {room}/+/config
topic write {room}/+/ack
topic readwrite {room}/state/#
topic readwrite {room}/alarm/#
"""


def directives(text: str) -> list[str]:
    """Return the lines of a configuration that say something, with single spaces."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
