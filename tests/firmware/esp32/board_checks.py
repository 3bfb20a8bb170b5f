"""The ESP32's ports on the emulated chip: what a real board would do, and what it must refuse."""

import asyncio

import machine
from strongroom_esp32 import pins
from strongroom_esp32.hal import Board
from strongroom_node.errors import ConfigError, LinkError
from strongroom_sim.bench import EXIT_RESET, bench


def build(**settings):
    """Return an ESP32 on a bare bench."""
    bench.clear()
    made = Board()
    made._settings = {"board": "esp32-sim", "node": "n1"}
    made._settings.update(settings)
    return made


def refused(call, *words):
    """Assert that a call is refused with a ConfigError that says all the words."""
    try:
        call()
    except ConfigError as e:
        for word in words:
            assert word in str(e), str(e)
        return
    raise AssertionError("not refused: %s" % (words,))


def check_strapping_pins_switch_nothing():
    board = build()
    for n in (0, 2, 5, 12, 15):
        refused(lambda n=n: board.pin_out(n, 0), "pin %d" % n, "reset", "25-27")
        assert n not in list(bench.pins), "pin %d was touched" % n


def check_input_only_pins_are_no_outputs():
    board = build()
    for n in (34, 35, 36, 37, 38, 39):
        refused(lambda n=n: board.pin_out(n, 0), "only be an input")
        refused(lambda n=n: board.pin_in(n, "up"), "no pull")
        refused(lambda n=n: board.pin_in(n, "down"), "no pull")
    bench.pins[39].drive(1)
    assert board.pin_in(39, None).value() == 1


def check_pins_that_belong_to_others():
    board = build()
    for n in (6, 7, 8, 9, 10, 11):
        refused(lambda n=n: board.pin_out(n, 0), "flash")
        refused(lambda n=n: board.pin_in(n, None), "flash")
    for n in (1, 3):
        refused(lambda n=n: board.pin_out(n, 0), "console")
    for n in (-1, 20, 24, 28, 31, 40, "4", None, True, 2.0):
        refused(lambda n=n: board.pin_in(n, None), "no pin")


def check_every_pin_is_either_output_or_refused():
    # The datasheet's list, written down once more and independently of pins.py.
    good = [4, 13, 14, 16, 17, 18, 19, 21, 22, 23, 25, 26, 27, 32, 33]
    taken = []
    for n in range(-2, 45):
        try:
            build().pin_out(n, 0)
        except ConfigError:
            continue
        taken.append(n)
    assert taken == good, taken


def check_pull_resistors():
    board = build()
    assert board.pin_in(4, "up").value() == 1
    assert board.pin_in(13, "down").value() == 0
    bench.pins[4].drive(0)
    assert board.pin_in(4, "up").value() == 0
    refused(lambda: board.pin_in(14, "sideways"), "up, down or none")


def check_output_is_safe_before_it_is_an_output():
    for safe in (0, 1):
        board = build()
        log = []
        bench.pins[26].latch = 1 - safe  # whatever an earlier start left in the latch
        bench.pins[26].listen(lambda n, level, log=log: log.append(level))
        out = board.pin_out(26, safe)
        assert log == [safe], log
        out.set(1 - safe)
        assert bench.pins[26].level == 1 - safe


def check_a_pin_has_one_user():
    board = build()
    board.i2c("i2c0")
    refused(lambda: board.pin_out(22, 0), "pin 22", "i2c0")
    board.pin_in(4, "up")
    board.pin_in(4, "up")  # the same use again, as after a new configuration
    refused(lambda: board.pin_out(4, 0), "pin 4", "already input")
    board.spi("spi0", 5)
    refused(lambda: board.spi("spi0", 18), "pin 18")


def check_unknown_buses_and_boards():
    board = build()
    refused(lambda: board.i2c("i2c7"), "i2c7", "i2c0", "i2c1")
    refused(lambda: board.uart("spi0x", 9600), "uart1")
    refused(lambda: board.i2c("lan"), "no bus")
    refused(lambda: build(board="esp23").i2c("i2c0"), "esp23", "esp32-devkit")
    refused(lambda: build().spi("spi0", 0), "pin 0")
    refused(lambda: build().spi("spi0", 36), "only be an input")


def check_ethernet_pins_of_the_poe_board():
    board = build(board="esp32-poe")
    refused(lambda: board.pin_out(26, 0), "Ethernet")
    board.i2c("i2c0")
    board.uart("uart1", 115200)


def check_pin_maps_obey_their_own_rules():
    for name in pins.BOARDS:
        used = {}
        for bus, wiring in pins.BOARDS[name].items():
            if bus in ("lan", "taken"):
                continue
            for role in ("scl", "sda", "sck", "mosi", "tx"):
                if role in wiring:
                    pins.check_output(wiring[role])
            for role in ("scl", "sda", "sck", "mosi", "miso", "tx", "rx"):
                if role in wiring:
                    pins.check_input(wiring[role], None)
                    assert wiring[role] not in pins.BOARDS[name].get("taken", ())
                    assert wiring[role] not in used, (name, bus, role, used)
                    used[wiring[role]] = bus


class Echo:
    """An SPI chip that answers each byte with its complement and notes when it was selected."""

    def __init__(self):
        self.heard = []

    def xfer(self, data):
        self.heard.append(data)
        return bytes([255 - b for b in data])


def check_spi_selects_one_chip_at_a_time():
    board = build()
    one, two = Echo(), Echo()
    bench.spi[(2, 5)] = one
    bench.spi[(2, 15)] = two
    first, second = board.spi("spi0", 5), board.spi("spi0", 15)
    assert first.xfer(b"\x01\x02") == b"\xfe\xfd"
    assert second.xfer(b"\x03") == b"\xfc"
    assert (one.heard, two.heard) == ([b"\x01\x02"], [b"\x03"])
    assert bench.pins[5].level == bench.pins[15].level == 1, "left selected"
    assert board.spi("spi0", 4).xfer(b"\x00\x00") == b"\xff\xff", "nobody there"


