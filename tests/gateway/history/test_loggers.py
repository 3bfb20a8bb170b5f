"""Exports of loggers: what is certain is read, what is not is asked for."""

from datetime import UTC, datetime, timedelta

import pytest
from gateway.history.reading_files import HOUR, UTC_ZONE, counts, ms, read, refused
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.history.loggers import rows as kinds
from strongroom_gateway.history.loggers.errors import ImportRefusedError
from strongroom_gateway.history.loggers.formats import (
    BrokenLayoutError,
    parse_layout,
)
from strongroom_gateway.history.loggers.options import Options
from strongroom_gateway.history.loggers.rows import read_file
from support.needs import REAL_DATA
from support.room_record import FILE, NEEDS, readings

# -- looking at a table ----------------------------------------------------------------------------

SIMPLE = "Time;Temp °C;RH %\n2026-03-30 11:00;20,5;50\n2026-03-30 12:00;20,6;51\n"


def test_a_plain_table_is_found_with_its_decimal_comma() -> None:
    found = read(SIMPLE)
    assert (found.plan.separator, found.plan.decimal) == (";", ",")
    assert found.readings == [
        (ms("2026-03-30T11:00"), 20.5, 50),
        (ms("2026-03-30T12:00"), 20.6, 51),
    ]


def test_stamps_without_a_zone_are_asked_about() -> None:
    assert "--time-zone" in refused(SIMPLE, Options())


def test_a_zone_in_the_name_of_the_column_is_enough() -> None:
    text = SIMPLE.replace("Time;", "Time (UTC+8);")
    assert read(text, Options()).readings[0][0] == ms("2026-03-30T03:00")


def test_stamps_with_their_own_offset_need_no_zone() -> None:
    text = (
        "time,temp_c °C,humidity\n2026-03-30T11:00:00+08:00,20.5,50\n2026-03-30T04:00:00Z,20.6,50\n"
    )
    found = read(text, Options())
    assert [row[0] for row in found.readings] == [ms("2026-03-30T03:00"), ms("2026-03-30T04:00")]


def test_day_and_month_that_cannot_be_told_apart_are_asked_about() -> None:
    rows = "".join(f"0{n}/0{n}/2026 11:00,20.5,50\n" for n in range(1, 9))
    text = "time,°C,RH\n01/02/2026 11:00,20.5,50\n02/03/2026 11:00,20.5,50\n"
    assert "--date-format" in refused(text)
    assert "%d-%m-%Y" in refused(text) and "%m-%d-%Y" in refused(text)
    said = read(text, Options(time_zone="UTC", date_format="%d/%m/%Y %H:%M"))
    assert said.readings[0][0] == ms("2026-02-01T11:00")
    # Where both readings mean the same there is nothing to ask.
    assert len(read("time,°C,RH\n" + rows).readings) == 8


def test_one_day_after_the_twelfth_settles_the_order() -> None:
    text = "time,°C,RH\n03/01/2026 11:00,20.5,50\n02/13/2026 11:00,20.5,50\n"
    assert read(text).readings[1][0] == ms("2026-03-01T11:00")


def test_an_order_in_which_time_runs_backwards_is_not_meant() -> None:
    text = "time,°C,RH\n30/01/2026 11:00,20,50\n01/02/2026 11:00,20,50\n02/02/2026 11:00,20,50\n"
    assert read(text).readings[-1][0] == ms("2026-02-02T11:00")


def test_a_unit_that_nobody_tells_is_asked_about() -> None:
    text = "time,temperature,humidity\n2026-03-30 11:00,68,50\n"
    assert "--unit" in refused(text)
    assert read(text, Options(time_zone="UTC", unit="F")).readings[0][1] == 20.0


def test_two_columns_that_may_be_meant_are_asked_about() -> None:
    text = "time,inside °C,outside °C,RH\n2026-03-30 11:00,20.5,5.5,50\n"
    assert "--temperature" in refused(text)
    assert read(text, Options(time_zone="UTC", temperature="inside °C")).readings[0][1] == 20.5
    assert read(text, Options(time_zone="UTC", temperature="3")).readings[0][1] == 5.5
    assert "1: time" in refused(text, Options(time_zone="UTC", temperature="attic"))


def test_the_dew_point_is_not_the_temperature() -> None:
    text = "time,dew point °C,temp °C,RH\n2026-03-30 11:00,9.9,20.5,50\n"
    assert read(text).readings[0][1] == 20.5


def test_a_comma_cannot_be_decimal_and_separate_columns() -> None:
    assert "separator" in refused(
        "time,°C,RH\n2026-03-30 11:00,20,5,50,1\n2026-03-30 12:00,20,6,50,2\n"
    )


