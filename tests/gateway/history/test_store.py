"""Days are closed, sealed in the ledger, verified and pruned; late readings and repeats are met."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from gateway.history.shop import DAY, HOUR, Shop, series
from strongroom_gateway.climate.validity.limits import Correction
from strongroom_gateway.errors import SchemaError
from strongroom_gateway.history.days import DIGEST, HistoryError
from strongroom_gateway.history.keeper import Retention
from strongroom_gateway.history.query import HistoryReader
from strongroom_gateway.history.store import IMPORT, History
from strongroom_gateway.history.verify import verify

START = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * 1000
MINUTE = 60_000
SENSOR = "n1/t1"


def kept(shop: Shop) -> list[tuple[int, float | None, float | None]]:
    with closing(shop.reader()) as reader:
        return [one[:3] for one in reader.readings(SENSOR, 0, START + 1000 * DAY)]


def test_readings_of_the_ledger_are_taken_once_and_in_order(tmp_path: Path) -> None:
    rows = series(START, 3000, MINUTE)
    with Shop(tmp_path) as shop:
        shop.receive(rows[:2500])
        assert shop.keeper.take() == 2500
        assert shop.keeper.take() == 0
        shop.receive(rows[2500:])
        assert shop.new_keeper().take() == 500
        assert kept(shop) == rows
        shop.keeper.close(START + 2 * DAY)
        assert kept(shop) == rows


def test_a_closed_day_is_sealed_once_whatever_is_cut_off(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.receive(series(START, 2880, MINUTE))
        shop.keeper.take()
        assert shop.keeper.close(START + DAY) == 1
        assert shop.keeper.seal() == 1
        assert shop.keeper.seal() == 0  # handed over, not yet on the disk
        shop.waiting.clear()  # the power went before it was
        again = shop.new_keeper()
        assert again.seal() == 1
        shop.commit()
        assert again.seal() == 0
        assert shop.new_keeper().seal() == 0
        entries = shop.ledger.entries(kind=DIGEST)
        assert [entry.body["days"][0]["day"] for entry in entries] == ["2026-03-01"]
        with closing(shop.reader()) as reader:
            assert reader.unsealed() == 0
            assert verify(reader, shop.ledger).findings == []


def test_a_day_is_waited_for_until_it_is_over(tmp_path: Path) -> None:
    with Shop(tmp_path, "Asia/Shanghai") as shop:
        shop.receive(series(START, 60, MINUTE))  # 08:00 to 09:00 in Shanghai
        shop.keeper.take()
        assert shop.keeper.close(START + 15 * HOUR) == 0
        assert shop.keeper.close(START + 16 * HOUR) == 1


def test_late_readings_reopen_a_day_with_a_new_revision(tmp_path: Path) -> None:
    rows = series(START, 1440, MINUTE)
    with Shop(tmp_path) as shop:
        shop.receive(rows[:700] + rows[800:])
        shop.keeper.take()
        shop.keeper.close(START + DAY)
        shop.seal_all()
        shop.receive(rows[700:800])
        shop.keeper.take()
        assert kept(shop) == rows  # also while the day is not closed anew
        assert shop.keeper.close(START + DAY) == 1
        shop.seal_all()
        assert kept(shop) == rows
        days = [one for e in shop.ledger.entries(kind=DIGEST) for one in e.body["days"]]
        assert [(one["revision"], one["readings"]) for one in days] == [(1, 1340), (2, 1440)]
        with closing(shop.reader()) as reader:
            assert verify(reader, shop.ledger).findings == []


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    rows = series(START, 5000, HOUR)
    with Shop(tmp_path) as shop:
        once = shop.history.import_readings("old", rows, "a.csv", "aa", {}, 1, HOUR)
        again = shop.history.import_readings("old", rows, "a.csv", "aa", {}, 2, HOUR)
        assert (once.new, once.known) == (5000, 0)
        assert (again.new, again.known) == (0, 5000)
        with closing(shop.reader()) as reader:
            assert [one.file for one in reader.sources() if one.kind == "import"] == ["a.csv"]
            assert len(list(reader.readings("old", 0, START * 2))) == 5000


def test_files_that_overlap_are_joined_and_repeats_inside_one_are_kept(tmp_path: Path) -> None:
    rows = series(START, 100, HOUR)
    double = [*rows[:50], rows[49], *rows[50:]]
    with Shop(tmp_path) as shop:
        shop.history.import_readings("old", double[:60], "a.csv", "aa", {}, 1, HOUR)
        merged = shop.history.import_readings("old", double[30:], "b.csv", "bb", {}, 2, HOUR)
        assert merged.new == 101 - 60
        with closing(shop.reader()) as reader:
            assert [one[:3] for one in reader.readings("old", 0, START * 2)] == double


def test_an_import_stands_in_the_ledger_with_the_digest_of_its_file(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.history.import_readings(
            "old",
            series(START, 300 * 24, HOUR),
            "a.csv",
            "ab" * 32,
            {"rows": {"read": 7200}},
            1,
            HOUR,
        )
        shop.seal_all()
        (entry,) = shop.ledger.entries(kind=IMPORT)
        assert entry.body["sha256"] == "ab" * 32
        assert (entry.body["file"], entry.body["sensor"], entry.body["new"]) == (
            "a.csv",
            "old",
            7200,
        )
        assert entry.body["rows"] == {"read": 7200}
        days = [one for e in shop.ledger.entries(kind=DIGEST) for one in e.body["days"]]
        assert len(days) == 300
        with closing(shop.reader()) as reader:
            found = verify(reader, shop.ledger)
        assert (found.days, found.unsealed, found.findings) == (300, 0, [])


def test_a_reading_over_midnight_counts_in_the_next_day_also_when_it_comes_later(
    tmp_path: Path,
) -> None:
    with Shop(tmp_path) as shop:
        shop.history.import_readings(
            "old", [(START + DAY + HOUR, 20.0, 50.0)], "b", "bb", {}, 1, HOUR
        )
        shop.history.import_readings(
            "old", [(START + DAY - MINUTE, 30.0, 50.0)], "a", "aa", {}, 2, HOUR
        )
        with closing(shop.reader()) as reader:
            hours = reader.hours("old", START + DAY, START + 2 * DAY)
        assert [(one.at, one.t.known, one.t.mean) for one in hours] == [
            (START + DAY, HOUR - MINUTE, 30.0),
            (START + DAY + HOUR, HOUR, 20.0),
        ]


@pytest.fixture
def sealed(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    shop.receive(series(START, 8640, 10_000))
    shop.receive(series(START + DAY, 1440, MINUTE))
    shop.keeper.take()
    shop.keeper.close(START + 2 * DAY)
    shop.seal_all()
    return shop


def tampered(shop: Shop, statement: str) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(shop.path)) as thief:
        thief.execute(statement)
        thief.commit()
    with closing(shop.reader()) as reader:
        return [(one.what, one.day) for one in verify(reader, shop.ledger).findings]


def test_nothing_is_found_where_nothing_was_changed(sealed: Shop) -> None:
    with sealed:
        assert tampered(sealed, "SELECT 1") == []


def test_an_altered_reading_shows(sealed: Shop) -> None:
    from strongroom_gateway.history.readings import pack_readings, unpack_readings

    with sealed, closing(sqlite3.connect(sealed.path)) as thief:
        (data,) = thief.execute("SELECT data FROM raw WHERE day = '2026-03-01'").fetchone()
        rows = unpack_readings(data)
        rows[4000] = rows[4000]._replace(t=rows[4000].t + 0.01)
        thief.execute("UPDATE raw SET data = ? WHERE day = '2026-03-01'", (pack_readings(rows),))
        thief.commit()
        assert tampered(sealed, "SELECT 1") == [("altered", "2026-03-01")]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM raw WHERE day = '2026-03-02'", ("missing", "2026-03-02")),
        ("DELETE FROM day WHERE day = '2026-03-02'", ("missing", "2026-03-02")),
        ("UPDATE minute SET data = x'00'", ("altered_minutes", "2026-03-01")),
        ("UPDATE raw SET data = x'0000ff' WHERE day = '2026-03-02'", ("damaged", "2026-03-02")),
        ("UPDATE day SET sha256 = 'x' WHERE day = '2026-03-01'", ("altered", "2026-03-01")),
        (
            "UPDATE raw SET data = (SELECT data FROM raw WHERE day = '2026-03-01')"
            " WHERE day = '2026-03-02'",
            ("altered", "2026-03-02"),
        ),
    ],
)
def test_whatever_else_is_changed_shows(
    sealed: Shop, statement: str, found: tuple[str, str]
) -> None:
    with sealed:
        assert found in tampered(sealed, statement)


def test_old_readings_go_once_they_are_sealed_and_their_minutes_stay(tmp_path: Path) -> None:
    with Shop(tmp_path, retention=Retention(raw=5, minutes=20)) as shop:
        shop.receive(series(START, 8640, 10_000))
        shop.receive(series(START + DAY, 100, MINUTE))
        shop.keeper.take()
        shop.keeper.close(START + 2 * DAY)
        later = START + 10 * DAY
        assert shop.keeper.prune(later) == (0, 0), "not before it stands in the ledger"
        shop.seal_all()
        assert shop.keeper.prune(START + 3 * DAY) == (0, 0)
        assert shop.keeper.prune(later) == (1, 0)
        with closing(shop.reader()) as reader:
            assert reader.pruned_days(SENSOR, START, later) == ["2026-03-01"]
            assert len(list(reader.readings(SENSOR, START, later))) == 100
            minutes = list(reader.minutes(SENSOR, START, START + DAY))
            assert len(minutes) == 1440 and minutes[0].readings == 6
            found = verify(reader, shop.ledger)
            assert (found.days, found.minutes_only, found.findings) == (1, 1, [])
        assert shop.keeper.prune(START + 30 * DAY) == (0, 1)
        with closing(shop.reader()) as reader:
            assert len(reader.hours(SENSOR, START, START + DAY)) == 24


def test_readings_for_a_pruned_day_are_kept_apart_and_refused_from_a_file(tmp_path: Path) -> None:
    with Shop(tmp_path, retention=Retention(raw=5)) as shop:
        shop.receive(series(START, 8640, 10_000))
        shop.keeper.take()
        shop.keeper.close(START + DAY)
        shop.seal_all()
        shop.keeper.prune(START + 10 * DAY)
        with pytest.raises(HistoryError, match="pruned"):
            shop.history.import_readings(SENSOR, [(START + 1, 20.0, 50.0)], "a", "aa", {}, 1, HOUR)
        shop.receive([(START + 5, 21.0, 50.0)])
        shop.keeper.take()
        assert shop.keeper.close(START + 10 * DAY) == 0


def test_the_ledgers_own_readings_go_when_they_are_here(tmp_path: Path) -> None:
    with Shop(tmp_path, retention=Retention(ledger=2)) as shop:
        shop.receive(series(START, 2000, MINUTE))
        later = START + 10 * DAY
        assert shop.keeper.prune_ledger(shop.ledger_path, later) == 0, "not before they are here"
        shop.keeper.take()
        assert shop.keeper.prune_ledger(shop.ledger_path, START + DAY) == 0
        assert shop.keeper.prune_ledger(shop.ledger_path, later) == 1999
        shop.receive(series(START + 11 * DAY, 10, MINUTE))
        assert shop.keeper.take() == 10, "numbers go on where they were"


def test_a_history_keeps_its_time_zone(tmp_path: Path) -> None:
    History(tmp_path / "h.db", "Asia/Shanghai", HOUR).close()
    with pytest.raises(HistoryError, match="Asia/Shanghai"):
        History(tmp_path / "h.db", "UTC", HOUR)


def test_another_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA application_id = 77")
        other.execute("CREATE TABLE x (y)")
    with pytest.raises(SchemaError):
        History(path, "UTC", HOUR)
    with pytest.raises(SchemaError):
        HistoryReader(path)


def test_a_newer_history_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    History(path, "UTC", HOUR).close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(SchemaError, match="99"):
        History(path, "UTC", HOUR)


def test_a_sensor_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.history.import_readings("old", [(START, 20.0, 50.0)], "a", "aa", {}, 1, HOUR)
        with closing(shop.reader()) as reader, pytest.raises(HistoryError, match="old"):
            reader.hours("new", 0, 1)


def test_a_chart_takes_the_finest_step_that_is_not_too_much(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.history.import_readings("old", series(START, 400 * 24, HOUR), "a", "aa", {}, 1, HOUR)
        with closing(shop.reader()) as reader:
            assert reader.chart("old", START, START + DAY)[0] == "minute"
            step, rows = reader.chart("old", START, START + 60 * DAY)
            assert (step, len(rows)) == ("hour", 60 * 24)
            step, rows = reader.chart("old", START, START + 365 * DAY)
            assert (step, len(rows)) == ("day", 365)
            assert reader.chart("old", START, START + 365 * DAY, 9000)[0] == "hour"


def test_readings_that_were_not_believed_are_kept_apart(tmp_path: Path) -> None:
    rows = series(START, 1440, MINUTE)
    rows[100:110] = [(at, 99.0, rh) for at, _, rh in rows[100:110]]
    with Shop(tmp_path) as shop:
        shop.receive(rows)
        shop.keeper.take()
        # Entries of refused readings list their numbers: (boot, first, last).
        body = {"sensor": SENSOR, "zone": "stacks", "records": [[1, 101, 105], [1, 106, 110]]}
        shop.waiting.append(("climate.refused", body))
        shop.commit()
        shop.keeper.close(START + DAY)
        shop.seal_all()
        assert kept(shop) == rows[:100] + rows[110:]
        with closing(shop.reader()) as reader:
            assert reader.refused(SENSOR, START, START + DAY) == 10
            assert verify(reader, shop.ledger).findings == []
        with closing(sqlite3.connect(shop.path)) as look:
            apart = look.execute("SELECT t, seq, entry FROM unbelieved ORDER BY seq").fetchall()
        assert apart == [(99.0, seq, 0) for seq in range(101, 111)]
        (day,) = [d for e in shop.ledger.entries(kind=DIGEST) for d in e.body["days"]]
        assert (day["readings"], day["refused"]) == (1430, 10)


def test_readings_are_corrected_as_the_control_has_them_and_say_by_what(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.corrections = {SENSOR: Correction(-0.5, 2.0, "C-17")}
        shop.receive([(START, 20.0, 50.0), (START + MINUTE, 20.5, 99.0)])
        shop.new_keeper().take()
        assert kept(shop) == [(START, 19.5, 52.0), (START + MINUTE, 20.0, 100.0)]
        with closing(shop.reader()) as reader:
            (source,) = {one.source for one in reader.readings(SENSOR, 0, START * 2)}
            said = {one.id: one.said for one in reader.sources()}[source]
        assert json.loads(said) == {"certificate": "C-17", "rh": 2, "t": -0.5}
