"""Finding items: by tag, by number, by words or the beginning of any of these."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query

from ..room.context import Context
from ..room.model import Item
from .asking import Limit, TheSource
from .models import Found, Refusal
from .views import item_view

api = APIRouter(tags=["room"])


@api.get("/find", responses={503: {"model": Refusal}})
def find(
    source: TheSource,
    q: Annotated[
        str,
        Query(min_length=1, max_length=100, description="Tag, number, name, or a part of a name."),
    ],
    limit: Limit = 20,
) -> Found:
    """Return the items that are meant, those of that very tag or number first."""
    asked = q.strip()
    by_words = source.record.find(asked, limit * 4)
    prefix = f"{Item.table}/"
    named = [key[len(prefix) :] for key in by_words if key.startswith(prefix)]

    def at(ctx: Context) -> Found:
        seen: dict[str, Item] = {}
        for name in (*_exact(ctx, asked, limit), *named):
            item = ctx.item(name)
            if item is not None and len(seen) < limit:
                seen.setdefault(name, item)
        return Found(items=[item_view(item, ctx) for item in seen.values()])

    return source.look(at)


def _exact(ctx: Context, asked: str, limit: int) -> Iterator[str]:
    """Yield the ids meant by a tag, an id or a number, and then those of numbers that begin so."""
    item = ctx.item_by_tag(asked.lower())
    if item is not None:
        yield item.id
    if ctx.item(asked) is not None:
        yield asked
    number = ctx.rows.points("number", asked)
    if number is not None:
        yield number
    for index in ("number", "tag"):
        for count, (name, _) in enumerate(
            ctx.rows.scan(index, asked if index == "number" else asked.lower())
        ):
            if count >= limit:
                break
            target = ctx.rows.points(index, name) or ""
            yield target.removeprefix(f"{Item.table}/")
