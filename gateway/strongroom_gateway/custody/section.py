"""The sections [[gate]] and [[desk]] of the configuration."""

from typing import Annotated, Literal

from msgspec import Meta

from ..section import Count, Label, Name, Seconds, Section, TagId


class GateSection(Section, frozen=True):
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
    devices: list[Name] = []
    min_reads: Count = 2
    sure_reads: Count = 8
    rssi_floor: Annotated[int, Meta(ge=-120, le=0)] = -85
    near_dbm: Annotated[int, Meta(ge=-120, le=0)] = -58
    margin_db: Annotated[int, Meta(ge=0, le=60)] = 6
    dwell_s: Annotated[float, Meta(ge=0, le=60)] = 0.2
    age_out_s: Seconds = 15
    lying_s: Seconds = 60
    doubt_s: Annotated[float, Meta(ge=0, le=7 * 86_400)] = 28_800


class DeskSection(Section, frozen=True):
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
