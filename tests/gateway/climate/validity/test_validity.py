"""Readings are believed or refused for a reason; several sensors are heard together."""

import csv
from collections import Counter
from datetime import UTC, datetime
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.climate.validity import (
    Correction,
    Reading,
    Tally,
    Track,
    Trust,
    fused,
    judge,
    judged_together,
    tallied,
)
from support.needs import REAL_DATA

S, MINUTE, HOUR = 1_000, 60_000, 3_600_000
T0 = 1_800_000_000_000
TRUST = Trust()


class Sensor:
    def __init__(self, trust=TRUST, correction=None):
        self.track, self.now, self.trust = None, T0, trust
        self.correction = correction or Correction()

    def says(self, t, rh, after=10 * S):
        self.now += after
        self.track, verdict = judge(
            self.track, Reading(t, rh, self.now), self.trust, self.correction
        )
        return verdict.reason

    def reasons(self, *pairs, after=10 * S):
        return [self.says(*pair, after=after) for pair in pairs]


def test_what_a_room_does_is_believed():
    sensor = Sensor()
    story = [(20.0 + n / 50, 50.0 - n / 10) for n in range(100)]
    assert set(sensor.reasons(*story)) == {""}


@pytest.mark.parametrize(
    "values", [(-45.0, 50.0), (130.0, 50.0), (20.0, 0.0), (20.0, 0.9), (75.0, 40.0)]
)
def test_what_a_sensor_cannot_measure_is_out_of_range(values):
    sensor = Sensor()
    assert sensor.reasons((20.0, 50.0), values, (20.0, 50.0)) == ["", "range", ""]
    assert Sensor().says(*values) == "range"


def test_one_wild_value_is_a_spike_and_leaves_no_trace():
    sensor = Sensor()
    said = sensor.reasons((20.0, 50.0), (20.1, 50.2), (27.0, 50.0), (20.1, 50.1), (20.0, 70.0))
    assert said == ["", "", "spike", "", "spike"]
    assert (sensor.track.t, sensor.track.rh) == (20.1, 50.1)


def test_a_step_that_stays_is_too_quick_for_a_room_until_it_might_have_got_there():
    """25 %RH: 8 at once and 20 a minute make 51 seconds."""
    sensor = Sensor()
    sensor.says(20.0, 50.0)
    said = sensor.reasons(*[(20.0, 75.0)] * 8)
    assert said == ["spike"] * 3 + ["rate"] * 2 + [""] * 3


def test_a_slow_reporter_may_move_further_between_two_readings():
    sensor = Sensor()
    assert sensor.reasons((20.0, 50.0), (23.5, 60.0), after=MINUTE) == ["", ""]


def test_a_test_can_be_switched_off():
    sensor = Sensor(Trust(spike_t=0.0, spike_rh=0.0))
    assert sensor.reasons((20.0, 50.0), (30.0, 90.0)) == ["", ""]


def test_after_a_gap_it_begins_anew():
    sensor = Sensor()
    sensor.says(20.0, 50.0)
    assert sensor.says(30.0, 80.0, after=TRUST.stale + S) == ""
    assert sensor.track.t == 30.0


def test_a_value_that_never_changes_is_frozen_until_it_does():
    sensor = Sensor(Trust(frozen=HOUR))
    said = sensor.reasons(*[(20.0, 50.0)] * 62, after=MINUTE)
    assert said == [""] * 60 + ["frozen"] * 2
    assert sensor.says(20.0, 50.1, after=MINUTE) == ""


