"""Sightings: what is counted comes out again, every stay ends, and nobody is flooded."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_node.presence import Presence
from support.needs import REAL_DATA

AGE = 2000

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
        reports += presence.aged(now, AGE)
        reports += presence.read(tag, ant, rssi, now)
    return reports + presence.aged(now + AGE, AGE)


@given(reads)
def test_every_read_is_reported_once_and_every_stay_ends(
    story: list[tuple[str, str, int, int]],
) -> None:
    presence = Presence()
    reports = play(presence, story)
    fed = Counter(tag for tag, *_ in story)
    told = Counter[str]()
    whole = Counter[str]()
    open_stays: set[str] = set()
    for act, tag, ant, rssi, n, span in reports:
        assert n >= 1 and span >= 0 and ant in ("inner", "outer") and -80 <= rssi <= -30
        assert (act == "seen") == (tag not in open_stays), "a stay begins with seen, and only then"
        open_stays.add(tag)
        if act == "gone":
            open_stays.discard(tag)
            whole[tag] += n
        else:
            told[tag] += n
    assert told == fed
    assert whole == fed
    assert not open_stays
    assert len(presence) == 0


@given(st.lists(st.sampled_from(["inner", "outer"]), min_size=1, max_size=50), st.integers(20, 200))
def test_a_box_that_lies_between_the_antennas_for_an_hour_floods_nobody(
    pattern: list[str], every: int
) -> None:
    presence, reports = Presence(), 0
    per_minute = Counter[int]()
    for n, now in enumerate(range(0, 3_600_000, every * 20)):
        got = len(presence.read("aa", pattern[n % len(pattern)], -50, now))
        reports += got
        per_minute[now // 60_000] += got
    assert max(per_minute.values()) <= 50
    assert reports <= 60 * 25


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
    assert presence.missed([], 3) == []
    assert presence.missed([], 3) == []
    presence.read("aa", None, None, 300)  # it was only badly placed
    assert presence.missed(["aa"], 3) == []
    assert presence.missed([], 3) == presence.missed([], 3) == []
    assert [r[0] for r in presence.missed([], 3)][-1] == "gone"


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
    told = reports = 0
    for reads in experiments.values():
        presence, batch, now = Presence(most=200), [], 0
        for now, tag, rssi in sorted(reads):
            batch += presence.aged(now, AGE)
            batch += presence.read(tag, "wall", rssi, now)
        batch += presence.aged(now + AGE, AGE)
        reports += len(batch)
        told += sum(report[4] for report in batch if report[0] != "gone")
    assert told == len(rows) > 100_000
    record_property("reads per report", round(len(rows) / reports, 2))
    print(f"{len(rows)} reads became {reports} reports")
    assert reports < len(rows) / 2
