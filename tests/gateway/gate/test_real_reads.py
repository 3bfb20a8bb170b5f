"""Real reads of a wall of tags by one antenna that is walked past it: not one of them may look like
a tag that went through a gate.

The recordings are not part of the project; see tests/support/needs.py.
"""

import csv
import io
import zipfile
from collections import Counter, defaultdict
from random import Random

import pytest
from gatesim import matrix
from gatesim.radio import Read
from support.needs import REAL_DATA

WALL = "rfid-wall/detego_dataset.zip"
SHOP = "rfid-wall/detego_case-study.zip"


def table(archive, name):
    with zipfile.ZipFile(REAL_DATA / archive) as pack, pack.open(name) as file:
        yield from csv.DictReader(io.TextIOWrapper(file))


def wall():
    """Experiment -> its reads as (ms, tag, dBm), in the order of time."""
    found = defaultdict(list)
    for row in table(WALL, "dataset/dataset.csv"):
        tag = f"e2{int(row['serial']):010x}"
        found[row["experiment_nr"]].append((int(row["milliseconds"]), tag, int(row["rssi"])))
    return {name: sorted(reads) for name, reads in found.items()}


def shop():
    found = defaultdict(list)
    for row in table(SHOP, "dataset.csv"):
        tag = f"e2{int(row['epc']):010x}"
        found[row["experiment_nr"]].append((int(row["milliseconds"]), tag, int(row["rssi"])))
    return {
        name: sorted((at - min(reads)[0], tag, rssi) for at, tag, rssi in reads)
        for name, reads in found.items()
    }


def at(ant, reads, weaker=0):
    return [Read(ms, ant, tag, rssi - weaker) for ms, tag, rssi in reads]


def outcomes(reads):
    return Counter(
        one.outcome for one in matrix.decide(sorted(reads, key=lambda r: r.at)).decisions
    )


@pytest.mark.needs(f"data:{WALL}")
def test_a_wall_before_the_inner_antenna_is_no_crossing_and_no_look():
    total = Counter()
    for reads in wall().values():
        total += outcomes(at("inner", reads))
    assert total.keys() <= {"asked"}
    assert total["asked"] > 1_500, (
        "each was last heard at the gate, and nothing has shown where it is"
    )


@pytest.mark.needs(f"data:{WALL}")
def test_a_wall_before_the_outer_antenna_is_no_crossing_but_asks_for_a_look():
    """The record has them inside, one antenna hears them outside: that is no movement, and no calm."""
    total, tags = Counter(), 0
    for reads in wall().values():
        total += outcomes(at("outer", reads))
        tags += len({tag for _, tag, _ in reads})
    assert total["out"] == total["in"] == 0
    assert tags < total["look"] < 2 * tags, "once for each stay at the antenna"


@pytest.mark.needs(f"data:{SHOP}")
def test_a_thousand_tags_of_a_shop_at_either_antenna_are_no_crossing():
    total = Counter()
    for reads in shop().values():
        total += outcomes(at("inner", reads))
        total += outcomes(at("outer", reads))
    assert total["out"] == total["in"] == 0


@pytest.mark.needs(f"data:{WALL}")
@pytest.mark.parametrize(
    ("part", "weaker", "alarms"),
    [
        (0.02, 6, 0),
        (0.02, 12, 0),
        (0.2, 12, 0),
        (0.2, 6, 10),  # an outer antenna that looks into the room: docs/gate.md says to turn it
    ],
)
def test_a_wall_whose_reflections_the_outer_antenna_hears_is_no_alarm(part, weaker, alarms):
    """The real reads at the inner antenna, and some of them weaker at the outer one as well."""
    rng = Random(1)
    total = Counter()
    for reads in wall().values():
        strays = [read for read in reads if rng.random() < part]
        total += outcomes(at("inner", reads) + at("outer", strays, weaker))
    assert total["asked"] > 3_000
    assert total["out"] <= alarms
