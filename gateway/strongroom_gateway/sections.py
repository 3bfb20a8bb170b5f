"""The sections of the configuration file, as typed structs with the defaults that hold without a
key.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
"""Id of a room, node, device, gate ...: fits a topic level and a certificate name."""
Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""Id of a person or an item: file numbers have capitals and dots."""
TagId = Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){4,31}$")]
SensorName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}/[a-z0-9][a-z0-9-]{0,31}$")]
"""`node/device`."""
Label = Annotated[str, Meta(min_length=1, max_length=200)]
Seconds = Annotated[float, Meta(gt=0, le=7 * 86_400)]
Count = Annotated[int, Meta(ge=1, le=1000)]
Port = Annotated[int, Meta(ge=0, le=65_535)]
Language = Literal["zh_CN", "en"]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections: unknown keys are errors."""


class RoomSection(_Section, frozen=True):
    """The room itself. `language` is that of alarm texts and node displays."""

    id: Name
    name: Label
    time_zone: str = "Asia/Shanghai"
    language: Language = "zh_CN"


class TlsSection(_Section, frozen=True):
    """Files of the gateway's own certificate. The key file must be readable by the gateway alone."""

    ca: Path
    certificate: Path
    key: Path


class MqttSection(_Section, frozen=True):
    """The broker. Without `tls` only a broker on this machine is accepted."""

    host: Label = "127.0.0.1"
    port: Port = 8883
    client_id: Name = "gateway"
    keepalive_s: Annotated[int, Meta(ge=5, le=3600)] = 30
    transport: Literal["paho", "lean"] = "paho"
    tls: TlsSection | None = None


class CheckpointSection(_Section, frozen=True):
    """Signed tree heads: with which key (`strongroom ledger key`), how often, and in which folder
    they are kept besides, best on another machine.
    """

    key: Path
    every_s: Seconds = 3_600
    entries: Annotated[int, Meta(ge=1, le=1_000_000)] = 1_000
    export: Path | None = None


class LedgerSection(_Section, frozen=True):
    """Where the record lies, how many messages may wait in memory for a disk that does not take
    them, and the hash of the tree; a ledger keeps the one it was made with.
    """

    path: Path
    pending_limit: Annotated[int, Meta(ge=1, le=1_000_000)] = 20_000
    tree: Literal["sha256", "sm3"] | None = None
    checkpoint: CheckpointSection | None = None


class ApiSection(_Section, frozen=True):
    """Read-only HTTP, and the local socket through which alarms are acknowledged (mode 0600)."""

    host: Label = "127.0.0.1"
    port: Port = 8080
    admin_socket: Path | None = None


class DehumidifierSection(_Section, frozen=True):
    """A relay that runs while the zone is humid. Limits in %RH, measured by `sensor` (default: the
    first).
    """

    node: Name
    relay: Name
    on_above: Annotated[float, Meta(gt=0, lt=100)]
    off_below: Annotated[float, Meta(gt=0, lt=100)]
    lease_s: Annotated[float, Meta(ge=2, le=3600)] = 120
    sensor: SensorName | None = None


class ZoneSection(_Section, frozen=True):
    """A part of the room that shares limits. `store` overrides that of [climate]."""

    id: Name
    name: Label
    sensors: Annotated[list[SensorName], Meta(min_length=1)]
    store: Name | None = None
    dehumidifier: DehumidifierSection | None = None


class ClimateSection(_Section, frozen=True):
    """Profile (a built-in name, or the path of a TOML file), kind of store, and how readings are
    judged.
    """

    profile: Label = "cn-grade1"
    store: Name = "paper"
    stale_s: Seconds = 300
    view_s: Seconds = 10
    delay_s: Annotated[float, Meta(ge=0, le=86_400)] | None = None
    zone: list[ZoneSection] = []


class SafeSection(_Section, frozen=True):
    """A safe with a door contact. `hours` as "mon-fri 08:30-12:00", in the time zone of the room."""

    id: Name
    name: Label
    node: Name
    input: Name
    hours: list[str] = []


class GateSection(_Section, frozen=True):
    """An exit gate with two antennas of one reader; `inner` faces the room.

    Reads weaker than `rssi_floor` (dBm) do not count. A tag has crossed when it was read
    `min_reads` times in all, on both sides, and is now heard on the far side by `margin_db` more
    strongly, or there alone. After it was reported gone, what is read within `window_s` still
    belongs to the same passage.
    """

    id: Name
    name: Label
    node: Name
    reader: Name
    inner: Name = "inner"
    outer: Name = "outer"
    min_reads: Count = 2
    rssi_floor: Annotated[int, Meta(ge=-120, le=0)] = -75
    margin_db: Annotated[int, Meta(ge=0, le=60)] = 6
    window_s: Seconds = 5


class DeskSection(_Section, frozen=True):
    """A desk reader for badges and boxes. `signal` is the device on the same node that answers a
    tap.
    """

    id: Name
    name: Label
    node: Name
    reader: Name
    idle_s: Seconds = 20
    repeat_s: Seconds = 5
    signal: Name | None = None


class Person(_Section, frozen=True):
    """Somebody with badges."""

    id: Key
    name: Label
    badges: list[TagId] = []


class Item(_Section, frozen=True):
    """A box, volume or certificate that carries tags; `home` is the place it belongs to."""

    id: Key
    name: Label
    tags: list[TagId] = []
    home: Label | None = None


class RegisterSection(_Section, frozen=True):
    """A file of its own with more [[person]] and [[item]]."""

    file: Path


class NodesSection(_Section, frozen=True):
    """How long a node may be quiet. `expected` nodes are missed even when they never spoke."""

    expected: list[Name] = []
    silent_after_s: Seconds = 90
    offline_after_s: Seconds = 30
    start_grace_s: Seconds = 60


class AlarmsSection(_Section, frozen=True):
    """`shelve_max_minutes` bounds every shelving; after `quiet_s` without another, a low alarm
    clears.
    """

    shelve_max_minutes: Annotated[int, Meta(ge=1, le=7 * 1440)] = 480
    quiet_s: Seconds = 300


class Config(_Section, frozen=True):
    """All sections of the file."""

    room: RoomSection
    ledger: LedgerSection
    mqtt: MqttSection = MqttSection()
    api: ApiSection = ApiSection()
    climate: ClimateSection = ClimateSection()
    nodes: NodesSection = NodesSection()
    alarms: AlarmsSection = AlarmsSection()
    register: RegisterSection | None = None
    safe: list[SafeSection] = []
    gate: list[GateSection] = []
    desk: list[DeskSection] = []
    person: list[Person] = []
    item: list[Item] = []


class Register(_Section, frozen=True):
    """The file that [register] names."""

    person: list[Person] = []
    item: list[Item] = []
