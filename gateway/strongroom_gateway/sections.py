"""The sections of the configuration file, as typed structs with the defaults that hold without a
key.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from .epcis.section import EpcisSection
from .loans.section import LoansSection
from .room.model import CertificateKind, ItemKind, PlaceKind, Role
from .rounds.section import DisinfectionSection, KeysSection, PatrolPointSection, PatrolSection

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$(?!\n)")]
"""Id of a room, node, device, gate ...: fits a topic level and a certificate name."""
Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$(?!\n)")]
"""Id of a person or an item: file numbers have capitals and dots."""
TagId = Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){4,31}$(?!\n)")]
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]
"""`HH:MM` by the clock of the room."""
SensorName = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}/[a-z0-9][a-z0-9-]{0,31}$(?!\n)")
]
"""`node/device`."""
CarriageName = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}/[a-z0-9][a-z0-9-]{0,31}/[0-9]{1,3}$(?!\n)")
]
"""`node/device/number`."""
Label = Annotated[str, Meta(min_length=1, max_length=200)]
Seconds = Annotated[float, Meta(gt=0, le=7 * 86_400)]
Pause = Annotated[float, Meta(ge=0, le=7 * 86_400)]
"""Seconds, or none."""
Tolerated = Annotated[float, Meta(ge=0, le=50)]
"""K or %RH, or none."""
Celsius = Annotated[float, Meta(ge=-60, le=150)]
Day = Annotated[str, Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$(?!\n)")]
"""`YYYY-MM-DD` in the time zone of the room."""
Count = Annotated[int, Meta(ge=1, le=1000)]
Port = Annotated[int, Meta(ge=0, le=65_535)]
Language = Literal["zh_CN", "en"]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections: unknown keys are errors."""


class RoomSection(_Section, frozen=True):
    """The room itself. `language` is that of alarm texts and node displays; `custodian` answers for
    what rests at a place that has no custodian of its own.
    """

    id: Name
    name: Label
    time_zone: str = "Asia/Shanghai"
    language: Language = "zh_CN"
    custodian: Key | None = None


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


class MachineSection(_Section, frozen=True):
    """A machine on a relay, with the times it needs; those left out follow from its kind. Of a
    dehumidifier `coil` is the dew point in °C below which it takes no water out.
    """

    kind: Literal["dehumidifier", "humidifier", "cooling", "heating", "fan"]
    node: Name
    relay: Name
    lease_s: Annotated[float, Meta(ge=2, le=3600)] = 120
    min_on_s: Pause | None = None
    min_off_s: Pause | None = None
    max_on_s: Seconds = 21_600
    rest_s: Pause = 600
    respond_s: Seconds = 3_600
    coil: Annotated[float, Meta(ge=-20, le=20)] = 5.0


class ControlSection(_Section, frozen=True):
    """How a zone is held. `hot`, `cold` (K), `wet`, `dry` (%RH): how near to each limit something is
    done; `recover_t`, `recover_rh`: how far back it is brought.

    `changeover_s`: rest between machines that undo each other. `stage_s`: how long one of several of
    a kind is given before the next. `settle_s`: how long ups and downs are waited out. `door`: a
    contact; open for longer than `door_after_s` and shorter than `door_most_s` it holds the machines.
    `swing`: keep to the daily swing as well.
    """

    hot: Tolerated = 0.7
    cold: Tolerated = 0.7
    wet: Tolerated = 2.5
    dry: Tolerated = 2.5
    recover_t: Annotated[float, Meta(gt=0, le=20)] = 1.0
    recover_rh: Annotated[float, Meta(gt=0, le=30)] = 2.0
    changeover_s: Pause = 900
    stage_s: Pause = 1_200
    settle_s: Annotated[float, Meta(ge=1, le=3600)] = 60
    door: SensorName | None = None
    door_after_s: Pause = 300
    door_most_s: Pause = 1_200
    swing: bool = True
    override_max_minutes: Annotated[int, Meta(ge=1, le=1440)] = 480


class ZoneSection(_Section, frozen=True):
    """A part of the room that shares limits. `store` overrides that of [climate]; `surfaces` are
    sensors on cold walls or shelves, where water condenses first; `air` are sensors of its air.
    """

    id: Name
    name: Label
    sensors: Annotated[list[SensorName], Meta(min_length=1)]
    store: Name | None = None
    surfaces: list[SensorName] = []
    air: list[SensorName] = []
    dehumidifier: DehumidifierSection | None = None
    machine: list[MachineSection] = []
    control: ControlSection = ControlSection()


