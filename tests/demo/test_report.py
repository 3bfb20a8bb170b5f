"""The report counts what was accepted against what is on record, and matches alarms to their
causes."""

import json
import sqlite3
from collections import Counter
from pathlib import Path

from strongroom_demo.record import Record, keys, read_record
from strongroom_demo.report import Caused, Raised, Run, is_good, make_report, match, raised_from
from strongroom_sim.world.scenes import Expect


def key(node: str, seq: int, lane: str = "event", boot: int = 1) -> tuple[str, str, int, int]:
    return (node, lane, boot, seq)


def report(accepted, recorded, caused=(), raised=()) -> dict:
    return make_report(
        Run(
            accepted,
            Record(Counter(recorded), entries=7),
            2,
            list(caused),
            list(raised),
            {"seed": 3},
        )
    )


def test_everything_on_record_is_good() -> None:
    sent = {"a": [key("a", 1), key("a", 2)], "b": [key("b", 1, "telemetry")]}
    made = report(sent, [k for ks in sent.values() for k in ks])
    assert is_good(made)
    assert (made["sent"], made["lost"], made["doubled"], made["gaps"]) == (3, 0, 0, 0)
    assert made["nodes"]["a"]["sent"] == {"event": 2}
    assert made["nodes"]["b"] == {"sent": {"telemetry": 1}, "committed": 1, "lost": 0, "boots": 1}
    assert made["duplicates_dropped"] == 2
    assert made["seed"] == 3


def test_what_is_accepted_and_not_on_record_is_lost() -> None:
    made = report({"a": [key("a", 1), key("a", 2)]}, [key("a", 1)])
    assert made["lost"] == 1
    assert made["lost_messages"] == [["a", "event", 1, 2]]
    assert not is_good(made)


def test_the_same_seq_of_another_lane_or_boot_does_not_stand_in_for_it() -> None:
    recorded = [key("a", 1, "telemetry"), key("a", 1, boot=2), key("b", 1)]
    assert report({"a": [key("a", 1)]}, recorded)["lost"] == 1


def test_a_message_twice_on_record_is_doubled_and_not_good() -> None:
    made = report({"a": [key("a", 1)]}, [key("a", 1), key("a", 1)])
    assert made["doubled"] == 1
    assert not is_good(made)


def test_a_hole_in_what_is_on_record_is_a_gap() -> None:
    made = report({"a": []}, [key("a", 1), key("a", 4)])
    assert made["gaps"] == 2


def cause(code: str, about: str, at: int) -> Caused:
    return Caused(Expect(at, code, about), at)


def test_a_cause_without_its_alarm_is_missing() -> None:
    made = report({}, [], [cause("exit.no_leave", "box-1", 100)], [])
    assert made["alarms_missing"] == [{"code": "exit.no_leave", "about": "box-1"}]
    assert not is_good(made)


def test_what_the_boards_say_after_the_end_is_no_part_of_the_run() -> None:
    made = report({"a": [key("a", 1)]}, [key("a", 1), key("a", 2), key("b", 1)])
    assert (made["sent"], made["committed"], made["nodes"]["a"]["committed"]) == (1, 1, 1)


def test_a_cause_shortly_before_the_end_may_have_its_alarm_and_need_not() -> None:
    late = Caused(Expect(100, "exit.no_leave", "box-1"), 100, due=False)
    without = report({}, [], [late], [])
    assert without["alarms"] == without["alarms_missing"] == []
    assert is_good(without)
    came = report({}, [], [late], [Raised(300, "exit.no_leave", "box-1", {})])
    assert [alarm["latency_ms"] for alarm in came["alarms"]] == [200]
    assert came["alarms_unexpected"] == []


