"""Acts: what people do otherwise than at a sensor. One function each, found by its decorator.

An act is asked for by somebody of the register, or by the administrator of this machine
("local:NAME") where the act allows it. It is done wholly, or refused in words and leaves nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar

import msgspec

from ..errors import RefusedActError, UnknownActError
from .context import Context
from .effects import Effects
from .model import Person, Role

LOCAL: Final = "local:"
"""Who can open the gateway's admin socket, by the name the operating system knows them by."""

B = TypeVar("B")


class Act(msgspec.Struct, Generic[B], frozen=True):
    """Somebody asks for something: who (id of a person, or "local:NAME"), and what."""

    kind: str
    by: str
    body: B
    person: Person | None = None
    """Who `by` is; None for the administrator of this machine."""


class ActKind(msgspec.Struct, frozen=True):
    """A registered act."""

    kind: str
    body: type[Any]
    roles: tuple[Role, ...]
    local: bool
    do: Callable[[Act[Any], int, Context], Effects]


_acts: dict[str, ActKind] = {}


def act(
    kind: str, *, body: type[B], roles: tuple[Role, ...] = (), local: bool = False
) -> Callable[
    [Callable[[Act[B], int, Context], Effects]], Callable[[Act[B], int, Context], Effects]
]:
    """Register an act.

    kind   dotted words, "slip.request"
    body   a struct that forbids unknown fields
    roles  whoever has one of them may; empty: every active person
    local  whether the administrator of this machine may
    """

    def register(
        do: Callable[[Act[B], int, Context], Effects],
    ) -> Callable[[Act[B], int, Context], Effects]:
        if kind in _acts:
            raise ValueError(f"two acts are called {kind}")
        _acts[kind] = ActKind(kind, body, roles, local, do)
        return do

    return register


def known_acts() -> Mapping[str, ActKind]:
    """Return all acts by name."""
    return dict(sorted(_acts.items()))


def perform(kind: str, by: str, body: Mapping[str, Any], now: int, ctx: Context) -> Effects:
    """Return what an act leads to.

    Raises UnknownActError, or RefusedActError with the reason: not allowed, not possible, or a body
    that is not as it should be.
    """
    found = _acts.get(kind)
    if found is None:
        raise UnknownActError(kind)
    _written(by, body)
    person = _allowed(found, by, ctx)
    try:
        asked = msgspec.convert(body, found.body)
    except msgspec.ValidationError as bad:
        raise RefusedActError("act.bad_body", {"reason": str(bad)}) from bad
    return found.do(Act(kind, by, asked, person), now, ctx)


def _written(by: str, body: Mapping[str, Any]) -> None:
    """Raise RefusedActError for half of a sign, which JSON can say and neither rows nor the record
    can hold.
    """
    try:
        msgspec.json.encode((by, body))
    except UnicodeEncodeError as bad:
        raise RefusedActError("act.bad_body", {"reason": bad.reason}) from bad


def _allowed(kind: ActKind, by: str, ctx: Context) -> Person | None:
    if by.startswith(LOCAL):
        if not kind.local:
            raise RefusedActError("act.not_local", {"act": kind.kind})
        return None
    person = ctx.person(by)
    if person is None:
        raise RefusedActError("act.unknown_person", {"person": by})
    if not person.active:
        raise RefusedActError("act.person_inactive", {"person": person.name})
    if kind.roles and not set(kind.roles) & set(person.roles):
        roles = ", ".join(ctx.say(f"role.{role}", {}) for role in kind.roles)
        raise RefusedActError("act.not_allowed", {"person": person.name, "roles": roles})
    return person
