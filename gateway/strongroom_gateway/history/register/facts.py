"""What the ledger says about the time of an excursion: what happened, what was done, what was
written.

Nothing here guesses a cause. A fact is listed when it stood, or happened, between an hour before
the excursion and its end; a note when it is about any moment of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from ...climate.compliance.excursions import HIGH, Excursion
from ...ledger.dating import EntryView
from ..notes import KIND as NOTE
from .stretches import Fact, Timelines, alarms, doors, runs, words

LEAD: Final = 3_600_000
"""ms before an excursion in which something may have led to it."""
_LOOK_BACK: Final = 2 * 86_400_000
"""Entries are looked at from so long before the register, for what still stood or ran."""
_PAGE: Final = 500
_SWITCHED: Final = "climate.relay"
_OVERRIDE: Final = "climate.override"
_CONTACT: Final = "event/contact"
_RAISED: Final = "alarm.raised"
_CLEARED: Final = "alarm.cleared"
_ACKNOWLEDGED: Final = "alarm.acknowledged"
_OF_SENSOR: Final = frozenset({"climate.sensor_fault", "sensor.lost"})
_OF_ZONE: Final = frozenset({"climate.blind", "climate.sensors_disagree"})
_OF_ROOM: Final = frozenset({"climate.leak", "climate.smoke"})
_BANDS: Final = {
    ("t", True): "climate.temperature_high",
    ("t", False): "climate.temperature_low",
    ("rh", True): "climate.humidity_high",
    ("rh", False): "climate.humidity_low",
}


class Entries(Protocol):
    """The part of the ledger's reader that is needed."""

    def entries(
        self, after: int = -1, limit: int = 100, kind: str | None = None, node: str | None = None
    ) -> list[EntryView]:
        """Return entries behind an index."""
        ...

    def entry(self, idx: int) -> EntryView | None:
        """Return one entry."""
        ...


class Written(msgspec.Struct, frozen=True):
    """A person's note, and the entry it is. `replaced_by` names the note that took its place."""

    note: str
    where: str
    quantity: str
    start: int
    end: int | None
    cause: str
    text: str
    action: str
    by: str
    by_name: str
    at: int
    entry: int
    replaces: str | None = None
    replaced_by: str | None = None


class Told(NamedTuple):
    """What is known about one excursion: what led to it, what was done, who wrote about it."""

    causes: list[Fact]
    actions: list[Fact]
    notes: list[Written]


class Surroundings(NamedTuple):
    """What belongs to a sensor: its zone ('' without), machines by name with their kind, its door."""

    sensor: str
    zone: str
    machines: Mapping[str, str]
    door: str | None
    alarm: tuple[str, str] | None = None
    """Code and subject of the alarm of a channel of air or light."""


