"""Climate against its band: deadband, delay, staleness; and the real record of a store."""

import csv
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.climate.watch import HIGH, IN, LOW, step
from strongroom_gateway.profiles import Band
from support.needs import REAL_DATA
from support.outcome import Outcome
from support.sensing import PLAIN, T0, Nodes, room

T_HIGH, RH_HIGH, RH_LOW = (
    "climate.temperature_high:north",
    "climate.humidity_high:north",
    "climate.humidity_low:north",
)
S = 1_000


def readings(nodes, values, every=10 * S, start=T0, where="c1/t1"):
    return [nodes.climate(where, t, rh, start + n * every) for n, (t, rh) in enumerate(values)]


def credulous():
    """A room that believes steps no room could take, to keep stories short."""
    climate = PLAIN["climate"] | {"trust": {"spike_t": 0, "spike_rh": 0}}
    return room(climate=climate)


def hot(n, t=25.0):
    return [(t, 50.0)] * n


def test_outside_for_the_delay_is_an_alarm_that_names_its_limit():
    nodes = Nodes()
    out = Outcome(room()).feed(readings(nodes, hot(6)))
    assert out.states() == []
    out.feed(readings(nodes, hot(1), start=T0 + 60 * S))
    assert out.states() == [(T_HIGH, "UNACK")]
    alarm = out.alarms()[T_HIGH]
    assert alarm.why["limit"] == {
        "value": 24.0,
        "unit": "°C",
        "deadband": 0.5,
        "delay_s": 60.0,
        "source": "JGJ 25-2010, table 5.2.1; DA/T 87-2021, table 1; 1987 interim rules, article 7",
    }
    assert alarm.why["since"] == T0
    assert alarm.why["reads"][0]["sensor"] == "c1/t1"
    assert "North aisle" in alarm.text


def test_it_clears_inside_the_deadband_for_the_delay():
    nodes = Nodes()
    out = Outcome(room()).feed(readings(nodes, hot(7)))
    out.feed(readings(nodes, [(23.8, 50.0)] * 20, start=T0 + 100 * S))
    assert out.states()[-1] == (T_HIGH, "UNACK"), "inside, but within the deadband"
    out.feed(readings(nodes, [(23.4, 50.0)] * 7, start=T0 + 400 * S))
    assert out.states()[-1] == (T_HIGH, "RTNUN")


def test_noise_at_the_limit_is_silent():
    nodes = Nodes()
    values = [(23.9 if n % 2 else 24.1, 60.1 if n % 2 else 59.9) for n in range(500)]
    assert Outcome(room()).feed(readings(nodes, values)).states() == []


def test_worse_calls_again_once():
    nodes = Nodes()
    there = room()
    out = Outcome(there).feed(readings(nodes, hot(7)))
    there.book.acknowledge(_act(T_HIGH), out.take(_empty()).decisions[-1])
    out.feed(readings(nodes, [(26.1, 50.0), (26.5, 50.0), (27.0, 50.0)], start=T0 + 100 * S))
    assert out.states() == [(T_HIGH, "UNACK"), (T_HIGH, "ACKED"), (T_HIGH, "UNACK")]
    assert out.alarms()[T_HIGH].priority == "high"


def test_stale_readings_neither_raise_nor_clear():
    nodes = Nodes()
    late = 3_600 * S
    old = [
        nodes.climate("c1/t1", 30.0, 50.0, T0 + late + n * 10 * S, ts=T0 + n * 10 * S)
        for n in range(20)
    ]
    assert Outcome(room()).feed(old).states() == []
    out = Outcome(room()).feed(readings(nodes, hot(7), start=T0 + late))
    cool = [
        nodes.climate("c1/t1", 20.0, 50.0, T0 + late + n * 10 * S, ts=T0 + n * 10 * S)
        for n in range(10, 30)
    ]
    assert out.feed(cool).states() == [(T_HIGH, "UNACK")]


def test_a_gap_starts_the_delay_anew():
    nodes = Nodes()
    out = Outcome(room()).feed(readings(nodes, hot(1)))
    out.feed(readings(nodes, hot(1), start=T0 + 301 * S))
    assert out.states("climate.temperature") == [], "nothing is known of the five minutes between"


def test_a_sensor_that_falls_silent_leaves_the_alarm_standing():
    nodes = Nodes()
    out = Outcome(room()).feed(readings(nodes, hot(7))).at(T0 + 86_400 * S)
    assert out.alarms()[T_HIGH].state == "UNACK"


