"""The section [[safe]] of the configuration."""

from typing import Annotated

import msgspec
from msgspec import Meta

from ..room.model import Role
from ..section import ClockTime, Key, Label, Name, Seconds, Section


class SafeSection(Section, frozen=True):
    """A safe with a door contact. `hours` as "mon-fri 08:30-12:00", in the time zone of the room.

    `readers` are devices of the same node that hear badges at its door and tags inside. `people`
    and whoever has one of `roles` may open it, `persons` of them together: their badges within
    `together_s` of the opening. `settle_s` after each closing the contents are compared with the
    record, which has them at `place` (default: the safe's id); at `day_end` the day is summed up.
    Lists for it are to be accepted by the end of the working day `accept_days` after they were
    offered.
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
    accept_days: Annotated[int, Meta(ge=0, le=30)] = 0
    day_end: ClockTime | None = None
