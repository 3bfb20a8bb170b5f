"""How entries become rows: one function for each family of entries, found by its decorator.

Nothing else changes a row. So the rows follow from the record alone, and can be checked against it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .rows import Put, RowsView

Project = Callable[[str, Mapping[str, Any], int, RowsView], Iterable[Put]]
"""(kind, body, at, rows as they were) -> changes. `at` is when the entry is written, Unix ms."""

_projections: dict[str, Project] = {}


def projects(*kinds: str) -> Callable[[Project], Project]:
    """Register the function that turns entries of these kinds into changes of rows."""

    def register(project: Project) -> Project:
        for kind in kinds:
            if kind in _projections:
                raise ValueError(f"two projections of {kind}")
            _projections[kind] = project
        return project

    return register


def projected(kind: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterable[Put]:
    """Return the changes an entry leads to; none for entries that are about no row."""
    project = _projections.get(kind)
    return () if project is None else project(kind, body, at, rows)


def kinds() -> frozenset[str]:
    """Return every kind of entry that changes a row."""
    return frozenset(_projections)
