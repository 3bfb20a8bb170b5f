"""Exports of loggers: what is certain is read, what is not is asked for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.history.loggers import rows as kinds
from strongroom_gateway.history.loggers.errors import ImportRefusedError
from strongroom_gateway.history.loggers.formats import (
    BrokenLayoutError,
    built_in,
    parse_layout,
)
from strongroom_gateway.history.loggers.options import Options
from strongroom_gateway.history.loggers.rows import Read, read_file
from support.needs import REAL_DATA
from support.room_record import FILE, NEEDS, readings

UTC_ZONE = Options(time_zone="UTC")
HOUR = 3_600_000


def ms(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() * 1000)


def read(text: str, options: Options = UTC_ZONE, encoding: str = "utf-8") -> Read:
    return read_file(text.encode(encoding), options)


def counts(found: Read) -> dict[str, int]:
    return {kind: one.count for kind, one in found.kinds.items()}


# -- makers --------------------------------------------------------------------------------------

HOBO = (
    '\ufeff"Plot Title: store 3"\n'
    '"#","Date Time, GMT+08:00","Temp, °C (LGR S/N: 10755220, SEN S/N: 10755220, LBL: in)",'
    '"RH, % (LGR S/N: 10755220, SEN S/N: 10755220)","Host Connected (LGR S/N: 10755220)",'
    '"End Of File (LGR S/N: 10755220)"\n'
    "1,03/30/26 11:00:00 AM,20.460,51.25,,\n"
    "2,03/30/26 12:00:00 PM,20.508,51.20,,\n"
    "3,03/30/26 01:00:00 PM,20.508,,,\n"
    "4,03/30/26 01:07:12 PM,,,Logged,\n"
    "5,03/30/26 01:08:02 PM,,,,Logged\n"
)
LASCAR = (
    "STORE3,Time,Celsius(°C),Humidity(%rh),Dew Point(°C),Serial Number\n"
    "1,2026-03-30 11:00:00,20.5,50.5,9.9,010032184\n"
    "2,2026-03-30 12:00:00,20.5,51.0,10.1\n"
    "3,2026-03-30 13:00:00,21.0,51.0,10.5\n"
)
ELITECH = (
    "Device Model\tElitech RC-51H\nSerial Number: EF7216100001\nTime Zone UTC+08:00\n\n"
    "No.\tTime\tTemperature(°C)\tHumidity(%RH)\n"
    "1\t2026-03-30 11:00:00\t20.5\t50.5\n2\t2026-03-30 12:00:00\t20.6\t50.6\n"
)
MADGETECH = (
    "Device Name,Model,Serial Number\nStore 3,RHTemp101A,P12345\n\n"
    'Reading #,Date,Time,"Temperature, °C","Humidity, %RH"\n'
    "1,3/30/2026,11:00:00 AM,20.5,50.5\n2,3/30/2026,12:00:00 PM,20.6,50.6\n"
)
ROTRONIC = (
    "[#I]Device Description\t\t\t\n#07\t\t\t\n\t\t\t\n[#S]Device Information\t\t\t\n"
    "Serial Number = B77\t\t\t\n[#1]\t\t\t\nHumidity = %rh\t\t\t\n[#2]\t\t\t\n"
    "Temperature = °C\t\t\t\n[#H]\t\t\t\nDate\tTime\tHumidity\tTemperature\n\t\t\t\n[#D]\t\t\t\n"
    "30/03/2026\t11:00:00\t50.5\t20.5\n30/03/2026\t12:00:00\t50.6\t20.6\n"
)
TINYTAG = (
    ",Time,1,2,3\nS/N,,911,911,911\nType,,Tinytag Ultra H°C/%RH,Tinytag Ultra H°C/%RH,csv file\n"
    "Description,,Store 3,Store 3,Store 3\nProperty,,Temperature,Humidity,Dew Point\n"
    "1,2026-03-30 11:00:00,20.5 °C,50.5 %RH,9.9 °C\n2,2026-03-30 12:00:00,20.6 °C,50.6 %RH,9.9 °C\n"
)
TANDD = (
    '"Date/Time","Date/Time","No.1","No.2","No.3"\n"Date/Time","Date/Time","ch1","ch2","ch3"\n'
    '"","","lx","°C","%"\n'
    '"2026-03-30 11:00:00","46111.4583333333","31.5","20.5","50.5"\n'
    '"2026-03-30 12:00:00","46111.5000000000","31.6","20.6","50.6"\n'
)
IBUTTON = (
    "1-Wire/iButton Part Number: DS1921G-F5\n1-Wire/iButton Registration Number: 5900AB21\n"
    "Mission Start:  Mon Mar 30 11:00:00 CST 2026\nHigh Temperature Alarm:  85 °C\n\n"
    "Date/Time,Unit,Value\n30/03/26 11:00:00 AM,C,20.5\n30/03/26 12:00:00 PM,C,20.6\n"
)
HANWELL = (
    "\nDatabase Valid\n  Sensor:,Thermistor/RH\n  Serial No:,1234-567\n"
    "  Data Starts:,11:00 30/Mar/2026\n\nTime, Temperature (C),Humidity (RH(%)),\n"
    "11:00:00 30/Mar/2026,20.5,50.5,\n12:00:00 30/Mar/2026,20.6,50.6,\n"
)
SAMPLES = {
    "onset-hobo": (HOBO, Options(), ("2026-03-30T03:00", 20.46, 51.25), "10755220"),
    "lascar-easylog": (LASCAR, UTC_ZONE, ("2026-03-30T11:00", 20.5, 50.5), "010032184"),
    "elitech": (ELITECH, Options(), ("2026-03-30T03:00", 20.5, 50.5), "EF7216100001"),
    "madgetech": (MADGETECH, UTC_ZONE, ("2026-03-30T11:00", 20.5, 50.5), None),
    "rotronic-hw4": (ROTRONIC, UTC_ZONE, ("2026-03-30T11:00", 20.5, 50.5), "B77"),
    "tinytag": (TINYTAG, UTC_ZONE, ("2026-03-30T11:00", 20.5, 50.5), "911"),
    "tandd": (TANDD, UTC_ZONE, ("2026-03-30T11:00", 20.5, 50.5), None),
    "ibutton": (IBUTTON, UTC_ZONE, ("2026-03-30T11:00", 20.5, None), "5900AB21"),
    "hanwell": (HANWELL, UTC_ZONE, ("2026-03-30T11:00", 20.5, 50.5), "1234-567"),
}
"""Written for these tests, as the makers' files are laid out."""


