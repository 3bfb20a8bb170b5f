"""The register: figures of a real year, its three forms, and what it must always say."""

import csv
import io
import zipfile
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from gateway.history.shop import DAY, HOUR, Shop, series
from strongroom_gateway.climate.compliance.limits import Definition
from strongroom_gateway.history.keeper import Retention
from strongroom_gateway.history.register.build import Held, build_part
from strongroom_gateway.history.register.cells import Table
from strongroom_gateway.history.register.csv_file import write_csv
from strongroom_gateway.history.register.model import Part, Register
from strongroom_gateway.history.register.page import write_page
from strongroom_gateway.history.register.tables import tables
from strongroom_gateway.history.register.workbook import write_workbook
from strongroom_gateway.i18n import LANGUAGES, speaker
from strongroom_gateway.profiles import bands, load_profile, swings
from support.room_record import NEEDS, readings

START = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * 1000
SENSOR = "climate-1/t1"


def definition(hold: int = HOUR) -> Definition:
    profile = load_profile("cn-grade1", Path())
    limits = swings(profile, "paper")
    assert limits is not None
    return Definition(*bands(profile, "paper"), hold, "UTC", limits.temperature, limits.humidity)


def part_of(shop: Shop, sensor: str, first: date, last: date) -> Part:
    with closing(shop.reader()) as history:
        return build_part(history, sensor, Held("paper", definition()), first, last)


def register_of(part: Part, **more: Any) -> Register:
    return Register(
        room="r1",
        room_name="一号档案库",
        time_zone="UTC",
        first="2026-03-01",
        last="2026-03-05",
        made=START,
        version="0",
        profile="JGJ 25-2010",
        parts=[part],
        sources=[{"file": "=cmd|' /C calc'!A0.csv", "sha256": "ab" * 32, "at": "2026"}],
        **more,
    )


@pytest.fixture
def five_days(tmp_path: Path) -> Part:
    """Five days, the third of them missing, the fourth too warm."""
    rows = series(START, 5 * 24, HOUR)
    rows = [row for row in rows if not START + 2 * DAY <= row[0] < START + 3 * DAY]
    rows = [(at, 26.0 if START + 3 * DAY <= at < START + 4 * DAY else t, rh) for at, t, rh in rows]
    with Shop(tmp_path) as shop:
        shop.history.import_readings(SENSOR, rows, "old.csv", "ab" * 32, {}, 1, HOUR)
        return part_of(shop, SENSOR, date(2026, 3, 1), date(2026, 3, 5))


def by_kind(part: Part, kind: str, language: str = "en", **more: Any) -> Table:
    found = [t for t in tables(register_of(part, **more), speaker(language)) if t.kind == kind]
    assert len(found) == 1
    return found[0]


def test_days_months_and_the_whole_with_the_gap_and_the_excursion(five_days: Part) -> None:
    days = by_kind(five_days, "days")
    named = [dict(zip(days.head, row, strict=True)) for row in days.rows]
    assert [one["Day"] for one in named] == [f"2026-03-0{n}" for n in range(1, 6)]
    assert [one["Known %"] for one in named] == [100, 100, 0, 100, 100]
    assert [one["T inside %"] for one in named] == [100, 100, None, 0, 100]
    assert [one["Longest gap h"] for one in named] == [0, 0, 24, 0, 0]
    (summary,) = by_kind(five_days, "summary").rows
    told = dict(zip(by_kind(five_days, "summary").head, summary, strict=True))
    assert (told["Known %"], told["T inside %"], told["Gaps"]) == (80, 75, 1)
    assert told["T crossings"] == "1 / 1 / 1"
    (gap,) = by_kind(five_days, "gaps").rows
    assert gap == ["2026-03-03 00:00:00", "2026-03-04 00:00:00", 24.0]
    (excursion,) = by_kind(five_days, "excursions").rows
    named_one = dict(zip(by_kind(five_days, "excursions").head, excursion, strict=True))
    assert (named_one["Quantity"], named_one["Side"]) == ("temperature", "above")
    assert (named_one["From"], named_one["Hours"]) == ("2026-03-04 00:00:00", 24)
    assert (named_one["Worst"], named_one["Limit"]) == (26.0, 24)
    assert "gap hides the beginning" in str(named_one["Remark"])
    assert (named_one["Cause"], named_one["Action taken"]) == ("", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_prints_definitions_sources_and_formulas_and_never_a_certificate(
    five_days: Part, language: str
) -> None:
    found = tables(register_of(five_days), speaker(language))
    text = "\n".join(
        str(cell)
        for table in found
        for row in [[table.title], table.head, *table.rows]
        for cell in row
    )
    assert "register." not in text, "a text is missing from the catalogue"
    for word in ("JGJ 25-2010", "DA/T 87-2021", "5.9e12", "EN 15757", "old.csv", "ASHRAE"):
        assert word in text
    assert ("no certificate" if language == "en" else "不是任何机构的认证") in text
    assert "certified" not in text.lower()
    assert "?" not in text.replace("？", "?").replace("http", ""), "a text lacks a parameter"


def test_a_swing_is_printed_with_what_it_means(five_days: Part) -> None:
    rows = {row[0]: row[1:] for row in by_kind(five_days, "definition").rows}
    told, source = rows["Daily swing of temperature"]
    assert "±2" in str(told) and "calendar day" in str(told)
    assert source == "JGJ 25-2010, 5.2.3; DA/T 87-2021, 5.1.2"


def test_what_follows_for_paper_is_derived_from_the_hours(five_days: Part) -> None:
    table = by_kind(five_days, "derived")
    whole = dict(zip(table.head, table.rows[-1], strict=True))
    assert whole["Hours known"] == 96
    assert 30 < float(str(whole["TWPI years"])) < 50
    assert whole["Mould index, highest"] == 0
    assert 8 < float(str(whole["Dew point mean °C"])) < 13


def test_the_csv_has_every_table_and_no_formula(five_days: Part) -> None:
    found = tables(register_of(five_days), speaker("zh_CN"))
    data = write_csv(found)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0] == ["温湿度登记表"]
    assert [t.title for t in found] == [
        r[0] for r in rows if r and r[0] in {t.title for t in found}
    ]
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "@")]
    assert any(cell.startswith("'=cmd") for row in rows for cell in row)


