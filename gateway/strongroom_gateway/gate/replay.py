"""What a gate would decide about a recorded log with given settings, and how good that is."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

import msgspec

from ..custody.beams import Beams, Passed, beam, carried, gone, read
from ..custody.direction import (
    Heard,
    How,
    Report,
    Side,
    Track,
    Verdict,
    conclude,
    follow,
    leave,
    too_late,
)
from ..custody.gate_judging import SURE, manner_of
from ..custody.section import GateSection
from .log import BeamLine, Line, ReportLine, SideLine, TruthLine

Outcome = Literal["out", "in", "look", "asked", "nothing"]
"""An alarm; a return; a look asked for at once; a look asked for later; nothing."""
_AFTER_MS = 5_000


class Decision(msgspec.Struct, frozen=True):
    """A tag was found to be on another side, or may be: when (Unix ms), how, by which reads."""

    at: int
    id: str
    to: Side
    how: How
    order: tuple[Side, ...]
    inner: Heard
    outer: Heard

    @property
    def outcome(self) -> Outcome:
        """Return what follows for an item that has no leave."""
        if self.to == "inner":
            return "in" if self.how in SURE else "nothing"
        if self.how == "crossed":
            return "out"
        return "asked" if self.how == "doubt" else "look"


class _Stay(msgspec.Struct, frozen=True):
    node: str
    boot: int
    at: int
    track: Track


class Replay:
    """A gate that decides about lines one by one. Every tag is inside until something says otherwise."""

    def __init__(self, gate: GateSection, *, everywhere: bool = False) -> None:
        """Take the settings; with `everywhere` the reports of all nodes and readers are the gate's."""
        self._gate = gate
        self._manner = manner_of(gate)
        self._everywhere = everywhere
        self._stays: dict[str, _Stay] = {}
        self._beams: dict[tuple[str, int], Beams] = {}
        self._visits: Counter[str] = Counter()
        self.sides: dict[str, Side] = {}
        self.decisions: list[Decision] = []

    def hear(self, line: Line) -> None:
        """Take one line; `decisions` holds what follows."""
        if isinstance(line, SideLine):
            self.sides[line.id] = line.side
        elif isinstance(line, BeamLine):
            self._break(line)
        elif isinstance(line, ReportLine) and self._is_ours(line):
            if self._gate.direction == "beams":
                self._read(line)
            else:
                self._follow(line)

    def finish(self) -> list[Decision]:
        """Let everything be over; return all decisions in the order of time."""
        for tag in list(self._stays):
            self._end(tag)
        self.decisions.sort(key=lambda one: one.at)
        return self.decisions

    def _is_ours(self, line: ReportLine) -> bool:
        weak = line.rssi is not None and line.rssi < self._gate.rssi_floor
        ours = self._everywhere or (line.node, line.reader) == (self._gate.node, self._gate.reader)
        return ours and not weak

    def _near(self, tag: str) -> Side:
        return self.sides.get(tag, "inner")

    def _follow(self, line: ReportLine) -> None:
        gate = self._gate
        sides: dict[str | None, Side] = {gate.inner: "inner", gate.outer: "outer"}
        side = sides.get(line.ant)
        if side is None:
            return
        stay = self._stays.get(line.id)
        if stay is not None and (
            (stay.node, stay.boot) != (line.node, line.boot)
            or too_late(stay.track, line.mono, self._manner)
        ):
            self._end(line.id)
            stay = None
        near = self._near(line.id)
        if line.act != "gone":
            report = Report(side, line.mono, line.n, line.rssi, line.span)
            was = stay.track if stay else None
            track, verdict = follow(was, report, self._manner, near, self._visits[line.id])
        elif stay is not None and stay.track.at(side).n:
            track, verdict = leave(stay.track, side, self._manner, near)
        else:
            return
        self._stays[line.id] = _Stay(line.node, line.boot, line.at, track)
        self._decide(line.id, line.at, verdict, track)

    def _end(self, tag: str) -> None:
        stay = self._stays.pop(tag)
        verdict = conclude(stay.track, self._manner, self._near(tag))
        self._visits[tag] += 1
        self._decide(tag, stay.at + self._manner.age_out, verdict, stay.track)

    def _decide(self, tag: str, at: int, verdict: Verdict | None, track: Track) -> None:
        if verdict is None:
            return
        order = track.order
        found = Decision(at, tag, verdict.to, verdict.how, order, track.inner, track.outer)
        if found.outcome in ("out", "in"):
            self.sides[tag] = verdict.to
            del self._visits[tag]
        if found.outcome != "nothing":
            self.decisions.append(found)

    # -- with beams --------------------------------------------------------------------------------

    def _break(self, line: BeamLine) -> None:
        gate = self._gate
        ours = gate.direction == "beams" and line.input in (gate.inner, gate.outer)
        if not ours or not (self._everywhere or line.node == gate.node):
            return
        key = (line.node, line.boot)
        was = self._beams.get(key, Beams())
        side: Side = "inner" if line.input == gate.inner else "outer"
        now = beam(was, side, line.mono, self._manner, broken=line.on)
        if now.passed is None or now.passed is was.passed:
            self._beams[key] = now
            return
        now, went = carried(now, self._manner)
        self._beams[key] = now
        for tag in went.sure:
            self._passed(tag, line.at, now.passed, now.tags[tag].n)
        for tag in went.maybe:
            self._passed(tag, line.at, now.passed, now.tags[tag].n, "unclear")

    def _read(self, line: ReportLine) -> None:
        key = (line.node, line.boot)
        beams = self._beams.get(key, Beams())
        if line.act == "gone":
            there = beams.tags.get(line.id)
            beams, passed, sure = gone(beams, line.id, self._manner)
            reads = there.n if there is not None else 0
            how: How = "crossed" if sure else "unclear"
        else:
            report = Report("inner", line.mono, line.n, line.rssi, line.span)
            beams, passed = read(beams, line.id, report, self._manner)
            reads = beams.tags[line.id].n if line.id in beams.tags else line.n
            how = "crossed"
        self._beams[key] = beams
        self._passed(line.id, line.at, passed, reads, how)

    def _passed(
        self, tag: str, at: int, passed: Passed | None, reads: int, how: How = "crossed"
    ) -> None:
        if passed is None or passed.to == self._near(tag):
            return
        order: tuple[Side, ...] = ("inner", "outer") if passed.to == "outer" else ("outer", "inner")
        found = Decision(at, tag, passed.to, how, order, Heard(n=reads), Heard())
        if how == "crossed":
            self.sides[tag] = passed.to
        if found.outcome != "nothing":
            self.decisions.append(found)


