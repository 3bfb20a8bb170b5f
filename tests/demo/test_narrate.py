"""Ledger entries become lines a person understands, in the language asked for."""

import io
from contextlib import redirect_stdout

import pytest
from strongroom_demo import words
from strongroom_demo.console import PlainConsole, Situation
from strongroom_demo.narrate import Narrator
from strongroom_sim.world.cast import cast

WHO = cast(1)
ENVELOPE = {"boot": 1, "seq": 2, "mono": 3, "ts": None, "clk": "none"}


@pytest.fixture(autouse=True)
def english():
    words.choose("en")
    yield
    words.choose("en")


def sensed(kind: str, **body) -> dict:
    return {
        "idx": 9,
        "at": 1_781_762_400_000,
        "kind": kind,
        "node": "n-1",
        "boot": 1,
        "seq": 2,
        "body": ENVELOPE | body,
    }


def decided(kind: str, **body) -> dict:
    return {"idx": 9, "at": 0, "kind": kind, "node": None, "boot": None, "seq": None, "body": body}


def test_a_tag_is_named_by_who_or_what_carries_it() -> None:
    tag = {"reader": "desk", "act": "seen", "ant": None, "rssi": None, "n": 1, "span": 0}
    narrator = Narrator(WHO, "en")
    assert WHO.people[0].name in narrator.line(sensed("tag", id=WHO.people[0].badge, **tag)).text
    assert "box-0001 at desk" in narrator.line(sensed("event/tag", id=WHO.boxes[0].hf, **tag)).text
    assert "04ffffffffffff" in narrator.line(sensed("tag", id="04ffffffffffff", **tag)).text


def test_the_register_of_the_configuration_is_one_line() -> None:
    narrator = Narrator(WHO, "en")
    box = {"by": "configuration", "item": {"id": "b1", "name": "B"}}
    lines = [narrator.line(decided("item.registered", **box)) for _ in range(3)]
    assert lines[0] is not None and "on record" in lines[0].text
    assert lines[1:] == [None, None]
    later = narrator.line(decided("item.registered", **box | {"by": "li"}))
    assert later is not None and "b1" in later.text


def test_antenna_and_strength_are_told() -> None:
    line = Narrator(WHO, "en").line(
        sensed(
            "tag",
            id=WHO.boxes[0].uhf,
            reader="gate",
            act="seen",
            ant="outer",
            rssi=-51,
            n=4,
            span=9,
        )
    )
    assert "gate/outer" in line.text and "-51 dBm" in line.text
    assert (line.kind, line.where, line.record) == ("sensed", "n-1", 9)


@pytest.mark.parametrize(
    ("kind", "body", "words_in_it"),
    [
        ("contact", {"input": "safe-door", "open": True, "edges": 3}, "safe-door opened"),
        ("contact", {"input": "safe-door", "open": False, "edges": 1}, "safe-door closed"),
        (
            "shelf",
            {"bank": "a", "carriage": 2, "mm": 70, "state": "stopped", "end": "none"},
            "70 mm",
        ),
        ("node", {"what": "driver.fault", "device": "t2", "why": "crc"}, "driver.fault device=t2"),
        ("command", {"id": "x1", "ok": False, "why": "expired"}, "x1 refused: expired"),
        ("input", {"input": "leak", "on": True, "value": None}, "input=leak"),
    ],
)
def test_each_kind_of_event_is_told(kind: str, body: dict, words_in_it: str) -> None:
    assert words_in_it in Narrator(WHO, "en").line(sensed(kind, **body)).text


def test_a_decision_tells_why() -> None:
    line = Narrator(WHO, "en").line(
        decided("climate.relay", relay="dehumidifier", what="on", why={"limit": {"value": 58}})
    )
    assert line.kind == "decided"
    assert "relay=dehumidifier" in line.text
    assert "limit" in line.why and "58" in line.why


def test_an_alarm_tells_its_code_subject_and_why() -> None:
    body = {"code": "exit.no_leave", "subject": "box-0006", "priority": "critical"}
    why = {"rule": "exit.no_leave", "at": 5, "order": ["inner", "outer"], "leave": {"found": None}}
    params = {"item": "Deeds 1999", "item_id": "box-0006", "gate": "Exit"}
    params |= {"last_holder": "Li Wen", "accountable": "Li Wen"}
    line = Narrator(WHO, "en").line(decided("alarm.raised", **body, why=why, params=params))
    assert line.kind == "alarm"
    assert "exit.no_leave box-0006 (critical)" in line.text
    assert "Deeds 1999" in line.text and "Li Wen" in line.text  # the gateway's own words
    assert line.why == "order=[inner; outer], leave=()"
    chinese = Narrator(WHO, "zh_CN").line(decided("alarm.raised", **body, why=why, params=params))
    assert "Deeds 1999" in chinese.text and "without leave" not in chinese.text
    assert "over" in Narrator(WHO, "en").line(decided("alarm.cleared", **body)).text


def test_what_only_goes_on_is_not_told_again() -> None:
    narrator = Narrator(WHO, "en")
    rolling = {"bank": "a", "carriage": 1, "mm": 5, "end": "none"}
    assert narrator.line(sensed("shelf", **rolling, state="moving")) is not None
    assert narrator.line(sensed("shelf", **rolling, state="moving")) is None
    assert narrator.line(sensed("shelf", **{**rolling, "carriage": 2}, state="moving")) is not None
    assert narrator.line(sensed("shelf", **rolling, state="stopped")) is not None
    assert narrator.line(sensed("shelf", **rolling, state="moving")) is not None
    stays = {"reader": "gate", "act": "more", "ant": "inner", "rssi": -50, "n": 4, "span": 9}
    assert narrator.line(sensed("tag", id="04ffffffffffff", **stays)) is None


def test_a_reason_is_cut_to_a_line() -> None:
    line = Narrator(WHO, "en").line(decided("x", why={"reads": ["x" * 500]}))
    assert len(line.why) <= 160 and line.why.endswith("…")


def test_a_pipe_gets_plain_lines() -> None:
    out = io.StringIO()
    with redirect_stdout(out):
        console = PlainConsole()
        console.show(Narrator(WHO, "en").line(sensed("contact", input="d", open=True, edges=1)))
        console.situation(Situation(seconds=1))
        console.situation(Situation(seconds=12, accepted=5))
        console.close()
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert "[sensed] #9 n-1: d opened" in lines[0]
    assert "accepted by nodes 5" in lines[1]
    assert "\x1b" not in out.getvalue()
