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


def departures(values, low, high, deadband, delay, back, worse):
    """Count departures and how often a standing one got worse, with a plain loop over the rows.

    `delay`: how long outside before it counts; `back`: how long inside before it is over.
    """
    side, toward, since, far = 0, None, 0, False
    begun = again = 0
    for now, value in values:
        over = value - (high - (deadband if side > 0 else 0))
        under = (low + (deadband if side < 0 else 0)) - value
        points = 1 if over > 0 else -1 if under > 0 else 0
        beyond = value > high + worse if points > 0 else value < low - worse
        if points == side:
            toward = None
            if side and beyond and not far:
                again, far = again + 1, True
            continue
        if toward != points:
            toward, since, reached = points, now, False
        reached = reached or beyond
        if now - since >= (delay if points else back):
            side, toward, far = points, None, bool(points) and reached
            begun += points != 0
    return begun, again


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.needs("data:orholm-store.csv")
def test_the_whole_of_a_real_store_goes_through_the_rules():
    there, nodes, raised = room(climate=QUIET), Nodes(), Counter()
    for n, (now, t, rh) in enumerate(rows()):
        event = nodes.climate("c1/t1", t, rh, now, mono=n)
        for decision in (there.tick(now), there.decide(event, now)):
            for entry in decision.entries:
                if entry.kind == "alarm.raised":
                    raised[entry.body["code"]] += 1
    there_t = raised["climate.temperature_high"] + raised["climate.temperature_low"]
    there_rh = raised["climate.humidity_high"] + raised["climate.humidity_low"]
    warmth, damp = [(n, t) for n, t, _ in rows()], [(n, rh) for n, _, rh in rows()]
    # Three readings outside, each taken to hold for its hour, over with the first inside: as the
    # departures of this store were counted beforehand, by other means.
    assert departures(warmth, 14, 24, 0.5, 2 * HOUR, 0, 2.0)[0] == 170
    assert departures(damp, 45, 60, 2.0, 2 * HOUR, 0, 5.0)[0] == 131
    # An alarm waits until three hours have passed, on the way back too, and calls again when worse.
    assert departures(warmth, 14, 24, 0.5, 3 * HOUR, 3 * HOUR, 2.0) == (146, 26)
    assert departures(damp, 45, 60, 2.0, 3 * HOUR, 3 * HOUR, 5.0) == (106, 16)
    assert (there_t, there_rh) == (146 + 26, 106 + 16)
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
