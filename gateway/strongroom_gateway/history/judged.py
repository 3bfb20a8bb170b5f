"""How a sensor kept to its limits, as plain data: what a report prints, for other programs."""

from pathlib import Path
from typing import Any, Literal

from ..climate.compliance.tally import Period, Quantity
from ..config import Settings
from .query import HistoryReader
from .register.build import judge
from .register.make import Wanted, held_to, make_register, write_register

By = Literal["day", "month", "year"]


def compliance(
    settings: Settings, path: Path, sensor: str, wanted: Wanted, by: By
) -> dict[str, Any]:
    """Return the periods of a span of local days with the definition they were judged by.

    Raises HistoryError, RegisterRefusedError.
    """
    history = HistoryReader(path)
    try:
        held = held_to(settings, sensor, wanted.store, history)
        found = judge(history, sensor, held.definition, wanted.first, wanted.last)
    finally:
        history.close()
    periods = {"day": found.result.days, "month": found.result.months, "year": found.result.years}
    return {
        "sensor": sensor,
        "store": held.store,
        "profile": f"{settings.profile.title} ({settings.profile.id})",
        "definition": held.definition.printed(),
        "from": wanted.first.isoformat(),
        "to": wanted.last.isoformat(),
        "whole": _period(found.result.whole),
        "periods": [_period(one) for one in periods[by]],
        "excursions": {name: len(them) for name, them in found.result.excursions.items()},
        "from_minutes": found.pruned,
    }


def register_file(
    settings: Settings, path: Path, ledger: Path, wanted: Wanted, kind: str, language: str, now: int
) -> bytes:
    """Return the register of a span of local days as a file."""
    history = HistoryReader(path)
    try:
        register = make_register(settings, history, ledger, wanted, now)
    finally:
        history.close()
    return write_register(register, kind, language)


def _period(one: Period) -> dict[str, Any]:
    return {
        "name": one.name,
        "start": one.start,
        "end": one.end,
        "readings": one.readings,
        "duplicates": one.duplicates,
        "gaps": one.gaps,
        "gap_ms": one.gap,
        "longest_gap_ms": one.longest_gap,
        "known_ms": one.known,
        "inside_ms": one.inside,
        "share_inside": one.share_inside,
        "t": _quantity(one.t),
        "rh": _quantity(one.rh),
    }


def _quantity(one: Quantity) -> dict[str, Any]:
    return {
        "known_ms": one.known,
        "inside_ms": one.inside,
        "above_ms": one.above,
        "below_ms": one.below,
        "share_inside": one.share_inside,
        "mean": one.mean,
        "low": one.low,
        "high": one.high,
        "swing_judged_ms": one.swing_judged,
        "swing_kept_ms": one.swing_kept,
        "worst_swing": one.worst_swing,
    }
