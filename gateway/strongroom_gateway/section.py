"""What the sections of the configuration are made of: their base, and the kinds of value they hold.

Each part of the gateway keeps its own sections in its folder, in `section.py`; `config.sections`
puts them together.
"""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$(?!\n)")]
"""Id of a room, node, device, gate ...: fits a topic level and a certificate name."""
Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$(?!\n)")]
"""Id of a person or an item: file numbers have capitals and dots."""
TagId = Annotated[str, Meta(pattern=r"^(?!88[0-9a-f]{6}$)([0-9a-f]{2}){4,31}$(?!\n)")]
"""Four bytes that begin with 88, the cascade byte, are half of a longer id: they are nobody's."""
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


FORMS: dict[str, str] = {
    get_args(kind)[1].pattern: key
    for kind, key in (
        (Name, "config.form_name"),
        (Key, "config.form_key"),
        (TagId, "config.form_tag"),
        (ClockTime, "config.form_clock"),
        (SensorName, "config.form_sensor"),
        (CarriageName, "config.form_carriage"),
        (Day, "config.form_day"),
    )
}
"""What to tell somebody whose value does not fit a pattern: the key of a text, by pattern."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections: unknown keys are errors."""
