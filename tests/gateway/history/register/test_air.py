"""Air and light in the register: against their limits, with gaps, causes and what was refused."""

import csv
import io
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from gateway.history.shop import DAY, HOUR, Shop
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.history.notes import KIND
from strongroom_gateway.history.register.make import Wanted, make_register, write_register
from strongroom_gateway.history.register.model import Register
from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.work import EntryRow, ReadingRow, Work

D0 = 20_000 * DAY  # 2024-10-04
PLACE: dict[str, Any] = {
    "room": {"id": "r1", "name": "Room 1", "time_zone": "UTC", "language": "en"},
    "ledger": {"path": "ledger.db"},
    "climate": {
        "zone": [
            {"id": "a", "name": "A", "sensors": ["n1/t1"], "air": ["n1/a1"]},
            {"id": "b", "name": "B", "sensors": ["n2/t1"], "air": ["n2/a1"]},
        ]
    },
}


def entered(shop: Shop, at: int, kind: str, body: dict[str, Any]) -> None:
    row = EntryRow(at, kind, "r1", None, None, None, canonical(body))
    shop.store.commit([Work(entries=[row])])


@pytest.fixture
def register(tmp_path: Path) -> Register:
    """CO2 of n1/a1 every half an hour: 500 ppm until 6:00, 1200 until 9:00, 600 until 12:00, then
    nothing. One value cannot be. Of n2/a1 there is particulate matter, which has no limit.
    """
    with Shop(tmp_path, hold=HOUR // 2) as shop:
        rows = []
        for n in range(24):
            at = D0 + n * HOUR // 2
            value = 500 if n < 12 else 1200 if n < 18 else 600
            rows.append((at, "n1", {"sensor": "a1", "co2": value}))
        rows.append((D0 + 100, "n1", {"sensor": "a1", "co2": 65_535}))
        rows.append((D0, "n2", {"sensor": "a1", "pm25": 12.5}))
        made = [
            ReadingRow(at, "air", node, 1, n, n, at, "ntp", canonical(body))
            for n, (at, node, body) in enumerate(rows, 1)
        ]
        shop.receive([(D0, 20.0, 50.0)])
        shop.store.commit([Work(readings=made)])
        note = {"note": "E00001", "where": "a", "quantity": "co2", "cause": "people"}
        note |= {"start": D0 + 7 * HOUR, "end": D0 + 8 * HOUR, "text": "a visit", "action": "aired"}
        note |= {"by": "li", "by_name": "Li Wen", "at": D0 + DAY, "replaces": None}
        entered(shop, D0 + DAY, KIND, note)
        seen = {"alarm": "x", "code": "climate.air_quality", "subject": "n1.a1.co2"}
        entered(shop, D0 + 7 * HOUR, "alarm.acknowledged", {**seen, "by": "li", "comment": "seen"})
        shop.keeper.take()
        shop.keeper.close(D0 + DAY)
        day = date(2024, 10, 4)
        with closing(shop.reader()) as history:
            place = settings(typed(PLACE, Config))
            wanted = Wanted(day, day)
            return make_register(place, history, shop.ledger_path, wanted, D0 + 2 * DAY)


def rows(register: Register, title: str, language: str = "en") -> list[dict[str, str]]:
    data = write_register(register, ".csv", language).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(data)))
    first = lines.index([title])
    last = lines.index([], first)
    return [dict(zip(lines[first + 1], line, strict=True)) for line in lines[first + 2 : last]]


def test_each_channel_stands_against_its_limit_with_its_source(register: Register) -> None:
    """Nine of the twelve hours that are known were not above 1000 ppm: 75 %."""
    co2, pm25 = rows(register, "Air quality and light")
    assert (co2["Sensor"], co2["Quantity"], co2["Unit"], co2["Limit"]) == (
        *("n1/a1", "CO2", "ppm", "1000"),
    )
    assert "GB/T 18883-2002" in co2["Source"]
    assert (co2["Known %"], co2["Within limit %"]) == ("50.0", "75.0")
    assert (co2["Mean"], co2["Lowest"], co2["Highest"]) == ("700.0", "500.0", "1200.0")
    assert co2["Readings"] == "24", "what cannot be is not among them"
    assert (pm25["Limit"], pm25["Within limit %"]) == ("-", "")


def test_its_days_and_its_excursion_with_cause_and_action(register: Register) -> None:
    co2, _ = rows(register, "Air quality and light by day")
    assert (co2["Day"], co2["Mean"], co2["Gaps"]) == ("2024-10-04", "700.0", "1")
    (one,) = rows(register, "Air quality and light: excursions")
    assert (one["From"], one["To"], one["Worst"]) == (
        *("2024-10-04 06:00:00", "2024-10-04 09:00:00", "1200.0"),
    )
    assert one["Cause"] == "people: a visit"
    assert one["Action taken"] == "aired; [on record] 2024-10-04 07:00:00 li acknowledged: seen"
    (note,) = rows(register, "Notes on excursions")
    assert (note["Quantity"], note["Excursions"]) == ("CO2", "1")


def test_what_was_refused_is_counted(register: Register) -> None:
    assert [(part.channel.quantity, part.refused) for part in register.air] == [
        ("co2", 1),
        ("pm25", 0),
    ]


@pytest.mark.needs("font")
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_page_and_the_workbook_have_it_too(register: Register, language: str) -> None:
    with_air = write_register(register, ".pdf", language)
    register.air = []
    assert len(with_air) > len(write_register(register, ".pdf", language)) + 1000
    assert write_register(register, ".xlsx", language).startswith(b"PK")
    data = write_register(register, ".csv", "en").decode("utf-8-sig")
    assert "Air quality" not in data, "no empty tables in a room without such sensors"


def test_a_register_of_some_sensors_has_the_air_of_their_zones(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        bodies = [("n1", {"sensor": "a1", "co2": 500}), ("n2", {"sensor": "a1", "co2": 500})]
        shop.store.commit(
            [
                Work(readings=[ReadingRow(D0, "air", n, 1, 1, 1, D0, "ntp", canonical(body))])
                for n, body in bodies
            ]
        )
        shop.receive([(D0, 20.0, 50.0)])
        shop.keeper.take()
        shop.keeper.close(D0 + DAY)
        day = date(2024, 10, 4)
        with closing(shop.reader()) as history:
            place = settings(typed(PLACE, Config))
            wanted = Wanted(day, day, ["n1/t1"])
            made = make_register(place, history, shop.ledger_path, wanted, D0 + 2 * DAY)
    assert [part.channel.name for part in made.air] == ["n1/a1:co2"]