def test_alarms_answer_the_cause_they_are_about() -> None:
    causes = [cause("badge.unknown", "04aa", 5_000), cause("badge.unknown", "04bb", 1_000)]
    alarms = [
        Raised(1_400, "badge.unknown", "desk", {"id": "04bb"}),
        Raised(5_200, "badge.unknown", "desk", {"id": "04aa"}),
    ]
    made = report({}, [], causes, alarms)
    assert [(a["about"], a["latency_ms"]) for a in made["alarms"]] == [("04bb", 400), ("04aa", 200)]
    assert made["alarms_unexpected"] == []
    assert is_good(made)


def test_an_alarm_is_timed_from_the_read_that_decided() -> None:
    """That of the same node, boot and number: other reads, and other nodes' of that number, do not
    count. What no read decided has no such time.
    """

    def read(node: str, boot: int, seq: int, time: int) -> dict:
        return {"kind": "tag", "node": node, "boot": boot, "seq": seq, "time": time, "at": 9_000}

    def alarm(at: int, subject: str, why: dict) -> dict:
        body = {"code": "exit.no_leave", "subject": subject, "why": why}
        return {"kind": "alarm.raised", "node": None, "boot": None, "at": at, "body": body}

    by = {"node": "gate-1", "lane": "event", "boot": 2, "seq": 8}
    entries = [
        read("gate-1", 2, 7, 1_000),
        read("gate-1", 1, 8, 500),
        read("desk-1", 2, 8, 600),
        read("gate-1", 2, 8, 1_400),
        alarm(1_440, "box-1", {"decided_by": by}),
        alarm(1_450, "box-2", {"decided_by": by | {"seq": 99}}),
        alarm(1_460, "box-3", {}),
    ]
    causes = [cause("exit.no_leave", f"box-{n}", 900) for n in (1, 2, 3)]
    made = report({}, [], causes, raised_from(entries))
    told = {a["about"]: (a["latency_ms"], a["after_read_ms"]) for a in made["alarms"]}
    assert told == {"box-1": (540, 40), "box-2": (550, None), "box-3": (560, None)}


def test_one_alarm_does_not_answer_two_causes() -> None:
    causes = [cause("node.silent", "n", 1_000), cause("node.silent", "n", 60_000)]
    pairs = match(causes, [Raised(4_000, "node.silent", "n", {})])
    assert [alarm is not None for _, alarm in pairs] == [True, False]


def test_an_alarm_from_before_the_cause_is_not_its_alarm() -> None:
    made = report(
        {},
        [],
        [cause("exit.no_leave", "box-1", 60_000)],
        [Raised(10_000, "exit.no_leave", "box-1", {})],
    )
    assert made["alarms_missing"] and made["alarms_unexpected"]


def test_only_raising_counts() -> None:
    body = {"code": "exit.no_leave", "subject": "box-1", "why": {"rule": "x"}}
    entries = [
        {"kind": "alarm.raised", "at": 5, "body": body},
        {"kind": "alarm.cleared", "at": 6, "body": body},
        {"kind": "event/tag", "at": 4, "body": {}},
    ]
    assert raised_from(entries) == [Raised(5, "exit.no_leave", "box-1", {"rule": "x"})]


def test_the_record_is_read_with_plain_sql(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as ledger:
        ledger.executescript(
            """
            CREATE TABLE entry (idx, node, boot, seq);
            CREATE TABLE reading (node, boot, seq);
            CREATE TABLE quarantine (id);
            INSERT INTO entry VALUES (0, 'a', 1, 1), (1, NULL, NULL, NULL), (2, 'a', 1, 2);
            INSERT INTO reading VALUES ('a', 1, 1);
            INSERT INTO quarantine VALUES (1);
            """
        )
    ledger.close()
    record = read_record(path)
    assert record.messages == Counter([key("a", 1), key("a", 2), key("a", 1, "telemetry")])
    assert (record.entries, record.quarantined) == (3, 1)
    assert read_record(tmp_path / "none.db").messages == Counter()


def test_keys_come_from_what_the_boards_wrote() -> None:
    line = json.loads('{"out":"accepted","lane":"event","boot":7,"seq":3,"kind":"tag","mono":5}')
    assert keys("n", [line]) == [("n", "event", 7, 3)]
