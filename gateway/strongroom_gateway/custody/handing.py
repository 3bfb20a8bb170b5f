"""What comes back over a desk: of a loan, without one, or brought by somebody else."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..loans import rows as loan_rows
from ..loans.lending import OVERDUE, closed
from ..loans.model import INSPECTION, Loan
from ..room.effects import Clear, Effect, Record
from ..room.model import UNFILED, Item
from ..room.projections import projects
from ..room.rows import Put, RowsView
from .register import move
from .session import RULE, Session, Tap


def handed_in(
    state: Session, tap: Tap, item: Item, loan: Loan | None, why: dict[str, Any]
) -> tuple[tuple[str, ...], list[Effect]]:
    """Return which items come back with this one, and the effects.

    They lie at the desk until they are inspected, and whoever had them answers for them until then.
    Without inspections (`loans.inspection`) they are home at once.
    """
    ctx = tap.ctx
    things: tuple[str, ...] = (item.id,)
    if loan is not None and item.id == loan.item:
        things = (item.id, *(name for name in loan.away if name != item.id))
    inspected = ctx.config.loans.inspection and item.kind != "key"
    effects: list[Effect] = []
    for thing in things:
        before = ctx.where(thing)
        known = ctx.item(thing)
        owner = before.holder if loan is None else loan.person
        body: dict[str, Any] = {
            "item": thing,
            "person": state.person,
            "holder": owner if inspected else None,
            "place": INSPECTION if inspected else (known and known.home) or UNFILED,
            "desk": tap.desk.id,
            "loan": None if loan is None else loan.id,
            "slip": None if loan is None else loan.slip,
            "served_by": state.served_by,
            "why": why | {"held_before": before.holder, "place_before": before.place},
        }
        if thing != item.id:
            body["with"] = item.id
        if loan is None and before.holder is None:
            body["why"]["because"] = "comes back without having been checked out"
        elif owner != state.person:
            body["why"]["because"] = f"brought back for {owner}"
        effects.append(Record("movement.handed_in" if inspected else "movement.return", body))
    if loan is None or set(loan.away) - set(things):
        return things, effects
    cleared = {"rule": RULE, "because": "handed in", "by": state.person}
    effects.append(Clear(OVERDUE, loan.id, cleared))
    if not inspected:
        effects += closed(loan, state.person or "", "returns are not inspected here", tap.now)
    return things, effects


@projects("movement.handed_in")
def moved_in(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """An item lies at the desk; its loan knows that it was given back."""
    yield from move(body["item"], body["holder"], body["place"], at, rows)
    yield from loan_rows.handed_in(body["loan"], body["item"], rows)


@projects("movement.missing")
def gone(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterable[Put]:
    """An item of a loan is not there: nobody knows where it is."""
    return move(body["item"], body["holder"], body["place"], at, rows)
