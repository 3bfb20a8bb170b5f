"""ADS1115: a 16-bit converter with four inputs, and draw-wire potentiometers on them."""

from strongroom_sim.chips.i2c_chip import I2cChip

_FULL_SCALE_MV = (6144, 4096, 2048, 1024, 512, 256, 256, 256)
_RATES = (8, 16, 32, 64, 128, 250, 475, 860)
_AFTER_RESET = 0x8583


class Ads1115(I2cChip):
    """The converter. `pots` gives each channel's wire in mm at 0 V and at the supply.

    Further faults: wire0 to wire3 (that wiper's wire is broken; a resistor pulls the input to
    ground), busy (a conversion never ends).
    """

    FAULTS = ("absent", "nak", "stuck", "busy", "wire0", "wire1", "wire2", "wire3")

    def __init__(self, pots=None, supply_mv=3300):
        super().__init__()
        self.pots = {} if pots is None else pots
        self.supply_mv = supply_mv
        # A carriage stands somewhere; an input without a wire is pulled to ground.
        self.inputs = [supply_mv / 2 if channel in self.pots else 0.0 for channel in range(4)]
        self._power_up()

    def _power_up(self):
        self.pointer = 0
        self.config = _AFTER_RESET
        self.conversion = 0
        self._pending = None

    def do_set(self, channel, mv):
        """Put a voltage on an input."""
        self.inputs[channel] = float(mv)

    def do_move(self, channel, mm):
        """Pull a wire out to a position."""
        at_0, at_full = self.pots[channel]
        self.inputs[channel] = (mm - at_0) / (at_full - at_0) * self.supply_mv

    def do_brown_out(self):
        """Lose power for a moment: all registers as after a reset."""
        self._power_up()

    def command(self, data):
        """Set the pointer, and write the register it points to."""
        if not data:
            return
        self.pointer = data[0] & 3
        if len(data) == 3 and self.pointer == 1:
            self._finish()
            value = data[1] << 8 | data[2]
            self.config = value & 0x7FFF
            if value & 0x8000 and value & 0x0100:
                self._pending = self._sample()
                self.work(1000 / _RATES[value >> 5 & 7])

    def answer(self, n):
        """Give the register the pointer selects, high byte first."""
        self._finish()
        if self.pointer == 0:
            value = self.conversion
        elif self.pointer == 1:
            value = self.config | (0 if self._pending is not None else 0x8000)
        else:
            value = (0x8000, 0x7FFF)[self.pointer - 2]
        return bytes([value >> 8 & 0xFF, value & 0xFF])[:n]

    def _finish(self):
        if self._pending is not None and not self.busy and "busy" not in self.faults:
            if "stuck" not in self.faults:
                self.conversion = self._pending
            self._pending = None

    def _sample(self):
        mux = self.config >> 12 & 7
        if mux >= 4:
            mv = self._input(mux - 4)
        else:
            positive, negative = ((0, 1), (0, 3), (1, 3), (2, 3))[mux]
            mv = self._input(positive) - self._input(negative)
        counts = round(mv * 32768 / _FULL_SCALE_MV[self.config >> 9 & 7])
        return min(32767, max(-32768, counts)) & 0xFFFF

    def _input(self, channel):
        return 2.0 if "wire%d" % channel in self.faults else self.inputs[channel]
