"""Puts the emulated chips of a node.json onto the bench, where the firmware will look for them."""

from strongroom_esp32 import pins

from strongroom_sim.bench import bench

STOP_REACH_MM = 5  # how far from its end a carriage still presses the end stop


def solder(devices, board):
    """Return {device id: what its stimuli move} after wiring every device of the settings."""
    wired = {}
    for device in devices:
        make = _MAKERS.get(device["type"])
        if make is not None:
            wired[device["id"]] = make(device, board)
    return wired


def _climate(module, name):
    def make(device, board):
        chip = _chip(module, name)()
        bench.i2c[pins.bus(board, device["bus"])["id"]].attach(device["addr"], chip)
        return chip

    return make


def _mfrc522(device, board):
    chip = _chip("mfrc522", "Mfrc522")()
    bench.spi[(pins.bus(board, device.get("bus", "spi0"))["id"], device["cs"])] = chip
    if "rst" in device:
        bench.pins[device["rst"]].listen(chip.rst)
    return chip


def _r200(device, board):
    chip = _chip("r200", "R200")()
    bench.uart[pins.bus(board, device["bus"])["id"]] = chip
    return chip


def _contact(device, board):
    closed = device.get("closed", 0)
    return _chip("gpio", "Switch")(device["pin"], on=True, active=closed)


def _input(device, board):
    return _chip("gpio", "Switch")(device["pin"], active=device.get("active", 0))


def _shelf(device, board):
    return ShelfBank(device, pins.bus(board, device["bus"])["id"])


class ShelfBank:
    """Draw wires and end stops of a bank: a carriage that moves turns the one and presses the
    other."""

    def __init__(self, device, bus):
        switch = _chip("gpio", "Switch")
        carriages = device["carriages"]
        wires = {one["channel"]: (one["mm_at_0"], one["mm_at_full"]) for one in carriages}
        self.chip = _chip("ads1115", "Ads1115")(wires)
        bench.i2c[bus].attach(device["addr"], self.chip)
        self._stops = []  # channel, mm of the end, switch
        for one in carriages:
            for end in ("low", "high"):
                if end + "_pin" in one:
                    stop = switch(one[end + "_pin"], active=device.get("stop_level", 0))
                    self._stops.append((one["channel"], one[end + "_mm"], stop))

    def do_move(self, channel, mm):
        """Roll a carriage to a place."""
        self.chip.do_move(channel, mm)
        for number, end, stop in self._stops:
            if number == channel:
                stop.do_set(abs(mm - end) <= STOP_REACH_MM)

    def do_fault(self, kind, on=True):
        """Let the converter misbehave."""
        self.chip.do_fault(kind, on)


def _chip(module, name):
    # Only what this board carries is loaded: the heap is that of an ESP32.
    return getattr(__import__("strongroom_sim.chips." + module, None, None, (name,)), name)


_MAKERS = {
    "sht3x": _climate("sht3x", "Sht3x"),
    "sht4x": _climate("sht4x", "Sht4x"),
    "aht20": _climate("aht20", "Aht20"),
    "mfrc522": _mfrc522,
    "r200": _r200,
    "contact": _contact,
    "digital_input": _input,
    "ads1115_shelf": _shelf,
}
