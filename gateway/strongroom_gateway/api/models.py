"""What the API answers with. Times are Unix milliseconds."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Millis = Annotated[int, Field(description="Unix time in milliseconds.", examples=[1800000000000])]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reading(_Model):
    """The latest reading of a sensor that is shown, and whether it has become stale."""

    t: Annotated[float, Field(description="°C", examples=[19.4])]
    rh: Annotated[float, Field(description="%RH", examples=[51.2])]
    at: Millis
    stale: bool = False


class Band(_Model):
    """Limits with the clause they come from."""

    low: float
    high: float
    source: Annotated[str, Field(examples=["DA/T 87-2021, table 1"])]


class Zone(_Model):
    """A part of the room with common limits."""

    id: str
    name: str
    temperature: Band
    humidity: Band
    sensors: dict[str, Reading | None]


class Ledger(_Model):
    """Size of the record and the root of its Merkle tree."""

    size: int
    root: Annotated[str, Field(description="SHA-256 tree head (RFC 6962), hexadecimal.")]


class RoomView(_Model):
    """The room at a glance."""

    id: str
    name: str
    time_zone: str
    now: Millis
    profile: str
    zones: list[Zone]
    alarms: Annotated[int, Field(description="Alarms that are not normal.")]
    ledger: Ledger | None


class NodeView(_Model):
    """A node: when it was last heard, and what it says it is."""

    id: str
    heard: Annotated[
        int | None, Field(description="Last reception, to within a sixteenth of the time-out.")
    ]
    silent: bool
    firmware: str | None = None
    board: str | None = None
    boot: int | None = None
    config: int | None = None
    capabilities: list[dict[str, Any]] = []


class ItemView(_Model):
    """An item, who holds it and where it is. Places that begin with @ are no shelf."""

    id: Annotated[str, Field(examples=["HX-H-01-0001"])]
    kind: Annotated[str, Field(examples=["box", "volume", "certificate", "key"])]
    number: Annotated[str | None, Field(description="File or certificate number.")]
    name: str
    home: str | None
    place: Annotated[str | None, Field(examples=["A-01-02", "@holder", "@outside"])]
    holder: str | None
    holder_name: str | None
    accountable: Annotated[
        str | None, Field(description="Who answers for it: its holder, or the place's custodian.")
    ]
    accountable_name: str | None
    since: int | None


class EntryOut(_Model):
    """An entry of the ledger. `time` is derived from what is stored, `time_source` says from what."""

    idx: int
    kind: str
    at: Millis
    time: Millis
    time_source: Literal["node", "anchor", "received"]
    node: str | None
    boot: int | None
    seq: int | None
    body: dict[str, Any]
    leaf: Annotated[str, Field(description="Leaf hash in the Merkle tree, hexadecimal.")]
    superseded_by: Annotated[
        int | None, Field(description="The newest correction of this entry.")
    ] = None


class MovementOut(_Model):
    """A movement of an item, with all that led to it."""

    idx: int
    kind: Annotated[str, Field(examples=["check_out", "return", "exit", "exit_without_leave"])]
    time: Millis
    time_source: Literal["node", "anchor", "received"]
    item: str
    item_name: str | None
    person: str | None
    holder: str | None
    place: Annotated[str | None, Field(description="The desk or gate.")]
    why: dict[str, Any]


class AlarmOut(_Model):
    """An alarm that is not normal."""

    id: Annotated[str, Field(examples=["exit.no_leave:HX-H-01-0001"])]
    code: str
    subject: str
    state: Annotated[str, Field(examples=["UNACK"])]
    state_text: str
    priority: Literal["low", "medium", "high", "critical"]
    since: Millis
    changed: Millis
    count: int
    text: str
    why: dict[str, Any]
    by: Annotated[str | None, Field(description="Who acted on it last.")] = None
    comment: str | None = None
    shelved_until: int | None = None
    docs: str


class Health(_Model):
    """Whether the gateway does its work, and every reason why not."""

    status: Literal["ok", "trouble"]
    reasons: list[str]


class Refusal(_Model):
    """Why a request was not done."""

    detail: str


AskedId = Annotated[
    str | None,
    Field(
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="Chosen by who asks: asked for again with it, the act is not done again.",
        examples=["2b1c3f6e-rf-0017"],
    ),
]


class ActBody(_Model):
    """Who acts, and why."""

    id: AskedId = None
    by: Annotated[str, Field(min_length=1, max_length=100, examples=["Li Wen"])]
    comment: Annotated[str, Field(min_length=1, max_length=500, examples=["Box was on trolley 2"])]


class ShelveBody(ActBody):
    """Who silences it, why and for how long."""

    minutes: Annotated[int, Field(ge=1, le=10_080, examples=[30])]


Next = Annotated[
    int | None, Field(description="Goes into `after` for the following page; null at the end.")
]
NextName = Annotated[
    str | None, Field(description="Goes into `after` for the following page; null at the end.")
]


class EntriesPage(_Model):
    """A page of ledger entries."""

    entries: list[EntryOut]
    next: Next = None


class MovementsPage(_Model):
    """A page of movements."""

    movements: list[MovementOut]
    next: Next = None


class NodesPage(_Model):
    """A page of nodes, by name."""

    nodes: list[NodeView]
    next: NextName = None


class ItemsPage(_Model):
    """A page of items, by id."""

    items: list[ItemView]
    next: NextName = None


class AlarmsPage(_Model):
    """A page of alarms, by id."""

    alarms: list[AlarmOut]
    next: NextName = None


class Found(_Model):
    """The items that are meant by what was looked for."""

    items: list[ItemView]


class ActAsked(_Model):
    """Who asks (id of a person, or "local:NAME" for the administrator of this machine), and what."""

    by: Annotated[str, Field(min_length=1, max_length=100)]
    body: dict[str, Any] = {}
    id: AskedId = None


class Recorded(_Model):
    """Whether what was asked for is on the disk, and under which id it can be asked for again."""

    id: Annotated[str, Field(description="The one it was asked for with, or one it was given.")]
    recorded: Annotated[bool, Field(description="Whether it is on the disk.")] = True
    detail: Annotated[str | None, Field(description="What to do when it is not.")] = None


class ActDone(Recorded):
    """The entries of the ledger an act led to."""

    entries: list[dict[str, Any]]


class AlarmDone(Recorded):
    """The alarm as it is now, null when it has become normal."""

    alarm: AlarmOut | None


class ActView(_Model):
    """An act: who may ask for it. Without roles every active person may."""

    kind: Annotated[str, Field(examples=["slip.request"])]
    roles: list[str]
    local: Annotated[bool, Field(description="Whether the administrator of this machine may.")]


class ActsPage(_Model):
    """All acts."""

    acts: list[ActView]
