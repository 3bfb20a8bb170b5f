"""Cause and action of an excursion: what people wrote, what is on record, and what belongs to it."""

import csv
import io
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from gateway.history.shop import DAY, HOUR, Shop
from strongroom_gateway.config import Config, Settings, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.history.notes import KIND
from strongroom_gateway.history.register.facts import Facts
from strongroom_gateway.history.register.make import Wanted, make_register, write_register
from strongroom_gateway.history.register.model import Register
from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.work import EntryRow, Work
from support.outcome import Outcome
from support.sensing import T0, room

D0 = 20_000 * DAY  # 2024-10-04
PLACE: dict[str, Any] = {
    "room": {"id": "r1", "name": "Room 1", "time_zone": "UTC", "language": "en"},
    "ledger": {"path": "ledger.db"},
    "climate": {
        "outdoor": "n1/out",
        "zone": [
            {
                "id": "stacks",
                "name": "Stacks",
                "sensors": ["n1/t1"],
                "machine": [
                    {"kind": "dehumidifier", "node": "p1", "relay": "dry"},
                    {"kind": "cooling", "node": "p1", "relay": "cool"},
                ],
                "control": {"door": "n1/door"},
            }
        ],
    },
}


class Store(Shop):
    """A history of one day: 20 °C and 50 %, but 70 % from ten to twelve o'clock."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.place: Settings = settings(typed(PLACE, Config))
        rows = [(D0 + n * 600_000, 20.0, 70.0 if 60 <= n < 72 else 50.0) for n in range(144)]
        self.receive(rows)

    def enter(
        self, hour: float, kind: str, body: Mapping[str, Any], node: str | None = None
    ) -> None:
        """Write an entry at an hour of the day into the ledger."""
        at = D0 + int(hour * HOUR)
        said = {"mono": 1, "ts": at, "clk": "ntp", **body} if node else dict(body)
        boot, seq = (1, 1 + int(hour * 3600)) if node else (None, None)
        row = EntryRow(at, kind, "r1", node, boot, seq, canonical(said))
        self.store.commit([Work(entries=[row])])

    def relay(self, hour: float, what: str, relay: str = "dry") -> None:
        body = {"zone": "stacks", "kind": "x", "node": "p1", "relay": relay, "what": what}
        self.enter(hour, "climate.relay", {**body, "why": {}})

    def alarm(self, begun: float, ended: float | None, code: str, subject: str) -> None:
        body = {"alarm": f"{code}:{subject}", "code": code, "subject": subject, "params": {}}
        self.enter(begun, "alarm.raised", body)
        if ended is not None:
            self.enter(ended, "alarm.cleared", body)

    def note(self, number: int, begun: float, ended: float | None, **more: Any) -> None:
        body = {
            "note": f"E{number:05d}",
            "where": "stacks",
            "quantity": "both",
            "start": D0 + int(begun * HOUR),
            "end": None if ended is None else D0 + int(ended * HOUR),
            "cause": "door",
            "text": "delivery",
            "action": "door shut",
            "by": "li",
            "by_name": "Li Wen",
            "at": D0 + 13 * HOUR,
            "replaces": None,
        }
        self.enter(13, KIND, body | more)

    def register(self) -> Register:
        self.keeper.take()
        self.keeper.close(D0 + 2 * DAY)
        day = date(2024, 10, 4)
        with closing(self.reader()) as history:
            wanted = Wanted(day, day, ["n1/t1"])
            return make_register(self.place, history, self.ledger_path, wanted, D0 + DAY)

    def cells(self, language: str = "en", title: str = "n1/t1: excursions") -> list[dict[str, str]]:
        """Return a table of the register as CSV, by the names of its columns."""
        data = write_register(self.register(), ".csv", language).decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(data)))
        first = next(n for n, line in enumerate(lines) if line[:1] == [title])
        last = next(n for n in range(first, len(lines) + 1) if lines[n : n + 1] in ([], [[]]))
        head = lines[first + 1]
        return [dict(zip(head, line, strict=True)) for line in lines[first + 2 : last]]

    def cell(self, column: str) -> str:
        (row,) = self.cells()
        return row[column]


def test_nothing_on_record_and_nothing_written_is_said_as_that(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        (row,) = store.cells()
    assert (row["From"], row["To"]) == ("2024-10-04 10:00:00", "2024-10-04 12:00:00")
    assert (row["Cause"], row["Written by"]) == ("", "")
    assert row["Action taken"] == "[on record] no machine ran"


def test_a_note_is_told_with_who_wrote_it_and_when(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.note(1, 10.5, 11)
        (row,) = store.cells()
        (chinese,) = store.cells("zh_CN", "n1/t1:超限记录")
        (note,) = store.cells(title="Notes on excursions")
    assert row["Cause"] == "door: delivery"
    assert row["Action taken"].startswith("door shut; [on record] ")
    assert row["Written by"] == "Li Wen, 2024-10-04 13:00:00 (E00001, entry 0)"
    assert chinese["原因"] == "开门: delivery" and "Li Wen" in chinese["填写人"]
    assert (note["Note"], note["Zone or sensor"], note["Excursions"]) == ("E00001", "stacks", "1")


@pytest.mark.parametrize(
    ("begun", "ended", "more", "is_told"),
    [
        (9.0, 10.0, {}, False),
        (9.0, 10.1, {}, True),
        (11.9, 13.0, {}, True),
        (12.0, 13.0, {}, False),
        (1.0, None, {}, True),
        (12.5, None, {}, False),
        (10.0, 12.0, {"where": "n1/t1"}, True),
        (10.0, 12.0, {"where": "n1/t2"}, False),
        (10.0, 12.0, {"quantity": "rh"}, True),
        (10.0, 12.0, {"quantity": "t"}, False),
    ],
)
def test_a_note_belongs_to_the_excursions_it_meets(
    tmp_path: Path, begun: float, ended: float | None, more: dict[str, Any], is_told: bool
) -> None:
    with Store(tmp_path) as store:
        store.note(1, begun, ended, **more)
        assert ("delivery" in store.cell("Cause")) is is_told
        (listed,) = store.cells(title="Notes on excursions")
    assert listed["Excursions"] == str(int(is_told)), "one that meets nothing is not hidden"


def test_a_note_that_took_the_place_of_another_is_told_alone_and_both_are_listed(
    tmp_path: Path,
) -> None:
    with Store(tmp_path) as store:
        store.note(1, 10, 12)
        store.note(2, 10, 12, replaces="E00001", cause="machine", text="filter full", action="")
        assert store.cell("Cause") == "machine: filter full"
        old, new = store.cells(title="Notes on excursions")
    assert (old["Remark"], new["Remark"]) == ("replaced by E00002", "")
    assert (old["Excursions"], new["Excursions"]) == ("0", "1")


def test_runs_of_machines_are_added_up_inside_the_excursion(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for hour, what in ((9.5, "on"), (10.5, "off"), (11.25, "on"), (11.75, "lapsed")):
            store.relay(hour, what)
        action = store.cell("Action taken")
    assert "Dehumidifier" in action or "dehumidifier" in action
    assert "p1/dry ran 1.0 h, 2 runs from 2024-10-04 09:30:00 (entry 0)" in action
    assert "p1/cool" not in action


@pytest.mark.parametrize(
    ("begun", "ended", "is_told"),
    [
        (8.0, 9.0, False),
        (8.0, 9.1, True),
        (9.5, None, True),
        (11.9, 14.0, True),
        (12.0, 14.0, False),
    ],
)
def test_an_alarm_counts_from_an_hour_before_until_the_end(
    tmp_path: Path, begun: float, ended: float | None, is_told: bool
) -> None:
    with Store(tmp_path) as store:
        store.alarm(begun, ended, "climate.equipment", "p1.dry")
        assert bool(store.cell("Cause")) is is_told


@pytest.mark.parametrize(
    ("code", "subject", "is_told"),
    [
        ("climate.sensor_fault", "n1.t1", True),
        ("climate.sensor_fault", "n1.t9", False),
        ("node.silent", "p1", True),
        ("node.silent", "z9", False),
        ("climate.blind", "stacks", True),
        ("climate.blind", "cellar", False),
        ("climate.equipment", "p9.dry", False),
        ("climate.leak", "floor", True),
        ("loan.overdue", "L1", False),
    ],
)
def test_only_alarms_about_the_place_are_told(
    tmp_path: Path, code: str, subject: str, is_told: bool
) -> None:
    with Store(tmp_path) as store:
        store.alarm(10, 11, code, subject)
        assert bool(store.cell("Cause")) is is_told


def test_the_door_that_stood_open(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for hour, is_open in ((8.0, True), (9.5, False), (11.0, True), (11.25, False)):
            store.enter(hour, "event/contact", {"input": "door", "open": is_open}, "n1")
        store.enter(10.0, "event/contact", {"input": "other", "open": True}, "n1")
        cause = store.cell("Cause")
    assert cause == "[on record] door n1/door open 2 times from 2024-10-04 08:00:00, 45 min"


def test_a_word_on_a_machine_counts_until_it_is_taken_back(tmp_path: Path) -> None:
    def word(state: str, until: float) -> dict[str, Any]:
        body = {"machine": "p1/dry", "zone": "stacks", "state": state, "by": "li"}
        return {**body, "comment": "filter", "until": D0 + int(until * HOUR)}

    with Store(tmp_path) as store:
        store.enter(6, "climate.override", word("off", 20))
        assert "li set p1/dry off until 2024-10-04 20:00:00: filter" in store.cell("Cause")
        store.enter(8, "climate.override", word("auto", 0))
        assert store.cell("Cause") == ""


def test_what_was_said_at_the_alarm_is_an_action(tmp_path: Path) -> None:
    body = {"alarm": "a", "code": "climate.humidity_high", "subject": "stacks", "by": "li"}
    with Store(tmp_path) as store:
        store.enter(10.5, "alarm.acknowledged", {**body, "comment": "emptied the tank"})
        store.enter(10.6, "alarm.acknowledged", {**body, "comment": ""})
        dry = {**body, "code": "climate.humidity_low", "comment": "no"}
        store.enter(10.7, "alarm.acknowledged", dry)
        action = store.cell("Action taken")
    assert "li acknowledged: emptied the tank" in action
    assert action.count("acknowledged") == 1


@pytest.mark.parametrize(("t", "rh", "is_told"), [(30.0, 80.0, True), (5.0, 80.0, False)])
def test_weather_is_told_where_it_held_more_water_than_the_limit(
    tmp_path: Path, t: float, rh: float, is_told: bool
) -> None:
    """20 °C and 60 % are 10.4 g/m3; 30 °C and 80 % are 24.3, 5 °C and 80 % are 5.4."""
    with Store(tmp_path) as store:
        store.receive([(D0 + n * HOUR, t, rh) for n in range(24)], "out")
        cause = store.cell("Cause")
    assert ("outdoors 24.3 g/m3 on average; the limit here is 10.4 g/m3" in cause) is is_told


def test_entries_from_before_are_skipped_and_a_note_never_is(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for n in range(50):
            store.enter(
                -24 * 10 + n, "climate.relay", {"node": "p1", "relay": "dry", "what": "off"}
            )
        store.note(1, 10, 12)
        asked: list[int] = []

        class Watched:
            def entry(self, idx: int) -> Any:
                return store.ledger.entry(idx)

            def entries(
                self, after: int = -1, limit: int = 100, kind: Any = None, node: Any = None
            ):
                asked.append(after)
                return store.ledger.entries(after, limit, kind, node)

        facts = Facts(Watched(), D0)
        assert len(facts.notes) == 1
    assert asked[0] == 49


@pytest.fixture
def lived() -> Outcome:
    out = Outcome(room())
    out.take(out.room.start(T0))
    keeper = {"id": "keeper", "name": "Keeper", "roles": ["archivist"]}
    out.take(out.room.act("person.register", "local:root", {"row": keeper}, T0))
    return out


ASKED: dict[str, Any] = {"where": "north", "start": T0 - HOUR, "end": T0, "cause": "door"}


def test_an_act_writes_a_note_and_a_later_one_may_replace_it(lived: Outcome) -> None:
    lived.take(lived.room.act("climate.explain", "keeper", ASKED, T0))
    again = {**ASKED, "cause": "weather", "replaces": "E00001", "action": "none"}
    lived.take(lived.room.act("climate.explain", "keeper", again, T0 + 5))
    first, second = (body for _, body in lived.entries(KIND))
    assert (first["note"], first["by"], first["by_name"]) == ("E00001", "keeper", "Keeper")
    assert (second["note"], second["replaces"], second["at"]) == ("E00002", "E00001", T0 + 5)
    with pytest.raises(RefusedActError) as refused:
        lived.room.act("climate.explain", "keeper", again, T0 + 6)
    assert refused.value.key == "act.no_climate_note", "it stands no longer"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"start": T0 + 1}, "act.times_in_order"),
        ({"end": T0 + 1}, "act.times_in_order"),
        ({"end": T0 - HOUR}, "act.times_in_order"),
        ({"cause": "ghosts"}, "act.bad_body"),
        ({"cause": "other"}, "act.cause_in_words"),
        ({"where": "a\nb"}, "act.bad_body"),
        ({"replaces": "E00009"}, "act.no_climate_note"),
    ],
)
def test_a_note_that_cannot_be_is_refused(
    lived: Outcome, changes: dict[str, Any], key: str
) -> None:
    with pytest.raises(RefusedActError) as refused:
        lived.room.act("climate.explain", "keeper", ASKED | changes, T0)
    assert refused.value.key == key


@pytest.mark.needs("font")
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_many_long_notes_fit_a_page_and_a_workbook(tmp_path: Path, language: str) -> None:
    with Store(tmp_path) as store:
        for n in range(1, 9):
            store.note(n, 10, 12, text="水箱满了" * 125, action="tank emptied " * 38)
        register = store.register()
    assert write_register(register, ".pdf", language).count(b"/Type /Page\n") > 3
    assert write_register(register, ".xlsx", language).startswith(b"PK")