def test_the_workbook_has_a_sheet_for_each_table_and_a_chart(five_days: Part) -> None:
    register = register_of(five_days)
    say = speaker("zh_CN")
    found = tables(register, say)
    with zipfile.ZipFile(io.BytesIO(write_workbook(register, found, say))) as book:
        names = book.namelist()
        sheets = ElementTree.fromstring(book.read("xl/workbook.xml"))
        texts = book.read("xl/sharedStrings.xml").decode()
        formulas = [n for n in names if "worksheets" in n and b"<f>" in book.read(n)]
    told = [one.get("name") or "" for one in sheets.iter() if one.tag.endswith("}sheet")]
    assert len(told) == len(set(told)) == len(found) + 1
    assert all(len(name) <= 31 for name in told)
    assert sum("charts/chart" in name for name in names) == 2
    assert "温湿度登记表" in texts and "=cmd" in texts
    assert formulas == []


@pytest.mark.needs("font")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_embeds_its_font_and_has_charts(five_days: Part, language: str) -> None:
    register, say = register_of(five_days), speaker(language)
    data = write_page(register, tables(register, say), say)
    assert data.startswith(b"%PDF-")
    assert b"/FontFile2" in data, "the font is not embedded"
    assert b"STSong" not in data
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") >= 3


@pytest.mark.needs(NEEDS)
def test_a_year_of_a_real_store_is_that_of_the_readings(tmp_path: Path) -> None:
    rows = [row for row in readings() if datetime.fromtimestamp(row[0] / 1000, UTC).year == 2019]
    with Shop(tmp_path) as shop:
        shop.history.import_readings("store", rows, "orholm.csv", "ab" * 32, {}, 1, HOUR)
        part = part_of(shop, "store", date(2019, 1, 1), date(2019, 12, 31))
    whole = part.whole.period
    unique = {at: (t, rh) for at, t, rh in rows}
    inside = sum(14 <= t <= 24 and 45 <= rh <= 60 for t, rh in unique.values())
    assert whole.inside == inside * HOUR
    assert whole.known == len(unique) * HOUR
    assert whole.readings == len(rows)
    assert (whole.duplicates, len(part.months), len(part.days)) == (
        len(rows) - len(unique),
        12,
        365,
    )
    means = [part.months[n].period.t.mean for n in range(12)]
    for n, mean in enumerate(means):
        own = [
            t
            for at, (t, _) in unique.items()
            if datetime.fromtimestamp(at / 1000, UTC).month == n + 1
        ]
        assert mean == pytest.approx(sum(own) / len(own))


def test_days_whose_readings_are_gone_are_told_from_their_minutes(tmp_path: Path) -> None:
    with Shop(tmp_path, retention=Retention(raw=1)) as shop:
        rows = [
            (START + n * 10_000, 26.0 if n % 8640 < 864 else 20.0, 50.0) for n in range(2 * 8640)
        ]
        shop.history.import_readings(SENSOR, rows, "old.csv", "ab" * 32, {}, 1, HOUR)
        shop.seal_all()
        before = part_of(shop, SENSOR, date(2026, 3, 1), date(2026, 3, 2))
        assert shop.keeper.prune(START + 100 * DAY) == (2, 0)
        after = part_of(shop, SENSOR, date(2026, 3, 1), date(2026, 3, 2))
    assert before.from_minutes == []
    assert after.from_minutes == ["2026-03-01", "2026-03-02"]
    for old, new in zip(before.days, after.days, strict=True):
        assert new.period.t.share_inside == pytest.approx(old.period.t.share_inside, abs=1e-3)
        assert new.period.known == old.period.known
    assert after.result.excursions["t"][0].extreme == 26.0


def test_thirteen_months_give_a_seasonal_band(tmp_path: Path) -> None:
    rows = series(START - 400 * DAY, 405 * 24, HOUR)
    with Shop(tmp_path) as shop:
        shop.history.import_readings(SENSOR, rows, "old.csv", "ab" * 32, {}, 1, HOUR)
        part = part_of(shop, SENSOR, date(2026, 3, 1), date(2026, 3, 4))
        assert (part.seasonal.below, part.seasonal.above, part.seasonal.widened) == (-10, 10, True)
        shorter = part_of(shop, SENSOR, date(2025, 3, 1), date(2025, 3, 4))
        assert shorter.seasonal.below is None
        assert shorter.seasonal.known_days == pytest.approx(37, abs=2)
