"""Do the room's rows follow from the record?

The gateway keeps what its entries add up to as rows: who and what is registered, who has each item
and where it is. Here the entries are added up once more, by other code, and compared with the rows
one by one. So a row that was changed by hand is found, and named, though no entry was touched.

Rows of other kinds than those below are counted and said to be unchecked.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from .report import Report

DEFAULTS: dict[str, dict[str, Any]] = {
    "item": {"closed": False, "kind": "box"},
    "person": {"active": True},
    "place": {"kind": "shelf", "order": 0},
    "where": {"since": 0},
}
"""Rows, and what of them is left out because it goes without saying, as null and [] are too."""
INDEXES = ("at", "held", "home", "in", "number", "tag", "under")
"""Rows that only lead to those."""
UNFILED = "@unfiled"
_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
_read_text = json.JSONDecoder().raw_decode


_STAY = {"holder", "id", "last_holder", "place", "since"}


class Stay(NamedTuple):
    """Where an item is by the record: the entry that says so, and what it says."""

    idx: int
    holder: str | None
    place: str | None
    since: int
    last_holder: str | None

    def row(self, item: str) -> dict[str, Any]:
        """Return the row it is."""
        told = {key: one for key, one in self._asdict().items() if key != "idx"}
        return _plain("where", {"id": item, **told})

    def is_told_by(self, item: str, row: dict[str, Any]) -> bool:
        """Return whether a row says this, and nothing else."""
        told = (row.get("holder"), row.get("place"), row.get("since", 0), row.get("last_holder"))
        return (
            told == self[1:]
            and type(told[2]) is int
            and row.get("id") == item
            and row.keys() <= _STAY
        )


class Known(NamedTuple):
    """A registered thing by the record: the entry that says so, what it says (hashed, without the
    home), and an item's home, which filing changes without registering it anew.
    """

    idx: int
    digest: int
    home: Any


class _Wanted(dict[Any, bool]):
    """Whether entries of a kind lead to rows that are checked here."""

    def __missing__(self, kind: object) -> bool:
        name = kind.decode("utf-8", "replace") if isinstance(kind, bytes) else ""
        table, _, what = name.partition(".")
        found = table == "movement" or (what == "registered" and table in DEFAULTS)
        self[kind] = found
        return found


class Rows:
    """Adds up entries, then compares with the rows of the database."""

    def __init__(self) -> None:
        self.wanted = _Wanted()
        self._stays: dict[str, Stay] = {}
        self._known: dict[str, Known] = {}
        self._names: dict[str, str] = {}

    def take(self, idx: int, at: int, kind: bytes, body: Any) -> None:
        """Take an entry. One of an older form, which made no row, makes none here."""
        if not isinstance(body, dict):
            return
        if not kind.startswith(b"movement."):
            table = kind.partition(b".")[0].decode()
            thing = body.get(table)
            if isinstance(thing, dict) and isinstance(thing.get("id"), str):
                self._register(idx, at, table, thing)
        elif "holder" in body and "place" in body and isinstance(body.get("item"), str):
            self._move(idx, at, body)

    def compare(self, connection: sqlite3.Connection, report: Report) -> None:
        """Compare with the rows of the database, and say every difference."""
        rows = _Table(connection)
        sums = dict.fromkeys(INDEXES, 0)
        for table in DEFAULTS:
            for name, raw in rows.of(table):
                value = _read(raw)
                report.rows[table] += 1
                self._compare_one(table, name, value, report)
                for index, place, leads in _indexed(table, value):
                    sums[index] += _weight(place, leads)
        for key, known in self._known.items():
            report.complain(f"row r/{key} is missing: entry {known.idx} made it")
        for item, stay in self._stays.items():
            report.complain(f"row r/where/{item} is missing: entry {stay.idx} made it")
        for index in INDEXES:
            for name, raw in rows.of(index):
                report.rows[index] += 1
                sums[index] -= _weight(name, _read(raw))
            if sums[index]:
                _say_index(index, rows, report)
        report.unchecked = rows.others({*DEFAULTS, *INDEXES})

    def _register(self, idx: int, at: int, table: str, thing: dict[str, Any]) -> None:
        name = thing["id"]
        home = self._same(thing.get("home"))
        self._known[f"{table}/{name}"] = Known(idx, _digest(_plain(table, thing)), home)
        if table == "item" and name not in self._stays:
            self._stays[name] = Stay(idx, None, home or UNFILED, at, None)

    def _move(self, idx: int, at: int, body: dict[str, Any]) -> None:
        holder, was = body["holder"], self._stays.get(body["item"])
        last = holder
        if last is None and was is not None:
            last = was.holder or was.last_holder
        self._stays[body["item"]] = Stay(
            idx, self._same(holder), self._same(body["place"]), at, self._same(last)
        )
        known = self._known.get(f"item/{body['item']}")
        if "home" in body and known is not None:
            here = Known(idx, known.digest, self._same(body["home"]))
            self._known[f"item/{body['item']}"] = here

    def _same(self, name: Any) -> Any:
        """Return one text for equal names: they are few, and in many entries."""
        return self._names.setdefault(name, name) if isinstance(name, str) else name

    def _compare_one(self, table: str, name: str, value: Any, report: Report) -> None:
        row = f"row r/{table}/{name}"
        if table == "where":
            stay = self._stays.pop(name, None)
            if stay is None:
                report.complain(f"{row} follows from no entry")
                return
            if not isinstance(value, dict) or not stay.is_told_by(name, value):
                wanted = stay.row(name)
                report.complain(f"{row} says {_short(value)}, entry {stay.idx}: {_short(wanted)}")
            return
        found = _plain(table, value) if isinstance(value, dict) else value
        known = self._known.pop(f"{table}/{name}", None)
        if known is None:
            report.complain(f"{row} follows from no entry")
            return
        home = found.get("home") if isinstance(found, dict) else None
        if _digest(found) != known.digest or home != known.home:
            report.complain(f"{row} does not say what entry {known.idx} says: {_short(found)}")


class _Table:
    """The rows of the database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def of(self, table: str) -> Iterator[tuple[str, bytes]]:
        """Yield id and value of every row of a table."""
        home = f"r/{table}/"
        found = self._connection.execute(
            "SELECT key, value FROM room_state WHERE key >= ? AND key < ?", (home, f"r/{table}0")
        )
        start = len(home)  # of ASCII
        for key, value in found:
            yield key[start:].decode("utf-8", "replace"), value

    def others(self, checked: set[str]) -> Counter[str]:
        """Return how many rows there are of other tables."""
        found = self._connection.execute(
            "SELECT substr(key, 3, instr(substr(key, 3), '/') - 1) AS name, count(*)"
            " FROM room_state WHERE key >= 'r/' AND key < 'r0' GROUP BY name"
        )
        counts = {name.decode("utf-8", "replace"): count for name, count in found}
        return Counter({name: n for name, n in counts.items() if name not in checked})


