"""What is promised whatever was killed, checked against the record by code of the tests' own.

Each function returns what is broken, in words. What is still on its way counts as broken: ask again
until nothing is, or it has been too long.
"""

import json
from collections import Counter
from collections.abc import Iterator

from strongroom_gateway.ledger.verify import verify
from strongroom_gateway.replaying import replay

from faults.archive import DIRECT, box
from faults.people import Archive, Day, Walk, number
from faults.record import Entry, Record
from faults.room import Room

_TOKENS = ("purpose", "comment", "note", "why")


def of_events(room: Room, record: Record) -> Iterator[str]:
    """Every event sensed is in the ledger exactly once."""
    recorded, accepted = record.origins(), room.accepted()
    yield from (f"lost: {one}" for one in sorted(accepted - recorded.keys())[:5])
    yield from (f"{n} times: {one}" for one, n in recorded.items() if n > 1)
    # An event can be on flash when the power goes just before its acceptance is written down.
    unannounced = Counter(node for node, _, _ in recorded.keys() - accepted)
    for node, n in unannounced.items():
        if n > room.kills[node]:
            yield f"{node}: {n} recorded but never accepted, killed {room.kills[node]} times"


def of_rows(room: Room) -> Iterator[str]:
    """The rows are those that the record gives, and the record proves itself."""
    yield from (f"row {one.key}" for one in replay(room.ledger).different)
    yield from verify(room.ledger).problems


def of_acts(room: Room, record: Record) -> Iterator[str]:
    """What was answered is on record once; what was refused is not; what was not answered, once at most."""
    found = Counter(
        str(one.body[field])
        for one in record.entries
        if one.origin is None
        for field in _TOKENS
        if isinstance(one.body.get(field), str)
    )
    bodies = Counter((one.kind, json.dumps(one.body, sort_keys=True)) for one in record.entries)
    allowed = {"done": (1,), "refused": (0,), "unknown": (0, 1)}
    for act in list(room.office.asked):
        if found[act.token] not in allowed[act.fate]:
            yield f"{act.kind} {act.token}, {act.fate}: {found[act.token]} times on record"
        for entry in act.entries:
            n = bodies[entry["kind"], json.dumps(entry["body"], sort_keys=True)]
            if n != 1:
                yield f"{act.kind} {act.token}: its {entry['kind']} is {n} times on record"


def of_custody(record: Record) -> Iterator[str]:
    """Each item has one place and one holder, and those are what the last movement says."""
    where, at, held = {}, Counter[str](), Counter[str]()
    for key, value in record.rows.items():
        _, kind, name = key.split("/", 2)
        if kind == "where":
            where[name] = json.loads(value)
        elif kind == "at":
            at[name.rpartition("/")[2]] += 1
        elif kind == "held":
            held[name.rpartition("/")[2]] += 1
    for item, moved in record.places().items():
        row = where.get(item, {})
        if (row.get("holder"), row.get("place")) != (moved.holder, moved.place):
            yield f"{item}: the row says {row}, the record {moved}"
        if at[item] != 1 or held[item] != (moved.holder is not None):
            yield f"{item} is at {at[item]} places and with {held[item]} people: {moved}"
        if f"r/at/{moved.place}/{item}" not in record.rows:
            yield f"{item} is not found at {moved.place}"


def of_loans(record: Record) -> Iterator[str]:
    """No loan without a slip that allows it or a role that needs none; each box lent once at a time."""
    slips: dict[str, dict[str, object]] = {}
    approved: set[str] = set()
    used: set[tuple[str, str]] = set()
    out: dict[str, str] = {}
    numbers: set[str] = set()
    for one in record.entries:
        body = one.body
        if one.kind == "slip.requested":
            if body["slip"] in slips:
                yield f"two slips are called {body['slip']}"
            slips[body["slip"]] = body
        elif one.kind == "slip.approved":
            approved.add(body["slip"])
        elif one.kind == "loan.opened":
            name, item, slip = body["loan"], body["item"], body["slip"]
            if name in numbers:
                yield f"two loans are called {name}"
            numbers.add(name)
            if item in out:
                yield f"{item} was lent on {name} while out on {out[item]}"
            out[item] = name
            asked = slips.get(slip, {})
            on_slip = slip in approved and item in asked["items"] and (slip, item) not in used  # type: ignore[operator]  # a list of ids
            used.add((slip, item))
            if slip is None and body["person"] not in DIRECT:
                yield f"{name}: {body['person']} has {item} without a slip"
            if slip is not None and not (on_slip and asked["person"] == body["person"]):
                yield f"{name}: slip {slip} does not allow it"
        elif one.kind == "loan.closed":
            out.pop(body["item"], None)
    for one in record.kind("movement.check_out"):
        if one.body.get("loan", "") not in numbers and "loan" in one.body:
            yield f"{one.body['item']} checked out on {one.body['loan']}, which was never opened"
        if "loan" not in one.body and "safe" not in one.body:
            yield f"{one.body['item']} checked out at the desk without a loan"


