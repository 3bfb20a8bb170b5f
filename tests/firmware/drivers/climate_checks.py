"""Climate drivers on an emulated ESP32, against chips that know only the datasheets."""

from strongroom_esp32.hal import Board
from strongroom_node.drivers import aht20, crc, sht3x, sht4x
from strongroom_node.errors import DriverError
from strongroom_sim.bench import bench
from strongroom_sim.chips.aht20 import Aht20
from strongroom_sim.chips.sht3x import Sht3x
from strongroom_sim.chips.sht4x import Sht4x

CHIPS = ((sht3x, Sht3x, 0x44), (sht4x, Sht4x, 0x44), (aht20, Aht20, 0x38))


def build(driver, model, addr, **air):
    """Return (driver object, chip, bus) on a bare board."""
    bench.clear()
    board = Board()
    board._settings = {"board": "esp32-sim"}
    chip = model(**air)
    bench.i2c[0].attach(addr, chip)
    return driver.create(board, {"id": "t1", "bus": "i2c0", "addr": addr}), chip, bench.i2c[0]


async def error(sensor):
    """Return the kind of the error that a reading ends with."""
    try:
        reading = await sensor.read()
    except DriverError as e:
        assert e.device == "t1"
        return e.kind
    raise AssertionError("read %r" % (reading,))


def close(reading, t, rh):
    assert set(reading) == {"t", "rh"}
    assert abs(reading["t"] - t) <= 0.01, reading
    assert abs(reading["rh"] - rh) <= 0.01, reading


class Canned:
    """A bus that answers with bytes written down beforehand."""

    def __init__(self, answers):
        self.answers = list(answers)
        self.written = []

    def write(self, addr, data):
        self.written.append((addr, bytes(data)))

    def read(self, addr, n):
        answer = self.answers.pop(0)
        assert len(answer) == n, (answer, n)
        return answer

    def recover(self):
        return True


def check_crc_values_of_the_standards():
    assert crc.crc8(b"\xbe\xef") == 0x92  # Sensirion's datasheets
    assert crc.crc8(b"\x00\x00") == 0x81  # Sensirion: the word zero
    assert crc.crc8(b"123456789") == 0xF7  # CRC-8/NRSC-5 of the CRC catalogue
    assert crc.crc_a(b"123456789") == 0xBF05  # CRC-16/ISO-IEC-14443-3-A of the catalogue
    assert crc.crc_a(b"\x00\x00") == 0x1EA0  # ISO/IEC 14443-3 annex B: sent as A0 1E
    assert crc.crc_a(b"\x12\x34") == 0xCF26  # the same annex: sent as 26 CF


async def check_sht3x_bytes():
    # 0x6666 is 40 % of the scale: 25 C; 0x8000 is 50.0008 %.
    bus = Canned([b"\x66\x66\x93\x80\x00\xa2"])
    close(await sht3x.Sht3x(bus, 0x45, "t1").read(), 25.0, 50.0)
    assert bus.written == [(0x45, b"\x30\xa2"), (0x45, b"\x24\x00")]


async def check_sht4x_bytes():
    bus = Canned([b"\x66\x66\x93\x80\x00\xa2"])
    close(await sht4x.Sht4x(bus, 0x44, "t1").read(), 25.0, 56.5)
    assert bus.written == [(0x44, b"\x94"), (0x44, b"\xfd")]


async def check_aht20_bytes():
    # Humidity 0x80000 of 0x100000 is 50 %, temperature 0x60000 is 25 C.
    bus = Canned(
        [b"\x18", b"\x18\x80\x00\x06\x00\x00" + bytes([crc.crc8(b"\x18\x80\x00\x06\x00\x00")])]
    )
    close(await aht20.Aht20(bus, 0x38, "t1").read(), 25.0, 50.0)
    assert bus.written == [(0x38, b"\xba"), (0x38, b"\x71"), (0x38, b"\xac\x33\x00")]


async def check_air_is_read():
    for driver, model, addr in CHIPS:
        sensor, chip, _ = build(driver, model, addr)
        for t, rh in ((20.0, 50.0), (-12.5, 3.25), (38.75, 99.0), (0.0, 45.01)):
            chip.do_set(t=t, rh=rh)
            close(await sensor.read(), t, rh)


