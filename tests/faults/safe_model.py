"""What must be on record about the safe, worked out from what its node sensed: a model of docs/safes.md."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from faults.archive import BADGE, CUSTODIANS, PERSONS, SETTLE_S, TOGETHER_S, deed
from faults.people import Archive, Day
from faults.record import Entry, Origin, Record

BADGES = {BADGE[person]: person for person in CUSTODIANS}
NEARLY_MS = 300
"""Clocks of two boots of a node differ by that much: what is so near to a limit is left out."""
CODES = ("safe.one_person", "safe.nobody")


@dataclass
class Opening:
    """The door from open to shut, by the messages that said so; times are Unix ms."""

    by: Origin
    at: int
    boot: int
    shut_by: Origin | None = None
    shut: int | None = None
    badges: dict[str, list[int]] = field(default_factory=dict)


def openings(record: Record) -> list[Opening]:
    """Return the openings that were sensed, oldest first, with every badge at the safe's reader."""
    found: list[Opening] = []
    badges: dict[str, list[int]] = {}
    for one in record.sensed("safe-1"):
        assert one.origin is not None
        if one.kind == "event/tag" and one.body["act"] == "seen" and one.body["id"] in BADGES:
            badges.setdefault(BADGES[one.body["id"]], []).append(one.sensed_at)
        if one.kind != "event/contact":
            continue
        running = found[-1] if found and found[-1].shut is None else None
        if one.body["open"] and running is None:
            found.append(Opening(one.origin, one.sensed_at, one.origin[1], badges=badges))
        elif not one.body["open"] and running is not None:
            running.shut, running.shut_by = max(one.sensed_at, running.at), one.origin
    return found


def present(opening: Opening) -> tuple[int, int]:
    """Return how many authorised people were there: surely, and at most."""
    first = opening.at - TOGETHER_S * 1000
    last = max(opening.shut or 0, opening.at + TOGETHER_S * 1000)
    surely = sum(
        any(first + NEARLY_MS <= at <= last - NEARLY_MS for at in times)
        for times in opening.badges.values()
    )
    most = sum(
        any(first - NEARLY_MS <= at <= last + NEARLY_MS for at in times)
        for times in opening.badges.values()
    )
    return surely, most


def of_the_safe(record: Record, day: Day, archive: Archive) -> Iterator[str]:
    """Each opening is on record and judged once; the record has each deed where it is."""
    opened, shut, raised = _by_reason(record, "safe.opened"), _shut(record), _raised(record)
    all_of_them = openings(record)
    for opening in all_of_them:
        name = f"opening {opening.by}"
        if len(opened.pop(opening.by, [])) != 1:
            yield f"{name}: not on record once"
        if opening.shut_by is not None and shut.pop(opening.shut_by, 0) != 1:
            yield f"{name}: its closing is not on record once"
        surely, most = present(opening)
        codes = raised.pop(opening.by, [])
        if opening.shut is None:
            continue  # the closing is on its way
        if surely >= PERSONS and codes:
            yield f"{name} by {surely}: {codes}"
        if most < PERSONS and len(codes) != 1:
            yield f"{name} by {most}: {codes}, people {opening.badges}"
        if surely == most < PERSONS and codes not in ([], [CODES[1 - surely]]):
            yield f"{name} by {surely}: {codes}"
    yield from (f"safe opened by no message: {origin}" for origin in (*opened, *shut))
    yield from (f"{codes} about no opening: {origin}" for origin, codes in raised.items())
    yield from _compared(record, all_of_them, day, archive)


def _compared(
    record: Record, all_of_them: list[Opening], day: Day, archive: Archive
) -> Iterator[str]:
    """After each closing the contents are compared once, unless it was opened again too soon."""
    compared: dict[Origin, list[Entry]] = _by_reason(record, "safe.reconciled")
    for opening, following in zip(all_of_them, [*all_of_them[1:], None], strict=True):
        found = compared.pop(opening.by, [])
        name = f"opening {opening.by}"
        if len(found) > 1:
            yield f"{name} was compared {len(found)} times"
        if opening.shut is None:
            yield f"{name} is not shut"
        elif not found and (following is None or _had_time(opening, following)):
            yield f"{name}: the contents were not compared"
        for one in found:
            if one.body["complete"]:
                continue
            if one.body["because"] == "its reader is lost" and _was_lost(record, opening):
                continue
            if one.body["because"].startswith("its reader hears nothing") and not _heard(
                record, opening
            ):
                continue
            yield f"{name} could not be compared: {one.body['because']}"
    yield from (f"compared for no opening: {origin}" for origin in compared)
    last = list(record.kind("safe.reconciled"))[-1:]
    if last and last[0].because_of == all_of_them[-1].by and last[0].body["complete"]:
        yield from _contents(record, day, archive)


def _had_time(opening: Opening, following: Opening) -> bool:
    """Whether the reader surely knew the contents before the next opening began."""
    assert opening.shut is not None
    same = opening.boot == following.boot
    return same and following.at - opening.shut > SETTLE_S * 1000 + NEARLY_MS


def _heard(record: Record, opening: Opening) -> set[str]:
    """Return the deeds that the reader had heard and not lost when the safe was shut."""
    deeds = {deed(n)["tags"][0] for n in range(3)}
    there: set[str] = set()
    boot = 0
    for one in record.sensed("safe-1"):
        assert one.origin is not None
        if one.origin == opening.shut_by:
            break
        if one.origin[1] != boot:
            there, boot = set(), one.origin[1]
        if one.kind == "event/tag" and one.body["id"] in deeds:
            (there.add if one.body["act"] == "seen" else there.discard)(one.body["id"])
    return there


def _was_lost(record: Record, opening: Opening) -> bool:
    """Whether the node said that its reader had a fault in that boot."""
    return any(
        one.body["what"] in ("driver.fault", "sensor.lost")
        and one.body["device"] == "safe-reader"
        and one.origin is not None
        and one.origin[1] >= opening.boot
        for one in record.sensed("safe-1")
        if one.kind == "event/node" and "device" in one.body
    )


def _contents(record: Record, day: Day, archive: Archive) -> Iterator[str]:
    places = record.places()
    missing = {
        one.body["subject"]
        for one in record.kind("alarm.raised")
        if one.body["code"] == "safe.item_missing"
    }
    for n in range(3):
        name = deed(n)["id"]
        where = places.get(name) or day.may_have_been(name)
        if n in archive.inside and where.place not in ("safe", "@inspection"):
            yield f"{name} is in the safe, on record {where}"
        if n not in archive.inside and where.place != "@holder" and name not in missing:
            yield f"{name} is out, on record {where}"


def _by_reason(record: Record, kind: str) -> dict[Origin, list[Entry]]:
    found: dict[Origin, list[Entry]] = {}
    for one in record.kind(kind):
        assert one.because_of is not None
        found.setdefault(one.because_of, []).append(one)
    return found


def _shut(record: Record) -> dict[Origin, int]:
    found: dict[Origin, int] = {}
    for one in record.kind("safe.shut"):
        read = one.body["why"]["reads"][1]
        origin = (read["node"], read["boot"], read["seq"])
        found[origin] = found.get(origin, 0) + 1
    return found


def _raised(record: Record) -> dict[Origin, list[str]]:
    found: dict[Origin, list[str]] = {}
    for one in record.kind("alarm.raised"):
        if one.body["code"] in CODES:
            assert one.because_of is not None
            found.setdefault(one.because_of, []).append(one.body["code"])
    return found
