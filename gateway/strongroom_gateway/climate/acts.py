"""A person's word on a machine: on or off until a time, then the controller decides again."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ..errors import RefusedActError
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import Effects, Record, Wake
from ..room.projections import projects
from ..room.rows import Put, Row, RowsView, drop, put, row
from .control.plan import OPPOSITE
from .setup import Setup, setup_of

KIND = "climate.override"
_MINUTE_MS = 60_000


@row("climate_word")
class Word(Row, frozen=True):
    """What somebody said of a machine (`node/relay`), until when (Unix ms), and why."""

    on: bool
    until: int
    by: str
    comment: str
    at: int


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`machine` as node/relay; `state` on, off, or auto to take a word back; `minutes` it holds."""

    machine: str
    state: Annotated[str, Meta(pattern="^(on|off|auto)$")]
    comment: Annotated[str, Meta(min_length=1, max_length=200)]
    minutes: Annotated[int, Meta(ge=1, le=1440)] = 60


@act(KIND, body=Asked, roles=("facilities", "archivist"), local=True)
def override(asked: Act[Asked], now: int, ctx: Context) -> Effects:
    """Take a machine out of the controller's hand for a while, or give it back.

    The machine's own times, its node's lease and the rule that nothing runs blindly still hold.
    """
    body, setup = asked.body, setup_of(ctx)
    node, _, relay = body.machine.partition("/")
    zone = setup.machines.get((node, relay))
    if zone is None:
        raise RefusedActError("climate.no_machine", {"machine": body.machine})
    most = ctx.zones[zone].section.control.override_max_minutes
    if body.minutes > most:
        raise RefusedActError("climate.override_too_long", {"minutes": most})
    if body.state == "on":
        _not_against(body.machine, zone, now, ctx, setup)
    entry: dict[str, Any] = {
        "machine": body.machine,
        "zone": zone,
        "state": body.state,
        "by": asked.by,
        "comment": body.comment,
        "at": now,
        "why": {"rule": KIND, "because": "a person asked"},
    }
    if body.state != "auto":
        entry["until"] = now + body.minutes * _MINUTE_MS
    return [Record(KIND, entry), Wake("climate.control", zone)]


def _not_against(machine: str, zone: str, now: int, ctx: Context, setup: Setup) -> None:
    """Refuse to run a machine while somebody has its opposite on."""
    machines = setup.machines_of(zone)
    rival = OPPOSITE.get(next(m.kind for m in machines if m.name == machine))
    for other in machines:
        word = ctx.rows.get(Word, other.name)
        if other.kind == rival and word is not None and word.on and now < word.until:
            raise RefusedActError("climate.override_fights", {"machine": other.name})


@projects(KIND)
def remembered(kind: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterable[Put]:
    """Keep the word, or forget it."""
    del kind, at, rows
    if body["state"] == "auto":
        return [drop(Word.table, body["machine"])]
    word = Word(
        id=body["machine"],
        on=body["state"] == "on",
        until=body["until"],
        by=body["by"],
        comment=body["comment"],
        at=body["at"],
    )
    return [put(word)]
