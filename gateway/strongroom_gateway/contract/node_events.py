"""event/node: what the node says about itself. One struct for each ``what``."""

from typing import ClassVar, Literal

from msgspec import UNSET, UnsetType, field

from .envelope import Envelope
from .types import Boot, Lane, Mono, Name, Positive, Seq, UnixMs, Version, Why, Word


class NodeEvent(Envelope, tag_field="what"):
    """Base of all event/node messages; ``what`` tells them apart."""

    what: ClassVar[str]


class Booted(NodeEvent, tag="boot"):
    """The node started."""

    what: ClassVar[str] = "boot"
    cause: Word


class ClockAnchor(NodeEvent, tag="clock.anchor"):
    """At ``at_mono`` of boot ``of_boot`` the time was ``at_ts``: dates what was sensed before."""

    what: ClassVar[str] = "clock.anchor"
    of_boot: Boot
    at_mono: Mono
    at_ts: UnixMs
    source: Literal["rtc", "ntp", "gateway"]


class OutboxDropped(NodeEvent, tag="outbox.dropped"):
    """Records ``from``..``to`` of a lane were given up at the node; ``count`` were lost."""

    what: ClassVar[str] = "outbox.dropped"
    lane: Lane
    of_boot: Boot
    first: Seq = field(name="from")
    last: Seq = field(name="to")
    count: Positive
    why: Why

    def __post_init__(self) -> None:
        if self.count > self.last - self.first + 1:
            raise ValueError(f"{self.count} records from {self.first} to {self.last}")


class DriverFault(NodeEvent, tag="driver.fault"):
    """A device does not answer or answers wrongly."""

    what: ClassVar[str] = "driver.fault"
    device: Name
    why: Why


class DriverOk(NodeEvent, tag="driver.ok"):
    """A device works again."""

    what: ClassVar[str] = "driver.ok"
    device: Name


class ConfigApplied(NodeEvent, tag="config.applied"):
    """The node runs this version of its configuration."""

    what: ClassVar[str] = "config.applied"
    version: Version


class ConfigRefused(NodeEvent, tag="config.refused"):
    """The node keeps its last good configuration."""

    what: ClassVar[str] = "config.refused"
    version: Version
    why: Why


class RelayExpired(NodeEvent, tag="relay.expired"):
    """A relay's lease ran out; the node switched it off."""

    what: ClassVar[str] = "relay.expired"
    relay: Name


class RelayChanged(NodeEvent, tag="relay.changed"):
    """The node switched a relay by its own rules."""

    what: ClassVar[str] = "relay.changed"
    relay: Name
    why: Why


class SensorLost(NodeEvent, tag="sensor.lost"):
    """A sensor went quiet; what depends on it is in its safe state."""

    what: ClassVar[str] = "sensor.lost"
    device: Name


class SensorBack(NodeEvent, tag="sensor.back"):
    """The sensor answers again."""

    what: ClassVar[str] = "sensor.back"
    device: Name


class SafeMode(NodeEvent, tag="safe_mode"):
    """The node started without its devices after repeated failed boots."""

    what: ClassVar[str] = "safe_mode"
    why: Why


class TaskStuck(NodeEvent, tag="task.stuck"):
    """A task missed its heartbeat."""

    what: ClassVar[str] = "task.stuck"
    device: Name
    why: Why | UnsetType = UNSET


class SessionLost(NodeEvent, tag="session.lost"):
    """The broker forgot the node's session."""

    what: ClassVar[str] = "session.lost"
    why: Why


AnyNodeEvent = (
    Booted
    | ClockAnchor
    | OutboxDropped
    | DriverFault
    | DriverOk
    | ConfigApplied
    | ConfigRefused
    | RelayExpired
    | RelayChanged
    | SensorLost
    | SensorBack
    | SafeMode
    | TaskStuck
    | SessionLost
)
