"""Movements as rows: who holds what, where it is, and the indexes that lead there."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..room.model import Where
from ..room.projections import projects
from ..room.rows import Put, RowsView, drop, note, put


@projects(
    "movement.check_out",
    "movement.exit",
    "movement.exit_without_leave",
    "movement.return",
    "movement.return_pending",
)
def moved(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterable[Put]:
    """An item has this holder now (None: nobody, it rests) and is at this place."""
    return move(body["item"], body["holder"], body["place"], at, rows)


def move(item: str, holder: str | None, place: str, at: int, rows: RowsView) -> Iterator[Put]:
    """Return the changes of rows for an item that changes hands or place; for projections."""
    was = rows.get(Where, item)
    last = holder
    if last is None and was is not None:
        last = was.holder or was.last_holder
    yield from placed(Where(id=item, holder=holder, place=place, since=at, last_holder=last), was)


def placed(now: Where, was: Where | None) -> Iterator[Put]:
    """Return the changes of rows that put an item where it is now, and no longer where it was."""
    if was is not None:
        if was.place != now.place:
            yield drop("at", f"{was.place}/{was.id}")
        if was.holder is not None and was.holder != now.holder:
            yield drop("held", f"{was.holder}/{was.id}")
    yield note("at", f"{now.place}/{now.id}")
    if now.holder is not None:
        yield note("held", f"{now.holder}/{now.id}")
    yield put(now)
