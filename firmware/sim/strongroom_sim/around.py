"""What stands around an emulated board: its chips, the stimuli that move them, its outputs, its supply.

    around = Around(directory, settings, pid)
    around.act(line)             # one stimulus
    for word in around.news():   # what the board itself has to do about it

The board with its firmware may live in the same process or in another one (far.py).
"""

import json
import os
import sys
import time

from strongroom_sim.bench import MICROPYTHON, bench
from strongroom_sim.solder import solder

BATTERY = "rtc-battery"
KEPT = "rtc-kept"  # written by a reset: the chip's clock goes on, ms before that of the host


def say(**fields):
    """Write one line out, in one piece: two processes of a board share the output."""
    sys.stdout.write(json.dumps(fields) + "\n")
    if not MICROPYTHON:
        sys.stdout.flush()


class Around:
    """The surroundings of one board; `pid` is the process that dies when its power is cut.

    News: end (no more stimuli will come), watchdog (it has bitten), hang_up (connections are to be
    reset), heap (say how much of it is in use), heap_full:<ms> (fill it for so long).
    """

    def __init__(self, directory, settings, pid):
        self.directory = directory
        self._pid = pid
        self._news = []
        bench.clear()
        now, files = time.time_ns() // 1000000, os.listdir(directory)
        if BATTERY in files:
            bench.set_wall(now)
        if KEPT in files:
            with open(directory + "/" + KEPT) as file:
                bench.set_wall(now + int(file.read()))
            os.remove(directory + "/" + KEPT)
        self.devices = solder(settings["devices"], settings["board"])
        self.devices["board"] = self
        for device in settings["devices"]:
            for role in ("pin", "led"):
                if device["type"] in ("relay", "signal") and role in device:
                    bench.pins[device[role]].listen(_reporter(device["id"], role))
        self._look_around()

    def act(self, line):
        """Carry out one line of the input; an empty one is its end."""
        if not line:
            self._news.append("end")
            return
        order = json.loads(line)
        device = self.devices.get(order["dev"])
        act = getattr(device, "do_" + order["do"], None)
        if act is None:
            text = "no such stimulus: %s" % line.decode().strip()
            say(out="log", level="error", text=text)
        else:
            act(**order.get("with", {}))

    def news(self):
        """Return what has come up for the board since the last call."""
        news, self._news = self._news, []
        if bench.wdt.overdue(bench.now_ms()):
            news.append("watchdog")
        return news

    def do_network_cut(self, on=True, how="stall"):
        """Cut the network cable, or mend it. `how` is "stall": what is under way stands still; or
        "reset": open connections end, the way a restarted switch or broker ends them."""
        bench.air.up = not on
        if on and how == "reset":
            self._news.append("hang_up")

    def do_power_cut(self):
        """End the board like one without power: at once, with nothing tidied up."""
        if MICROPYTHON:
            import ffi

            ffi.open(None).func("i", "kill", "ii")(self._pid, 9)
        else:
            os.kill(self._pid, 9)

    def do_heap(self):
        """Let the board say how many bytes of its heap are in use. MicroPython only."""
        self._news.append("heap")

    def do_heap_full(self, ms=1000):
        """Fill the board's heap for a while; a few hundred bytes stay free, in pieces. MicroPython only."""
        self._news.append("heap_full:%d" % ms)

    def do_clock_set(self):
        """Give the board a clock with a battery: from its next start it knows the time."""
        with open(self.directory + "/" + BATTERY, "w"):
            pass

    def do_clock_unset(self):
        """Take the battery out: from its next start the board believes it is the year 2000."""
        if BATTERY in os.listdir(self.directory):
            os.remove(self.directory + "/" + BATTERY)

    def _look_around(self):
        """Take in what stands around the board before the firmware starts."""
        try:
            with open(self.directory + "/surroundings.jsonl", "rb") as lines:
                for line in lines:
                    self.act(line)
        except OSError:
            pass  # a board on a bare bench


def _reporter(device, role):
    def report(pin, level):
        say(out="pin", pin=pin, level=level, dev=device, role=role)

    return report
