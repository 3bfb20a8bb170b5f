"""What was looked at and counted: returns, safes, stock-takes, certificates that are accepted."""

from ..mapping import Maps, Silent

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
    Maps(
        kind="safe.reconciled",
        step="cycle_counting",
        items=("present[]", "found[]", "items[]"),
        location=("safe",),
        more={"missing": "missing[]", "unexpected": "extra[]"},
    ),
    Maps(
        kind="stocktake.signed",
        step="stock_taking",
        items=("found[]", "items[]"),
        location=("place", "scope"),
        more={"missing": "missing[]", "unexpected": "unexpected[]", "misplaced": "misplaced[]"},
    ),
    Maps(
        kind="certificate.accepted",
        step="accepting",
        disposition="conformant",
        items=("items[]", "item"),
        location=("place", "safe"),
    ),
)
