"""What the room keeps beside the rules' own memory: typed rows, read when they are needed.

A register of hundreds of thousands of items does not fit into the memory of a small machine, so
rows stay on the disk and are read through. What was written and may not be on the disk yet is held
here until `settled` says that all of it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, ClassVar, Final, Protocol, TypeVar, cast

import msgspec

from ..errors import RowsUnreadableError
from ..ingest.port import ROWS
from .journal import Journal
from .row_source import MemoryRows, RowSource

PREFIX: Final = ROWS
"""Keys of rows begin with it; those of rules and alarms do not."""
WORDS: Final = "w/"
"""Under such keys goes what a row is found by; it is searched, not read back."""
_BEHIND: Final = "\U0010ffff"
_MOST_KNOWN: Final = 20_000
_PAGE: Final = 200

_encode = msgspec.json.Encoder(order="sorted").encode


class Row(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Base of everything kept under an id of its own."""

    table: ClassVar[str] = ""

    id: str


class Put(msgspec.Struct, frozen=True):
    """A change of one row; `value` is its JSON, None removes it."""

    kind: str
    id: str
    value: str | None
    space: str = PREFIX

    @property
    def key(self) -> str:
        """Return the key it is stored under."""
        return f"{self.space}{self.kind}/{self.id}"


R = TypeVar("R", bound=Row)
_kinds: dict[str, type[Row]] = {}


def row(kind: str) -> Callable[[type[R]], type[R]]:
    """Register a class of rows under the name its keys have."""

    def register(cls: type[R]) -> type[R]:
        if kind in _kinds:
            raise ValueError(f"two kinds of rows are called {kind}")
        _kinds[kind] = cls
        cls.table = kind
        return cls

    return register


def put(value: Row) -> Put:
    """Return the change that stores a row."""
    return Put(value.table, value.id, _encode(value).decode())


def drop(kind: str, name: str) -> Put:
    """Return the change that removes a row."""
    return Put(kind, name, None)


def note(kind: str, name: str, value: str = "") -> Put:
    """Return the change that stores a row of an index: its id says all, or `value` where it leads."""
    return Put(kind, name, _encode(value).decode())


def words(kind: str, name: str, *texts: str | None) -> Put:
    """Return the change that lets a row be found by fragments of these texts."""
    return Put(kind, name, "\n".join(text for text in texts if text), WORDS)


class RowsView(Protocol):
    """Rows as rules and projections may read them."""

    def get(self, cls: type[R], name: str) -> R | None:
        """Return a row, None when there is none of this id."""
        ...

    def points(self, kind: str, name: str) -> str | None:
        """Return where a row of an index leads, None when there is none."""
        ...

    def scan(self, kind: str, prefix: str = "", after: str = "") -> Iterator[tuple[str, str]]:
        """Yield (id, JSON) of rows whose id begins with `prefix` and lies behind `after`, in
        order.
        """
        ...

    def each(self, cls: type[R], prefix: str = "", after: str = "") -> Iterator[R]:
        """Yield rows of a class in the order of their ids."""
        ...


