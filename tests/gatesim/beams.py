"""A gate with one antenna and two light beams: the walks of `walks`, seen and heard by it."""

from collections.abc import Iterator
from math import pi
from random import Random

from strongroom_gateway.custody.section import GateSection
from strongroom_gateway.gate.log import BeamLine
from strongroom_gateway.gate.replay import Replay

from gatesim import node, walks
from gatesim.radio import OPENING, Air, Antenna, Path, Read

BEAMS = (("beam-in", -0.2), ("beam-out", 0.2))
BODY_M = 0.18  # to either side of the middle of somebody
ONE = (Antenna("door", 0.0, 0.8, -pi / 2),)
GATE = GateSection(
    id="exit",
    name="Exit",
    node="gate-1",
    reader="gate",
    direction="beams",
    inner="beam-in",
    outer="beam-out",
)


def breaks(path: Path, step: float = 0.02) -> Iterator[BeamLine]:
    """Yield what the beams say of somebody on a path."""
    broken = {name: False for name, _ in BEAMS}
    for n in range(int(path.end / step)):
        spot = path.at(n * step)
        for name, x in BEAMS:
            now = abs(spot.x - x) < BODY_M and abs(spot.y) < OPENING
            if now != broken[name]:
                broken[name] = now
                at = int(n * step * 1000)
                yield BeamLine(at=at, node="gate-1", boot=1, mono=at, input=name, on=now)


def judged_with_beams(seed: int, crossings: int, others: int) -> dict[str, int]:
    """Walk so often through the gate and so often not; return what came of it."""
    people = walks.People(Random(seed))
    rng = people.rng
    found = {"out": 0, "in": 0, "look": 0, "missed": 0, "false": 0, "looks": 0, "barely": 0}
    for n in range(crossings + others):
        out = rng.random() < 0.65
        if n < crossings:
            path = people.through(rng.uniform(0.3, 2.5), out)
            want = "out" if out else "in"
        elif rng.random() < 0.5:
            path = people.back_from(rng.uniform(0.4, 1.5), rng.uniform(0.4, 2.0), True, 0.5)
            out, want = True, None
        else:
            path = people.along(rng.uniform(0.6, 1.8), rng.uniform(0.9, 3.0), True)
            out, want = True, None
        carried = people.carry(path, rng.choice([1, 1, 2]))
        reads: list[Read] = Air(rng, ONE).reads(carried)
        gate = Replay(GATE)
        gate.sides.update((one.tag, "inner" if out else "outer") for one in carried)
        told = [*node.lines(node.reports(reads, ants=("door",))), *breaks(path)]
        for line in sorted(told, key=lambda line: line.at):
            gate.hear(line)
        decisions = gate.finish()
        for one in carried:
            if sum(read.tag == one.tag for read in reads) < 2:
                found["barely"] += 1
                continue
            got = [decision.outcome for decision in decisions if decision.id == one.tag]
            found["missed"] += want == "out" and not got
            found["false"] += any(outcome not in (want, "look") for outcome in got)
            found["looks"] += want is None and "look" in got
            for outcome in ("out", "in", "look"):
                found[outcome] += got.count(outcome)
    return found
