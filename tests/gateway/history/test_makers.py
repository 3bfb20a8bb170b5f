"""Makers' exports: known by their marks, read as they are laid out, refused where they do not say."""

import pytest
from gateway.history.reading_files import HOUR, UTC_ZONE, counts, ms, read, refused
from strongroom_gateway.history.loggers.formats import built_in
from strongroom_gateway.history.loggers.options import Options

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
