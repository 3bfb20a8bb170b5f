"""Which struct belongs to which topic: one line per kind."""

from typing import Any, Final

from .events import Answer, Contact, Input, Shelf, Tag
from .node_events import AnyNodeEvent
from .telemetry import Air, Climate, Health, Power

# The value is what msgspec decodes into: a struct, or a union of tagged structs.
KINDS: Final[dict[tuple[str, str], Any]] = {
    ("event", "tag"): Tag,
    ("event", "contact"): Contact,
    ("event", "shelf"): Shelf,
    ("event", "input"): Input,
    ("event", "node"): AnyNodeEvent,
    ("event", "command"): Answer,
    ("telemetry", "climate"): Climate,
    ("telemetry", "air"): Air,
    ("telemetry", "power"): Power,
    ("telemetry", "health"): Health,
}
