"""The sections of the configuration about rounds."""

from typing import Annotated

from msgspec import Meta, field

from ..room.model import Role
from ..section import ClockTime, Key, Label, Name, Section


class PatrolPointSection(Section, frozen=True):
    """A reader at which whoever goes on patrol shows their badge."""

    id: Name
    name: Label
    node: Name
    reader: Name


class PatrolSection(Section, frozen=True):
    """A round (巡检): which points, at which times of the day by the room's clock.

    It may begin `early_min` before its time and is missed `late_min` after it. With `in_order` the
    checkpoints count in their order alone. A node that was cut off has `grace_min` more to report.
    """

    id: Name
    name: Label
    points: Annotated[list[Name], Meta(min_length=1, max_length=50)]
    times: Annotated[list[ClockTime], Meta(min_length=1, max_length=48)]
    early_min: Annotated[int, Meta(ge=0, le=720)] = 30
    late_min: Annotated[int, Meta(ge=1, le=720)] = 30
    grace_min: Annotated[int, Meta(ge=0, le=720)] = 5
    in_order: bool = False
    roles: list[Role] = field(default_factory=lambda: ["archivist", "security", "facilities"])


class DisinfectionSection(Section, frozen=True):
    """A place that is disinfected at least every so many days."""

    place: Key
    every_days: Annotated[int, Meta(ge=1, le=3_650)]


class KeysSection(Section, frozen=True):
    """Who takes keys (items of that kind) at a desk, and until when they are back each day."""

    roles: list[Role] = field(default_factory=lambda: ["archivist", "security", "facilities"])
    back_by: ClockTime | None = None
