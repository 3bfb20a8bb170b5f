"""A file of layouts, as a site keeps it:

[[slots]]
parent = "bank-a"
ids = "a-{carriage:02}{face}-{section:02}-{level:02}-{position:02}"
axes = { carriage = "1-6", face = "a,b", section = "1-5", level = "1-6", position = "1-8" }
"""

import tomllib

import msgspec

from ..errors import RefusedActError
from .layout import Axis, Layout


class _Slots(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    parent: str
    ids: str
    axes: dict[str, str]
    name: str | None = None
    capacity: int = 1
    custodian: str | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slots: list[_Slots]


def layouts(raw: bytes) -> list[Layout]:
    """Return the layouts of a file; RefusedActError says what is wrong with it."""
    try:
        file = msgspec.convert(tomllib.loads(raw.decode()), _File)
        return [_layout(part) for part in file.slots]
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as bad:
        raise RefusedActError("act.bad_body", {"reason": str(bad)}) from bad


def _layout(part: _Slots) -> Layout:
    made = Layout(
        parent=part.parent,
        slots=part.ids,
        axes=[Axis(name, of) for name, of in part.axes.items()],
        name=part.name,
        capacity=part.capacity,
        custodian=part.custodian,
    )
    return msgspec.convert(msgspec.to_builtins(made), Layout)