def test_a_file_with_comma_and_point_is_asked_about() -> None:
    text = "time;°C;RH\n2026-03-30 11:00;20,5;50\n2026-03-30 12:00;20.6;51\n"
    assert "--decimal" in refused(text)


def test_a_table_without_names_needs_them_said() -> None:
    text = "2026-03-30 11:00,20.5,50\n2026-03-30 12:00,20.6,51\n"
    assert "--temperature" in refused(text)
    said = Options(time_zone="UTC", temperature="2", humidity="3", unit="C")
    assert read(text, said).readings[1][1:] == (20.6, 51)


@pytest.mark.parametrize(
    "text", ["", "\n\n", "nothing of the kind\n", "a,b\nc,d\n", "\x00\x01\x02"]
)
def test_what_is_no_table_is_refused(text: str) -> None:
    assert refused(text)


def test_an_unknown_format_is_refused_with_those_that_are_known() -> None:
    assert "onset-hobo" in refused(SIMPLE, Options(layout="hobo", time_zone="UTC"))


def test_an_unknown_zone_is_refused() -> None:
    assert "Mars" in refused(SIMPLE, Options(time_zone="Mars/Olympus"))


# -- rows ------------------------------------------------------------------------------------------


def hourly(count: int) -> list[str]:
    return [f"2026-03-{1 + n // 24:02} {n % 24:02}:00,20.5,50" for n in range(count)]


def table(lines: list[str]) -> str:
    return "\n".join(["time,°C,RH", *lines]) + "\n"


def test_each_class_of_rows_is_told_of_with_its_first_lines() -> None:
    lines = hourly(100)
    lines[10] = lines[10].replace("20.5", "NA")
    lines[20] = "2026-03-01 20:00,NA,---"
    lines[30] = lines[30].replace("20.5", "999")
    lines[40] = lines[40].replace("50", "wet")
    lines[50] = lines[50].replace("2026-03-03 02:00", "yesterday")
    lines[60] = "2026-03-03 12:00"
    lines[70] = lines[69]
    lines[71] = lines[69].replace("20.5", "21.5")
    found = read(table(lines))
    assert counts(found) == {
        "read": 94,
        "partial": 1,
        "missing": 1,
        "out_of_range": 1,
        "bad_number": 1,
        "bad_stamp": 1,
        "cut": 1,
        "duplicate": 1,
        "conflicting": 1,
    }
    assert found.kinds["out_of_range"].lines == [32]
    assert len(found.readings) == 95
    assert found.interval == HOUR
    # Lines 20, 30, 40, 50 and 60 leave a gap each, and so do the two that became repeats, together.
    assert (found.gaps, found.longest_gap) == (6, 3 * HOUR)


def test_a_file_that_is_mostly_faulty_was_not_read_as_it_is_meant() -> None:
    lines = hourly(20)
    for n in range(5, 10):
        lines[n] = lines[n].replace("20.5", "999")
    assert "5 of 20 rows are faulty" in refused(table(lines))
    assert len(read_file(table(lines).encode(), UTC_ZONE, most_faults=0.3).readings) == 15


def hours(first: str, count: int) -> list[str]:
    start = datetime.fromisoformat(first)
    stamps = [start + timedelta(hours=n) for n in range(count)]
    return [f"{at:%Y-%m-%d %H:%M:%S},20.5,50.5" for at in stamps]


def test_rows_of_a_clock_that_was_reset_are_not_taken() -> None:
    rows = [
        *hours("2026-03-30T00:00", 60),
        *hours("2013-01-01T00:00", 5),
        *hours("2026-04-09T00:00", 35),
    ]
    found = read("\n".join(["Time,Temp °C,RH %", *rows]))
    assert counts(found) == {"read": 95, "clock_reset": 5}
    assert found.kinds["clock_reset"].lines == [62, 63, 64]
    assert found.readings[0][0] == ms("2026-03-30T00:00")


def test_a_clock_that_stays_reset_is_no_file_with_the_newest_row_first() -> None:
    rows = [*hours("2026-03-30T00:00", 95), *hours("2013-01-01T00:00", 5)]
    found = read("\n".join(["Time,Temp °C,RH %", *rows]))
    assert counts(found) == {"read": 95, "clock_reset": 5}
    turned = read("\n".join(["Time,Temp °C,RH %", *hours("2026-03-30T00:00", 95)[::-1]]))
    assert turned.readings == found.readings


def test_files_joined_in_the_wrong_order_are_refused() -> None:
    rows = [*hours("2026-03-30T00:00", 50), *hours("2026-01-30T00:00", 50)]
    assert "clock_reset 50" in refused("\n".join(["Time,Temp °C,RH %", *rows]))