def test_a_zone_is_outside_while_any_sensor_is():
    nodes = Nodes()
    out = Outcome(credulous())
    for n in range(20):
        now = T0 + n * 10 * S
        out.feed(nodes.climate("c1/t1", 25.0, 50.0, now))
        out.feed(nodes.climate("c1/t2", 25.0 if n < 10 else 20.0, 50.0, now))
    assert out.states() == [(T_HIGH, "UNACK")], "one alarm for the zone, not one for each sensor"
    for n in range(20, 30):
        out.feed(nodes.climate("c1/t1", 20.0, 50.0, T0 + n * 10 * S))
    assert out.states()[-1] == (T_HIGH, "RTNUN")


def test_from_one_side_to_the_other():
    nodes = Nodes()
    out = Outcome(credulous())
    out.feed(readings(nodes, [(20.0, 65.0)] * 7 + [(20.0, 40.0)] * 8))
    assert out.states() == [(RH_HIGH, "UNACK"), (RH_LOW, "UNACK"), (RH_HIGH, "RTNUN")] or (
        out.states() == [(RH_HIGH, "UNACK"), (RH_HIGH, "RTNUN"), (RH_LOW, "UNACK")]
    )


def test_a_sensor_taken_out_of_the_configuration_lets_go():
    before = room()
    Outcome(before).feed(readings(Nodes(), hot(7)))
    zone = {"id": "north", "name": "North", "sensors": ["c1/t2"]}
    there = room(before.rows(), climate={"zone": [zone]})
    assert Outcome(there).take(there.start(T0 + 90 * S)).states() == [(T_HIGH, "RTNUN")]


def test_sensors_of_no_zone_are_none_of_the_rule():
    assert Outcome(room()).feed(readings(Nodes(), hot(20), where="c1/attic")).states() == []


BAND = Band(14.0, 24.0, 0.5, 60_000, 2.0, "a test")
samples = st.lists(
    st.tuples(st.floats(5, 35, allow_nan=False).map(lambda v: round(v, 1)), st.integers(1, 200)),
    max_size=80,
)


@given(samples)
def test_a_side_is_taken_only_after_its_delay(story):
    """Against the whole history: a change needs every reading of the last minute to point there."""
    watch, now, history = None, 0, []
    for value, seconds in story:
        now += seconds * S
        side = IN if watch is None else watch.side
        watch = step(watch, value, now, BAND, 300 * S)
        history.append((now, value))
        after = IN if watch is None else watch.side
        if after != side:
            recent = [v for when, v in history if when > now - BAND.delay]
            inside = {
                HIGH: lambda v: v > 24.0,
                LOW: lambda v: v < 14.0,
                IN: lambda v: 14.0 <= v <= (23.5 if side == HIGH else 24.0),  # noqa: B023 - used at once
            }[after]
            assert all(inside(v) for v in recent)
        if watch is None:
            assert 14.0 <= value <= 24.0


@pytest.mark.needs("data:orholm-store.csv")
@pytest.mark.parametrize(
    ("column", "low", "high", "deadband", "delay_h", "raised"),
    [
        ("temperature", 14.0, 24.0, 0.0, 0, 353),
        ("temperature", 14.0, 24.0, 0.5, 0, 190),
        ("humidity", 45.0, 60.0, 0.0, 0, 458),
        ("humidity", 45.0, 60.0, 2.0, 0, 163),
    ],
)
def test_twelve_years_of_a_real_store(column, low, high, deadband, delay_h, raised):
    """The number of departures from the band, counted by other means beforehand."""
    band = Band(low, high, deadband, delay_h * 3_600_000, 99.0, "a test")
    watch, count = None, 0
    for now, value in _store(column):
        side = IN if watch is None else watch.side
        watch = step(watch, value, now, band, 10**15)
        after = IN if watch is None else watch.side
        count += after not in (IN, side)
    assert count == raised


def _store(column):
    """Yield hourly readings of the recording; rows without a number or out of order are left out."""
    last = 0
    with (REAL_DATA / "orholm-store.csv").open(encoding="utf-8") as file:
        for row in list(csv.reader(file, delimiter=";"))[1:]:
            try:
                when = datetime.strptime(row[0].strip(), "%d-%m-%Y %H:%M").replace(tzinfo=UTC)
                value = float(row[1 if column == "temperature" else 2])
            except (ValueError, IndexError):
                continue
            now = int(when.timestamp() * 1000)
            if now > last:
                yield now, value
            last = max(last, now)


def _act(alarm):
    from strongroom_gateway.alarms.book import Act

    return Act(alarm, "Li", "seen", T0 + 90 * S)


def _empty():
    from strongroom_gateway.ingest.port import Decision

    return Decision()