def _indexed(table: str, value: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of indexes that lead to a row: which index, id, and where it leads."""
    if not isinstance(value, dict):
        return
    name = value.get("id")
    if table == "where":
        yield "at", f"{value.get('place')}/{name}", ""
        if value.get("holder") is not None:
            yield "held", f"{value['holder']}/{name}", ""
    elif table == "place":
        order = value.get("order", 0)
        filed = f"{order:09d}" if type(order) is int else str(order)
        yield "under", f"{value.get('parent') or ''}/{filed}/{name}", ""
    else:
        tags = value.get("tags" if table == "item" else "badges")
        for tag in tags if isinstance(tags, list) else ():
            yield "tag", str(tag), f"{table}/{name}"
    if table == "item" and value.get("home") is not None:
        yield "home", f"{value['home']}/{name}", ""
    if table == "item" and value.get("parent") is not None:
        yield "in", f"{value['parent']}/{name}", ""
    if table == "item" and value.get("number") is not None:
        yield "number", str(value["number"]), str(name)


def _say_index(index: str, rows: _Table, report: Report) -> None:
    """Name the rows of an index that are not as the others say."""
    wanted: dict[str, set[str]] = {}
    for table in DEFAULTS:
        for _, raw in rows.of(table):
            for one, name, leads in _indexed(table, _read(raw)):
                if one == index:
                    wanted.setdefault(name, set()).add(leads)
    for name, raw in rows.of(index):
        leads, right = _read(raw), wanted.pop(name, None)
        if right is None:
            report.complain(f"row r/{index}/{name} fits no other row")
        elif not isinstance(leads, str) or leads not in right:
            others = ", ".join(sorted(right))
            report.complain(f"row r/{index}/{name} leads to {_short(leads)}, not to {others!r}")
    for name in wanted:
        report.complain(f"row r/{index}/{name} is missing")


def _read(raw: Any) -> Any:
    if raw == b'""':
        return ""
    try:
        text = raw.decode()
        value, end = _read_text(text)
    except (ValueError, AttributeError, RecursionError):
        return f"no JSON: {raw!r}"
    return value if end == len(text) else f"no JSON: {raw!r}"


def _plain(table: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return a row without what goes without saying."""
    usual = DEFAULTS[table]
    return {
        name: one
        for name, one in value.items()
        if one is not None and one != [] and (name not in usual or not _equal(one, usual[name]))
    }


def _equal(one: Any, other: Any) -> bool:
    """Return whether two values are the same in JSON, where true is not 1."""
    return type(one) is type(other) and bool(one == other)


def _digest(value: Any) -> int:
    """Return a number for a row without its home: equal numbers, equal rows.

    Python's own hash of texts is keyed anew in each process, so that nobody can make a row with
    the number of another; and it is ten times as fast as SHA-256 on what is this short.
    """
    if isinstance(value, dict):
        value = {name: one for name, one in value.items() if name != "home"}
    return hash(_write(value))


def _weight(name: str, leads: Any) -> int:
    """Return a number for a row: two collections of rows with one sum are the same rows.

    Of one text, for the hash of a pair is nearly a sum of its own: rows could swap what they lead to.
    """
    return hash(f"{name}\0{leads if isinstance(leads, str) else _write(leads)}")


def _short(value: Any) -> str:
    text = _write(value)
    return text if len(text) <= 300 else f"{text[:300]}..."
