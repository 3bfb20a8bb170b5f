"""Whether somebody may take an item: by their role, or by a slip that allows it."""

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from ..errors import RowsUnreadableError
from ..hours import zone
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
    approved: int = 0
    """Unix ms at which the slip was approved, where that is after the moment asked about."""
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
    if by_slip.because == "desk.slip_later":
        # By the clocks it was not approved yet: a tap heard late, or a clock that was put back.
        looked_for |= {"approved": by_slip.approved, "approved_after_ms": by_slip.approved - at}
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
    elif slip.decided is None or slip.until is None:
        because = "desk.slip_pending"
    elif at < slip.decided:
        because = "desk.slip_later"
    elif at >= slip.until:
        because = "desk.slip_expired"
    params = {"slip": slip.id}
    if because == "desk.slip_later" and slip.decided is not None:
        params |= {"approved": _told(slip.decided, ctx), "tapped": _told(at, ctx)}
        return Right("none", because, slip.id, approved=slip.decided, params=params)
    if because != "slip":
        return Right("none", because, slip.id, params=params)
    return Right("slip", because, slip.id, slip.external, slip.days, ended, params=params)


def _told(at: int, ctx: Context) -> str:
    """Return Unix ms by the room's clock, to the second: as 2027-01-15 16:00:05."""
    local = zone(ctx.config.room.time_zone)
    here = datetime.fromtimestamp(at // 1000, UTC).astimezone(local)
    return here.replace(tzinfo=None).isoformat(" ")


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
