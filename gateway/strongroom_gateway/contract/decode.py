"""From an MQTT topic and payload to a typed message, or to a refusal with a reason."""

import re
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

import msgspec

from ..errors import ContractError
from . import reasons
from .envelope import Envelope
from .kinds import KINDS
from .node import NodeInfo
from .types import INT31, MAX_BYTES, Clk, Lane

DEEPEST: Final = 3  # info -> capabilities -> one of them
_SALVAGE_BYTES: Final = 65_536
_ROUTES: Final = 4_096
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_COMPLAINTS: Final = (  # words of msgspec's messages
    ("unknown field", reasons.UNKNOWN_FIELD),
    ("missing required field", reasons.MISSING_FIELD),
    ("got `", reasons.WRONG_TYPE),
)
_FIELD: Final = re.compile(r"`\$\.?([^`]*)`")


class Sensed(msgspec.Struct, gc=False):
    """One event or reading that keeps the contract. ``received`` is the gateway's Unix ms."""

    room: str
    node: str
    lane: Lane
    kind: str
    boot: int
    seq: int
    mono: int
    ts: int | None
    clk: Clk
    received: int
    body: Envelope
    raw: bytes
    """The whole message as canonical JSON: sorted keys, no spaces, UTF-8."""


class Status(msgspec.Struct):
    """A node, or the broker in its name, says that it is there or not."""

    room: str
    node: str
    online: bool
    received: int


class Info(msgspec.Struct):
    """A node's description of itself."""

    room: str
    node: str
    received: int
    body: NodeInfo


Message = Sensed | Status | Info


class Origin(NamedTuple):
    """What a refused message still tells: enough to count it as dealt with."""

    node: str
    lane: Lane
    boot: int
    seq: int


class Route(NamedTuple):
    """A topic taken apart, with the decoder of its payload."""

    room: str
    node: str
    level: Literal["event", "telemetry", "status", "info"]
    kind: str
    read: Callable[[bytes], Envelope] | None


_decoders: Final = {key: msgspec.json.Decoder(struct).decode for key, struct in KINDS.items()}
_info: Final = msgspec.json.Decoder(NodeInfo)
_encode: Final = msgspec.json.Encoder(order="sorted").encode


class _Salvage(msgspec.Struct):
    boot: int
    seq: int


_salvage: Final = msgspec.json.Decoder(_Salvage)


class Decoder:
    """Decodes the messages of one room. Remembers the topics it has seen; not thread-safe."""

    def __init__(self, room: str) -> None:
        self.room = room
        self._routes: dict[str, Route] = {}

    def decode(self, topic: str, payload: bytes, received: int) -> Message:
        """Return the typed message; raise ContractError with a reason code."""
        route = self._routes.get(topic)
        if route is None:
            route = self._remember(topic)
        if len(payload) > MAX_BYTES:
            raise ContractError(reasons.OVERSIZED, f"{len(payload)} bytes, allowed {MAX_BYTES}")
        if route.read is None:
            return self._outside_lanes(route, payload, received)
        try:
            body = route.read(payload)
        except (ValueError, RecursionError) as error:
            raise _refusal(error, payload) from None
        if (body.ts is None) != (body.clk == "none"):
            raise ContractError(reasons.CLOCK_MISMATCH, f"ts {body.ts} with clk {body.clk}")
        return Sensed(
            route.room,
            route.node,
            route.level,  # type: ignore[arg-type]  # a route that has a reader is a lane
            route.kind,
            body.boot,
            body.seq,
            body.mono,
            body.ts,
            body.clk,
            received,
            body,
            _encode(body),
        )

    def origin(self, topic: str, payload: bytes) -> Origin | None:
        """Return who sent a refused message and its (boot, seq), as far as they can be read."""
        node, lane = _lane_of(topic, self.room)
        if lane is None or len(payload) > _SALVAGE_BYTES:
            return None
        try:
            found = _salvage.decode(payload)
        except (ValueError, RecursionError):
            return None
        if not (1 <= found.boot <= INT31 and 1 <= found.seq <= INT31):
            return None
        return Origin(node, lane, found.boot, found.seq)

    def sender(self, topic: str) -> str:
        """Return the node a topic of this room belongs to, or "" when it does not tell."""
        parts = topic.split("/", 4)
        if len(parts) == 5 and parts[:3] == ["strongroom", "v1", self.room]:
            return parts[3] if _NAME.fullmatch(parts[3]) else ""
        return ""

    def _remember(self, topic: str) -> Route:
        route = _route(topic, self.room)
        if len(self._routes) >= _ROUTES:
            self._routes.clear()
        self._routes[topic] = route
        return route

    def _outside_lanes(self, route: Route, payload: bytes, received: int) -> Status | Info:
        if route.level == "status":
            if payload not in (b"online", b"offline"):
                raise ContractError(reasons.OUT_OF_RANGE, "status is online or offline")
            return Status(route.room, route.node, payload == b"online", received)
        try:
            body = _info.decode(payload)
        except (ValueError, RecursionError) as error:
            raise _refusal(error, payload) from None
        if (body.room, body.node) != (route.room, route.node):
            raise ContractError(
                reasons.WRONG_ROOM,
                f"info of {body.room}/{body.node} on the topic of {route.room}/{route.node}",
            )
        return Info(route.room, route.node, received, body)