class Score(msgspec.Struct):
    """How decisions compare with the truth: label -> outcome -> how often."""

    matrix: dict[str, Counter[str]]

    @property
    def missed(self) -> int:
        """Return the departures of which nobody is told."""
        row = self.matrix["out"]
        return row["nothing"] + row["in"]

    @property
    def false(self) -> int:
        """Return the alarms about what did not leave."""
        return self.matrix["stays"]["out"] + self.matrix["in"]["out"]

    @property
    def looks(self) -> int:
        """Return how often a look was asked for at once for what did not leave."""
        return self.matrix["stays"]["look"] + self.matrix["in"]["look"]


def score(decisions: Iterable[Decision], truths: Iterable[TruthLine], after: int) -> Score:
    """Compare decisions with the truth. A decision counts for a label up to `after` ms behind it.

    Of several for one label the gravest counts: an alarm before a look, a look before a question.
    """
    found: dict[str, list[Decision]] = {}
    for one in decisions:
        found.setdefault(one.id, []).append(one)
    matrix: dict[str, Counter[str]] = {label: Counter() for label in ("out", "in", "stays")}
    for truth in truths:
        outcomes = {
            one.outcome
            for one in found.get(truth.id, ())
            if truth.first <= one.at <= truth.last + after + _AFTER_MS
        }
        wanted: tuple[Outcome, ...] = ("out", "look", "in", "asked")
        if truth.label == "in":
            wanted = ("out", "look", "in", "asked") if "in" not in outcomes else ("out", "in")
        matrix[truth.label][next((one for one in wanted if one in outcomes), "nothing")] += 1
    return Score(matrix)


def replay(lines: Iterable[Line], gate: GateSection, *, everywhere: bool = False) -> list[Decision]:
    """Return what a gate with these settings decides about a log."""
    there = Replay(gate, everywhere=everywhere)
    for line in lines:
        there.hear(line)
    return there.finish()
