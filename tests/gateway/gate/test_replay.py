"""Logs of a gate: what goes in comes out, and the command says what would have been decided."""

import re
from random import Random

import pytest
from gatesim import beams as with_beams
from gatesim import node, walks
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.cli import main
from strongroom_gateway.custody.section import GateSection
from strongroom_gateway.gate.log import (
    BeamLine,
    LogError,
    ReportLine,
    SideLine,
    TruthLine,
    parse,
    read_log,
    write_line,
)
from strongroom_gateway.gate.replay import replay, score

GATE = GateSection(id="g", name="g", node="gate-1", reader="gate")
INTS = st.integers(0, 2**53 - 1)
WORDS = st.text(st.characters(codec="ascii", categories=["Ll", "Nd"]), min_size=1, max_size=12)
LINES = st.one_of(
    st.builds(
        ReportLine,
        at=INTS, node=WORDS, boot=INTS, mono=INTS, reader=WORDS, id=WORDS, n=INTS, span=INTS,
        act=st.sampled_from(["seen", "more", "gone"]),
        ant=st.none() | WORDS, rssi=st.none() | st.integers(-150, 30),
    ),
    st.builds(BeamLine, at=INTS, node=WORDS, boot=INTS, mono=INTS, input=WORDS, on=st.booleans()),
    st.builds(SideLine, at=INTS, id=WORDS, side=st.sampled_from(["inner", "outer"])),
    st.builds(
        TruthLine, id=WORDS, label=st.sampled_from(["out", "in", "stays"]), first=INTS, last=INTS
    ),
)  # fmt: skip


def a_log(path, kinds=("normal out", "normal in", "back"), seed=1, each=4, start=1_800_000_000_000):
    """Write a labelled log of walks; return what is true of each tag."""
    people = walks.People(Random(seed))
    rows, truth, at = [], {}, start
    for kind in [kind for kind in kinds for _ in range(each)]:
        if kind == "back":
            passage = walks.turned_back(people)
        else:
            word, way = kind.split()
            passage = walks.crossing(word, people, way == "out")
        lines = list(node.lines(node.reports(passage.reads), start=at))
        for tag, (inside, label) in passage.tags.items():
            if sum(read.tag == tag for read in passage.reads) < 2:
                continue
            truth[tag] = label
            if not inside:
                rows.append(SideLine(at, tag, "outer"))
            rows.append(TruthLine(tag, label, at, at + 60_000))
        rows += lines
        at += 120_000
    path.write_text("".join(write_line(row) for row in rows))
    return truth


@given(LINES)
def test_a_line_comes_back_as_it_was_written(line):
    assert parse(write_line(line), "x:1") == line


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: b.decode("latin-1")))
def test_whatever_stands_there_is_a_line_or_refused_with_its_place(row):
    try:
        parse(row, "log:7")
    except LogError as error:
        assert str(error).startswith("log:7: ")


@pytest.mark.parametrize(
    "row",
    ['{"at": 1}', '{"label": "out"}', "[]", '{"at":1,"id":"a","side":"above"}',
     '{"at":1,"id":"a","side":"inner","more":1}'],
)  # fmt: skip
def test_a_line_with_too_little_or_too_much_is_refused(row):
    with pytest.raises(LogError, match="log:1"):
        parse(row, "log:1")


def test_a_log_decided_again_is_what_happened(tmp_path):
    truth = a_log(tmp_path / "log")
    lines = list(read_log(tmp_path / "log"))
    decisions = replay(lines, GATE)
    said = {one.id: one.outcome for one in decisions if one.outcome in ("out", "in")}
    assert said == {tag: label for tag, label in truth.items() if label != "stays"}
    found = score(decisions, [line for line in lines if isinstance(line, TruthLine)], 15_000)
    assert (found.missed, found.false, found.looks) == (0, 0, 0)
    assert found.matrix["out"].total() == list(truth.values()).count("out") > 2


def test_the_order_of_truth_lines_does_not_matter_and_other_gates_do_not_count(tmp_path):
    a_log(tmp_path / "log")
    lines = list(read_log(tmp_path / "log"))
    moved = sorted(lines, key=lambda line: not isinstance(line, TruthLine))
    assert replay(moved, GATE) == replay(lines, GATE)
    other = GateSection(id="g", name="g", node="gate-2", reader="gate")
    assert replay(lines, other) == []
    assert replay(lines, other, everywhere=True) == replay(lines, GATE)


def test_settings_change_what_is_decided(tmp_path):
    a_log(tmp_path / "log", kinds=("normal out",))
    lines = list(read_log(tmp_path / "log"))
    deaf = GateSection(id="g", name="g", node="gate-1", reader="gate", min_reads=1000)
    assert [one.outcome for one in replay(lines, deaf)] == []