@pytest.mark.parametrize("layout", SAMPLES)
def test_a_makers_export_is_known_and_read(layout: str) -> None:
    text, options, first, serial = SAMPLES[layout]
    found = read(text, options)
    assert found.plan.layout == layout
    assert found.readings[0] == (ms(first[0]), first[1], first[2])
    assert found.plan.serial == serial
    assert found.readings[1][0] - found.readings[0][0] == HOUR


def test_the_events_of_a_logger_are_no_readings() -> None:
    assert counts(read(HOBO)) == {"read": 2, "partial": 1, "no_values": 2}


def test_every_layout_has_a_sample_here() -> None:
    assert set(SAMPLES) == set(built_in())


@pytest.mark.parametrize("layout", SAMPLES)
def test_what_a_makers_file_does_not_say_is_asked_for(layout: str) -> None:
    text, options, _, _ = SAMPLES[layout]
    if options.time_zone is not None:
        assert "--time-zone" in refused(text, Options())
    for unit in ("Celsius", "°C", "(C)", ",C,"):
        text = text.replace(unit, unit.replace("C", ""))
    assert "--" in refused(text, options), "with what settles it"


@pytest.mark.parametrize("layout", ["rotronic-hw4", "tinytag", "tandd", "ibutton"])
def test_a_degree_sign_in_windows_1252_is_no_chinese(layout: str) -> None:
    text, options, first, _ = SAMPLES[layout]
    found = read(text, options, "cp1252")
    assert (found.plan.encoding, found.readings[0][1]) == ("cp1252", first[1])


def test_a_rotronic_file_that_a_spreadsheet_saved_has_commas() -> None:
    found = read(ROTRONIC.replace("\t", ","))
    assert (found.plan.layout, found.readings[0][1:]) == ("rotronic-hw4", (20.5, 50.5))


@pytest.mark.parametrize("layout", ["tinytag", "ibutton"])
def test_a_unit_that_stands_with_the_values_is_theirs(layout: str) -> None:
    text, options, _, _ = SAMPLES[layout]
    fahrenheit = text.replace("20.5 °C", "68.0 °F").replace("20.6 °C", "70.0 °F")
    fahrenheit = fahrenheit.replace("C,20.5", "F,68.0").replace("C,20.6", "F,70.0")
    assert read(fahrenheit, options).readings[0][1] == 20.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TINYTAG.replace("20.6 °C", "68.0 °F"), "several units"),
        (IBUTTON + "30/03/26 11:00:00 AM,%RH,50.5\n", "several units"),
        (IBUTTON.replace(",C,", ",%RH,"), "no temperature"),
    ],
)
def test_rows_in_several_units_are_refused(text: str, said: str) -> None:
    assert said in refused(text)


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


def test_months_with_their_english_names_leave_no_doubt_of_the_order() -> None:
    text = "Timestamp,Store [P25](°C)\n01-Jan-26 12:00:00 am,14.5\n02-Jan-26 12:00:00 am,14.4\n"
    found = read(text)
    assert [at for at, _, _ in found.readings] == [ms("2026-01-01T00:00"), ms("2026-01-02T00:00")]


def test_a_lascar_file_in_fahrenheit() -> None:
    text = LASCAR.replace("Celsius(°C)", "Fahrenheit(°F)").replace("20.5", "68.0")
    assert read(text).readings[0][1] == 20.0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_told_apart(encoding: str) -> None:
    assert read(LASCAR, UTC_ZONE, encoding).readings[0][1] == 20.5


def test_a_chinese_file_in_gb18030() -> None:
    text = "序号,时间,温度(℃),湿度(%RH)\n1,2026/3/30 上午11:00:00,20.5,50.5\n2,2026/3/30 下午01:00:00,20.6,50.6\n"
    found = read(text, Options(time_zone="+08:00"), "gb18030")
    assert found.readings == [
        (ms("2026-03-30T03:00"), 20.5, 50.5),
        (ms("2026-03-30T05:00"), 20.6, 50.6),
    ]


# -- looking at a table ----------------------------------------------------------------------------

SIMPLE = "Time;Temp °C;RH %\n2026-03-30 11:00;20,5;50\n2026-03-30 12:00;20,6;51\n"


def test_a_plain_table_is_found_with_its_decimal_comma() -> None:
    found = read(SIMPLE)
    assert (found.plan.separator, found.plan.decimal) == (";", ",")
    assert found.readings == [
        (ms("2026-03-30T11:00"), 20.5, 50),
        (ms("2026-03-30T12:00"), 20.6, 51),
    ]


def refused(text: str, options: Options = UTC_ZONE) -> str:
    with pytest.raises(ImportRefusedError) as refusal:
        read(text, options)
    return str(refusal.value)


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