def test_a_quantised_sensor_in_a_calm_room_is_not_frozen():
    sensor = Sensor(Trust(frozen=HOUR))
    story = [(20.0 + (n // 50) % 2 * 0.1, 50.0) for n in range(600)]
    assert set(sensor.reasons(*story, after=MINUTE)) == {""}


def test_a_frozen_sensor_is_no_freer_after_a_gap():
    sensor = Sensor(Trust(frozen=HOUR))
    sensor.reasons(*[(20.0, 50.0)] * 70, after=MINUTE)
    assert sensor.says(20.0, 50.0, after=2 * HOUR) == "frozen"


def test_a_calibration_corrects_and_its_range_is_the_sensors_own():
    sensor = Sensor(correction=Correction(t=-0.4, rh=1.5, certificate="2026-117"))
    assert sensor.says(20.0, 50.0) == ""
    assert (sensor.track.t, sensor.track.rh) == (pytest.approx(19.6), 51.5)
    assert Sensor(correction=Correction(rh=5.0)).says(20.0, 98.0) == ""


def test_frequent_readings_are_remembered_seldom():
    sensor = Sensor()
    sensor.says(20.0, 50.0)
    first = sensor.track
    assert sensor.says(20.1, 50.1, after=S) == ""
    assert sensor.track is first
    sensor.says(20.2, 50.2, after=9 * S)
    assert sensor.track.t == 20.2


# -- several -------------------------------------------------------------------------------------


def tracks(*values, at=T0, **more):
    return {f"c1/t{n}": Track(t, rh, at, **more) for n, (t, rh) in enumerate(values)}


def test_three_are_heard_by_their_median():
    said = fused(tracks((20.0, 50.0), (20.4, 52.0), (31.0, 20.0)), T0, TRUST)
    assert (said.t, said.rh) == (20.4, 50.0)
    assert said.spread_t == pytest.approx(11.0)
    two = fused(tracks((20.0, 50.0), (21.0, 52.0)), T0, TRUST)
    assert (two.t, two.rh) == (20.5, 51.0)


def test_the_silent_and_the_doubted_are_not_heard():
    all_ = tracks((20.0, 50.0), (22.0, 60.0)) | {
        "c1/old": Track(40.0, 10.0, T0 - TRUST.stale),
        "c1/bad": Track(40.0, 10.0, T0, fault="frozen"),
    }
    assert fused(all_, T0, TRUST).sensors == ("c1/t0", "c1/t1")
    assert fused({}, T0, TRUST) is None
    assert fused(tracks((20.0, 50.0)), T0 + TRUST.stale, TRUST) is None


def later(found, minutes, **moved):
    """Pass time with every sensor saying what it says."""
    now = max(track.at for track in found.values())
    for _ in range(minutes):
        now += MINUTE
        found = {
            n: Track(*moved.get(n[3:], (t.t, t.rh)), now, out=t.out, fault=t.fault)
            for n, t in found.items()
        }
        found = judged_together(found, now, TRUST)
    return found


def test_one_that_is_away_from_its_family_for_long_is_not_believed_and_comes_back():
    found = later(tracks((20.0, 50.0), (20.3, 51.0), (24.5, 50.0)), 29)
    assert found["c1/t2"].fault == ""
    found = later(found, 3)
    assert [t.fault for t in found.values()] == ["", "", "out_of_family"]
    found = later(found, 3, t2=(22.0, 50.0))
    assert found["c1/t2"].fault == "out_of_family", "nearer, not near"
    assert later(found, 3, t2=(20.5, 50.0))["c1/t2"].fault == ""


def test_of_two_nobody_can_tell_which_is_wrong():
    found = later(tracks((20.0, 50.0), (26.0, 50.0)), 120)
    assert [t.fault for t in found.values()] == ["", ""]


def test_a_family_of_liars_is_not_believed_away_one_by_one():
    """With two outliers on either side the middle stands, and there are never fewer than two left."""
    found = later(tracks((20.0, 50.0), (25.0, 50.0), (15.0, 50.0)), 120)
    assert sum(t.fault == "" for t in found.values()) >= 1


@given(
    st.lists(st.floats(15, 25), min_size=3, max_size=7),
    st.integers(0, 6),
    st.floats(-20, 55),
)
def test_one_liar_does_not_carry_the_median_out_of_what_the_others_say(values, liar, lie):
    honest = [v for n, v in enumerate(values) if n != liar % len(values)]
    told = [lie if n == liar % len(values) else v for n, v in enumerate(values)]
    said = fused(tracks(*[(v, 50.0) for v in told]), T0, TRUST)
    assert min(honest) <= said.t <= max(honest)
    assert said.t == median(told)


# -- account of what was refused -------------------------------------------------------------------


def test_what_was_refused_is_kept_by_number_with_its_reason():
    tally = None
    for seq, reason in [(5, "spike"), (6, "spike"), (9, "range")]:
        tally = tallied(tally, T0 + seq * S, reason, (2, seq), (60.5, 50.0))
    body = tally.body()
    assert body["reasons"] == {"range": 1, "spike": 2}
    assert body["records"] == [[2, 5, 6], [2, 9, 9]]
    assert [e["seq"] for e in body["examples"]] == [5, 9]
    assert (body["from"], body["to"]) == (T0 + 5 * S, T0 + 9 * S)
    assert tally.due == T0 + 9 * S + 600 * S


def test_a_sensor_that_is_wrong_all_the_time_fills_nothing():
    tally = None
    for seq in range(1, 1_700):
        tally = tallied(tally, T0 + seq * 2 * S, "frozen", (1, seq), (20.0, 50.0))
    assert len(tally.runs) == 1
    assert tally.due == tally.since + HOUR
    tally = None
    for seq in range(1, 200, 2):
        tally = tallied(tally, T0 + seq * 2 * S, "spike", (1, seq), (20.0, 50.0))
        if tally.full:
            assert len(tally.runs) == 50
            tally = None
    assert isinstance(tally, Tally | None)


# -- a real store -----------------------------------------------------------------------------------


@pytest.mark.needs("data:orholm-store.csv")
def test_twelve_years_of_a_real_store_are_believed_but_for_what_is_strange():
    """Hourly, a tenth of a degree, one per cent; its longest stretch without a change is 54 hours.
    At most a few readings in ten thousand are refused, and each has a reason.
    """
    trust = Trust(stale=3 * HOUR, frozen=24 * HOUR, keep=0)
    track, counts, last = None, Counter(), 0
    with (REAL_DATA / "orholm-store.csv").open(encoding="utf-8") as file:
        for row in list(csv.reader(file, delimiter=";"))[1:]:
            try:
                when = datetime.strptime(row[0].strip(), "%d-%m-%Y %H:%M").replace(tzinfo=UTC)
                reading = Reading(float(row[1]), float(row[2]), int(when.timestamp() * 1000))
            except (ValueError, IndexError):
                continue
            if reading.at > last:
                track, verdict = judge(track, reading, trust)
                counts[verdict.reason] += 1
            last = max(last, reading.at)
    refused = counts.total() - counts[""]
    assert counts["range"] == counts["spike"] == counts["rate"] == 0
    assert 0 < counts["frozen"] == refused < 0.003 * counts.total()
