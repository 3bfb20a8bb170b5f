"""Reading routes about stock-takes: what was found so far, and what there is to sign."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import Field

from ..room.context import Context
from ..rounds.stocktake_report import Stocktake, report
from .asking import AfterName, Limit, TheSource
from .models import Millis, Refusal, _Model

_MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": Refusal, "description": "There is no such stock-take."}
}

api = APIRouter(tags=["rounds"], prefix="/stocktakes")


class StocktakeView(_Model):
    """A stock-take: of which place, since when, and who has signed its report."""

    id: str
    place: str
    begun: Millis
    by: str
    state: Annotated[str, Field(examples=["open", "signed", "dropped"])]
    first: Annotated[str | None, Field(description="Who signed the report as it is.")]


class StocktakesPage(_Model):
    """Stock-takes by their numbers."""

    stocktakes: list[StocktakeView]
    next: str | None = None


class StocktakeReport(StocktakeView):
    """The five lists, by item; while it is open, against the record as it is now."""

    found: list[str]
    missing: list[str]
    misplaced: Annotated[dict[str, str], Field(description="Where each was seen.")]
    unexpected: Annotated[dict[str, str], Field(description="Where each was seen.")]
    strange: Annotated[list[str], Field(description="Tags of nothing that is registered.")]
    digest: Annotated[str, Field(description="SHA-256 of the lists: what is signed.")]


@api.get("")
def stocktakes(source: TheSource, after: AfterName = "", limit: Limit = 100) -> StocktakesPage:
    """Return stock-takes, oldest first."""

    def at(ctx: Context) -> list[StocktakeView]:
        found: list[StocktakeView] = []
        for stock in ctx.rows.each(Stocktake, "", after):
            found.append(_view(stock))
            if len(found) > limit:
                break
        return found

    found = source.look(at)
    more = len(found) > limit
    return StocktakesPage(stocktakes=found[:limit], next=found[limit - 1].id if more else None)


@api.get("/{stocktake}", responses=_MISSING)
def stocktake(source: TheSource, stocktake: str) -> StocktakeReport:
    """Return the report of a stock-take."""

    def at(ctx: Context) -> StocktakeReport | None:
        stock = ctx.rows.get(Stocktake, stocktake)
        if stock is None:
            return None
        made = report(stock, ctx)
        return StocktakeReport(
            **_view(stock).model_dump(),
            found=made.found,
            missing=made.missing,
            misplaced=made.misplaced,
            unexpected=made.unexpected,
            strange=made.strange,
            digest=made.digest,
        )

    found = source.look(at)
    if found is None:
        raise HTTPException(404, stocktake)
    return found


def _view(stock: Stocktake) -> StocktakeView:
    return StocktakeView(
        id=stock.id,
        place=stock.place,
        begun=stock.begun,
        by=stock.by,
        state=stock.state,
        first=stock.first,
    )
