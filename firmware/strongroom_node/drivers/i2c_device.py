"""One chip on an I2C bus: the bus's OSErrors as DriverErrors, and a stuck bus freed once."""

from strongroom_node.compat import const, sleep_ms
from strongroom_node.errors import DriverError

# Linux says EREMOTEIO or ENXIO for a NAK, MicroPython ENODEV, some controllers EIO.
_NAK = (5, 6, 19, 121)
_WRITE_TRIES = const(3)
_RETRY_MS = const(10)


class I2cDevice:
    """A chip at an address; `device` is the name its errors carry."""

    def __init__(self, bus, addr, device):
        self.bus = bus
        self.addr = addr
        self.device = device

    async def write(self, data):
        """Send bytes. A measuring chip refuses, so it is asked again; then it is `absent`."""
        for _ in range(_WRITE_TRIES):
            try:
                return self._try(self.bus.write, data)
            except DriverError as e:
                if e.kind != "nak":
                    raise
            await sleep_ms(_RETRY_MS)
        raise DriverError("absent", self.device)

    def read(self, n):
        """Read `n` bytes; `nak` when the chip does not answer (most refuse while they are busy)."""
        data = self._try(self.bus.read, n)
        if len(data) != n:
            raise DriverError("nak", self.device)
        return data

    async def read_when_ready(self, n, deadline_ms):
        """Read `n` bytes as soon as the chip answers; `timeout` when it never does."""
        waited = 0
        while True:
            try:
                return self.read(n)
            except DriverError as e:
                if e.kind != "nak":
                    raise
            if waited >= deadline_ms:
                raise DriverError("timeout", self.device)
            await sleep_ms(5)
            waited += 5

    def _try(self, transfer, what):
        try:
            return transfer(self.addr, what)
        except OSError as e:
            if e.errno in _NAK:
                raise DriverError("nak", self.device)
        # Not a NAK: the bus itself does not move. Free it and try once more.
        if not self.bus.recover():
            raise DriverError("stuck", self.device)
        try:
            return transfer(self.addr, what)
        except OSError as e:
            raise DriverError("nak" if e.errno in _NAK else "stuck", self.device)
