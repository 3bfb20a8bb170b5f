"""What goes out at once: alarms, commands and views of a decision, and all of it to a new broker."""

from typing import Final

import msgspec

from ..contract import ClockCommand, GatewayState, Info, topics
from ..contract.topics import ROOT
from ..transport.port import Inbound, Transport
from .port import AlarmChange, Command, Decision

_encode: Final = msgspec.json.Encoder().encode


class Publisher:
    """Publishes for one room. What could not be sent is counted; what is retained comes again."""

    def __init__(self, room: str, transport: Transport) -> None:
        self._room = room
        self._transport = transport
        self._shown: set[str] = set()  # alarms the broker may hold
        self._alarm_prefix = f"{ROOT}/{room}/alarm/"
        self.alarms = 0
        self.commands = 0
        self.failed = 0

    def decision(self, decision: Decision) -> None:
        """Publish what a decision says to the outside, alarms first."""
        for change in decision.alarms:
            self._alarm(change)
        for command in decision.commands:
            self._command(command)
        for thing, payload in decision.views:
            self._send(topics.state(self._room, thing), payload, retain=True)

    def everything(self, standing: Decision, recording: bool, why: str) -> None:
        """Publish all that stands, for a broker that may have forgotten it."""
        self.gateway("online", recording, why)
        stands = {change.id for change in standing.alarms if change.alarm is not None}
        over = [AlarmChange(alarm, None) for alarm in sorted(self._shown - stands)]
        self.decision(msgspec.structs.replace(standing, alarms=over + standing.alarms))

    def gateway(self, status: str, recording: bool, why: str) -> None:
        """Publish the gateway's own state."""
        state = GatewayState(
            status="online" if status == "online" else "offline",
            recording=recording,
            why=why[:200] or None,
        )
        self._send(topics.state(self._room, "gateway"), _encode(state), retain=True)

    def ack(self, node: str, payload: bytes) -> bool:
        """Publish an application acknowledgement."""
        return self._transport.publish(topics.ack(self._room, node), payload, 1, False)

    def greet(self, node: str, now: int) -> None:
        """Tell a node that the gateway has come: an acknowledgement of nothing.

        The node then sends again, at once and not after its time-out, what it holds unacknowledged.
        """
        self.ack(node, b'{"event":[],"telemetry":[],"ts":%d}' % now)

    def clock(self, info: Info, now: int) -> None:
        """Tell a node that has just announced itself the time."""
        body = info.body
        answer = ClockCommand(id=f"clock-{body.boot}-{body.mono}", mono=body.mono, ts=now)
        self._command(Command(info.node, answer))

    def own(self, message: Inbound) -> bool:
        """Return whether a message is one of the room's alarms; take down one that is over.

        A retained alarm that no longer stands is left from before a crash, or from a broker's older
        database.
        """
        if not message.topic.startswith(self._alarm_prefix):
            return False
        alarm = message.topic.removeprefix(self._alarm_prefix)
        if message.retain and message.payload and alarm not in self._shown:
            self._send(message.topic, b"", retain=True)
        return True

    def _alarm(self, change: AlarmChange) -> None:
        self.alarms += 1
        self._shown.add(change.id)
        payload = b"" if change.alarm is None else _encode(change.alarm)
        if self._send(self._alarm_prefix + change.id, payload, retain=True) and not payload:
            self._shown.discard(change.id)

    def _command(self, command: Command) -> None:
        self.commands += 1
        topic = topics.command(self._room, command.node, command.what)
        self._send(topic, _encode(command.body), retain=False)

    def _send(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        sent = self._transport.publish(topic, payload, 1, retain)
        self.failed += not sent
        return sent
