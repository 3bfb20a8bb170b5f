"""The ports of the runtime on a Raspberry Pi: gpiozero (lgpio), smbus2, spidev, pyserial.

The same names and errors as on the ESP32 (see `strongroom_esp32/hal.py`). Buses are called after
the kernel's devices: "i2c1" is /dev/i2c-1, "spi0" with a chip-enable pin is /dev/spidev0.x, "uart0"
is /dev/serial0, "usb0" is /dev/ttyUSB0, and a name that starts with /dev/ is taken as it is.
"""

import json
import os
from pathlib import Path

import gpiozero
import serial
import smbus2
from strongroom_node.errors import ConfigError
from strongroom_node.store import FileStore

from strongroom_pi import host

# Chip-enable lines of the two SPI controllers: the pin decides which device file it is.
SPI_ENABLES = {"spi0": {8: 0, 7: 1}, "spi1": {18: 0, 17: 1, 16: 2}}
SPI_HZ = 4_000_000
GPIO_PINS = range(2, 28)
EXIT_RESET = 75


class I2C:
    """One I2C bus of the kernel."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._bus = smbus2.SMBus(number)

    def write(self, addr: int, data: bytes) -> None:
        """Write to the chip at `addr`; OSError when it does not answer."""
        self._bus.i2c_rdwr(smbus2.i2c_msg.write(addr, data))

    def read(self, addr: int, n: int) -> bytes:
        """Read `n` bytes from the chip at `addr`; OSError when it does not answer."""
        message = smbus2.i2c_msg.read(addr, n)
        self._bus.i2c_rdwr(message)
        return bytes(message)

    def recover(self) -> bool:
        """Open the bus anew; return whether that worked.

        The lines belong to the kernel here, which clocks a stuck chip free where its driver can.
        """
        self._bus.close()
        try:
            self._bus = smbus2.SMBus(self._number)
        except OSError:
            return False
        return True


class SPI:
    """One chip on an SPI bus; the kernel drives its select line."""

    def __init__(self, bus: int, device: int) -> None:
        import spidev  # noqa: PLC0415  a node without SPI does not need it installed

        self._spi = spidev.SpiDev()
        self._spi.open(bus, device)
        self._spi.mode = 0
        self._spi.max_speed_hz = SPI_HZ

    def xfer(self, data: bytes) -> bytes:
        """Exchange `data` for as many bytes with the chip selected."""
        return bytes(self._spi.xfer2(list(data)))


class Uart:
    """A serial port that never waits, and that comes back after its adapter was pulled out."""

    def __init__(self, path: str, baud: int) -> None:
        self._path = path
        self._baud = baud
        self._port: serial.Serial | None = None
        self._open()

    def _open(self) -> serial.Serial:
        if self._port is None:
            self._port = serial.Serial(
                self._path, self._baud, timeout=0, write_timeout=0, exclusive=True
            )
        return self._port

    def read(self) -> bytes:
        """Return the bytes that have arrived; OSError while the adapter is away."""
        port = self._open()
        try:
            return port.read(4096)
        except OSError:
            self._drop()
            raise

    def write(self, data: bytes) -> None:
        """Send `data`; OSError while the adapter is away."""
        port = self._open()
        try:
            port.write(data)
        except OSError:
            self._drop()
            raise

    def _drop(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.close()


class PinIn:
    """A digital input."""

    def __init__(self, n: int, pull: str | None) -> None:
        pulls = {"up": True, "down": False, None: None}
        active = True if pull is None else None
        self._device = gpiozero.DigitalInputDevice(n, pull_up=pulls[pull], active_state=active)

    def value(self) -> int:
        """Return the level, 0 or 1."""
        return int(self._device.pin.state)


class PinOut:
    """A digital output that is safe from the moment it is claimed."""

    def __init__(self, n: int, safe: int) -> None:
        self._device = gpiozero.DigitalOutputDevice(n, initial_value=bool(safe))

    def set(self, level: int) -> None:
        """Drive the pin to 0 or 1."""
        self._device.value = level


class Board:
    """A Raspberry Pi as its node.json describes it."""

    def __init__(
        self,
        settings: str = "/etc/strongroom-node/node.json",
        state: str = "/var/lib/strongroom-node",
    ) -> None:
        self._settings_path = Path(settings)
        self._state = Path(state)
        self._settings: dict | None = None
        self._made: dict = {}
        self._users: dict[int, str] = {}

    @property
    def name(self) -> str:
        """The board's name in node.json."""
        return self.settings().get("board", "raspberry-pi")

    def settings(self) -> dict:
        """Return node.json; ConfigError when it cannot be read."""
        if self._settings is None:
            try:
                self._settings = json.loads(self._settings_path.read_text())
            except (OSError, ValueError) as e:
                raise ConfigError(f"cannot read {self._settings_path}: {e}") from e
        return self._settings

    def store(self) -> FileStore:
        """Return the store that outlives power."""
        return FileStore(str(self._state))

    def i2c(self, name: str) -> I2C:
        """Return the bus of this name; the same object each time."""
        if name not in self._made:
            number = name.removeprefix("i2c")
            if number == name or not number.isdigit():
                raise ConfigError(f"no I2C bus {name!r}; they are called i2c1, i2c3 ...")
            try:
                self._made[name] = I2C(int(number))
            except OSError as e:
                raise ConfigError(f"{name}: {e} (is I2C switched on in config.txt?)") from e
        return self._made[name]

    def spi(self, name: str, cs: int) -> SPI:
        """Return the chip on this bus that is selected by chip-enable pin `cs`."""
        enables = SPI_ENABLES.get(name)
        if enables is None:
            raise ConfigError(f"no SPI bus {name!r}; there are {', '.join(SPI_ENABLES)}")
        if cs not in enables:
            known = ", ".join(str(pin) for pin in enables)
            raise ConfigError(f"pin {cs} is no chip enable of {name}; there are {known}")
        if (name, cs) not in self._made:
            self._claim(cs, f"chip enable of {name}")
            try:
                self._made[name, cs] = SPI(int(name[3:]), enables[cs])
            except OSError as e:
                raise ConfigError(f"{name}: {e} (is SPI switched on in config.txt?)") from e
        return self._made[name, cs]

    def uart(self, name: str, baud: int) -> Uart:
        """Return the serial port of this name at `baud`."""
        try:
            return Uart(_serial_path(name), baud)
        except (OSError, ValueError) as e:
            raise ConfigError(f"{name}: {e}") from e

    def pin_in(self, n: int, pull: str | None = None) -> PinIn:
        """Return an input; the same object each time."""
        if pull not in ("up", "down", None):
            raise ConfigError(f"pin {n}: pull must be up, down or none, not {pull!r}")
        return self._pin(n, "input", lambda: PinIn(n, pull))

    def pin_out(self, n: int, safe: int) -> PinOut:
        """Return an output that shows `safe` from its first moment; the same object each time."""
        return self._pin(n, "output", lambda: PinOut(n, safe))

    def wdt(self, ms: int) -> host.ServiceWatchdog:
        """Return the watchdog of the service manager; its own timeout counts, not `ms`."""
        return host.ServiceWatchdog(os.environ.get("NOTIFY_SOCKET"), ms)

    def set_wall(self, ms: int) -> None:
        """Leave the machine's clock alone: the operating system looks after it."""

    def settled(self) -> None:
        """All devices are made: nothing to let go of here."""

    def reset_cause(self) -> str:
        """Return "power" for the first start since the machine came up, "soft" for a later one."""
        return host.start_cause(self._state)

    def reset(self) -> None:
        """Leave, for the service manager to start the node again."""
        raise SystemExit(EXIT_RESET)

    def network(self) -> host.HostNetwork:
        """Return the machine's own network, which the operating system looks after."""
        return host.HostNetwork()

    def _pin(self, n, use, make):
        if not isinstance(n, int) or isinstance(n, bool) or n not in GPIO_PINS:
            raise ConfigError(f"the header has no GPIO {n!r}; there are 2 to 27")
        self._claim(n, use)
        if n not in self._made:
            try:
                self._made[n] = make()
            except gpiozero.GPIOZeroError as e:
                raise ConfigError(f"pin {n}: {e}") from e
        return self._made[n]

    def _claim(self, n: int, use: str) -> None:
        known = self._users.setdefault(n, use)
        if known != use:
            raise ConfigError(f"pin {n} cannot be {use}: it is already {known}")


def _serial_path(name: str) -> str:
    if name.startswith("/dev/"):
        return name
    for prefix, path in (("uart", "/dev/serial"), ("usb", "/dev/ttyUSB"), ("acm", "/dev/ttyACM")):
        if name.startswith(prefix) and name.removeprefix(prefix).isdigit():
            return path + name.removeprefix(prefix)
    raise ConfigError(f"no serial port {name!r}; write uart0, usb0, acm0 or /dev/...")
