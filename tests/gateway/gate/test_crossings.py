"""The gate against simulated walks and hours, through the node's own presence code.

The short form of `make gate`; what the full one found is in docs/gate.md.
"""

from random import Random

import pytest
from gatesim import linger, matrix, walks
from gatesim.radio import Air, Carried, Path, antennas
from support.outcome import Outcome
from support.sensing import T0, Nodes, room


@pytest.fixture(scope="module")
def some_hundred():
    return matrix.run(seed=7, crossings=500, others=300)


def test_no_departure_of_a_tag_read_twice_is_missed(some_hundred):
    assert some_hundred.crossings == 500
    assert some_hundred.missed == 0


def test_nothing_that_stays_or_comes_in_is_an_alarm(some_hundred):
    assert some_hundred.false == 0
    assert some_hundred.looks <= 2


def test_the_last_thing_said_is_where_it_is(some_hundred):
    assert some_hundred.wrong_end == 0


def test_most_departures_are_alarms_and_not_questions(some_hundred):
    rows = [row for kind, row in some_hundred.rows.items() if kind.endswith("out")]
    total = sum(row.total() for row in rows)
    assert total > 300
    assert sum(row["out"] for row in rows) > 0.96 * total


def test_the_walks_are_hard_enough_to_mean_something(some_hundred):
    """Some tags are not read at all or hardly, and some on one side only; else this proves little."""
    assert sum(some_hundred.barely.values()) > 0
    people = walks.People(Random(7))
    walked = [walks.crossing("normal", people, True).reads for _ in range(300)]
    assert sum(2 <= len(reads) < 20 for reads in walked) >= 3
    assert any(
        len(reads) >= 2 and {read.ant for read in reads} != {"inner", "outer"} for reads in walked
    )
    both = [reads for reads in walked if {read.ant for read in reads} == {"inner", "outer"}]
    first_out = [min(read.at for read in reads if read.ant == "outer") for reads in both]
    last_in = [max(read.at for read in reads if read.ant == "inner") for reads in both]
    overlap = [last - first for first, last in zip(first_out, last_in, strict=True)]
    assert sorted(overlap)[len(overlap) // 2] > 500, "both antennas hear most tags at a time"


def test_hours_of_stray_reads_alarm_nobody():
    found = matrix.strays(seed=7, hours=0.4)
    assert found.reads["inner"] > 20_000
    assert found.reads["outer"] > 80
    assert found.outcomes["out"] == 0
    assert found.outcomes["look"] <= 2


def test_the_same_seed_is_the_same_walk():
    one, other = (matrix.table(matrix.run(5, 20, 10)) for _ in range(2))
    assert one == other
    assert one != matrix.table(matrix.run(6, 20, 10))
    reads = [list(linger.hours(Random(3), 60)[1]) for _ in range(2)]
    assert reads[0] == reads[1]


def test_strength_falls_with_distance_and_behind_the_antenna():
    rng = Random(1)
    inner, outer = antennas()
    air = Air(rng, (inner, outer))

    def median(x, antenna):
        tag = Carried("t", Path([(0, x, 0), (1, x, 0)]))
        levels = [air.level(tag, antenna, air.link(1), tag.path.at(0), 0) for _ in range(300)]
        return sorted(levels)[150]

    assert median(-1.0, inner) > median(-2.0, inner) + 5 > median(-4.0, inner) + 10
    assert median(-1.5, inner) > median(-1.5, outer) + 10
    assert median(1.5, outer) > median(1.5, inner) + 10


@pytest.mark.parametrize("kind", ["normal", "fast", "two", "stop"])
def test_the_room_says_what_the_replay_says(kind):
    """The rule with its rows and alarms, against the replay that judges the same reports."""
    people = walks.People(Random(11))
    for _ in range(6):
        passage = walks.crossing(kind, people, True)
        tags = list(passage.tags)
        wanted = [one.id for one in matrix.decide(passage.reads).decisions if one.outcome == "out"]
        items = [
            {"id": f"B-{n}", "name": f"B {n}", "tags": [tag], "home": "A-1"}
            for n, tag in enumerate(tags)
        ]
        nodes = Nodes()
        reads = [
            nodes.read(one.tag, one.ant, T0 + one.at, one.rssi, n=one.n, act=one.act, span=one.span)
            for one in matrix.node.reports(passage.reads)
        ]
        out = Outcome(room(item=items)).feed(reads).at(T0 + 120_000)
        gone = [item for what, item in out.movements() if what == "exit_without_leave"]
        assert gone == [f"B-{tags.index(tag)}" for tag in wanted]
