"""Air quality and light in the history: kept, rolled up, sealed and told as the climate is."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from gateway.history.shop import DAY, HOUR, Shop, series
from strongroom_gateway.errors import SchemaError
from strongroom_gateway.history import schema
from strongroom_gateway.history.days import DIGEST, HistoryError
from strongroom_gateway.history.keeper import Keeper, Retention
from strongroom_gateway.history.levels import Channel, channel
from strongroom_gateway.history.query import HistoryReader
from strongroom_gateway.history.store import History
from strongroom_gateway.history.verify import verify
from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.work import EntryRow, ReadingRow, Work

D0 = 20_000 * DAY


class Aired(Shop):
    """A history that also takes what an input measures as UV."""

    def __init__(self, folder: Path, retention: Retention | None = None) -> None:
        super().__init__(folder, retention=retention)
        self.number = 0
        self.keeper = Keeper(
            self.history,
            self.ledger,
            lambda kind, body: self.waiting.append((kind, body)),
            self.retention,
            grace=0,
            inputs={"n1/uv": "uv"},
        )

    def air(self, at: int, **values: float) -> None:
        self.number += 1
        body = canonical({"sensor": "a1", **values})
        row = ReadingRow(at, "air", "n1", 2, self.number, self.number, at, "ntp", body)
        self.store.commit([Work(readings=[row])])

    def measured(self, at: int, name: str, value: float | None) -> None:
        self.number += 1
        stamp = {"mono": self.number, "ts": at, "clk": "ntp"}
        body: Mapping[str, Any] = {"input": name, "on": False, "value": value, **stamp}
        row = EntryRow(at, "event/input", "r1", "n1", 2, self.number, canonical(body))
        self.store.commit([Work(entries=[row])])

    def close_day(self) -> None:
        self.keeper.take()
        self.keeper.close(D0 + DAY)
        self.seal_all()


def test_each_quantity_is_a_channel_of_its_own_in_its_own_unit(tmp_path: Path) -> None:
    with Aired(tmp_path) as shop:
        shop.air(D0, co2=600, hcho=0.08)
        shop.air(D0 + HOUR // 2, co2=800)
        shop.receive([(D0, 20.0, 50.0)])
        shop.close_day()
        with closing(shop.reader()) as reader:
            assert reader.sensors() == ["n1/t1"]
            assert reader.channels() == [Channel("n1/a1", "co2"), Channel("n1/a1", "hcho")]
            (co2,) = reader.hours("n1/a1:co2", D0, D0 + HOUR)
            assert (co2.t.mean, co2.t.low, co2.t.high, co2.readings) == (700.0, 600.0, 800.0, 2)
            assert co2.rh.known == 0
            (hcho,) = reader.hours("n1/a1:hcho", D0, D0 + HOUR)
            assert hcho.t.mean == 80.0, "µg/m³"


def test_values_that_cannot_be_are_kept_apart_from_the_first_moment(tmp_path: Path) -> None:
    with Aired(tmp_path) as shop:
        for n, value in enumerate((600, 0, 65_535, 620)):
            shop.air(D0 + n * HOUR // 4, co2=value, pm25=float(value > 60_000) * 65_535)
        shop.keeper.take()
        with closing(shop.reader()) as reader:
            assert [r.t for r in reader.readings("n1/a1:co2", D0, D0 + DAY)] == [600.0, 620.0]
        shop.close_day()
        with closing(shop.reader()) as reader:
            assert [r.t for r in reader.readings("n1/a1:co2", D0, D0 + DAY)] == [600.0, 620.0]
            assert reader.refused("n1/a1:co2", D0, D0 + DAY) == 2
            assert reader.refused("n1/a1:pm25", D0, D0 + DAY) == 1
    with closing(sqlite3.connect(tmp_path / "history.db")) as found:
        apart = found.execute("SELECT t, entry FROM unbelieved ORDER BY t, seq").fetchall()
    assert apart == [(0.0, -1), (65_535.0, -1), (65_535.0, -1)], "nothing is thrown away"


def test_only_inputs_that_are_configured_as_light_are_taken(tmp_path: Path) -> None:
    with Aired(tmp_path) as shop:
        shop.measured(D0, "uv", 40.0)
        shop.measured(D0 + 1, "uv", None)
        shop.measured(D0 + 2, "float", 3.0)
        shop.measured(D0 + HOUR, "uv", 60.0)
        shop.close_day()
        assert shop.keeper.take() == 0, "once"
        with closing(shop.reader()) as reader:
            assert reader.channels() == [Channel("n1/uv", "uv")]
            assert [r.t for r in reader.readings("n1/uv:uv", D0, D0 + DAY)] == [40.0, 60.0]


def test_the_digest_covers_them_and_an_altered_value_shows(tmp_path: Path) -> None:
    with Aired(tmp_path) as shop:
        shop.air(D0, co2=600.5)
        shop.air(D0 + HOUR, co2=800)
        shop.close_day()
        (entry,) = shop.ledger.entries(kind=DIGEST)
        (day,) = entry.body["days"]
        written = f"{D0}\t600.5\t-\n{D0 + HOUR}\t800\t-\n".encode()
        assert (day["sensor"], day["sha256"]) == ("n1/a1:co2", sha256(written).hexdigest())
        with closing(shop.reader()) as reader:
            assert verify(reader, shop.ledger).findings == []
        with closing(sqlite3.connect(shop.path)) as thief:
            other = History(tmp_path / "other.db", "UTC", HOUR)
            other.import_readings("x", [(D0, 400.0, None)], "f", "s", {}, 1, HOUR)
            other.close()
            with closing(sqlite3.connect(tmp_path / "other.db")) as source:
                (data,) = source.execute("SELECT data FROM raw").fetchone()
            thief.execute("UPDATE raw SET data = ?", (data,))
            thief.commit()
        with closing(shop.reader()) as reader:
            assert [one.what for one in verify(reader, shop.ledger).findings] == ["altered"]


def test_the_ledgers_copies_go_once_they_are_here(tmp_path: Path) -> None:
    with Aired(tmp_path, Retention(ledger=1)) as shop:
        for n in range(5):
            shop.air(D0 + n * HOUR, co2=600)
        shop.receive(series(D0, 5, HOUR))
        assert shop.keeper.prune_ledger(shop.ledger_path, D0 + 10 * DAY) == 0, "not taken yet"
        shop.close_day()
        newest = shop.ledger.readings(newest=True)[0].id
        assert shop.keeper.prune_ledger(shop.ledger_path, D0 + 10 * DAY) == 9
        assert [one.id for one in shop.ledger.readings()] == [newest], "numbers go on from it"


def test_an_import_cannot_take_the_name_of_a_channel(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop, pytest.raises(HistoryError, match="channel"):
        shop.history.import_readings("n1/a1:co2", [(D0, 1.0, None)], "f", "s", {}, 1, HOUR)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("n1/a1:co2", Channel("n1/a1", "co2")),
        ("n1/a1", None),
        ("cellar: old", None),
        ("a:b:uv", Channel("a:b", "uv")),
    ],
)
def test_names(name: str, found: Channel | None) -> None:
    assert channel(name) == found


def test_a_file_of_the_version_before_is_brought_up_to_date_and_keeps_what_it_has(
    tmp_path: Path,
) -> None:
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(schema.MIGRATIONS[0])
        old.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        old.execute("PRAGMA user_version = 1")
        old.execute("INSERT INTO sensor (name) VALUES ('n1/t1')")
        old.execute("INSERT INTO meta VALUES ('time_zone', 'UTC')")
        old.execute("INSERT INTO source VALUES (1, 0, 'live', '', '', 5, '{}')")
        old.execute("INSERT INTO fresh VALUES (1, '2024-10-04', ?, 20, 50, 1, 1, 1)", (D0,))
        old.commit()
    with pytest.raises(SchemaError, match="older version"):
        HistoryReader(path)
    for _ in range(2):
        History(path, "UTC", HOUR).close()
        with closing(HistoryReader(path)) as reader:
            assert (reader.sensors(), reader.channels()) == (["n1/t1"], [])
            assert [one.t for one in reader.readings("n1/t1", D0, D0 + 1)] == [20.0]


def test_air_from_before_it_was_kept_is_taken_once(tmp_path: Path) -> None:
    with Aired(tmp_path) as shop:
        for n in range(1200):
            shop.air(D0 + n * 1000, co2=500 + n % 100)
        shop.receive(series(D0, 3, HOUR))
        shop.history.take([], shop.ledger.readings(newest=True)[0].id, "climate")  # the old version
        shop.air(D0 + 5 * HOUR, co2=900)
        for _ in range(2):
            shop.keeper.take()
            with closing(shop.reader()) as reader:
                found = [r.t for r in reader.readings("n1/a1:co2", D0, D0 + DAY)]
            assert found == [500.0 + n % 100 for n in range(1200)] + [900.0]


def test_readings_of_other_kinds_are_passed_over(tmp_path: Path) -> None:
    with Aired(tmp_path) as shop:
        body = canonical({"sensor": "u1", "v": 5.0})
        power = [ReadingRow(D0, "power", "n1", 3, n, n, D0, "ntp", body) for n in range(1, 1501)]
        shop.store.commit([Work(readings=power)])
        shop.receive([(D0, 20.0, 50.0)])
        assert (shop.keeper.take(), shop.keeper.take()) == (1, 0)
        with closing(shop.reader()) as reader:
            assert (reader.sensors(), reader.channels()) == (["n1/t1"], [])
