"""The ISA-18.2 alarm states as a pure machine: a standing in, a standing out.

A standing holds facts, and the state is read off them, so that no pair of facts can contradict:

    hidden?   out of service -> OOSRV, else shelved -> SHLVD, else suppressed -> DSUPR
    visible   active  unacked  latched   state
              no      no       no        NORM
              yes     yes      any       UNACK
              yes     no       any       ACKED
              no      yes      no        RTNUN         (returned, nobody saw it)
              no      yes      yes       LATCH_UNACK   (returned, held until a person resets it)
              no      no       yes       LATCH_ACK

Latching is an addition of ours for doors and exits: the 2016 edition took it out of the diagram,
but an alarm that a box left must not vanish because the reader went quiet.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from ..errors import StrongroomError


class State(StrEnum):
    """Where an alarm stands, by the names of ISA-18.2."""

    NORM = "NORM"
    UNACK = "UNACK"
    ACKED = "ACKED"
    RTNUN = "RTNUN"
    LATCH_UNACK = "LATCH_UNACK"
    LATCH_ACK = "LATCH_ACK"
    SHLVD = "SHLVD"
    DSUPR = "DSUPR"
    OOSRV = "OOSRV"


HIDDEN = frozenset({State.SHLVD, State.DSUPR, State.OOSRV})
CALLING = frozenset({State.UNACK, State.RTNUN, State.LATCH_UNACK})
"""States that ask for a person."""


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """The facts of one alarm. `severity` counts from 0; `shelved_until` is Unix ms."""

    active: bool = False
    unacked: bool = False
    latched: bool = False
    severity: int = 0
    shelved_until: int | None = None
    suppressed: bool = False
    out_of_service: bool = False

    @property
    def state(self) -> State:
        """Return the ISA-18.2 state these facts amount to."""
        if self.out_of_service:
            return State.OOSRV
        if self.shelved_until is not None:
            return State.SHLVD
        if self.suppressed:
            return State.DSUPR
        if self.active:
            return State.UNACK if self.unacked else State.ACKED
        if self.latched:
            return State.LATCH_UNACK if self.unacked else State.LATCH_ACK
        return State.RTNUN if self.unacked else State.NORM


NORMAL = Standing()


class RefusedError(StrongroomError):
    """An operator's act that the present state does not allow. `key` names the text, `state` the
    state.
    """

    def __init__(self, key: str, state: State, params: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{key} ({state})")
        self.key = key
        self.state = state
        self.params = dict(params or {})


def activate(standing: Standing, severity: int = 0, *, latching: bool = False) -> Standing:
    """The condition is there, or is there again, or got worse.

    A standing alarm calls again only when it got worse: repeating an acknowledged condition is
    silent. A shelved, suppressed or out-of-service alarm takes note and stays hidden.
    """
    worse = standing.active and severity > standing.severity
    again = not standing.active
    return msgspec.structs.replace(
        standing,
        active=True,
        latched=standing.latched or latching,
        unacked=standing.unacked or worse or again,
        severity=max(severity, standing.severity) if standing.active else severity,
    )


def clear(standing: Standing) -> Standing:
    """The condition is gone. What nobody acknowledged keeps calling, what latches stays."""
    if not standing.active:
        return standing
    return msgspec.structs.replace(standing, active=False)


def acknowledge(standing: Standing) -> Standing:
    """A person has seen it. Raises RefusedError when there is nothing to see or the alarm is
    hidden.
    """
    if standing.state not in CALLING:
        raise RefusedError("alarm.refused.ack", standing.state)
    return msgspec.structs.replace(standing, unacked=False)


def reset(standing: Standing) -> Standing:
    """A person ends a latched alarm. Raises RefusedError unless it is latched, acknowledged and
    returned.
    """
    if standing.state is not State.LATCH_ACK:
        raise RefusedError("alarm.refused.reset", standing.state)
    return msgspec.structs.replace(standing, latched=False, severity=0)


def shelve(standing: Standing, until: int) -> Standing:
    """A person silences it until a stated time (Unix ms); shelving without an end does not exist."""
    if standing.out_of_service:
        raise RefusedError("alarm.refused.shelve", standing.state)
    return msgspec.structs.replace(standing, shelved_until=until)


def unshelve(standing: Standing, *, by_hand: bool) -> Standing:
    """Take it off the shelf: a person who does so has seen it, a time that ran out has not."""
    if standing.shelved_until is None:
        raise RefusedError("alarm.refused.unshelve", standing.state)
    shown = msgspec.structs.replace(standing, shelved_until=None)
    return _reappear(shown, unacked=not by_hand)


def suppress(standing: Standing) -> Standing:
    """Hide it by design, because the cause stands as an alarm of its own (a silent node)."""
    return msgspec.structs.replace(standing, suppressed=True)


def unsuppress(standing: Standing) -> Standing:
    """The cause is gone: what is still there calls now."""
    if not standing.suppressed:
        return standing
    return _reappear(msgspec.structs.replace(standing, suppressed=False), unacked=True)


def take_out(standing: Standing) -> Standing:
    """A person takes the point out of service, for maintenance."""
    return msgspec.structs.replace(standing, out_of_service=True)


def put_back(standing: Standing) -> Standing:
    """A person puts it back into service: what is still there calls now."""
    if not standing.out_of_service:
        raise RefusedError("alarm.refused.put_back", standing.state)
    return _reappear(msgspec.structs.replace(standing, out_of_service=False), unacked=True)


def _reappear(standing: Standing, *, unacked: bool) -> Standing:
    if standing.state in HIDDEN:
        return standing
    there = standing.active or standing.latched
    return msgspec.structs.replace(standing, unacked=unacked and there)
