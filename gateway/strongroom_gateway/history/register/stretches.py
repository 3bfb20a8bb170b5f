"""Entries of the ledger as stretches of time: alarms that stood, machines that ran, open doors."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from typing import Any, NamedTuple

from ...ledger.dating import EntryView


class Fact(NamedTuple):
    """A text of the catalogue with what it needs; moments in it are named `..._at`, Unix ms."""

    key: str
    params: Mapping[str, Any]


class Stretch(NamedTuple):
    """Something that was so from `start` to `end` (Unix ms; None: it still is). `what` names it."""

    what: str
    start: int
    end: int | None
    body: Mapping[str, Any]

    def within(self, start: int, end: int) -> int:
        """Return for how many ms of a stretch of time it was so."""
        return max(0, min(end, self.end if self.end is not None else end) - max(start, self.start))

    def meets(self, start: int, end: int) -> bool:
        """Whether it was so at any moment of a stretch of time."""
        return self.start < end and (self.end is None or self.end > start)


class Timelines:
    """Stretches by what they are about; those of one thing do not overlap."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        self._of: dict[str, list[Stretch]] = {}
        for one in stretches:
            self._of.setdefault(one.what, []).append(one)
        for found in self._of.values():
            found.sort(key=lambda one: one.start)
        self._starts = {what: [one.start for one in found] for what, found in self._of.items()}

    def meeting(self, what: str | None, start: int, end: int) -> list[Stretch]:
        """Return the stretches of one thing that meet a stretch of time, in order."""
        starts = self._starts.get(what or "", [])
        first = max(0, bisect_right(starts, start) - 1)
        last = bisect_right(starts, end - 1)
        found = self._of.get(what or "", [])[first:last]
        return [one for one in found if one.meets(start, end)]

    def all_meeting(self, start: int, end: int) -> list[Stretch]:
        """Return the stretches of everything that meet a stretch of time, in order."""
        found = [one for what in self._of for one in self.meeting(what, start, end)]
        return sorted(found, key=lambda one: one.start)


def alarms(raised: Iterable[EntryView], cleared: Iterable[EntryView]) -> Iterator[Stretch]:
    """Yield each alarm from when it was raised first until it was cleared."""
    standing: dict[str, EntryView] = {}
    # In the order of the ledger: an alarm may be cleared at the moment it was raised.
    for entry in merge(raised, cleared, key=lambda entry: entry.idx):
        name = str(entry.body["alarm"])
        if entry.kind == "alarm.raised":
            standing.setdefault(name, entry)
        elif name in standing:
            begun = standing.pop(name)
            yield Stretch(name, begun.time, entry.time, begun.body)
    for name, begun in standing.items():
        yield Stretch(name, begun.time, None, begun.body)


def runs(entries: Iterable[EntryView]) -> Iterator[Stretch]:
    """Yield each run of a machine; `entry` is the one that says so."""
    on: dict[str, EntryView] = {}
    for entry in entries:
        name = f"{entry.body['node']}/{entry.body['relay']}"
        if entry.body["what"] == "on":
            on.setdefault(name, entry)
        elif name in on:
            began = on.pop(name)
            yield Stretch(name, began.time, entry.time, {"entry": began.idx})
    for name, began in on.items():
        yield Stretch(name, began.time, None, {"entry": began.idx})


def doors(entries: Iterable[EntryView]) -> Iterator[Stretch]:
    """Yield each time a door stood open."""
    since: dict[str, int] = {}
    for entry in entries:
        name = f"{entry.node}/{entry.body['input']}"
        if entry.body["open"]:
            since.setdefault(name, entry.time)
        elif name in since:
            yield Stretch(name, since.pop(name), entry.time, {})
    for name, at in since.items():
        yield Stretch(name, at, None, {})


def words(entries: Iterable[EntryView]) -> Iterator[Stretch]:
    """Yield each word with the time it held: until its end, or until the next about the machine."""
    words: dict[str, EntryView] = {}

    def ended(name: str, at: int | None) -> Iterator[Stretch]:
        word = words.pop(name, None)
        if word is not None and word.body["state"] != "auto":
            until = int(word.body["until"])
            body = {key: word.body[key] for key in ("machine", "by", "comment")}
            state = Fact(f"register.state.{word.body['state']}", {})
            end = until if at is None else min(at, until)
            yield Stretch(name, word.time, end, {**body, "state": state, "until_at": end})

    for entry in entries:
        name = str(entry.body["machine"])
        yield from ended(name, entry.time)
        words[name] = entry
    for name in list(words):
        yield from ended(name, None)
