"""The sections of the configuration file, as typed structs with the defaults that hold without a
key. Those of one part of the gateway are in its folder.
"""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, field

from ..climate.section import ClimateSection
from ..custody.section import DeskSection, GateSection
from ..epcis.section import EpcisSection
from ..history.section import HistorySection
from ..loans.section import LoansSection
from ..register.section import Item, Person, Place, RegisterSection
from ..rounds.section import DisinfectionSection, KeysSection, PatrolPointSection, PatrolSection
from ..safes.section import SafeSection
from ..section import Key, Label, Language, Name, Port, Seconds, Section
from ..shelves.section import ShelfBankSection, ShelfReaderSection
from ..working_days import Weekday


class RoomSection(Section, frozen=True):
    """The room itself. `language` is that of alarm texts and node displays; `custodian` answers for
    what rests at a place that has no custodian of its own.
    """

    id: Name
    name: Label
    time_zone: str = "Asia/Shanghai"
    language: Language = "zh_CN"
    custodian: Key | None = None


class CalendarSection(Section, frozen=True):
    """Which days are worked, for what is counted in working days: the days of the week off, and a
    list (CSV) of holidays and of days worked in exchange for them.
    """

    weekend: Annotated[list[Weekday], Meta(max_length=6)] = field(
        default_factory=lambda: ["sat", "sun"]
    )
    file: Path | None = None


class TlsSection(Section, frozen=True):
    """Files of the gateway's own certificate. The key file must be readable by the gateway alone."""

    ca: Path
    certificate: Path
    key: Path


class MqttSection(Section, frozen=True):
    """The broker. Without `tls` only a broker on this machine is accepted."""

    host: Label = "127.0.0.1"
    port: Port = 8883
    client_id: Name = "gateway"
    keepalive_s: Annotated[int, Meta(ge=5, le=3600)] = 30
    transport: Literal["paho", "lean"] = "paho"
    tls: TlsSection | None = None


class CheckpointSection(Section, frozen=True):
    """Signed tree heads: with which key (`strongroom ledger key`), how often, and in which folder
    they are kept besides, best on another machine.
    """

    key: Path
    every_s: Seconds = 3_600
    entries: Annotated[int, Meta(ge=1, le=1_000_000)] = 1_000
    export: Path | None = None


class LedgerSection(Section, frozen=True):
    """Where the record lies, how many messages may wait in memory for a disk that does not take
    them, and the hash of the tree; a ledger keeps the one it was made with.
    """

    path: Path
    pending_limit: Annotated[int, Meta(ge=1, le=1_000_000)] = 20_000
    tree: Literal["sha256", "sm3"] | None = None
    checkpoint: CheckpointSection | None = None


class ApiSection(Section, frozen=True):
    """Read-only HTTP, and the local socket through which alarms are acknowledged (mode 0600)."""

    host: Label = "127.0.0.1"
    port: Port = 8080
    admin_socket: Path | None = None


class NodesSection(Section, frozen=True):
    """How long a node may be quiet. `expected` nodes are missed even when they never spoke."""

    expected: list[Name] = []
    silent_after_s: Seconds = 90
    offline_after_s: Seconds = 30
    start_grace_s: Seconds = 60


class AlarmsSection(Section, frozen=True):
    """`shelve_max_minutes` bounds every shelving; after `quiet_s` without another, a low alarm
    clears.
    """

    shelve_max_minutes: Annotated[int, Meta(ge=1, le=7 * 1440)] = 480
    quiet_s: Seconds = 300


class Config(Section, frozen=True):
    """All sections of the file."""

    room: RoomSection
    ledger: LedgerSection
    calendar: CalendarSection = CalendarSection()
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
