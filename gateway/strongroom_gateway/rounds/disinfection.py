"""disinfection.due: each place is disinfected in time, and each time is on record (G10)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from ..errors import RefusedActError
from ..hours import zone
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import NONE, Clear, Effects, Raise, Record, Start, Tick, Wake
from ..room.projections import projects
from ..room.registry import RuleState, rule
from ..room.rows import Put, Row, RowsView, put, row

CODE: Final = "disinfection.due"
_DAY: Final = 86_400_000
_Text = Annotated[str, Meta(min_length=1, max_length=200)]
_Moment = (
    Annotated[int, Meta(ge=0)]
    | Annotated[str, Meta(pattern=r"^20\d\d-\d\d-\d\d[T ]\d\d:\d\d$(?!\n)")]
)
"""Unix ms, or `2027-01-15T08:30` by the room's clock."""


class Disinfected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done where: agent and concentration, begin and end, and until when it was aired."""

    place: _Text
    agent: _Text
    concentration: _Text
    begun: _Moment
    ended: _Moment
    aired_until: _Moment | None = None
    note: Annotated[str, Meta(max_length=500)] | None = None


@row("disinfection")
class Last(Row, frozen=True):
    """When a place was last disinfected, Unix ms, and by whom."""

    at: int
    by: str


class Due(RuleState, frozen=True):
    """Whether a place waits for it."""

    raised: bool = False


@projects("disinfection.logged")
def logged(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """The last time of a place."""
    was = rows.get(Last, body["place"])
    if was is None or was.at < body["ended"]:
        yield put(Last(id=body["place"], at=body["ended"], by=body["by"]))


@act("disinfection.log", body=Disinfected, roles=("archivist", "facilities"))
def log(asked: Act[Disinfected], now: int, ctx: Context) -> Effects:
    """Record a disinfection."""
    body = asked.body
    if ctx.place(body.place) is None and body.place != ctx.config.room.id:
        raise RefusedActError("act.unknown_place", {"place": body.place})
    begun, ended = _ms(body.begun, ctx), _ms(body.ended, ctx)
    aired = None if body.aired_until is None else _ms(body.aired_until, ctx)
    if not begun <= ended <= now or (aired is not None and aired < ended):
        raise RefusedActError("act.times_in_order", {})
    times = {"begun": begun, "ended": ended, "aired_until": aired}
    entry = {"by": asked.by, "at": now, **msgspec.to_builtins(body), **times}
    return [Record("disinfection.logged", entry), Wake(CODE, body.place)]


def _ms(moment: int | str, ctx: Context) -> int:
    """Return Unix ms; RefusedActError for a time of day or a date that does not exist."""
    if isinstance(moment, int):
        return moment
    try:
        wall = datetime.fromisoformat(moment)
    except ValueError as bad:
        raise RefusedActError("act.no_time", {"time": moment}) from bad
    return int(wall.replace(tzinfo=zone(ctx.config.room.time_zone)).timestamp()) * 1000


def _places(ctx: Context) -> Iterable[str]:
    return [section.place for section in ctx.config.disinfection]


def _never(_: Context, event: Any) -> str | None:
    return None


@rule(CODE, state=Due, on=(), key=_never, keys=_places)
def disinfection_due(
    state: Due | None, event: Start | Tick, now: int, ctx: Context
) -> tuple[Due | None, Effects]:
    """Raise once a place has waited for longer than it may; clear when it was done."""
    section = next((s for s in ctx.config.disinfection if s.place == event.key), None)
    if section is None:
        gone = {"rule": CODE, "because": "no longer configured"}
        return None, [Clear(CODE, event.key, gone)] if state and state.raised else NONE
    last = ctx.rows.get(Last, section.place)
    due = None if last is None else last.at + section.every_days * _DAY
    why = {
        "rule": CODE,
        "last": None if last is None else last.at,
        "limit": {"every_days": section.every_days, "source": f"disinfection.{section.place}"},
    }
    if due is not None and now < due:
        raised = state is not None and state.raised
        return Due(due=due), [Clear(CODE, section.place, why)] if raised else NONE
    if state is not None and state.raised:
        return state, NONE
    place = ctx.place(section.place)
    params = {"place": section.place if place is None else place.name, "days": section.every_days}
    return Due(raised=True), [Raise(CODE, section.place, why, params)]
