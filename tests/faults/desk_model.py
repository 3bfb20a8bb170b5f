"""What the desk must have booked, worked out from what its reader sensed: a small model of docs/loans.md."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from faults.archive import BADGE, BOXES, DIRECT, IDLE_S, KEEPERS, REPEAT_S, box, deed
from faults.people import Day
from faults.record import Entry, Origin, Record, Where

PERSON = {badge: person for person, badge in BADGE.items()}
ITEM = {box(n)["tags"][0]: box(n)["id"] for n in range(BOXES)} | {
    deed(n)["tags"][0]: deed(n)["id"] for n in range(3)
}
OUT, BACK, NO = "movement.check_out", "movement.handed_in", "desk.refused"


@dataclass
class Session:
    """Somebody at the desk."""

    person: str
    boot: int
    last: int
    badge: int
    handled: dict[str, int] = field(default_factory=dict)
    booked: set[str] = field(default_factory=set)


class Desk:
    """Goes through the taps in the order in which the node sensed them."""

    def __init__(self, day: Day) -> None:
        """Begin with where everything was before the round."""
        self._day = day
        self._where: dict[str, Where] = {}
        self._session: Session | None = None

    def tap(self, entry: Entry) -> tuple[str, set[str]] | None:
        """Return which item a tap is about and what may be booked of it; None: nothing is."""
        assert entry.origin is not None
        tag, boot, mono = entry.body["id"], entry.origin[1], entry.body["mono"]
        now = self._session
        if now is not None and (now.boot != boot or mono - now.last > IDLE_S * 1000):
            now = None
        if tag in PERSON:
            self._session = self._badge(now, PERSON[tag], boot, mono)
            return None
        item = ITEM.get(tag)
        if item is None:
            return None
        self._session = now
        if now is None:
            return item, {NO}
        before, now.last = now.handled.get(item), mono
        now.handled[item] = mono
        if (before is not None and mono - before < REPEAT_S * 1000) or item in now.booked:
            return None
        return item, self._either_way(now, item)

    def booked(self, item: str, kind: str, body: dict[str, object]) -> None:
        """Take over what was booked, which was one of what may be."""
        if kind == NO or self._session is None:
            return
        self._session.booked.add(item)
        self._where[item] = Where(str(body["holder"]), str(body["place"]))

    def _badge(self, now: Session | None, person: str, boot: int, mono: int) -> Session | None:
        fresh = Session(person, boot, mono, mono)
        if now is None or now.person != person:
            return fresh
        if mono - now.badge < REPEAT_S * 1000:
            return now
        return None if now.handled else fresh

    def _either_way(self, now: Session, item: str) -> set[str]:
        where = self._where.get(item) or self._day.may_have_been(item)
        if where.place == "@inspection":
            return {NO}
        if where.holder is None and not where.place.startswith("@"):
            if now.person in DIRECT:
                return {OUT}
            granted = self._day.slips.get((now.person, item), False)
            return {OUT, NO} if granted is None else {OUT if granted else NO}
        mine = where.holder in (None, now.person) or now.person in KEEPERS
        return {BACK if mine else NO}


def of_the_desk(record: Record, day: Day) -> Iterator[str]:
    """Each tap is booked as the model says, and once."""
    decisions: dict[Origin, list[Entry]] = {}
    for one in record.entries[day.since :]:
        if one.kind in (OUT, BACK, NO) and "desk" in one.body and "with" not in one.body:
            origin = one.because_of
            assert origin is not None, one
            decisions.setdefault(origin, []).append(one)
    desk = Desk(day)
    for tap in record.sensed("desk-1"):
        if tap.idx < day.since or tap.kind != "event/tag" or tap.body["act"] != "seen":
            continue
        assert tap.origin is not None
        found = decisions.pop(tap.origin, [])
        wanted = desk.tap(tap)
        kinds = [one.kind for one in found]
        if wanted is None:
            if found:
                yield f"tap {tap.origin} of {tap.body['id']} was booked: {kinds}"
            continue
        item, may = wanted
        if len(found) != 1 or found[0].kind not in may or found[0].body["item"] != item:
            because = [one.body["why"].get("because") for one in found]
            yield f"tap {tap.origin} of {item}: {kinds} {because}, should be {sorted(may)}"
        else:
            desk.booked(item, found[0].kind, found[0].body)
    for origin in decisions:
        yield f"booked for a tap that was none: {origin}"
