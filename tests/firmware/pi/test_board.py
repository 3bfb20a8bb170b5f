"""The Raspberry Pi's ports on mock pins, ptys and stand-ins for the kernel's buses."""

import asyncio
import os
import socket
import sys
import types

import gpiozero
import pytest
import serial
from gpiozero import Device
from gpiozero.pins.mock import MockFactory
from strongroom_node.drivers import contact, relay, sht4x
from strongroom_node.errors import ConfigError, DriverError, LinkError
from strongroom_pi import hal, host
from support.both import PATH
from support.waiting import wait_for


@pytest.fixture
def pins():
    """gpiozero on mock pins."""
    before = Device.pin_factory
    Device.pin_factory = MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = before


@pytest.fixture
def board(tmp_path):
    """A Pi whose files are in a folder of the test."""
    settings = tmp_path / "node.json"
    settings.write_text('{"room": "r1", "node": "n1", "devices": []}')
    return hal.Board(str(settings), str(tmp_path / "state"))


def test_input_levels_with_every_pull(pins, board):
    up, down, floating = board.pin_in(4, "up"), board.pin_in(5, "down"), board.pin_in(6)
    assert (up.value(), down.value()) == (1, 0)
    for n, pin in ((4, up), (5, down), (6, floating)):
        pins.pin(n).drive_low()
        assert pin.value() == 0
        pins.pin(n).drive_high()
        assert pin.value() == 1


@pytest.mark.parametrize("safe", [0, 1])
def test_output_is_safe_before_it_is_an_output(pins, board, safe):
    pin = board.pin_out(26, safe)
    states = [state.state for state in pins.pin(26).states if state is not None]
    assert pins.pin(26).function == "output"
    # gpiozero's mock notes the level before it becomes an output and each one after.
    assert states[-1] == bool(safe) and states.count(bool(1 - safe)) <= 1
    pin.set(1 - safe)
    assert pins.pin(26).state == bool(1 - safe)
    pin.set(safe)
    assert pins.pin(26).state == bool(safe)


def test_drivers_of_the_node_run_on_the_pi(pins, board):
    door = contact.create(board, {"id": "door", "pin": 4, "closed": 0})
    pins.pin(4).drive_low()
    assert door.value() is False
    pins.pin(4).drive_high()
    assert door.value() is True
    dry = relay.create(board, {"id": "dry", "pin": 26, "active": 0})
    assert pins.pin(26).state is True
    dry.set(True)
    assert pins.pin(26).state is False


def test_a_pin_has_one_user(pins, board):
    assert board.pin_in(4, "up") is board.pin_in(4, "up")
    with pytest.raises(ConfigError, match="pin 4 cannot be output: it is already input"):
        board.pin_out(4, 0)
    for n in (0, 1, 28, -1, "4", None, True):
        with pytest.raises(ConfigError, match="2 to 27"):
            board.pin_in(n, None)
    with pytest.raises(ConfigError, match="sideways"):
        board.pin_in(5, "sideways")


def test_a_pin_another_library_holds_is_a_config_error(pins, board):
    other = gpiozero.LED(17)
    with pytest.raises(ConfigError, match="17"):
        board.pin_out(17, 0)
    other.close()


@pytest.fixture
def line():
    """A serial line: (our end, path of the node's end)."""
    ours, theirs = os.openpty()
    os.set_blocking(ours, False)
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def test_uart_exchanges_raw_bytes_and_never_waits(board, line):
    ours, path = line
    port = board.uart(path, 115200)
    assert port.read() == b""
    every = bytes(range(256))
    os.write(ours, every)
    got = bytearray()
    wait_for(lambda: got.extend(port.read()) or len(got) == 256, 5, lambda: f"only {bytes(got)}")
    assert bytes(got) == every
    port.write(b"\xaa\x00\x22\x00\x00\x22\xdd\x0a\x0d")
    assert (
        wait_for(lambda: _read(ours), 5, "nothing arrived")
        == b"\xaa\x00\x22\x00\x00\x22\xdd\x0a\x0d"
    )