async def check_damaged_checksum():
    for driver, model, addr in CHIPS:
        sensor, chip, _ = build(driver, model, addr)
        chip.do_fault("crc")
        assert await error(sensor) == "crc"
        chip.do_fault("crc", on=False)
        close(await sensor.read(), 20.0, 50.0)


async def check_absent_chip():
    for driver, model, addr in CHIPS:
        sensor, chip, _ = build(driver, model, addr)
        chip.do_fault("absent")
        assert await error(sensor) == "absent"
        chip.do_fault("absent", on=False)
        close(await sensor.read(), 20.0, 50.0)
        bench.i2c[0].chips.clear()
        assert await error(sensor) == "absent"


async def check_chip_that_will_not_be_read():
    for driver, model, addr in CHIPS:
        sensor, chip, _ = build(driver, model, addr)
        chip.do_fault("nak")
        assert await error(sensor) in ("nak", "timeout")
        assert chip.writes and chip.reads
        chip.do_fault("nak", on=False)
        close(await sensor.read(), 20.0, 50.0)


async def check_slow_chip_is_waited_for():
    # Another master's command keeps the chip busy when the reading starts.
    for driver, model, addr, command in (
        (sht3x, Sht3x, 0x44, b"\x24\x00"),
        (sht4x, Sht4x, 0x44, b"\xfd"),
    ):
        sensor, chip, _ = build(driver, model, addr)
        await sensor.read()
        chip.write(command)
        assert chip.busy
        close(await sensor.read(), 20.0, 50.0)


async def check_aht20_busy_bit():
    sensor, chip, _ = build(aht20, Aht20, 0x38)
    chip.do_fault("busy")
    assert await error(sensor) == "busy"


async def check_aht20_loses_its_calibration():
    sensor, chip, _ = build(aht20, Aht20, 0x38, calibrated=False)
    close(await sensor.read(), 20.0, 50.0)
    assert chip.inits == 1
    chip.calibrated = False
    close(await sensor.read(), 20.0, 50.0)
    assert chip.inits == 2
    await sensor.read()
    assert chip.inits == 2, "a calibrated chip is left alone"
    chip.do_fault("uncalibrated")
    assert await error(sensor) == "range"


async def check_unreal_zero():
    for driver, model, addr in CHIPS:
        sensor, chip, _ = build(driver, model, addr)
        chip.do_fault("zero")
        assert await error(sensor) == "range"
    sensor, chip, _ = build(aht20, Aht20, 0x38)
    chip.do_fault("zero_once")
    close(await sensor.read(), 20.0, 50.0)
    assert "zero_once" not in chip.faults


async def check_impossible_temperature():
    for driver, model, addr in CHIPS:
        sensor, _, _ = build(driver, model, addr, t=-44.0)
        assert await error(sensor) == "range"


async def check_bus_held_low_is_clocked_free():
    for driver, model, addr in CHIPS:
        for clocks in (1, 8, 9):
            sensor, _, bus = build(driver, model, addr)
            bus.hold_low(clocks)
            close(await sensor.read(), 20.0, 50.0)
            assert bus.holds_low == 0


async def check_bus_that_stays_low_is_reported():
    for driver, model, addr in CHIPS:
        sensor, _, bus = build(driver, model, addr)
        bus.hold_low(1000000)
        assert await error(sensor) == "stuck"
        bus.hold_low(0)
        close(await sensor.read(), 20.0, 50.0)


async def check_reset_after_a_failure_ends_a_heater():
    sensor, chip, _ = build(sht3x, Sht3x, 0x44)
    await sensor.read()
    chip.write(b"\x30\x6d")  # somebody switched the heater on
    assert (await sensor.read())["t"] > 22
    chip.do_fault("crc")
    await error(sensor)
    chip.do_fault("crc", on=False)
    close(await sensor.read(), 20.0, 50.0)


async def check_frozen_value_is_passed_on():
    # Judging a value that never changes needs the day's view; the driver only must not hide it.
    for driver, model, addr in CHIPS:
        sensor, chip, _ = build(driver, model, addr)
        await sensor.read()
        chip.do_fault("stuck")
        chip.do_set(t=30.0, rh=70.0)
        close(await sensor.read(), 20.0, 50.0)