def test_the_newest_row_first_is_turned_round() -> None:
    found = read(table(hourly(30)[::-1]))
    assert found.readings[0][0] == ms("2026-03-01T00:00")
    assert counts(found) == {"read": 30}


def test_rows_out_of_order_are_sorted_and_told_of() -> None:
    lines = hourly(30)
    lines[5], lines[6] = lines[6], lines[5]
    found = read(table(lines))
    assert counts(found)["unordered"] == 1
    assert [row[0] for row in found.readings] == sorted(row[0] for row in found.readings)


COPENHAGEN = Options(time_zone="Europe/Copenhagen")


def test_the_doubled_hour_is_told_by_the_order() -> None:
    lines = [
        f"2026-10-25 {at},20.5,50" for at in ("01:30", "02:00", "02:30", "02:00", "02:30", "03:00")
    ]
    found = read(table(lines), COPENHAGEN)
    steps = [b[0] - a[0] for a, b in zip(found.readings, found.readings[1:], strict=False)]
    assert steps == [HOUR // 2] * 5
    assert counts(found)["doubled_hour"] == 4


def test_an_hourly_logger_shows_the_doubled_hour_with_one_stamp_twice() -> None:
    lines = [f"2026-10-25 {at},20.5,50" for at in ("01:00", "02:00", "02:00", "03:00")]
    found = read(table(lines), COPENHAGEN)
    assert [b[0] - a[0] for a, b in zip(found.readings, found.readings[1:], strict=False)] == [
        HOUR
    ] * 3


def test_a_clock_that_shows_an_hour_that_does_not_exist_did_not_follow_the_zone() -> None:
    lines = [f"2026-03-29 {hour:02}:00,20.5,50" for hour in range(24)]
    assert "did not follow" in refused(table(lines), COPENHAGEN)
    assert len(read(table(lines), Options(time_zone="+01:00")).readings) == 24


def test_infinities_and_underscores_are_no_numbers() -> None:
    lines = hourly(40)
    for n, word in enumerate(("inf", "nan5", "1_0")):
        lines[n] = lines[n].replace("20.5", word)
    assert counts(read(table(lines)))["bad_number"] == 3


@pytest.mark.needs(NEEDS)
def test_the_record_of_a_real_store() -> None:
    data = (REAL_DATA / FILE).read_bytes()
    with pytest.raises(ImportRefusedError, match="--time-zone"):
        read_file(data, Options())
    # Its doubled stamps are those of an American clock change: it never followed the local one.
    with pytest.raises(ImportRefusedError, match="did not follow"):
        read_file(data, COPENHAGEN)
    found = read_file(data, UTC_ZONE)
    assert (found.plan.separator, found.plan.decimal) == (";", ".")
    assert counts(found) == {"read": 107_601, "duplicate": 4, "conflicting": 7}
    assert (found.gaps, found.longest_gap) == (36, 698 * HOUR)
    assert found.readings == list(readings())


@settings(max_examples=40, deadline=None)
@given(
    data=st.binary(max_size=300)
    | st.text("0123456789-/:., ;\t\n°CTempRHtime", max_size=400).map(str.encode)
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = read_file(data, UTC_ZONE)
    except ImportRefusedError as refusal:
        assert str(refusal)
    else:
        assert found.plan


ORDERS = ["%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y"]


@settings(max_examples=40, deadline=None)
@given(
    start=st.integers(1_000_000, 1_700_000),
    step=st.sampled_from([1, 6, 24, 24 * 31]),
    count=st.integers(2, 40),
    order=st.sampled_from(ORDERS),
)
def test_a_date_is_never_read_in_another_order_than_it_was_written(
    start: int, step: int, count: int, order: str
) -> None:
    moments = [(start + n * step // 4) * 1000 * 3600 for n in range(count)]
    lines = [
        datetime.fromtimestamp(at / 1000, UTC).strftime(f"{order} %H:%M,20.5,50") for at in moments
    ]
    try:
        found = read(table(lines))
    except ImportRefusedError as refusal:
        assert "--date-format" in str(refusal)
    else:
        assert [row[0] for row in found.readings] == moments


@pytest.mark.parametrize(
    "text",
    [
        "id = 1",
        "id = 'x'",
        "not toml",
        "id='x'\nmaker='m'\nchecked='c'\ntemperature='('\nhumidity='h'\ntime='t'\nheader='h'",
    ],
)
def test_a_broken_layout_is_named(text: str) -> None:
    with pytest.raises(BrokenLayoutError, match=r"mine\.toml"):
        parse_layout(text, "mine.toml")


def test_the_classes_are_those_that_are_documented() -> None:
    assert set(kinds.FAULTS) == {
        *("bad_stamp", "bad_number", "out_of_range", "cut", "no_such_time", "clock_reset")
    }