class Talker:
    """A serial chip."""

    baud = 115200

    def __init__(self):
        self.heard = b""
        self.says = b""

    def feed(self, data):
        self.heard += data

    def take(self):
        data, self.says = self.says, b""
        return data


def check_uart_never_waits():
    board = build()
    bench.uart[1] = chip = Talker()
    port = board.uart("uart1", 115200)
    assert port.read() == b""
    chip.says = b"\xaa\x02"
    port.write(b"\xaa\x00\xdd")
    assert port.read() == b"\xaa\x02"
    assert port.read() == b""
    assert chip.heard == b"\xaa\x00\xdd"


def check_uart_at_the_wrong_speed_hears_rubbish():
    board = build()
    bench.uart[2] = chip = Talker()
    port = board.uart("uart2", 9600)
    chip.says = b"\xaa\x02\x22"
    assert port.read() != b"\xaa\x02\x22"


def check_uart_overrun_loses_the_end():
    board = build()
    bench.uart[1] = chip = Talker()
    port = board.uart("uart1", 115200)
    chip.says = bytes(5000)
    assert len(port.read()) == 4096
    assert bench.overruns == 1


def check_i2c_recovery():
    board = build()
    bus = board.i2c("i2c0")
    bench.i2c[0].hold_low(9)
    assert bench.pins[21].level == 0, "the data line is held"
    assert bus.recover() is True
    assert bench.pins[21].level == 1
    bench.i2c[0].hold_low(1000)
    assert bus.recover() is False


def check_reset_causes():
    board = build()
    for cause in ("power", "hard", "watchdog", "deepsleep", "soft"):
        bench.reset_cause = cause
        assert board.reset_cause() == cause


def check_reset_ends_the_process():
    board = build()
    try:
        board.reset()
    except SystemExit as e:
        assert e.args[0] == EXIT_RESET
    else:
        raise AssertionError("came back from a reset")
    assert bench.reset_cause == "hard"


def check_a_late_feed_is_too_late():
    now = [0]
    board = build()
    bench.set_clock(lambda: now[0])
    dog = board.wdt(8000)
    for _ in range(5):
        now[0] += 8000
        dog.feed()
    assert bench.wdt.feeds == 5
    now[0] += 8001
    try:
        dog.feed()
    except SystemExit:
        pass
    else:
        raise AssertionError("the watchdog did not bite")
    assert bench.reset_cause == "watchdog"
    bench.clear()


async def check_wifi_comes_up_and_says_so():
    board = build(wifi={"ssid": "archive", "psk": "secret"})
    bench.air.ssid, bench.air.key = "archive", "secret"
    net = board.network()
    assert not net.ok() and net.rssi() is None
    await net.up()
    assert net.ok() and net.rssi() == -58
    bench.air.up = False
    assert not net.ok() and net.rssi() is None
    bench.air.up = True
    assert net.ok(), "the radio finds back by itself"
    assert board.network() is net


async def fails(network):
    try:
        await network.up(timeout_ms=200)
    except LinkError as e:
        return str(e)
    raise AssertionError("it came up")


async def check_wifi_that_does_not_come_up():
    net = build(wifi={"ssid": "archive", "psk": "wrong"}).network()
    bench.air.ssid, bench.air.key = "archive", "secret"
    assert "archive" in await fails(net)
    await fails(net)
    assert bench.air.attempts == 2, "each call starts the radio afresh"
    bench.air.key = "wrong"
    await net.up()
    assert net.ok()


async def check_ethernet():
    net = build(board="esp32-poe").network()
    bench.air.up = False
    assert "ethernet" in await fails(net)
    bench.air.up = True
    await net.up()
    assert net.ok() and net.rssi() is None


def check_no_way_to_a_network():
    refused(lambda: build(board="esp32-devkit").network(), "wifi", "Ethernet")
    refused(lambda: build(wifi={"psk": "x"}).network(), "ssid")


def check_settings_that_cannot_be_read():
    bench.clear()
    refused(lambda: Board(settings="/nowhere/node.json").settings(), "/nowhere/node.json")


def check_clock_of_the_chip():
    bench.clear()
    rtc = machine.RTC()
    assert rtc.datetime()[:3] == (2000, 1, 1), "unset after power-up"
    # (y, m, d, weekday, h, min, s, us) and Unix seconds, from the calendar of `date -u`
    for when, unix in (
        ((2026, 11, 22, 6, 4, 5, 6, 250000), 1795320306),
        ((2024, 2, 29, 3, 23, 59, 59, 0), 1709251199),
        ((2100, 3, 1, 0, 0, 0, 0, 0), 4107542400),
    ):
        rtc.datetime(when)
        assert bench.wall_ms() // 1000 == unix
        assert rtc.datetime()[:7] == when[:7]


def check_the_node_sets_the_clock_of_the_chip():
    board = build()
    for ms in (1795320306250, 1709251199999):
        board.set_wall(ms)
        assert abs(bench.wall_ms() - ms) < 50, bench.wall_ms()


async def check_up_lets_others_run():
    net = build(wifi={"ssid": "archive"}).network()
    bench.air.up = False
    turns = []

    async def other():
        while True:
            turns.append(1)
            await asyncio.sleep(0.01)

    task = asyncio.create_task(other())
    await fails(net)
    task.cancel()
    assert len(turns) > 5, "the network kept the others waiting"