class TrustSection(_Section, frozen=True):
    """When a reading is not believed; 0 switches a test off.

    `t_low` to `rh_high` (°C, %RH): what can be measured at all. `spike_t`, `spike_rh`: how far from
    the last good one a reading may be at once; `rate_t`, `rate_rh`: and how much further a minute.
    `frozen_h`: how long nothing may change. `family_t`, `family_rh`: how far from the others of its
    zone; `disagree_t`, `disagree_rh`: how far apart they may be; both for `family_min`.
    """

    t_low: Celsius = -25.0
    t_high: Celsius = 60.0
    rh_low: Annotated[float, Meta(ge=0, le=100)] = 1.0
    rh_high: Annotated[float, Meta(ge=0, le=100)] = 100.0
    spike_t: Tolerated = 2.0
    spike_rh: Tolerated = 8.0
    rate_t: Tolerated = 3.0
    rate_rh: Tolerated = 20.0
    frozen_h: Annotated[float, Meta(ge=0, le=8760)] = 24.0
    family_t: Tolerated = 3.0
    family_rh: Tolerated = 10.0
    disagree_t: Tolerated = 2.0
    disagree_rh: Tolerated = 8.0
    family_min: Annotated[float, Meta(ge=0, le=1440)] = 30.0


class TrendSection(_Section, frozen=True):
    """What is watched beside the band. `rate_t` (K) and `rate_rh` (%RH) may change in an hour;
    `warn_min`: how long before a limit its coming is told; `dew_margin` (K): how much warmer than the
    dew point a surface has to stay. 0 switches a watch off, and `swing` that of the daily swing.
    """

    swing: bool = True

    rate_t: Tolerated = 3.0
    rate_rh: Tolerated = 12.0
    warn_min: Annotated[float, Meta(ge=0, le=1440)] = 30.0
    dew_margin: Annotated[float, Meta(ge=0, le=20)] = 2.0


class SensorSection(_Section, frozen=True):
    """The calibration of a sensor: what to add to its values (K, %RH), and the certificate."""

    id: SensorName
    offset_t: Annotated[float, Meta(ge=-20, le=20)] = 0.0
    offset_rh: Annotated[float, Meta(ge=-30, le=30)] = 0.0
    certificate: Label | None = None
    calibrated: Day | None = None
    due: Day | None = None


class InputSection(_Section, frozen=True):
    """A contact or threshold that is an alarm: leak, smoke, or light that is measured (`uv` in µW/lm,
    `light` in lx, against the profile's limit). `source` says what asks for it.
    """

    id: Name
    name: Label
    kind: Literal["leak", "smoke", "uv", "light"]
    node: Name
    input: Name
    source: Label | None = None


class ClimateSection(_Section, frozen=True):
    """Profile (a built-in name, or the path of a TOML file), kind of store, and how readings are
    judged. `outdoor` is a sensor outside; `calibration_notice_days` before it is due a calibration
    is asked for.
    """

    profile: Label = "cn-grade1"
    store: Name = "paper"
    stale_s: Seconds = 300
    view_s: Seconds = 10
    delay_s: Annotated[float, Meta(ge=0, le=86_400)] | None = None
    outdoor: SensorName | None = None
    calibration_notice_days: Annotated[float, Meta(ge=0, le=365)] = 30.0
    trust: TrustSection = TrustSection()
    trend: TrendSection = TrendSection()
    sensor: list[SensorSection] = []
    input: list[InputSection] = []
    zone: list[ZoneSection] = []


class HistorySection(_Section, frozen=True):
    """Where climate readings are kept beyond the ledger, and for how many days (0: for ever).

    A reading of a node holds for `hold_s` at most; a day is closed `grace_s` after its midnight.
    """

    path: Path
    hold_s: Seconds = 600
    grace_s: Seconds = 7_200
    readings_days: Annotated[int, Meta(ge=0, le=100_000)] = 730
    minutes_days: Annotated[int, Meta(ge=0, le=100_000)] = 0
    ledger_days: Annotated[int, Meta(ge=0, le=100_000)] = 30


class SafeSection(_Section, frozen=True):
    """A safe with a door contact. `hours` as "mon-fri 08:30-12:00", in the time zone of the room.

    `readers` are devices of the same node that hear badges at its door and tags inside. `people`
    and whoever has one of `roles` may open it, `persons` of them together: their badges within
    `together_s` of the opening. `settle_s` after each closing the contents are compared with the
    record, which has them at `place` (default: the safe's id); at `day_end` the day is summed up.
    """

    id: Name
    name: Label
    node: Name
    input: Name
    hours: list[str] = []
    readers: list[Name] = []
    place: Key | None = None
    people: list[Key] = []
    roles: list[Role] = msgspec.field(default_factory=lambda: ["certificate_custodian"])
    persons: Annotated[int, Meta(ge=1, le=5)] = 2
    together_s: Seconds = 30
    open_max_s: Seconds = 600
    settle_s: Seconds = 20
    day_end: ClockTime | None = None


class GateSection(_Section, frozen=True):
    """An exit gate: a reader with an antenna on either side, `inner` facing the room; or, with
    `direction` "beams", a reader and two inputs or contacts of the same node, one behind the other.

    What each of the figures is for, and how to find a site's own, is told in docs/gate.md.
    """

    id: Name
    name: Label
    node: Name
    reader: Name
    direction: Literal["antennas", "beams"] = "antennas"
    inner: Name = "inner"
    outer: Name = "outer"
    min_reads: Count = 2
    sure_reads: Count = 8
    rssi_floor: Annotated[int, Meta(ge=-120, le=0)] = -85
    near_dbm: Annotated[int, Meta(ge=-120, le=0)] = -58
    margin_db: Annotated[int, Meta(ge=0, le=60)] = 6
    dwell_s: Annotated[float, Meta(ge=0, le=60)] = 0.2
    age_out_s: Seconds = 15
    lying_s: Seconds = 60
    doubt_s: Annotated[float, Meta(ge=0, le=7 * 86_400)] = 28_800