def of_the_gate(
    room: Room, record: Record, day: Day, archive: Archive, struck: bool
) -> Iterator[str]:
    """Each crossing that was sensed whole is decided once, and alarmed exactly if it had no leave."""
    walks: dict[str, list[Walk]] = {}
    for walk in day.walks:
        walks.setdefault(walk.item, []).append(walk)
    fresh = record.entries[day.since :]
    decided: dict[str, Counter[str]] = {}
    for one in fresh:
        if "gate" in one.body and "item" in one.body:
            decided.setdefault(one.body["item"], Counter())[one.kind] += 1
        if one.kind == "alarm.raised" and one.body["code"] in ("exit.no_leave", "exit.unclear"):
            decided.setdefault(one.body["subject"], Counter())[one.body["code"]] += 1
    standing = room.watcher.standing()
    for item in decided.keys() - walks.keys():
        yield f"{item} was not at the gate: {dict(decided[item])}"
    for item, (walk, *_) in walks.items():
        found = decided.get(item, Counter())
        wanted = _wanted(walk)
        if day.blind:  # what was told meanwhile without knowing stands beside what was found out
            wanted += Counter({c: n for c, n in found.items() if c.startswith("exit.")}) - wanted
        if _sensed_whole(record, day, walk):
            if found != wanted:
                yield f"{walk}: {dict(found)}"
        elif not struck:
            yield f"{walk}: not sensed whole, though the gate had power"
        else:
            archive.retired.add(item)
            if any(n > 1 for n in found.values()):
                yield f"{walk}, half of it sensed: {dict(found)}"
            if walk.leave and any(kind.startswith("exit.") for kind in found):
                yield f"{walk}: alarm {dict(found)}"
            if walk.out and not walk.leave and _surely_outside(record, day, walk) and not found:
                yield f"{walk}: heard outside alone, and nobody was told"
        if not day.blind and found["exit.no_leave"] != found["movement.exit_without_leave"]:
            yield f"{walk}: alarm and movement disagree: {dict(found)}"
    for one in record.kind("movement.exit_without_leave"):
        if f"exit.no_leave:{one.body['item']}" not in standing:
            yield f"exit.no_leave:{one.body['item']} is not to be seen at the broker"


def _wanted(walk: Walk) -> Counter[str]:
    if walk.out is None:
        return Counter()
    if walk.out is False:
        return Counter({"movement.return_pending": 1})
    if walk.leave:
        return Counter({"movement.exit": 1})
    return Counter({"movement.exit_without_leave": 1, "exit.no_leave": 1})


def _reads(record: Record, day: Day, walk: Walk) -> list[Entry]:
    tag = box(number(walk.item))["tags"][1]
    return [
        one for one in record.sensed("gate-1") if one.idx >= day.since and one.body.get("id") == tag
    ]


def _heard(reads: list[Entry], ant: str) -> int:
    return sum(
        one.body["n"] for one in reads if one.body["ant"] == ant and one.body["act"] != "gone"
    )


def _sensed_whole(record: Record, day: Day, walk: Walk) -> bool:
    """Whether one boot of the node heard the box well at the near antenna, then at the far one."""
    reads = _reads(record, day, walk)
    near, far = ("outer", "inner") if walk.out is False else ("inner", "outer")
    if walk.out is None:
        return bool(reads)
    if len({one.origin[1] for one in reads if one.origin}) != 1:
        return False
    last = [one for one in reads if one.body["act"] != "gone"][-1]
    gone = {one.body["ant"] for one in reads if one.body["act"] == "gone"}
    enough = _heard(reads, near) >= 2 and _heard(reads, far) >= 6
    return enough and last.body["ant"] == far and gone == {near, far}


def _surely_outside(record: Record, day: Day, walk: Walk) -> bool:
    """Whether the last boot that heard it heard it outside alone, and that often and to the end."""
    reads = _reads(record, day, walk)
    boots = [one.origin[1] for one in reads if one.origin]
    last = [one for one in reads if one.origin and one.origin[1] == boots[-1]] if boots else []
    ended = any(one.body["act"] == "gone" for one in last)
    return ended and _heard(last, "inner") == 0 and _heard(last, "outer") >= 8
