"""Twelve years of a real store through the whole room: alarms as counted by other means, memory flat."""

import csv
import tracemalloc
from collections import Counter
from datetime import UTC, datetime

import pytest
from support.needs import REAL_DATA
from support.sensing import T0, Nodes, room

HOUR = 3_600_000
QUIET = {
    "delay_s": 3 * 3600,
    "stale_s": 7 * 86_400,
    "view_s": 86_400,
    "trust": {"frozen_h": 0},
    "zone": [{"id": "store", "name": "Store", "sensors": ["c1/t1"]}],
}


def rows():
    last = 0
    with (REAL_DATA / "orholm-store.csv").open(encoding="utf-8") as file:
        for row in list(csv.reader(file, delimiter=";"))[1:]:
            try:
                when = datetime.strptime(row[0].strip(), "%d-%m-%Y %H:%M").replace(tzinfo=UTC)
                t, rh = float(row[1]), float(row[2])
            except (ValueError, IndexError):
                continue
            now = (
                int(when.timestamp() * 1000) + 10 * 365 * 24 * HOUR
            )  # clocks before 2024 count as unset
            if now > last:
                yield now, t, rh
            last = max(last, now)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.needs("data:orholm-store.csv")
def test_the_whole_of_a_real_store_goes_through_the_rules():
    """Departures with deadband and three hours' delay, counted beforehand: T 170, RH 131."""
    there, nodes, raised = room(climate=QUIET), Nodes(), Counter()
    for n, (now, t, rh) in enumerate(rows()):
        event = nodes.climate("c1/t1", t, rh, now, mono=n)
        for decision in (there.tick(now), there.decide(event, now)):
            for entry in decision.entries:
                if entry.kind == "alarm.raised":
                    raised[entry.body["code"]] += 1
    t = raised["climate.temperature_high"] + raised["climate.temperature_low"]
    rh = raised["climate.humidity_high"] + raised["climate.humidity_low"]
    # Fewer, because a delay that a gap interrupts begins anew; more, because an alarm that got worse
    # is called again.
    assert 150 <= t <= 260
    assert 115 <= rh <= 190
    assert there.ctx.counters.get("room.rule_failed") is None


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_memory_and_rows_stay_flat():
    there, nodes = room(), Nodes()

    def live(first, count):
        for n in range(first, first + count):
            t, rh = 19 + (n % 97) / 20, 50 + (n % 113) / 8
            now = T0 + n * 600_000
            there.tick(now)
            there.decide(nodes.climate("c1/t1", t, rh, now), now)
        return sum(len(row) for row in there.rows().values())

    small = live(0, 1_000)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    big = live(1_000, 10_000)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert big < small * 1.5 + 2_000, "all that is remembered, after ten weeks as after one"
    assert after - before < 500_000, "ten weeks of readings, ten minutes apart"