def _read(fd):
    try:
        return os.read(fd, 100)
    except BlockingIOError:
        return b""


def test_uart_comes_back_after_the_adapter_was_pulled_out(tmp_path):
    adapter = tmp_path / "ttyUSB0"
    ours, theirs = os.openpty()
    adapter.symlink_to(os.ttyname(theirs))
    port = hal.Uart(str(adapter), 9600)
    os.close(ours)
    os.close(theirs)
    adapter.unlink()
    with pytest.raises(OSError):
        wait_for(lambda: port.read() and False, 5, "a port without its adapter gave no error")
    with pytest.raises(OSError):
        port.read()
    ours, theirs = os.openpty()
    adapter.symlink_to(os.ttyname(theirs))
    assert port.read() == b""
    os.write(ours, b"back\n")
    assert wait_for(port.read, 5, "nothing after the return") == b"back\n"
    os.close(ours)
    os.close(theirs)


def test_serial_names(board, monkeypatch):
    opened = []
    monkeypatch.setattr(serial, "Serial", lambda path, baud, **_: opened.append((path, baud)))
    for name in ("uart0", "usb1", "acm0", "/dev/rfid"):
        board.uart(name, 9600)
    assert [path for path, _ in opened] == [
        "/dev/serial0",
        "/dev/ttyUSB1",
        "/dev/ttyACM0",
        "/dev/rfid",
    ]
    for name in ("com1", "uart", "usbx"):
        with pytest.raises(ConfigError, match=name):
            board.uart(name, 9600)


def test_a_port_that_is_not_there_is_a_config_error(board):
    with pytest.raises(ConfigError, match="usb77"):
        board.uart("usb77", 9600)


class Spidev(types.ModuleType):
    """A stand-in for the kernel's SPI module."""

    def __init__(self):
        super().__init__("spidev")
        self.opened = []
        outer = self

        class SpiDev:
            mode = max_speed_hz = None

            def open(self, bus, device):
                if bus > 1:
                    raise FileNotFoundError(2, "No such file")
                outer.opened.append((bus, device, self))

            def xfer2(self, data):
                assert isinstance(data, list)
                return [byte ^ 0xFF for byte in data]

        self.SpiDev = SpiDev


def test_spi_device_files(board, monkeypatch):
    spidev = Spidev()
    monkeypatch.setitem(sys.modules, "spidev", spidev)
    assert board.spi("spi0", 7).xfer(b"\x00\x0f") == b"\xff\xf0"
    board.spi("spi1", 18)
    assert [(bus, device) for bus, device, _ in spidev.opened] == [(0, 1), (1, 0)]
    assert all(spi.mode == 0 and spi.max_speed_hz == 4_000_000 for *_, spi in spidev.opened)
    with pytest.raises(ConfigError, match="8, 7"):
        board.spi("spi0", 5)
    with pytest.raises(ConfigError, match="spi0, spi1"):
        board.spi("spi5", 8)


class Bus:
    """A stand-in for smbus2.SMBus with emulated chips on it; a NAK is the kernel's EREMOTEIO."""

    opened = 0
    away = False

    def __init__(self, number):
        if Bus.away:
            raise FileNotFoundError(2, f"No such file: /dev/i2c-{number}")
        Bus.opened += 1

    def i2c_rdwr(self, message):
        chip = self.chips.get(message.addr)
        if chip is None:
            raise OSError(121, "Remote I/O error")
        try:
            if message.flags & 1:
                data = chip.read(message.len)
                for i, byte in enumerate(data):
                    message.buf[i] = byte
            else:
                chip.write(bytes(message))
        except OSError as e:
            raise OSError(121, "Remote I/O error") from e

    def close(self):
        pass


