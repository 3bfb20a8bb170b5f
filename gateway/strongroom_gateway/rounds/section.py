"""The sections of the configuration about rounds."""

from typing import Annotated

import msgspec
from msgspec import Meta, field

from ..room.model import Role

_Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$(?!\n)")]
_Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$(?!\n)")]
_Label = Annotated[str, Meta(min_length=1, max_length=200)]
_Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Unknown keys are errors."""


class PatrolPointSection(_Section, frozen=True):
    """A reader at which whoever goes on patrol shows their badge."""

    id: _Name
    name: _Label
    node: _Name
    reader: _Name


class PatrolSection(_Section, frozen=True):
    """A round (巡检): which points, at which times of the day by the room's clock.

    It may begin `early_min` before its time and is missed `late_min` after it. With `in_order` the
    checkpoints count in their order alone. A node that was cut off has `grace_min` more to report.
    """

    id: _Name
    name: _Label
    points: Annotated[list[_Name], Meta(min_length=1, max_length=50)]
    times: Annotated[list[_Clock], Meta(min_length=1, max_length=48)]
    early_min: Annotated[int, Meta(ge=0, le=720)] = 30
    late_min: Annotated[int, Meta(ge=1, le=720)] = 30
    grace_min: Annotated[int, Meta(ge=0, le=720)] = 5
    in_order: bool = False
    roles: list[Role] = field(default_factory=lambda: ["archivist", "security", "facilities"])


class DisinfectionSection(_Section, frozen=True):
    """A place that is disinfected at least every so many days."""

    place: _Key
    every_days: Annotated[int, Meta(ge=1, le=3_650)]


class KeysSection(_Section, frozen=True):
    """Who takes keys (items of that kind) at a desk, and until when they are back each day."""

    roles: list[Role] = field(default_factory=lambda: ["archivist", "security", "facilities"])
    back_by: _Clock | None = None