def run(capsys, *words):
    code = main(["gate", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_replay_prints_settings_decisions_and_score(tmp_path, capsys):
    truth = a_log(tmp_path / "log")
    code, out, _ = run(capsys, "replay", tmp_path / "log")
    assert code == 0
    assert "min_reads=2" in out.splitlines()[0]
    assert len(re.findall("left: heard to cross", out)) == list(truth.values()).count("out")
    assert "missed departures 0; false alarms 0" in out


def test_replay_returns_1_when_a_labelled_departure_is_missed(tmp_path, capsys):
    a_log(tmp_path / "log")
    code, out, _ = run(capsys, "replay", tmp_path / "log", "--set", "min_reads=1000")
    assert code == 1
    assert "min_reads=1000" in out
    assert "missed departures 0" not in out


def test_tune_prints_a_row_for_each_combination_the_best_first(tmp_path, capsys):
    a_log(tmp_path / "log")
    words = ["--tune", "min_reads=1000,2", "--tune", "margin_db=6,12"]
    code, out, _ = run(capsys, "replay", tmp_path / "log", *words)
    assert code == 0
    rows = [line for line in out.splitlines() if line.startswith("min_reads")]
    assert len(rows) == 4
    assert all(row.startswith("min_reads=2 ") for row in rows[:2])
    assert out.count("missed departures 0") == 2
    assert run(capsys, "replay", tmp_path / "log", "--tune", "min_reads=1000")[0] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "min_raeds=3"], "min_reads"),
        (["--set", "min_reads=many"], "min_reads"),
        (["--set", "min_reads=0"], "min_reads"),
        (["--set", "min_reads"], "KEY=VALUE"),
        (["--set", "node=gate-2"], "which gate it is"),
        (["--gate", "exit"], "--config"),
        (["--tune", "min_reads=" + ",".join(map(str, range(1, 502)))], "500"),
    ],
)
def test_mistakes_are_refused_in_words(tmp_path, capsys, words, said):
    a_log(tmp_path / "log", each=1)
    code, _, err = run(capsys, "replay", tmp_path / "log", *words)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


def test_a_broken_log_is_named_with_its_line(tmp_path, capsys):
    a_log(tmp_path / "log", each=1)
    with (tmp_path / "log").open("a") as file:
        file.write("oops\n")
    count = len((tmp_path / "log").read_text().splitlines())
    code, _, err = run(capsys, "replay", tmp_path / "log")
    assert code == 2
    assert f"log:{count}: " in err


CONFIG = """
[room]
id = "r1"
name = "Room"
[ledger]
path = "ledger.db"
[[gate]]
id = "exit"
name = "Exit"
node = "gate-1"
reader = "gate"
margin_db = 7
"""
BACK = """
[[gate]]
id = "back"
name = "Back"
node = "gate-2"
reader = "gate"
"""


def test_the_gate_of_a_configuration_is_used(tmp_path, capsys):
    config = tmp_path / "gateway.toml"
    config.write_text(CONFIG)
    a_log(tmp_path / "log", kinds=("normal out",))
    code, out, _ = run(capsys, "replay", tmp_path / "log", "--config", config)
    assert code == 0
    assert out.count("left: ") >= 3
    assert "margin_db=7" in out
    config.write_text(CONFIG + BACK)
    code, _, err = run(capsys, "replay", tmp_path / "log", "--config", config)
    assert (code, "exit, back" in err) == (2, True)
    _, out, _ = run(capsys, "replay", tmp_path / "log", "--config", config, "--gate", "back")
    assert "left: " not in out, "the log is of another reader"


def test_with_beams_the_log_tells_of_them(tmp_path):
    people = walks.People(Random(3))
    path = people.through(1.0, True)
    carried = people.carry(path)
    reads = with_beams.Air(people.rng, with_beams.ONE).reads(carried)
    told = [*node.lines(node.reports(reads, ants=("door",))), *with_beams.breaks(path)]
    log = tmp_path / "log"
    log.write_text("".join(write_line(one) for one in sorted(told, key=lambda one: one.at)))
    assert [one.outcome for one in replay(read_log(log), with_beams.GATE)] == ["out"]
    without = [one for one in read_log(log) if not isinstance(one, BeamLine)]
    assert replay(without, with_beams.GATE) == []


def test_what_a_ledger_holds_of_a_gate_is_recorded_and_decided_alike(site, tmp_path, capsys):
    """From a running gateway: the log of its ledger replays to the movements in that ledger."""
    gone = site.walks()
    log = tmp_path / "gate.jsonl"
    code, out, _ = run(capsys, "record", site.ledger, "-o", log)
    assert code == 0
    assert str(len(log.read_text().splitlines())) in out
    decided = [one.id for one in replay(read_log(log), site.gate) if one.outcome == "out"]
    assert sorted(decided) == sorted(gone)
    kinds = {type(line) for line in read_log(log)}
    assert kinds == {ReportLine, SideLine, BeamLine}
    sides = [line for line in read_log(log) if isinstance(line, SideLine)]
    assert {line.side for line in sides} == {"inner"}


def test_no_ledger_is_refused(tmp_path, capsys):
    code, _, err = run(capsys, "record", tmp_path / "none.db", "-o", tmp_path / "log")
    assert (code, "none.db" in err) == (2, True)
    (tmp_path / "text.db").write_text("this is no database, but long enough to be looked at" * 9)
    code, _, err = run(capsys, "record", tmp_path / "text.db", "-o", tmp_path / "log")
    assert (code, "text.db" in err) == (2, True)