class Facts:
    """The entries of the ledger that can be about the excursions since `start` (Unix ms)."""

    def __init__(self, ledger: Entries, start: int) -> None:
        self._after = _before(ledger, start - _LOOK_BACK)
        self._ledger = ledger
        self._alarms = Timelines(alarms(self._of(_RAISED), self._of(_CLEARED)))
        self._runs = Timelines(runs(self._of(_SWITCHED)))
        self._doors = Timelines(doors(self._of(_CONTACT)))
        self._words = Timelines(words(self._of(_OVERRIDE)))
        self._seen = [one for one in self._of(_ACKNOWLEDGED) if one.body.get("comment")]
        # A note may be about times long past, and stands for ever: all of them are read.
        self.notes = written(_paged(ledger, -1, NOTE))

    def about(self, name: str, one: Excursion, there: Surroundings) -> Told:
        """Return what is known of an excursion of a quantity ("t", "rh", "co2" ...)."""
        since, end = one.start - LEAD, one.end
        return Told(
            [*self._happened(since, end, there), *self._opened(since, end, there)],
            [*self._ran(one.start, end, there), *self._acknowledged(name, one, there)],
            [
                note
                for note in reversed(self.notes)
                if note.replaced_by is None and meets(note, name, one, there)
            ],
        )

    def _of(self, kind: str) -> Iterator[EntryView]:
        return _paged(self._ledger, self._after, kind)

    def _happened(self, start: int, end: int, there: Surroundings) -> Iterator[Fact]:
        nodes = {there.sensor.partition("/")[0], *(n.partition("/")[0] for n in there.machines)}
        machines = {name.replace("/", ".") for name in there.machines}
        for one in self._alarms.all_meeting(start, end):
            code, subject = str(one.body["code"]), str(one.body["subject"])
            if (
                (code in _OF_SENSOR and subject == there.sensor.replace("/", "."))
                or (code in _OF_ZONE and subject == there.zone)
                or (code == "climate.equipment" and subject in machines)
                or (code == "node.silent" and subject in nodes)
                or code in _OF_ROOM
            ):
                alarm = Fact(f"alarm.{code}", one.body.get("params", {}))
                yield Fact("register.fact.alarm", {"since_at": one.start, "what": alarm})
        for name in there.machines:
            for one in self._words.meeting(name, start, end):
                yield Fact("register.fact.override", {**one.body, "since_at": one.start})

    def _opened(self, start: int, end: int, there: Surroundings) -> Iterator[Fact]:
        found = self._doors.meeting(there.door, start, end)
        if found:
            minutes = sum(one.within(start, end) for one in found) / 60_000
            params = {"door": there.door, "count": len(found), "minutes": round(minutes)}
            yield Fact("register.fact.door", {**params, "first_at": found[0].start})

    def _ran(self, start: int, end: int, there: Surroundings) -> Iterator[Fact]:
        idle = bool(there.machines)
        for name, kind in there.machines.items():
            found = self._runs.meeting(name, start, end)
            if found:
                idle = False
                ms = sum(one.within(start, end) for one in found)
                params: dict[str, Any] = {
                    "relay": name,
                    "machine": Fact(f"machine.{kind}", {}),
                    "count": len(found),
                    "hours": round(ms / 3_600_000, 1),
                    "first_at": found[0].start,
                    "entry": found[0].body["entry"],
                }
                yield Fact("register.fact.ran", params)
        if idle:
            yield Fact("register.fact.idle", {})

    def _acknowledged(self, name: str, one: Excursion, there: Surroundings) -> Iterator[Fact]:
        wanted = there.alarm or (_BANDS[name, one.side == HIGH], there.zone)
        for seen in self._seen:
            about = (seen.body["code"], seen.body["subject"]) == wanted
            if about and one.start <= seen.time < one.end + LEAD:
                params = {"by": seen.body["by"], "comment": seen.body["comment"]}
                yield Fact("register.fact.acknowledged", {**params, "since_at": seen.time})


def meets(note: Written, name: str, one: Excursion, there: Surroundings) -> bool:
    """Whether a note is about an excursion: its sensor or zone, its quantity, any moment of it."""
    return (
        note.where in (there.sensor, there.zone)
        and note.quantity in (name, "both")
        and note.start < one.end
        and (note.end is None or note.end > one.start)
    )


def written(entries: Iterable[EntryView]) -> list[Written]:
    """Return the notes in the order they were written, each with the one that took its place."""
    found: dict[str, Written] = {}
    for entry in entries:
        note = msgspec.convert({**entry.body, "entry": entry.idx}, Written)
        found[note.note] = note
        if note.replaces in found:
            older = found[note.replaces]
            found[note.replaces] = msgspec.structs.replace(older, replaced_by=note.note)
    return list(found.values())


def _paged(ledger: Entries, after: int, kind: str) -> Iterator[EntryView]:
    while entries := ledger.entries(after, _PAGE, kind):
        yield from entries
        after = entries[-1].idx


def _before(ledger: Entries, moment: int) -> int:
    """Return the index of the last entry that was received before a moment, -1 for none."""
    low, high = -1, 1
    while (found := ledger.entry(high)) is not None and found.at < moment:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        found = ledger.entry(middle)
        if found is not None and found.at < moment:
            low = middle
        else:
            high = middle
    return low