class DeskSection(_Section, frozen=True):
    """A desk reader for badges and boxes. `signal` is the device on the same node that answers a
    tap. A session ends with the same badge, one of the `done_tags`, or the input `done_input` of
    the node going on (a button).
    """

    id: Name
    name: Label
    node: Name
    reader: Name
    idle_s: Seconds = 20
    repeat_s: Seconds = 5
    signal: Name | None = None
    done_tags: list[TagId] = []
    done_input: Name | None = None


class ReservedSection(_Section, frozen=True):
    """Slots whose ids begin with `prefix` take items of these classes alone: the letter of the file
    number (H, L) or the kind of the item (box, volume).
    """

    prefix: Key
    classes: Annotated[list[Label], Meta(min_length=1)]


class ShelfBankSection(_Section, frozen=True):
    """A bank of rolling shelves between two fixed ends.

    `carriages` names each one from the low end as `node/device/number`; `low_mm` is what each
    reports with all of them pushed to the low end, `travel_mm` how wide all aisles are together.
    An aisle is open from `open_mm` on and shut up to `shut_mm`; positions may contradict each other
    by `tolerance_mm`. A tap at one of `badge_readers` (none: any desk) up to `badge_s` before an
    aisle opens says who opened it.
    """

    id: Name
    name: Label
    carriages: Annotated[list[CarriageName], Meta(min_length=1, max_length=98)]
    travel_mm: Annotated[int, Meta(ge=100, le=100_000)]
    low_mm: list[Annotated[int, Meta(ge=-10_000, le=100_000)]] = []
    open_mm: Annotated[int, Meta(ge=1, le=10_000)] = 500
    shut_mm: Annotated[int, Meta(ge=0, le=10_000)] = 60
    tolerance_mm: Annotated[int, Meta(ge=0, le=1_000)] = 40
    open_max_s: Seconds = 1_800
    hours: list[str] = []
    lock_outside_hours: bool = True
    badge_readers: list[SensorName] = []
    badge_s: Seconds = 180
    low_end: Label | None = None
    high_end: Label | None = None
    filing: Literal["after_last", "first_free"] = "after_last"
    reserved: list[ReservedSection] = []


class ShelfReaderSection(_Section, frozen=True):
    """A tag reader in a shelf, for the slots whose ids begin with one of `covers`.

    A box stands elsewhere when it was read for `settle_s` by a reader that does not cover its home,
    and no reader that does heard it within `margin_db` as strongly.
    """

    id: Name
    name: Label
    node: Name
    reader: Name
    covers: Annotated[list[Key], Meta(min_length=1)]
    ant: Name | None = None
    rssi_floor: Annotated[int, Meta(ge=-120, le=0)] = -75
    margin_db: Annotated[int, Meta(ge=0, le=60)] = 6
    settle_s: Seconds = 60


class Person(_Section, frozen=True):
    """Somebody with badges and roles. `scope` names the departments a deputy manager answers for."""

    id: Key
    name: Label
    badges: list[TagId] = []
    roles: list[Role] = []
    department: Label | None = None
    scope: list[Label] = []
    active: bool = True


class Item(_Section, frozen=True):
    """A box, volume, certificate or key that carries tags; `home` is the place it belongs to."""

    id: Key
    name: Label
    kind: ItemKind = "box"
    number: Label | None = None
    tags: list[TagId] = []
    home: Key | None = None
    parent: Key | None = None
    certificate: CertificateKind | None = None
    pages: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    sealed: bool | None = None
    department: Label | None = None
    project: Label | None = None
    closed: bool = False


class Place(_Section, frozen=True):
    """A room, safe, cabinet, shelf, slot, desk or area where items belong; see `docs/custody.md`."""

    id: Key
    name: Label
    kind: PlaceKind = "shelf"
    parent: Key | None = None
    custodian: Key | None = None
    order: Annotated[int, Meta(ge=0, le=999_999_999)] = 0
    capacity: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None


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
    history: HistorySection | None = None
    nodes: NodesSection = NodesSection()
    alarms: AlarmsSection = AlarmsSection()
    loans: LoansSection = LoansSection()
    register: RegisterSection | None = None
    epcis: EpcisSection | None = None
    safe: list[SafeSection] = []
    gate: list[GateSection] = []
    desk: list[DeskSection] = []
    shelf_bank: list[ShelfBankSection] = []
    shelf_reader: list[ShelfReaderSection] = []
    keys: KeysSection = KeysSection()
    patrol_point: list[PatrolPointSection] = []
    patrol: list[PatrolSection] = []
    disinfection: list[DisinfectionSection] = []
    person: list[Person] = []
    item: list[Item] = []
    place: list[Place] = []


class Register(_Section, frozen=True):
    """The file that [register] names."""

    person: list[Person] = []
    item: list[Item] = []
