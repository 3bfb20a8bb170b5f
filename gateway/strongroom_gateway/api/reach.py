"""How to get to an item: `GET /items/{item}/find`."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import Field

from ..i18n import speaker
from ..room.context import Context
from ..shelves.bank import KEY, RULE, Shelves
from ..shelves.find import Finding, Reach, find, words
from ..shelves.misplaced import CODE as MISPLACED
from .asking import Language, TheSource
from .models import Refusal, _Model

api = APIRouter(tags=["room"])

_ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"model": Refusal, "description": "There is none of this name."},
    503: {"model": Refusal, "description": "The record cannot be read now."},
}
Millimetres = Annotated[int, Field(description="mm", examples=[650])]


class SlotView(_Model):
    """A slot of a rolling shelf. Face a looks to the low end of the bank; levels from the top."""

    id: Annotated[str, Field(examples=["a-03b-02-04-07"])]
    bank: str
    carriage: int
    face: Literal["a", "b"]
    section: int
    level: int
    position: int


class PushView(_Model):
    """A carriage for a person to push. Nothing pushes it by itself."""

    carriage: int
    towards: Literal["low", "high"]
    mm: Millimetres


class AisleView(_Model):
    """The aisle to go into. `pushes` is null where the positions of the carriages are not known.

    `look_first` are the open aisles that get narrower: somebody may be in there.
    """

    bank: str
    low: Annotated[int, Field(description="The carriage below it; 0 is the fixed low end.")]
    high: Annotated[int, Field(description="The carriage above it.")]
    state: Literal["open", "part", "shut", "unknown"]
    mm: Millimetres | None
    since: Annotated[int | None, Field(description="Open since, Unix ms.")]
    by: Annotated[str | None, Field(description="Who opened it, by the last badge.")]
    moving: bool
    locked_by: str | None
    pushes: list[PushView] | None
    look_first: list[int]


class FindingView(_Model):
    """Where an item is, and what to do to reach it, in `words`."""

    item: str
    name: str
    number: str | None
    inside: Annotated[list[str], Field(description="What it lies in, from the inside outwards.")]
    holder: str | None
    place: str | None
    slot: Annotated[SlotView | None, Field(description="Where it stands; where it belongs.")]
    aisle: AisleView | None
    heard_at: Annotated[str | None, Field(description="The shelf reader at which it is misplaced.")]
    words: list[str]


@api.get("/items/{item}/find", responses=_ANSWERS)
def find_item(source: TheSource, language: Language, item: str) -> FindingView:
    """Return where an item is, and how to reach it."""
    shelves = source.states(RULE).get(KEY, Shelves())
    heard = source.states(MISPLACED)
    say = speaker(language)

    def at(ctx: Context) -> FindingView | None:
        found = find(item, ctx, shelves, heard, source.now())
        return None if found is None else _view(found, words(found, ctx, say))

    view = source.look(at)
    if view is None:
        raise HTTPException(404, item)
    return view


def _view(found: Finding, said: list[str]) -> FindingView:
    slot = found.slot
    return FindingView(
        item=found.item.id,
        name=found.item.name,
        number=found.item.number,
        inside=[box.id for box in found.inside],
        holder=found.where.holder,
        place=found.where.place,
        slot=None
        if slot is None
        else SlotView(
            id=slot.id,
            bank=slot.bank,
            carriage=slot.carriage,
            face=slot.face,
            section=slot.section,
            level=slot.level,
            position=slot.position,
        ),
        aisle=None if found.reach is None else _aisle(found.reach),
        heard_at=found.heard_at,
        words=said,
    )


def _aisle(reach: Reach) -> AisleView:
    aisle = reach.layout.aisles[reach.aisle]
    lock = reach.state.lock
    pushes = None
    if reach.guide is not None:
        pushes = [
            PushView(carriage=p.carriage, towards=p.towards, mm=p.mm) for p in reach.guide.pushes
        ]
    return AisleView(
        bank=reach.bank.id,
        low=reach.aisle,
        high=reach.aisle + 1,
        state=aisle.state,
        mm=aisle.mm,
        since=None if reach.opening is None else reach.opening.since,
        by=None if reach.opening is None else reach.opening.by,
        moving=reach.moving,
        locked_by=lock.by if lock is not None and lock.until is None else None,
        pushes=pushes,
        look_first=list(reach.look_first),
    )
