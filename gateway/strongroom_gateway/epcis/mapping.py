"""Which entry becomes which event. The tables beside this file are the mapping; this is its form."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

Path = str
"""Where in an entry's body a value is: names joined by dots. `[]` behind one: each of a list."""


class Maps(msgspec.Struct, frozen=True, kw_only=True):
    """How entries of one kind become events; paths that lead nowhere are left out of the event.

    items        ids of the items it is about; the first path that leads to some
    parent       id of the box they are put into: the event is an AggregationEvent
    only         where one of these leads to something; other entries of the kind are no event
    lasting      of a value of the body, which persistent dispositions it sets
    more         further fields of the event, in the vocabulary of this gateway, from ids of items
    """

    kind: str
    step: str
    action: Literal["ADD", "OBSERVE", "DELETE"] = "OBSERVE"
    disposition: str | None = None
    items: tuple[Path, ...] = ("item",)
    parent: tuple[Path, ...] = ()
    read_point: tuple[Path, ...] = ()
    location: tuple[Path, ...] = ()
    slip: tuple[Path, ...] = ()
    possessor: tuple[Path, ...] = ()
    tags: tuple[Path, ...] = ()
    only: tuple[Path, ...] = ()
    lasting: Mapping[Path, Mapping[str | bool, str]] = {}
    more: Mapping[str, Path] = {}

    def tells(self, body: Any) -> bool:
        """Return whether an entry with this body is an event at all."""
        return not self.only or any(True for path in self.only for _ in values(body, path))


class Silent(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of custody that nothing outside needs to know as an event, and why not."""

    kind: str
    because: str


def values(body: Any, path: Path) -> Iterator[Any]:
    """Yield what a path leads to; nothing for what is absent or null."""
    name, dot, rest = path.partition(".")
    each = name.endswith("[]")
    if not isinstance(body, Mapping):
        return
    found = body.get(name.removesuffix("[]"))
    if found is None or (each and not isinstance(found, list)):
        return
    for one in found if each else (found,):
        if dot:
            yield from values(one, rest)
        elif one is not None:
            yield one


def first(body: Any, paths: tuple[Path, ...]) -> str | None:
    """Return the first text that one of the paths leads to."""
    for path in paths:
        for one in values(body, path):
            if isinstance(one, str) and one:
                return one
    return None


def several(body: Any, paths: tuple[Path, ...]) -> list[str] | None:
    """Return the texts that the first path with something at its end leads to, each once.

    None when no path is there at all; an empty list is one that says "none".
    """
    for path in paths:
        found = list(dict.fromkeys(one for one in values(body, path) if isinstance(one, str)))
        if found or (path.endswith("[]") and isinstance(_at(body, path[:-2]), list)):
            return found
    return None


def _at(body: Any, path: Path) -> Any:
    return next(values(body, path), None)


FAMILIES: Final = frozenset(
    {
        "box",
        "certificate",
        "item",
        "key",
        "loan",
        "movement",
        "return",
        "safe",
        "slip",
        "stocktake",
        "tag",
        "volume",
    }
)
"""First words of the kinds that are about custody: one that no table has is reported."""
