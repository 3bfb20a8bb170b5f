"""What is counted, as Prometheus families."""

from collections.abc import Iterable, Mapping

from ..alarms.book import AlarmRecord
from ..ingest.pipeline import Pipeline
from ..ledger.writer import Writer
from .exposition import Family

_ENDS = {
    "events": "Events of nodes taken into the ledger.",
    "readings": "Readings of nodes taken into the ledger.",
    "presence": "Status and info messages.",
}


def families(
    pipeline: Pipeline,
    writer: Writer,
    alarms: Iterable[AlarmRecord],
    counters: Mapping[str, int],
) -> list[Family]:
    """Return all families; called while nothing changes the room."""
    ingest = pipeline.counters
    found = [
        _counter("messages_received", "Messages received.", ingest.received),
        _counter(
            "duplicates", "Messages dropped because they were taken before.", ingest.duplicates
        ),
        _counter("quarantined", "Messages refused since the start.", ingest.quarantined),
        _counter(
            "shed", "Messages that could not wait for the disk; nodes repeat them.", ingest.shed
        ),
        _counter("rule_failures", "Times a rule failed.", ingest.rule_failures),
    ]
    found += [_counter(name, words, getattr(ingest, name)) for name, words in _ENDS.items()]
    reasons = pipeline.refused_by_reason()
    if reasons:
        samples = [({"reason": reason}, float(n)) for reason, n in sorted(reasons.items())]
        name = "strongroom_quarantined_by_reason_total"
        found.append(Family(name, "counter", "Messages refused, by reason.", [*samples]))
    publisher = pipeline.publisher
    found += [
        _counter("alarm_changes", "Changes of alarms published.", publisher.alarms),
        _counter("commands", "Commands published.", publisher.commands),
        _counter("publish_failures", "Messages that could not be sent.", publisher.failed),
        _counter("acknowledgements", "Application acknowledgements sent.", pipeline.acks.sent),
        _counter("commits", "Transactions of the ledger.", writer.commits),
        _counter("commit_seconds", "Time spent committing.", writer.commit_seconds),
        _counter("conflicts", "Messages the ledger held already.", writer.conflicts),
        _gauge("pending", "Messages that wait for the disk.", pipeline.pending),
        _gauge("missing", "Messages missing below one that came.", pipeline.missing()),
        _gauge("recording", "Whether the ledger takes the record.", pipeline.is_recording),
        _gauge("broker_linked", "Whether the broker answers.", pipeline.linked),
    ]
    states: dict[tuple[str, str], int] = {}
    for record in alarms:
        key = (record.state.value, record.priority)
        states[key] = states.get(key, 0) + 1
    samples = [({"state": s, "priority": p}, float(n)) for (s, p), n in sorted(states.items())]
    found.append(Family("strongroom_alarms", "gauge", "Alarms that are not normal.", [*samples]))
    samples = [({"what": what}, float(n)) for what, n in sorted(counters.items())]
    found.append(
        Family("strongroom_noticed_total", "counter", "Seen, and no decision.", [*samples])
    )
    return found


def _counter(name: str, words: str, value: float) -> Family:
    return Family(f"strongroom_{name}_total", "counter", words, [({}, float(value))])


def _gauge(name: str, words: str, value: float) -> Family:
    return Family(f"strongroom_{name}", "gauge", words, [({}, float(value))])
