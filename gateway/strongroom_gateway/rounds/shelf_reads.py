"""stocktake.listen: what shelf readers hear while a stock-take is open is seen."""

from typing import cast

from ..contract import Sensed, Tag
from ..room.context import Context
from ..room.effects import NONE, Effects, Start, Tick
from ..room.registry import RuleState, rule
from .stocktake import seen_record
from .stocktake_report import Stocktake, places_below


class Nothing(RuleState, frozen=True):
    """It remembers nothing: what was seen is in the rows."""


def _reader(ctx: Context, event: Sensed) -> str | None:
    body = cast(Tag, event.body)
    for reader in ctx.config.shelf_reader:
        same = (reader.node, reader.reader) == (event.node, body.reader)
        if same and reader.ant in (None, body.ant):
            return reader.id
    return None


@rule("stocktake.listen", state=Nothing, on=("event/tag",), key=_reader)
def listen(
    state: Nothing | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Nothing | None, Effects]:
    """Note each item once for each open stock-take of the place it is filed at."""
    if not isinstance(event, Sensed):
        return None, NONE
    body = cast(Tag, event.body)
    item = ctx.item_by_tag(body.id)
    if body.act == "gone" or item is None:
        return state, NONE
    effects = []
    for name, _ in ctx.rows.scan("stock_open"):
        stock = ctx.rows.get(Stocktake, name)
        if stock is None or ctx.rows.points("stock_seen", f"{name}/{item.id}") is not None:
            continue
        at = ctx.where(item.id).place
        if at in places_below(stock.place, ctx):
            effects.append(seen_record(name, [item.id], None, None, now, ctx))
    return state, effects
