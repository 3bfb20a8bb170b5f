"""The report of a run: what was sensed, what is on record, which alarms came of which cause, how
fast. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from strongroom_sim.world.scenes import Expect

from .record import Key, Record

EARLY_MS = 1000  # a cause is timed at its middle: its alarm may come a little before


@dataclass(frozen=True)
class Caused:
    """An alarm with a cause: what it is about, and the Unix ms at which the cause happened.

    `due` tells whether it had to come: not when the run ended too soon after the cause.
    """

    expect: Expect
    happened: int
    due: bool = True


@dataclass(frozen=True)
class Raised:
    """An alarm that came, from the ledger's entry alarm.raised.

    `read_at` is when the node sensed the read that decided (Unix ms), None where no read did.
    """

    at: int
    code: str
    subject: str
    why: Any
    read_at: int | None = None

    def is_about(self, about: str) -> bool:
        """Whether the alarm names this: as its subject or among what led to it."""
        return about in self.subject or about in str(self.why)


@dataclass(frozen=True)
class Run:
    """The facts of a run."""

    accepted: Mapping[str, Sequence[Key]]
    record: Record
    duplicates: int
    caused: Sequence[Caused]
    raised: Sequence[Raised]
    about: Mapping[str, Any]


def raised_from(entries: Sequence[Mapping[str, Any]]) -> list[Raised]:
    """Return the alarms raised, from the ledger's entries."""
    sensed = {
        (entry.get("node"), entry["boot"], entry["seq"]): entry["time"]
        for entry in entries
        if entry.get("boot") is not None
    }
    found = []
    for entry in entries:
        if entry["kind"] == "alarm.raised":
            body = entry["body"]
            why = body.get("why")
            by = why.get("decided_by") if isinstance(why, Mapping) else None
            read_at = None if by is None else sensed.get((by["node"], by["boot"], by["seq"]))
            found.append(Raised(entry["at"], body["code"], body["subject"], why, read_at))
    return found


def match(caused: Sequence[Caused], raised: Sequence[Raised]) -> list[tuple[Caused, Raised | None]]:
    """Return each cause with the first alarm that answers it, each alarm for one cause only."""
    free = sorted(raised, key=lambda alarm: alarm.at)
    pairs: list[tuple[Caused, Raised | None]] = []
    for cause in sorted(caused, key=lambda item: item.happened):
        answer = next(
            (
                alarm
                for alarm in free
                if alarm.code == cause.expect.code
                and alarm.is_about(cause.expect.about)
                and alarm.at >= cause.happened - EARLY_MS
            ),
            None,
        )
        if answer is not None:
            free.remove(answer)
        pairs.append((cause, answer))
    return pairs


def make_report(run: Run) -> dict[str, Any]:
    """Return the report as plain data; demo/README.md explains its fields."""
    pairs = match(run.caused, run.raised)
    answered = {id(alarm) for _, alarm in pairs}
    everything = [key for keys in run.accepted.values() for key in keys]
    lost = run.record.lost(everything)
    # The boards go on after the run: what came later is on record too, and no part of it.
    committed = Counter(key[0] for key in set(everything) & run.record.messages.keys())
    return {
        **run.about,
        "nodes": {
            node: {
                "sent": dict(Counter(key[1] for key in keys)),
                "committed": committed[node],
                "lost": len([key for key in lost if key[0] == node]),
                "boots": len({key[2] for key in keys}),
            }
            for node, keys in run.accepted.items()
        },
        "sent": len(set(everything)),
        "committed": committed.total(),
        "entries": run.record.entries,
        "lost": len(lost),
        "lost_messages": [list(key) for key in lost[:50]],
        "doubled": len(run.record.doubled()),
        "duplicates_dropped": run.duplicates,
        "gaps": len(run.record.gaps()),
        "quarantined": run.record.quarantined,
        "alarms": [
            {
                "code": cause.expect.code,
                "about": cause.expect.about,
                "raised": alarm is not None,
                "cause_at": cause.happened,
                "latency_ms": alarm.at - cause.happened if alarm is not None else None,
                "after_read_ms": after_read(alarm),
                "subject": alarm.subject if alarm is not None else None,
                "why": alarm.why if alarm is not None else None,
            }
            for cause, alarm in pairs
            if cause.due or alarm is not None
        ],
        "alarms_missing": [
            {"code": cause.expect.code, "about": cause.expect.about}
            for cause, alarm in pairs
            if cause.due and alarm is None
        ],
        "alarms_unexpected": [
            {"code": alarm.code, "subject": alarm.subject, "why": alarm.why}
            for alarm in run.raised
            if id(alarm) not in answered
        ],
    }


def after_read(alarm: Raised | None) -> int | None:
    """Return how long after the read that decided an alarm came, in ms; None where no read did."""
    return None if alarm is None or alarm.read_at is None else alarm.at - alarm.read_at


def is_good(report: Mapping[str, Any]) -> bool:
    """Whether nothing was lost or doubled and every expected alarm came."""
    return not (report["lost"] or report["doubled"] or report["alarms_missing"])
