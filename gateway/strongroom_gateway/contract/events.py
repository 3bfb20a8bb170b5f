"""Event messages: what happened, kept on the node's flash until the gateway has committed it."""

from typing import Annotated, Literal

from msgspec import Meta

from .envelope import Envelope
from .types import Count, Dbm, MessageId, Millis, Name, Positive, TagId, Why


class Tag(Envelope):
    """A reader's report on one tag: it arrived, is still there, or has gone."""

    reader: Name
    id: TagId
    act: Literal["seen", "more", "gone"]
    tech: Literal["hf", "uhf"]
    ant: Name | None
    rssi: Dbm | None
    n: Positive
    span: Millis


class Contact(Envelope):
    """A door, window or end-stop contact changed."""

    input: Name
    open: bool
    edges: Count


class Shelf(Envelope):
    """A carriage of a rolling shelf moved or came to rest; a position in millimetres."""

    bank: Name
    carriage: Annotated[int, Meta(ge=0, le=999)]
    mm: Annotated[int, Meta(ge=-10_000, le=100_000)]
    state: Literal["moving", "stopped"]
    end: Literal["none", "low", "high"]


class Input(Envelope):
    """Any other input: a button, a float switch, an analogue threshold."""

    input: Name
    on: bool
    value: Annotated[float, Meta(ge=-1e15, le=1e15)] | None


class Answer(Envelope):
    """The node's answer to a command, by the command's id."""

    id: MessageId
    ok: bool
    why: Why | None
