"""The value types that messages are made of, each with its range."""

from typing import Annotated, Final, Literal

from msgspec import Meta

MAX_BYTES: Final = 1024
"""Largest message from a node, in bytes."""

INT31: Final = 2**31 - 1
MILLIS: Final = 2**53 - 1
LAST_TS: Final = 253_402_300_799_999  # the end of the year 9999 in Unix ms

# "$(?!\n)" and not "$": in Python "$" also matches before a last line feed.
_NAME = r"^[a-z0-9][a-z0-9-]{0,31}$(?!\n)"
_TAG_ID = r"^(?!88[0-9a-f]{6}$)(?:[0-9a-f]{2}){4,31}$(?!\n)"

Name = Annotated[str, Meta(pattern=_NAME, max_length=32, description="Room, node or device id.")]
TagId = Annotated[
    str,
    Meta(
        pattern=_TAG_ID,
        max_length=62,
        description="Lower-case hex of the tag's id or EPC. Four bytes that begin with 88, the cascade"
        " byte, are half of a longer id and identify nothing.",
    ),
]
Word = Annotated[str, Meta(min_length=1, max_length=64)]
Why = Annotated[str, Meta(max_length=200, description="Why, in a few words.")]
Text = Annotated[str, Meta(max_length=120)]
MessageId = Annotated[str, Meta(min_length=1, max_length=64)]

Boot = Annotated[int, Meta(ge=1, le=INT31, description="Boot counter of the node.")]
Seq = Annotated[int, Meta(ge=1, le=INT31, description="Count of the record in its boot and lane.")]
Mono = Annotated[int, Meta(ge=0, le=MILLIS, description="Milliseconds since boot.")]
Millis = Annotated[int, Meta(ge=0, le=MILLIS)]
UnixMs = Annotated[int, Meta(ge=0, le=LAST_TS, description="Unix time in milliseconds.")]
Count = Annotated[int, Meta(ge=0, le=INT31)]
Positive = Annotated[int, Meta(ge=1, le=INT31)]
Version = Annotated[int, Meta(ge=0, le=INT31)]
Dbm = Annotated[int, Meta(ge=-150, le=30, description="Signal strength in dBm.")]

Clk = Literal["none", "rtc", "ntp", "gateway"]
Lane = Literal["event", "telemetry"]
