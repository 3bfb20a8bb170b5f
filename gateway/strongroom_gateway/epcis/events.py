"""From an entry of the ledger to the events that tell it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from ..ledger.correction import TIME, corrected
from .hashing import event_id
from .mapping import Maps, first, several, values
from .naming import Naming
from .reading import Entry

SPACE: Final = "strongroom"
"""The prefix of fields that only this gateway knows."""
Event = dict[str, Any]


class Teller:
    """Makes events in the names and the time zone of one site.

    Each carries the index, kind and leaf of its entry, so that it can be held against the ledger.
    """

    def __init__(self, naming: Naming, local: tzinfo, tree: str = "sha256") -> None:
        self._naming = naming
        self._local = local
        self._tree = tree
        self.spaces: Mapping[str, str] = {SPACE: naming.vocabulary}

    def event(self, entry: Entry, rule: Maps, chain: Sequence[Entry] = ()) -> Event | None:
        """Return the event of an entry as it stands after the corrections in `chain`.

        None when its body does not say which item it is about.
        """
        body = corrected(entry.body, [one.body for one in chain])
        what = self._what(body, rule)
        if what is None:
            return None
        at = self._moment(_when(entry, body))
        event: Event = {
            "eventID": "",
            "type": "AggregationEvent" if rule.parent else "ObjectEvent",
            "eventTime": at.isoformat(timespec="milliseconds"),
            "eventTimeZoneOffset": f"{at:%z}"[:3] + ":" + f"{at:%z}"[3:5],
            "recordTime": self._moment(entry.at).isoformat(timespec="milliseconds"),
            **what,
            "action": rule.action,
            "bizStep": rule.step,
        }
        if rule.disposition is not None:
            event["disposition"] = rule.disposition
        event |= self._context(body, rule)
        event |= self._own(entry, body, rule)
        if chain:
            event[f"{SPACE}:correction"] = chain[-1].idx
        event["eventID"] = event_id(event, self.spaces)
        return event

    def corrected(
        self, entry: Entry, rule: Maps, earlier: Sequence[Entry], correction: Entry
    ) -> list[Event]:
        """Return what a correction of an entry tells: the event it replaces, declared to be in
        error, and the one that stands instead.
        """
        before = self.event(entry, rule, earlier)
        after = self.event(entry, rule, [*earlier, correction])
        told = []
        if before is not None:
            at = self._moment(correction.at).isoformat(timespec="milliseconds")
            error: dict[str, Any] = {"declarationTime": at, "reason": "incorrect_data"}
            if after is not None:
                error["correctiveEventIDs"] = [after["eventID"]]
            told.append({**before, "errorDeclaration": error})
        return told if after is None else [*told, after]

    def _moment(self, at: int) -> datetime:
        moment = datetime.fromtimestamp(at // 1000, UTC).replace(microsecond=at % 1000 * 1000)
        return moment.astimezone(self._local)

    def _what(self, body: Mapping[str, Any], rule: Maps) -> Event | None:
        items = several(body, rule.items)
        if items is None:
            return None
        names = list(dict.fromkeys(map(self._naming.item, items)))
        if not rule.parent:
            return {"epcList": names}
        parent = first(body, rule.parent)
        if parent is None or not names:
            return None
        return {"parentID": self._naming.item(parent), "childEPCs": names}

    def _context(self, body: Mapping[str, Any], rule: Maps) -> Event:
        """Return where, on what ground and into whose hands."""
        naming = self._naming
        found: Event = {}
        lasting = sorted(
            {
                words[value]
                for path, words in rule.lasting.items()
                for value in values(body, path)
                if isinstance(value, (str, bool)) and value in words
            }
        )
        if lasting:
            found["persistentDisposition"] = {"set": lasting}
        point = first(body, rule.read_point)
        if point is not None:
            found["readPoint"] = {"id": naming.place(point)}
        location = first(body, rule.location)
        if location is not None and not location.startswith("@"):
            found["bizLocation"] = {"id": naming.place(location)}
        slip = first(body, rule.slip)
        if slip is not None:
            kind = f"{naming.vocabulary}loan_slip"
            found["bizTransactionList"] = [
                {"type": kind, "bizTransaction": naming.transaction(slip)}
            ]
        holder = first(body, rule.possessor)
        if holder is not None:
            found["destinationList"] = [
                {"type": "possessing_party", "destination": naming.person(holder)}
            ]
        return found

    def _own(self, entry: Entry, body: Mapping[str, Any], rule: Maps) -> Event:
        found: Event = {
            f"{SPACE}:entry": entry.idx,
            f"{SPACE}:kind": entry.kind,
            f"{SPACE}:leaf": f"{self._tree}:{entry.leaf}",
        }
        tags = several(body, rule.tags)
        if tags:
            found[f"{SPACE}:tag"] = [self._naming.tag(tag) for tag in tags]
        for field, path in rule.more.items():
            items = several(body, (path,))
            if items:
                found[f"{SPACE}:{field}"] = [self._naming.item(item) for item in items]
        return found


def _when(entry: Entry, body: Mapping[str, Any]) -> int:
    """Return when it happened, Unix ms: as corrected, as sensed, or as written."""
    for path in (TIME, "why.at"):
        for value in values(body, path):
            if type(value) is int and 0 <= value < 253_402_300_800_000:
                return value
    return entry.at
