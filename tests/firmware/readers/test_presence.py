"""Sightings: what is counted comes out again, every stay ends, and nobody is flooded."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_node.presence import Presence
from support.needs import REAL_DATA

AGE = 3000

reads = st.lists(
    st.tuples(
        st.sampled_from(["aa", "bb", "cc"]),
        st.sampled_from(["inner", "outer"]),
        st.integers(-80, -30),
        st.sampled_from([0, 10, 60, 500, 2500, 70_000]),
    ),
    max_size=200,
)


def play(presence: Presence, story: list[tuple[str, str, int, int]]) -> list[tuple]:
    """Feed reads, each with the ms since the last one; return all reports up to the end of all stays."""
    reports, now = [], 0
    for tag, ant, rssi, wait in story:
        now += wait
        reports += presence.tick(now, AGE)
        reports += presence.read(tag, ant, rssi, now)
    return reports + presence.tick(now + AGE, AGE)


@given(reads)
def test_every_read_is_reported_once_and_every_stay_ends(
    story: list[tuple[str, str, int, int]],
) -> None:
    presence = Presence()
    fed = Counter((tag, ant) for tag, ant, *_ in story)
    told = Counter[tuple[str, str]]()
    whole = Counter[tuple[str, str]]()
    present: set[tuple[str, str]] = set()
    for act, tag, ant, rssi, n, span in play(presence, story):
        assert n >= 1 and span >= 0
        elsewhere = any(other == tag for other, _ in present)
        assert (act == "seen") == (not elsewhere), "a stay begins with seen, and only then"
        if act == "gone":
            assert rssi is None, "nothing new was heard"
            assert (tag, ant) in present
            present.discard((tag, ant))
            whole[tag, ant] += n
        else:
            assert -80 <= rssi <= -30
            present.add((tag, ant))
            told[tag, ant] += n
    assert told == fed
    assert whole == fed
    assert not present
    assert len(presence) == 0


def crowd_of_reports(
    antenna: Callable[[int], str | None], every: int, minutes: int
) -> Counter[int]:
    """Return the reports of each minute of one tag; `antenna(ms)` reads it, if any does."""
    presence, per_minute = Presence(), Counter[int]()
    for now in range(0, minutes * 60_000, every):
        ant = antenna(now)
        found = presence.tick(now, AGE)
        if ant is not None:
            found += presence.read("aa", ant, -50, now)
        per_minute[now // 60_000] += len(found)
    return per_minute


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from(["inner", "outer", None]), min_size=1, max_size=80),
    st.sampled_from([50, 100, 250, 1100]),
)
def test_a_tag_at_the_gate_floods_nobody_however_it_is_read(
    pattern: list[str | None], every: int
) -> None:
    per_minute = crowd_of_reports(lambda now: pattern[now // every % len(pattern)], every, 5)
    assert max(per_minute.values()) <= 150


def test_a_tag_that_lies_before_one_antenna_costs_a_report_a_minute() -> None:
    per_minute = crowd_of_reports(lambda _: "inner", 50, 60)
    assert per_minute[0] <= 10
    assert max(per_minute[minute] for minute in range(2, 60)) <= 2
    assert per_minute.total() <= 75


def test_a_tag_that_lies_between_two_antennas_is_told_of_now_and_then() -> None:
    per_minute = crowd_of_reports(lambda now: ("inner", "outer")[now // 50 % 2], 50, 60)
    assert per_minute[0] <= 45
    assert max(per_minute[minute] for minute in range(2, 60)) <= 10


def carried(presence: Presence, way: list[tuple[str, int]], start: int) -> list[tuple[int, tuple]]:
    """Return (ms, report) while a tag is read every 50 ms along antennas and the ms spent there."""
    found, now = [], start
    for ant, stays in way:
        for _ in range(0, stays, 50):
            reports = presence.tick(now, AGE) + presence.read("aa", ant, -50, now)
            found += [(now, report) for report in reports]
            now += 50
    return found


@pytest.mark.parametrize("before", [100, 5_000, 3_600_000])
def test_who_is_carried_out_is_told_of_closely_however_long_it_lay_inside(before: int) -> None:
    presence = Presence()
    told = carried(presence, [("inner", before), ("outer", 1_500)], 0)
    outside = [at - before for at, report in told if report[2] == "outer"]
    assert outside[0] == 0, "at once"
    assert [late for late in outside if late <= 500], "and again before half a second is over"
    assert sum(1 for late in outside if late <= 500) >= 3
    order = [report[2] for _, report in told if report[0] != "gone"]
    assert order == sorted(order), "no late word of the inner antenna"


def test_who_is_carried_through_both_fields_is_last_told_of_outside() -> None:
    presence = Presence()
    both = [("inner", 50), ("outer", 50)] * 10
    told = carried(presence, [("inner", 1_000), *both, ("outer", 1_000)], 0)
    outside = [at for at, report in told if report[2] == "outer" and at >= 2_000]
    assert outside and outside[0] <= 2_500
    assert all(report[2] == "outer" for at, report in told if at > outside[0])


def test_each_antenna_says_when_it_has_lost_the_tag() -> None:
    presence = Presence()
    presence.read("aa", "inner", -50, 0)
    presence.read("aa", "outer", -50, 1_500)
    assert presence.tick(AGE, AGE) == [("gone", "aa", "inner", None, 1, 0)]
    assert presence.tick(AGE + 1_500, AGE) == [("gone", "aa", "outer", None, 1, 0)]
    assert [r[0] for r in presence.read("aa", "outer", -50, 9_000)] == ["seen"]


def test_nobody_is_gone_while_the_reader_does_not_answer() -> None:
    presence = Presence()
    presence.read("aa", "inner", -50, 0)
    presence.listens("inner", False, 1_000)
    assert presence.tick(60_000, AGE) == []
    presence.listens("inner", True, 60_000)
    assert presence.tick(60_000 + AGE - 1, AGE) == []
    assert presence.tick(60_000 + AGE, AGE) == [("gone", "aa", "inner", None, 1, 0)]


def test_a_read_that_waited_is_told_when_it_is_due() -> None:
    presence = Presence()
    presence.read("aa", "inner", -50, 0)
    assert presence.read("aa", "inner", -45, 100) == []
    assert presence.tick(199, AGE) == []
    assert presence.tick(200, AGE) == [("more", "aa", "inner", -45, 1, 0)]


def test_a_lost_report_is_made_good_by_the_next_read() -> None:
    presence = Presence()
    presence.read("aa", None, None, 0)
    presence.forget("aa")
    presence.forget("bb")
    assert [r[0] for r in presence.read("aa", None, None, 100)] == ["seen"]


def test_a_change_of_antenna_is_told_at_once() -> None:
    presence = Presence()
    assert [r[:3] for r in presence.read("aa", "inner", -50, 0)] == [("seen", "aa", "inner")]
    assert presence.read("aa", "inner", -45, 50) == []
    changed = presence.read("aa", "outer", -60, 100)
    assert changed == [("more", "aa", "inner", -45, 1, 0), ("more", "aa", "outer", -60, 1, 0)]


def test_the_strongest_read_is_the_one_reported() -> None:
    presence = Presence()
    presence.read("aa", "inner", -70, 0)
    for now, rssi in ((50, -60), (100, -40), (150, -65)):
        presence.read("aa", "inner", rssi, now)
    assert presence.read("aa", "inner", -66, 210) == [("more", "aa", "inner", -40, 4, 160)]


def test_a_crowd_is_bounded_and_what_was_refused_is_counted() -> None:
    presence = Presence(most=3)
    for n in range(10):
        presence.read(f"{n:02}", "inner", -50, n)
    assert len(presence) == 3
    assert presence.refused == 7


def test_a_card_leaves_after_three_looks_without_it() -> None:
    presence = Presence()
    presence.read("aa", None, None, 0)
    assert presence.missed([], 3, 100) == []
    assert presence.missed([], 3, 200) == []
    presence.read("aa", None, None, 300)  # it was only badly placed
    assert presence.missed(["aa"], 3, 300) == []
    assert presence.missed([], 3, 400) == presence.missed([], 3, 500) == []
    assert presence.missed([], 3, 600)[-1] == ("gone", "aa", None, None, 2, 300)


@pytest.mark.needs("data:rfid-wall/detego_dataset.zip")
def test_real_reads_are_conserved_and_become_far_fewer_reports(
    record_property: Callable[[str, object], None],
) -> None:
    """155,282 real reads of tags on a wall, replayed."""
    archive = zipfile.ZipFile(REAL_DATA / "rfid-wall" / "detego_dataset.zip")
    with archive, archive.open("dataset/dataset.csv") as raw:
        rows = list(csv.DictReader(io.TextIOWrapper(raw, "utf-8")))
    experiments: dict[str, list[tuple[int, str, int]]] = {}
    for row in rows:
        read = (int(row["milliseconds"]), row["serial"], int(row["rssi"]))
        experiments.setdefault(row["experiment_nr"], []).append(read)
    told = whole = reports = 0
    for reads in experiments.values():
        presence, batch, now = Presence(most=200), [], 0
        for now, tag, rssi in sorted(reads):
            batch += presence.tick(now, AGE)
            batch += presence.read(tag, "wall", rssi, now)
        batch += presence.tick(now + AGE, AGE)
        reports += len(batch)
        told += sum(report[4] for report in batch if report[0] != "gone")
        whole += sum(report[4] for report in batch if report[0] == "gone")
    assert told == whole == len(rows) > 100_000
    record_property("reads per report", round(len(rows) / reports, 2))
    print(f"{len(rows)} reads became {reports} reports")
    assert reports < len(rows) / 2
