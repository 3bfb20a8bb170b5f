"""What the gateway publishes: commands, acknowledgements, alarms and its own state."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from .types import Boot, MessageId, Millis, Mono, Name, Seq, Text, UnixMs, Why, Word


class _Out(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    pass


class RelayCommand(_Out):
    """Switch a relay; without a renewal it goes off at the node after ``lease`` ms."""

    id: MessageId
    exp: UnixMs
    relay: Name
    on: bool
    lease: Millis


class SignalCommand(_Out):
    """Show a pattern on a node's light and buzzer for ``ms`` milliseconds."""

    id: MessageId
    exp: UnixMs
    signal: Name
    pattern: Literal["ok", "deny", "alarm", "off", "attention"]
    text: Text | None
    ms: Millis


class RebootCommand(_Out):
    """Restart the node."""

    id: MessageId
    exp: UnixMs


class IdentifyCommand(_Out):
    """Let the node show which one it is."""

    id: MessageId
    exp: UnixMs
    ms: Millis


class ClockCommand(_Out):
    """The time ``ts`` for the node's info that carried ``mono``."""

    id: MessageId
    mono: Mono
    ts: UnixMs


AnyCommand = RelayCommand | SignalCommand | RebootCommand | IdentifyCommand | ClockCommand

WHAT: dict[type[AnyCommand], str] = {
    RelayCommand: "relay",
    SignalCommand: "signal",
    RebootCommand: "reboot",
    IdentifyCommand: "identify",
    ClockCommand: "clock",
}


class Ack(_Out):
    """For each boot the highest seq up to which all is committed or reported dropped."""

    event: list[tuple[Boot, Seq]]
    telemetry: list[tuple[Boot, Seq]]
    ts: UnixMs


AlarmId = Annotated[str, Meta(pattern=r"^[a-z0-9][A-Za-z0-9._:-]{0,127}$(?!\n)", max_length=128)]


class Alarm(_Out):
    """One standing alarm, retained on its own topic."""

    id: AlarmId
    code: Word
    state: Word
    priority: Word
    since: UnixMs
    count: Annotated[int, Meta(ge=1)]
    subject: Annotated[str, Meta(max_length=128)]
    why: dict[str, Any]
    text: Annotated[str, Meta(max_length=400)]


class GatewayState(_Out):
    """state/gateway: is the gateway there, and does the ledger take the record."""

    status: Literal["online", "offline"]
    recording: bool
    why: Why | None = None
