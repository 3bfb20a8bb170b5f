"""All events of a stretch of the ledger, and a report of what was told and what was not."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from ..ledger.correction import KIND as CORRECTION
from .events import SPACE, Event, Teller
from .mapping import FAMILIES, Maps
from .naming import Naming
from .reading import Entry, Ledger
from .tables import BY_KIND

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
ALWAYS: Final = 2**62


class Span(msgspec.Struct, frozen=True):
    """Which entries: behind an index, before another, and written within [since, to) Unix ms."""

    after: int = -1
    until: int = ALWAYS
    since: int = 0
    to: int = ALWAYS

    def has(self, entry: Entry) -> bool:
        """Return whether an entry of the right index was written within the time."""
        return self.since <= entry.at < self.to


class Report(msgspec.Struct):
    """What an export told, by kind of entry, and what it left out."""

    events: int = 0
    told: Counter[str] = msgspec.field(default_factory=Counter)
    silent: Counter[str] = msgspec.field(default_factory=Counter)
    """On purpose: the mapping says why."""
    unmapped: Counter[str] = msgspec.field(default_factory=Counter)
    """Of custody, but the mapping does not know the kind."""
    unreadable: dict[str, list[int]] = msgspec.field(default_factory=dict)
    """Entries that do not name the item they are about: by kind, how many and the first."""
    corrected_others: int = 0
    """Corrections of entries that are no event."""

    @property
    def complete(self) -> bool:
        """Return whether nothing that should be an event was left out."""
        return not self.unmapped and not self.unreadable


class Export:
    """Tells a ledger in events, one at a time, in the order of its entries."""

    def __init__(self, ledger: Ledger, teller: Teller, span: Span) -> None:
        self._ledger = ledger
        self._teller = teller
        until = min(span.until, ledger.size())
        self._span = msgspec.structs.replace(span, until=until)
        self._kinds = _kinds(ledger)
        self.report = Report()

    def __iter__(self) -> Iterator[Event]:
        for entry in self.entries():
            yield from self.of(entry)

    def entries(self) -> Iterator[Entry]:
        """Yield the entries of the span that may be events."""
        span = self._span
        for entry in self._ledger.entries(self._kinds, span.after, span.until):
            if span.has(entry):
                yield entry

    def of(self, entry: Entry) -> list[Event]:
        """Return the events of one entry, and count it."""
        report = self.report
        rule = BY_KIND.get(entry.kind)
        if entry.kind == CORRECTION:
            events = self._of_correction(entry)
            if events is None:
                report.corrected_others += 1
                return []
        elif rule is None:
            report.unmapped[entry.kind] += 1
            return []
        elif isinstance(rule, Maps) and rule.tells(entry.body):
            event = self._teller.event(entry, rule)
            events = [] if event is None else [event]
        else:
            report.silent[entry.kind] += 1
            return []
        if not events:
            report.unreadable.setdefault(entry.kind, [0, entry.idx])[0] += 1
        else:
            report.told[entry.kind] += 1
        report.events += len(events)
        return events

    def _of_correction(self, correction: Entry) -> list[Event] | None:
        """Return the events of a correction; None when what it corrects is no event."""
        about = correction.body.get("supersedes")
        entry = self._ledger.entry(about) if type(about) is int else None
        rule = None if entry is None else BY_KIND.get(entry.kind)
        if entry is None or not isinstance(rule, Maps) or not rule.tells(entry.body):
            return None
        earlier = self._ledger.corrections(entry.idx, correction.idx)
        return self._teller.corrected(entry, rule, earlier, correction)


def surveyed(ledger: Ledger) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Return how many entries of which kind are told, silent on purpose, and not mapped."""
    told: dict[str, int] = {}
    silent: dict[str, int] = {}
    unmapped: dict[str, int] = {}
    until = ledger.size()
    for kind in _kinds(ledger):
        rule = BY_KIND.get(kind)
        known = told if isinstance(rule, Maps) or kind == CORRECTION else silent
        (unmapped if rule is None and kind != CORRECTION else known)[kind] = ledger.count(
            kind, -1, until
        )
    return told, silent, unmapped


def _kinds(ledger: Ledger) -> list[str]:
    """Return the kinds of entries there are that are about custody."""
    kinds = ledger.kinds()
    return [kind for kind in kinds if kind == CORRECTION or kind.split(".")[0] in FAMILIES]


def head(naming: Naming, now: int) -> dict[str, Any]:
    """Return a document without its body. `now` is Unix ms."""
    made = datetime.fromtimestamp(now // 1000, UTC).isoformat()
    return {
        "@context": [CONTEXT, {SPACE: naming.vocabulary}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": made.replace("+00:00", "Z"),
    }


def document(naming: Naming, now: int, events: Sequence[Event]) -> dict[str, Any]:
    """Return a document with its events."""
    return {**head(naming, now), "epcisBody": {"eventList": list(events)}}


def as_document(export: Export, naming: Naming, now: int) -> Iterator[str]:
    """Yield the text of one document with all events, piece by piece."""
    yield _text(head(naming, now))[:-1] + ',"epcisBody":{"eventList":['
    comma = "\n"
    for event in export:
        yield comma + _text(event)
        comma = ",\n"
    yield "\n]}}\n"


def as_stream(export: Export, naming: Naming, now: int, most: int) -> Iterator[str]:
    """Yield documents of at most so many events, each on a line of its own: ready to be posted
    one by one to the capture interface of a repository that limits how much it takes at once.
    """
    waiting: list[Event] = []
    for event in export:
        waiting.append(event)
        if len(waiting) == most:
            yield _text(document(naming, now, waiting)) + "\n"
            waiting = []
    if waiting:
        yield _text(document(naming, now, waiting)) + "\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