@pytest.fixture
def kernel_i2c(monkeypatch):
    """smbus2 without a kernel, and the emulated chips importable."""
    for place in PATH:
        monkeypatch.syspath_prepend(str(place))
    monkeypatch.setattr(hal.smbus2, "SMBus", Bus)
    monkeypatch.setattr(Bus, "chips", {}, raising=False)
    monkeypatch.setattr(Bus, "opened", 0)
    monkeypatch.setattr(Bus, "away", False)
    return Bus


def test_climate_driver_over_the_kernels_i2c(board, kernel_i2c):
    from strongroom_sim.chips.sht4x import Sht4x

    kernel_i2c.chips[0x44] = chip = Sht4x(t=18.25, rh=47.5)
    sensor = sht4x.create(board, {"id": "t1", "bus": "i2c1", "addr": 0x44})
    assert asyncio.run(sensor.read()) == {"t": 18.25, "rh": 47.5}
    chip.do_fault("absent")
    with pytest.raises(DriverError, match="absent"):
        asyncio.run(sensor.read())
    assert kernel_i2c.opened == 1, "a NAK is no reason to open the bus anew"
    assert board.i2c("i2c1").recover() is True
    assert kernel_i2c.opened == 2
    kernel_i2c.away = True
    assert board.i2c("i2c1").recover() is False


def test_i2c_names(board, kernel_i2c):
    for name in ("i2c", "spi0", "i2cx"):
        with pytest.raises(ConfigError, match="i2c1"):
            board.i2c(name)
    kernel_i2c.away = True
    with pytest.raises(ConfigError, match=r"config\.txt"):
        board.i2c("i2c1")


def test_settings_and_name(board, tmp_path):
    assert board.settings()["node"] == "n1"
    assert board.name == "raspberry-pi"
    with pytest.raises(ConfigError, match="missing"):
        hal.Board(str(tmp_path / "missing.json")).settings()
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(ConfigError, match="broken"):
        hal.Board(str(broken)).settings()


def test_store_outlives_the_board(board):
    (board.store()).write("a", b"one")
    assert board.store().read("a") == b"one"


def test_watchdog_feeds_the_service_manager(board, tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        dog = board.wdt(8000)
        assert manager.recv(100) == b"READY=1\nWATCHDOG_USEC=8000000"
        dog.feed()
        assert manager.recv(100) == b"WATCHDOG=1"
    dog.feed()  # a manager that went away must not end the node


def test_watchdog_without_a_service_manager(board, monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    board.wdt(8000).feed()
    assert host.notify(None, "READY=1") is False


def test_start_cause(board, monkeypatch, tmp_path):
    boot_id = tmp_path / "boot_id"
    boot_id.write_text("aaaa\n")
    monkeypatch.setattr(host, "BOOT_ID", boot_id)
    assert [board.reset_cause(), board.reset_cause()] == ["power", "soft"]
    boot_id.write_text("bbbb\n")
    assert [board.reset_cause(), board.reset_cause()] == ["power", "soft"]


def test_reset_leaves_the_process(board):
    with pytest.raises(SystemExit) as leaving:
        board.reset()
    assert leaving.value.code == hal.EXIT_RESET


def test_network_of_the_machine(board, monkeypatch, tmp_path):
    interfaces, wireless = tmp_path / "net", tmp_path / "wireless"
    for name, state in (("lo", "unknown"), ("eth0", "down")):
        (interfaces / name).mkdir(parents=True)
        (interfaces / name / "operstate").write_text(state + "\n")
    wireless.write_text("Inter-| sta-\n face | tus\n wlan0: 0000   54.  -56.  -256  0 0 0 0 0 0\n")
    monkeypatch.setattr(host, "INTERFACES", interfaces)
    monkeypatch.setattr(host, "WIRELESS", wireless)
    net = board.network()
    assert net.ok() is False
    with pytest.raises(LinkError, match="interface"):
        asyncio.run(net.up(timeout_ms=100))
    (interfaces / "eth0" / "operstate").write_text("up\n")
    assert net.ok() is True
    asyncio.run(net.up(timeout_ms=100))
    assert net.rssi() == -56
    wireless.unlink()
    assert net.rssi() is None
