"""Whether somebody may take an item: by their role, or by a slip that allows it."""

from typing import Any, Literal

import msgspec

from ..errors import RowsUnreadableError
from ..room.context import Context
from ..room.model import Item, Person
from .model import SLIP_FOR, SLIP_OF, SLIP_ON, Slip


class Right(msgspec.Struct, frozen=True):
    """What allows somebody to take an item, or in words why nothing does.

    `until` is set where the right ended after the moment that was asked about (Unix ms).
    """

    kind: Literal["direct", "slip", "none"]
    because: str
    """Granted: what by; otherwise the key of a text."""
    slip: str | None = None
    external: bool = False
    days: int | None = None
    until: int | None = None
    params: dict[str, Any] = {}
    looked_for: dict[str, Any] = {}

    @property
    def granted(self) -> bool:
        """Return whether they may take it."""
        return self.kind != "none"


def right_to(item: Item, person: Person, at: int, ctx: Context) -> Right:
    """Return what allows a person to take an item at `at` (Unix ms).

    Taps may be heard late: what counts is what was approved, and not yet withdrawn, when they were
    made.
    """
    section = ctx.config.loans
    looked_for: dict[str, Any] = {"kind": "slip", "item": item.id, "person": person.id, "at": at}
    if item.kind == "key" and not item.closed:
        return _key(person, ctx, looked_for)
    if item.kind not in section.kinds or item.closed:
        return Right("none", "desk.not_lent", looked_for=looked_for)
    try:
        by_slip = _by_slip(item.id, person.id, at, ctx)
    except RowsUnreadableError:
        ctx.count("room.rows_unreadable")
        by_slip = Right("none", "desk.no_record")
    looked_for["slip"] = by_slip.slip
    roles = [role for role in person.roles if role in section.direct]
    if not by_slip.granted and roles:
        looked_for |= {"role": roles[0], "found": "direct"}
        return Right("direct", roles[0], looked_for=looked_for)
    looked_for["found"] = "slip" if by_slip.granted else None
    looked_for["because"] = by_slip.because
    return msgspec.structs.replace(by_slip, looked_for=looked_for)


def _key(person: Person, ctx: Context, looked_for: dict[str, Any]) -> Right:
    """Keys are no files: some roles take them, for the day (G13)."""
    section = ctx.config.keys
    roles = [role for role in person.roles if role in section.roles]
    looked_for |= {"kind": "role", "found": roles[0] if roles else None}
    if not roles:
        return Right("none", "desk.no_key", looked_for=looked_for)
    return Right("direct", roles[0], days=1, looked_for=looked_for)


def _by_slip(item: str, person: str, at: int, ctx: Context) -> Right:
    name = ctx.rows.points(SLIP_FOR, f"{person}/{item}")
    slip = None if name is None else ctx.rows.get(Slip, name)
    if slip is None:
        return _without(item, person, ctx)
    ended = None if slip.ended is None or slip.state == "expired" else slip.ended
    because = "slip"
    if item in slip.taken:
        because = "desk.slip_used"
    elif slip.state == "refused":
        because = "desk.slip_refused"
    elif slip.state == "withdrawn" and (
        slip.decided is None or slip.ended is None or slip.ended <= at
    ):
        because = "desk.slip_withdrawn"
    elif slip.decided is None or slip.until is None or at < slip.decided:
        because = "desk.slip_pending"
    elif at >= slip.until:
        because = "desk.slip_expired"
    params = {"slip": slip.id}
    if because != "slip":
        return Right("none", because, slip.id, params=params)
    return Right("slip", because, slip.id, slip.external, slip.days, ended, params)


def _without(item: str, person: str, ctx: Context) -> Right:
    """Say what is nearest to a slip of theirs with this item."""
    for name, _ in ctx.rows.scan(SLIP_OF, f"{person}/"):
        slip = ctx.rows.get(Slip, name.rpartition("/")[2])
        if slip is not None and slip.state == "approved":
            return Right("none", "desk.not_on_slip", params={"slip": slip.id})
    for name, _ in ctx.rows.scan(SLIP_ON, f"{item}/"):
        slip = ctx.rows.get(Slip, name.rpartition("/")[2])
        if slip is not None and slip.person != person:
            params = {"slip": slip.id, "holder": ctx.person_name(slip.person)}
            return Right("none", "desk.slip_of_another", params=params)
    return Right("none", "desk.no_slip")