class Rows:
    """Rows of a room: the source, and over it what was written since."""

    def __init__(self, source: RowSource | None = None) -> None:
        self._source: RowSource = source or MemoryRows()
        self._fresh: dict[str, str | None] = {}
        self._known: dict[str, Any] = {}
        self._ahead: Mapping[str, str] = {}
        """What `foresee` found on the disk; good until what was written since is there too."""
        self.journal = Journal()
        self.unread = 0
        """How often the source could not be read."""

    def get(self, cls: type[R], name: str) -> R | None:
        """Return a row, None when there is none of this id."""
        key = f"{PREFIX}{cls.table}/{name}"
        try:
            return cast("R | None", self._known[key])
        except KeyError:
            pass
        raw = self._raw(key)
        return cast("R | None", self._learn(key, None if raw is None else _decode(cls, raw)))

    def points(self, kind: str, name: str) -> str | None:
        """Return where a row of an index leads, None when there is none."""
        key = f"{PREFIX}{kind}/{name}"
        try:
            return cast("str | None", self._known[key])
        except KeyError:
            pass
        raw = self._raw(key)
        return cast(
            "str | None", self._learn(key, None if raw is None else msgspec.json.decode(raw))
        )

    def foresee(self, kind: str, names: Iterable[str]) -> None:
        """Read together what will be asked for one by one: alone, each look at the disk costs more
        than all else that is done about a tag. What cannot be read now is left to those who ask.
        """
        known, fresh = self._known, self._fresh
        keys = {f"{PREFIX}{kind}/{name}" for name in names}
        unknown = [key for key in keys if key not in known and key not in fresh]
        self._ahead = {}
        if len(unknown) < 2:
            return
        with suppress(RowsUnreadableError):
            self._ahead = self._source.some(unknown)
            self._make_room(len(unknown))
            known.update((key, None) for key in unknown if key not in self._ahead)

    def scan(self, kind: str, prefix: str = "", after: str = "") -> Iterator[tuple[str, str]]:
        """Yield (id, JSON) of rows whose id begins with `prefix` and lies behind `after`, in
        order.
        """
        home = f"{PREFIX}{kind}/"
        start = max(f"{home}{prefix}", f"{home}{after}") if after else f"{home}{prefix}"
        until = f"{home}{prefix}{_BEHIND}"
        fresh = sorted(k for k in self._fresh if start <= k < until and k != f"{home}{after}")
        for key, raw in _merged(self._pages(start, until), fresh, self._fresh):
            if not (after and key <= f"{home}{after}"):
                yield key[len(home) :], raw

    def each(self, cls: type[R], prefix: str = "", after: str = "") -> Iterator[R]:
        """Yield rows of a class in the order of their ids."""
        for _, raw in self.scan(cls.table, prefix, after):
            yield _decode(cls, raw)

    def change(self, change: Put) -> tuple[str, str | None]:
        """Take a change over; return what is to be committed."""
        key = change.key
        if change.space == PREFIX:
            self.journal.note(self._fresh, key)
            self.journal.note(self._known, key)
            self._fresh[key] = change.value
            self._known.pop(key, None)
        return key, change.value

    def settled(self) -> None:
        """Everything written so far is on the disk."""
        if self._fresh:
            self._fresh.clear()
            self._ahead = {}

    def source(self, source: RowSource) -> None:
        """Read from here from now on."""
        self._source = source
        self._known.clear()
        self._ahead = {}

    def readable(self) -> bool:
        """Return whether the source can be read now."""
        try:
            self._source.row(PREFIX)
        except RowsUnreadableError:
            return False
        return True

    def held(self) -> dict[str, str]:
        """Return what is in memory: what may not be on the disk yet, and all of a source in
        memory.
        """
        source = self._source
        rows = dict(source.held) if isinstance(source, MemoryRows) else {}
        for key, value in self._fresh.items():
            if value is None:
                rows.pop(key, None)
            else:
                rows[key] = value
        return rows

    def _raw(self, key: str) -> str | None:
        if key in self._fresh:
            return self._fresh[key]
        if key in self._ahead:
            return self._ahead[key]
        try:
            return self._source.row(key)
        except RowsUnreadableError:
            self.unread += 1
            raise

    def _learn(self, key: str, value: Any) -> Any:
        self._make_room(1)
        self._known[key] = value
        return value

    def _make_room(self, rows: int) -> None:
        """Forget the rows that were learned first, where there would be too many."""
        known = self._known
        if len(known) + rows > _MOST_KNOWN:
            for old in list(islice(known, max(rows, _MOST_KNOWN // 10))):
                del known[old]

    def _pages(self, start: str, until: str) -> Iterator[tuple[str, str]]:
        try:
            first = self._source.row(start)
            page = self._source.rows(start, until, _PAGE)
            if first is not None:
                yield start, first
            while page:
                yield from page
                if len(page) < _PAGE:
                    return
                page = self._source.rows(page[-1][0], until, _PAGE)
        except RowsUnreadableError:
            self.unread += 1
            raise


def _decode(cls: type[R], raw: str) -> R:
    return msgspec.json.decode(raw, type=cls)


def _merged(
    old: Iterator[tuple[str, str]], fresh: list[str], values: Mapping[str, str | None]
) -> Iterator[tuple[str, str]]:
    """Yield old rows in order with the fresh ones in their places; a fresh None hides an old one."""
    n = 0
    for key, raw in old:
        while n < len(fresh) and fresh[n] < key:
            value = values.get(fresh[n])
            if value is not None:
                yield fresh[n], value
            n += 1
        if n < len(fresh) and fresh[n] == key:
            value = values.get(key)
            n += 1
            if value is not None:
                yield key, value
            continue
        yield key, raw
    for key in fresh[n:]:
        value = values.get(key)
        if value is not None:
            yield key, value