def _lane_of(topic: str, room: str) -> tuple[str, Lane | None]:
    parts = topic.split("/")
    if len(parts) != 6 or parts[:3] != ["strongroom", "v1", room] or not _NAME.fullmatch(parts[3]):
        return "", None
    if parts[4] == "event":
        return parts[3], "event"
    if parts[4] == "telemetry":
        return parts[3], "telemetry"
    return "", None


def _route(topic: str, room: str) -> Route:
    parts = topic.split("/")
    shown = ascii(topic[:200])
    if parts[:2] != ["strongroom", "v1"] or len(parts) not in (5, 6):
        raise ContractError(reasons.BAD_TOPIC, f"{shown} is not of this contract")
    if not (_NAME.fullmatch(parts[2]) and _NAME.fullmatch(parts[3])):
        raise ContractError(reasons.BAD_TOPIC, f"{shown} has no proper room and node name")
    if parts[2] != room:
        raise ContractError(reasons.WRONG_ROOM, f"{shown} is not of room {room}")
    if len(parts) == 5:
        if parts[4] == "status":
            return Route(room, parts[3], "status", "status", None)
        if parts[4] == "info":
            return Route(room, parts[3], "info", "info", None)
    elif (parts[4], parts[5]) in KINDS:
        level: Literal["event", "telemetry"] = "event" if parts[4] == "event" else "telemetry"
        return Route(room, parts[3], level, parts[5], _decoders[level, parts[5]])
    raise ContractError(reasons.BAD_TOPIC, f"{shown} is nothing a node publishes")


def depth(payload: bytes) -> int:
    """Return how deep brackets nest outside strings, without recursion."""
    deepest = level = 0
    in_string = escaped = False
    for byte in payload:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif byte in b"]}":
            level -= 1
    return deepest


def _refusal(error: ValueError | RecursionError, payload: bytes) -> ContractError:
    """Turn a decoder's complaint into a stable reason code; the words go into the detail."""
    text = str(error)
    if depth(payload) > DEEPEST:
        return ContractError(reasons.TOO_DEEP, f"nested deeper than {DEEPEST}")
    if not isinstance(error, msgspec.ValidationError):
        return ContractError(reasons.MALFORMED_JSON, text)
    found = _FIELD.search(text)
    if found is None and text.startswith("Expected `object`"):
        return ContractError(reasons.NOT_AN_OBJECT, text)
    if found is not None and found.group(1) == "id" and "regex" in text:
        return ContractError(reasons.BAD_ID, text)
    for words, reason in _COMPLAINTS:
        if words in text:
            return ContractError(reason, text)
    return ContractError(reasons.OUT_OF_RANGE, text)
