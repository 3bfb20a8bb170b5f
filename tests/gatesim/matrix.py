"""Runs passages and hours through the node's code and the gateway's, and counts what comes out."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from strongroom_gateway.custody.section import GateSection
from strongroom_gateway.gate.replay import Decision, Replay

from gatesim import linger, node, walks
from gatesim.radio import Read

OUTCOMES = ("out", "in", "look", "asked", "nothing")
GATE = GateSection(id="exit", name="Exit", node="gate-1", reader="gate")


@dataclass
class Matrix:
    """Kind of passage -> outcome -> tags. Tags read less than twice are counted apart."""

    rows: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    barely: Counter[str] = field(default_factory=Counter)
    delays: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    passages: int = 0
    crossings: int = 0
    missed: int = 0
    false: int = 0
    looks: int = 0
    wrong_end: int = 0

    def add(self, passage: walks.Passage, decisions: Iterable[Decision]) -> None:
        """Count one passage."""
        self.passages += 1
        self.crossings += any(truth != "stays" for _, truth in passage.tags.values())
        of: dict[str, list[Decision]] = defaultdict(list)
        for one in decisions:
            of[one.id].append(one)
        for tag, (inside, truth) in passage.tags.items():
            times = [read.at for read in passage.reads if read.tag == tag]
            if len(times) < 2:
                self.barely[passage.kind] += 1
                continue
            outcomes = [one.outcome for one in of[tag]]
            order = ("in", "out", "look", "asked") if truth == "in" else OUTCOMES_BY_GRAVITY
            got = next((one for one in order if one in outcomes), "nothing")
            self.rows[passage.kind][got] += 1
            alarmed = "out" in outcomes
            self.missed += truth == "out" and got not in ("out", "look", "asked")
            self.false += truth != "out" and alarmed
            self.looks += truth == "stays" and "look" in outcomes
            sides = [one.to for one in of[tag] if one.outcome in ("out", "in")]
            want = {"out": "outer", "in": "inner", "stays": "inner" if inside else "outer"}[truth]
            self.wrong_end += bool(sides) and sides[-1] != want
            if truth == "out" and alarmed:
                inner = [r.at for r in passage.reads if r.tag == tag and r.ant == "inner"]
                alarm = next(one.at for one in of[tag] if one.outcome == "out")
                self.delays[passage.kind].append(alarm - max(inner, default=times[0]))


OUTCOMES_BY_GRAVITY = ("out", "look", "in", "asked")


def decide(reads: Iterable[Read], outside: Iterable[str] = (), gate: GateSection = GATE) -> Replay:
    """Return the gate after these reads went through the node's presence code and were judged."""
    there = Replay(gate)
    there.sides.update((tag, "outer") for tag in outside)
    for line in node.lines(node.reports(reads)):
        there.hear(line)
    there.finish()
    return there


def run(seed: int, crossings: int, others: int, gate: GateSection = GATE) -> Matrix:
    """Draw and judge so many ways through the gate and so many that do not lead through it."""
    people = walks.People(Random(seed))
    matrix = Matrix()
    for kinds, count in ((walks.CROSSINGS, crossings), (walks.STAYS, others)):
        for _ in range(count):
            passage = walks.draw(people, kinds)
            outside = [tag for tag, (inside, _) in passage.tags.items() if not inside]
            matrix.add(passage, decide(passage.reads, outside, gate).decisions)
    return matrix


@dataclass
class Hours:
    """What hours of stray reads came to."""

    hours: float
    reads: Counter[str]
    outcomes: Counter[str]


def strays(seed: int, hours: float, gate: GateSection = GATE) -> Hours:
    """Judge so many hours in which nothing leaves, with other boxes at other places every four hours.

    What is decided only because the recording ends, and all fall silent together, does not count.
    """
    rng = Random(seed)
    counted: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    whole, rest = divmod(hours, 4)
    for part in [4.0] * int(whole) + ([rest] if rest else []):
        _, reads = linger.hours(rng, part * 3600)
        decisions = decide(_counted(reads, counted), (), gate).decisions
        outcomes.update(one.outcome for one in decisions if one.at < part * 3_600_000)
    return Hours(hours, counted, outcomes)


def _counted(reads: Iterable[Read], counted: Counter[str]) -> Iterable[Read]:
    for read in reads:
        counted[read.ant] += 1
        yield read


def table(matrix: Matrix) -> str:
    """Return the matrix as rows of Markdown, with the delay from the last inner read to the alarm."""
    text = [
        "| passage | tags | alarm | return | look | asked later | nothing | delay p50 / p95 in ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind in sorted(matrix.rows, key=lambda one: (one.split()[-1], one)):
        row = matrix.rows[kind]
        delays = sorted(matrix.delays.get(kind, ()))
        at = f"{_at(delays, 0.5)} / {_at(delays, 0.95)}" if delays else ""
        cells = " | ".join(str(row[one]) for one in OUTCOMES)
        text.append(f"| {kind} | {row.total()} | {cells} | {at} |")
    return "\n".join(text)


def _at(values: list[int], part: float) -> int:
    return values[min(len(values) - 1, int(len(values) * part))]
