"""What was looked at and counted: returns, safes, stock-takes, certificates that are accepted."""

from ..mapping import Maps, Silent

_LIST = "it is about the list; nothing has happened to an original yet"
_LATER = "what was seen counts, and is told, when two have signed it: stocktake.signed"

TABLE = (
    Maps(
        kind="return.inspected",
        step="inspecting",
        disposition="returned",
        items=("items[]", "item"),
        read_point=("desk",),
        location=("place",),
        slip=("slip",),
        lasting={
            "complete": {True: "completeness_verified", False: "mismatch_quantity"},
            "damaged": {True: "damaged"},
        },
    ),
    Silent(
        kind="return.settled",
        because="what follows is told: movement.return, movement.missing, item.registered",
    ),
    # Without the reader nothing was counted, and the entry lists nothing.
    Maps(
        kind="safe.reconciled",
        step="cycle_counting",
        items=("items[]",),
        location=("safe",),
        more={"missing": "missing[]", "unexpected": "extra[]"},
        only=("items[]", "missing[]"),
    ),
    Maps(
        kind="safe.day_end",
        step="cycle_counting",
        items=("seen[]",),
        location=("safe",),
        more={"missing": "missing[]", "unexpected": "extra[]"},
        only=("seen[]", "missing[]"),
    ),
    Silent(kind="safe.opened", because="nothing happens to an item"),
    Silent(kind="safe.shut", because="what was found then is told: safe.reconciled"),
    Maps(
        kind="stocktake.signed",
        step="stock_taking",
        items=("found[]",),
        location=("place",),
        more={
            "missing": "missing[]",
            "unexpected": "unexpected[].item",
            "misplaced": "misplaced[].item",
        },
        only=("found[]", "missing[]"),
    ),
    Silent(kind="stocktake.begun", because=_LATER),
    Silent(kind="stocktake.seen", because=_LATER),
    Silent(kind="stocktake.countersigned", because=_LATER),
    Silent(kind="stocktake.dropped", because="nothing follows from it"),
    Silent(kind="certificate.offered", because=_LIST),
    Silent(kind="certificate.confirmed", because=_LIST),
    Silent(kind="certificate.rejected", because=_LIST),
    Silent(kind="certificate.accepted", because="each original is told: movement.accepted"),
)
