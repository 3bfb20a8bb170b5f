"""What a rule may be told beside a message, and what it may ask for."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ..contract import AnyCommand, Info, Sensed, Status


class Tick(msgspec.Struct, frozen=True):
    """The deadline of a state has come; `key` says whose."""

    key: str


class Start(msgspec.Struct, frozen=True):
    """The gateway starts: look again at what was believed of `key` before."""

    key: str


class Fault(msgspec.Struct, frozen=True):
    """A fault of the gateway's own came (`on`) or went."""

    kind: str
    on: bool
    subject: str = ""
    why: Mapping[str, Any] = {}


class Tell(msgspec.Struct, frozen=True):
    """Something a rule found out, for the rules that hear "tell:<kind>", in the same decision."""

    kind: str
    key: str
    body: Any


class Unkept(msgspec.Struct, frozen=True):
    """What was decided on a message was taken back: there is no room to keep it. It comes again, and
    may never: what must not wait for that is remembered by who hears "unkept".
    """

    event: Sensed


Input = Sensed | Status | Info | Tick | Start | Fault | Tell | Unkept


class Raise(msgspec.Struct, frozen=True):
    """The condition of an alarm is there. `params` are what its text needs, `why` what led to it."""

    code: str
    subject: str
    why: Mapping[str, Any]
    params: Mapping[str, Any] = {}
    severity: int = 0


class Clear(msgspec.Struct, frozen=True):
    """The condition of an alarm is gone."""

    code: str
    subject: str
    why: Mapping[str, Any] = {}


class Suppress(msgspec.Struct, frozen=True):
    """Hide (or show again) the alarms of a node whose kind names `parent`."""

    parent: str
    node: str
    on: bool


class Send(msgspec.Struct, frozen=True):
    """A command to a node."""

    node: str
    body: AnyCommand


class Record(msgspec.Struct, frozen=True):
    """A decision for the ledger."""

    kind: str
    body: Mapping[str, Any]


class Show(msgspec.Struct, frozen=True):
    """A new retained view of the room, state/<thing>."""

    thing: str
    value: Mapping[str, Any]


class Wake(msgspec.Struct, frozen=True):
    """Let a rule look (with a Start) at one of its keys: something it goes by has changed."""

    rule: str
    key: str


Effect = Raise | Clear | Suppress | Send | Record | Show | Wake | Tell
Effects = Sequence[Effect]

NONE: Final[Effects] = ()
