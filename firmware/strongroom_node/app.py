"""The node: everything wired together.

    main(board)                                 # on a board, for ever
    node = Node(board, settings); await node.run()

Tasks of devices use `node.emit(kind, fields)` for events, `node.emit_many` for several of one
moment, and `node.measure(kind, fields)` for readings. None of them waits for the network.
"""

import asyncio
import gc

from strongroom_node import contract
from strongroom_node.buzzer import ALARM, Flag
from strongroom_node.clock import Clock
from strongroom_node.compat import (
    IS_MICROPYTHON,
    const,
    forget,
    free_heap,
    print_exc,
    random_bytes,
    sleep_ms,
    wall_ms,
)
from strongroom_node.errors import ConfigError, DriverError, StoreError
from strongroom_node.outbox import Outbox
from strongroom_node.supervisor import Supervisor

FIRMWARE = "0.1.0"
_WDT_MS = const(10000)
_LINK_DEADLINE_MS = const(60000)  # one try to connect may take 25 s and cannot say that it lives
_SAFE_MS = const(600000)  # safe mode lasts ten minutes, then the node tries again
_HEALTH_MS = const(60000)
SELDOM = ("configuring", "boots", "trial", "config_store", "devices")  # modules, unloaded after use
_UPKEEP_MS = const(1000)
_FLASH_MS = const(5000)  # between two tries to tell of events that flash did not take
_ANSWER_MS = const(2000)
_SOUND_MS = const(120000)
_WHY_LENGTH = const(200)
# Without this the heap fills up before it is swept, and what lives long is strewn all over it: after
# some hours no 3 KB in one piece can be had although half of it is free (measured with 64 KB).
_SWEEP_BYTES = const(8192)


def log(text):
    """Write a line to the console: the only place where a node without a network can say anything."""
    print(text)  # noqa: T201


class Node:
    """One node. Raises ConfigError when node.json cannot be used.

    on_accept   on_accept(lane, boot, seq, kind, mono): a record is safely in the outbox
    """

    def __init__(self, board, settings, on_accept=None):
        from strongroom_node import config, configuring, connecting, devices, ids

        if IS_MICROPYTHON:
            gc.threshold(_SWEEP_BYTES)
        self.board = board
        self.settings = settings
        types = devices.Types()
        config.check_settings(settings, types)
        self.store = board.store()
        self.flash_errors = 0
        self._unwritten = Flag(ALARM)
        self._starved, self._starved_at = 0, None
        self.cause = board.reset_cause()
        given_up = configuring.begin(self)
        self.boot = self.try_flash(ids.next_boot, self.store)
        if self.boot is None:
            # Flash is dead: what this boot says must still not look like another boot's.
            self.boot = (1 << 16) + int.from_bytes(random_bytes(4), "big") % (1 << 29)
        for name in ("config", "ids") + SELDOM:
            forget("strongroom_node." + name)
        self.clock = Clock(wall_ms(), board.set_wall)
        self.clock.on_anchor = self._anchor
        limits = self._setting("limits")
        self.outbox = Outbox(
            self.store,
            self.boot,
            self.clock.stamp,
            limits.get("outbox_bytes", 262144),
            limits.get("ram_bytes", 3072),
            on_accept,
        )
        self.answer_ms = limits.get("answer_ms", _ANSWER_MS)
        self.sound_ms = limits.get("sound_ms", _SOUND_MS)
        self._complaints = {
            (None, "flash"): self._unwritten
        }  # (signal or None for all, name) -> rule
        self._sensed = {}  # sensor -> mono of its last good reading
        self._said = {}  # sensor -> what it said then
        self._relays = []
        self._shared = {}
        self._served = {}  # (role, device) -> handler of its commands
        self._reset_at = None
        self._lasted = False
        self.network = board.network()
        self.link = connecting.make_link(self, self._command, self._take_config, self._wedged, log)
        forget("strongroom_node.connecting")
        self.outbox.on_hunger = self.link.spare
        self.supervisor = Supervisor(board.wdt(_WDT_MS), self.report)
        self.emit("node", {"what": "boot", "cause": self.cause})
        if given_up is not None:
            why = "the node did not last a minute with it"
            self.report("config.refused", version=given_up, why=why)

    # what tasks use

    def emit(self, kind, fields):
        """Keep one event; it is on flash when this returns, or flash failed and the node says so."""
        self.emit_many([(kind, fields)])

    def emit_many(self, items):
        """Keep the events [(kind, fields)] of one moment; one write to flash for all of them.

        Returns the number of the last one, 0 when they are not on flash.
        """
        seq = 0
        try:
            seq = self.outbox.add_many(contract.EVENT, items)[-1][1]
        except (StoreError, MemoryError) as error:
            self._flash_failed(len(items), error)
        self.link.wake()
        return seq

    def measure(self, kind, fields):
        """Keep one reading. A sensor's reading also counts as a sign of life for relays."""
        sensor = fields.get("sensor")
        if sensor is not None:
            self._sensed[sensor] = self.clock.mono()
            self._said[sensor] = fields
        try:
            self.outbox.add(contract.TELEMETRY, kind, fields)
        except MemoryError:  # the next one comes soon; health counts it
            self.outbox.dropped[contract.TELEMETRY] += 1
        self.link.wake()

    def sensed(self, sensor):
        """Return the mono of a sensor's last good reading, None for never."""
        return self._sensed.get(sensor)

    def reading(self, sensor, quantity):
        """Return a value of a sensor's last good reading, None for never."""
        return self._said.get(sensor, {}).get(quantity)

    def heard(self):
        """Return the mono of the gateway's last word; that of the start when there was none yet."""
        return self.link.heard

    def serve(self, role, device_id, handler):
        """Take over the commands of a device: handler(fields) -> None when done, else why not."""
        self._served[(role, device_id)] = handler

    def signal(self, device_id, pattern):
        """Play a pattern on a signal device of this node at once; a device that is not there plays nothing."""
        handler = self._served.get(("signal", device_id))
        if handler is not None:
            handler({"pattern": pattern, "ms": 0})

    def complain(self, signal, name, rule):
        """Let a rule of buzzer.py be heard through a signal device; `name` says whose it is."""
        self._complaints[(signal, name)] = rule

    def complaints(self, signal):
        """Return the rules [(name, rule)] that are heard through a signal device."""
        return [
            (key[1], self._complaints[key]) for key in self._complaints if key[0] in (signal, None)
        ]

    def answered(self):
        """Return the highest number of this boot's events that the gateway has acknowledged."""
        return self.outbox.acked(contract.EVENT)

    def is_linked(self):
        """Return whether the broker can be reached now."""
        return self.link.connected

    def shared(self, name, make):
        """Return what several tasks of this node share under a name; the first one makes it."""
        if name not in self._shared:
            self._shared[name] = make()
        return self._shared[name]

    def report(self, what, device=None, why=None, **more):
        """Keep an event about the node itself."""
        fields = {"what": what}
        if device is not None:
            fields["device"] = device
        if why is not None:
            fields["why"] = str(why)[:_WHY_LENGTH]
        fields.update(more)
        self.emit("node", fields)

    # life

    async def run(self):
        """Start everything and watch over it; never returns."""
        if self.safe:
            self.report("safe_mode", why="%d boots in a row did not last" % self.failed_boots)
        self._start_devices()
        self.board.settled()
        spawn = self.supervisor.spawn
        spawn("upkeep", self._look_after)
        spawn("link", self.link.run, _LINK_DEADLINE_MS)
        if not self.safe:
            spawn("health", self._tell_health)
        await self.supervisor.run(self._good)

    def _start_devices(self):
        from strongroom_node import devices

        cfgs = self._setting("devices")
        for cfg in cfgs:
            self._start_device(devices, cfg)
        devices.let_go([cfg["type"] for cfg in cfgs])
        forget("strongroom_node.devices")

    def _start_device(self, devices, cfg):
        device_id = cfg["id"]
        try:
            module = devices.load(cfg["type"])
            if self.safe and module.ROLE != "relay":
                return
            driver = module.create(self.board, cfg)
        except (ConfigError, DriverError, OSError, KeyError, ValueError) as error:
            if isinstance(error, (ConfigError, KeyError, ValueError)):
                self._rarely("back_to_good", "%s: %s" % (device_id, error))
            self.report("driver.fault", device_id, error)
            return
        if module.ROLE == "relay":
            driver.set(False)
            self._relays.append(driver)
        if not self.safe:
            task = devices.task(module.ROLE)
            self.supervisor.spawn(
                device_id, lambda beat: task.run(self, device_id, driver, cfg, beat)
            )

    async def _look_after(self, beat):
        tell_at = 0
        while True:
            now = self.clock.mono()
            if self.flash_errors and now >= tell_at:
                tell_at = now + _FLASH_MS
                self._tell_flash()
            self._tell_heap(now)
            if self._lasted:
                self._rarely("lasted")
                self._lasted = False
            if self.safe and now >= _SAFE_MS and self._reset_at is None:
                self._rarely("boot_is_good")
                self._reset_at = now
            if self._reset_at is not None and now >= self._reset_at:
                await self._leave()
            beat()
            await sleep_ms(_UPKEEP_MS)

    async def _tell_health(self, beat):
        due = 0
        while True:
            now = self.clock.mono()
            if now >= due:
                due = now + _HEALTH_MS
                self.measure("health", self.health())
            beat()
            await sleep_ms(1000)

    def health(self):
        """Return the fields of telemetry/health."""
        return {
            "heap": free_heap(),
            "rssi": self.network.rssi() if self.network is not None else None,
            "up": self.clock.mono() // 1000,
            "queued": self.outbox.counts(),
            "dropped": dict(self.outbox.dropped),
            "resets": self.failed_boots,
            "loop": self.supervisor.take_worst_gap(),
        }

    def info(self):
        """Return the fields of the info message; the link adds the time."""
        from strongroom_node import devices

        forget("strongroom_node.devices")  # in an hour again
        return {
            "firmware": FIRMWARE,
            "board": self.board.name,
            "boot": self.boot,
            "cause": self.cause,
            "capabilities": [
                {"id": d["id"], "type": d["type"], "role": devices.load(d["type"]).ROLE}
                for d in self._setting("devices")
            ],
            "config": self.version,
            "room": self.settings["room"],
            "node": self.settings["node"],
        }

    def _good(self):
        self._lasted = True  # the rest is work, and for a task that may fail and begin again

    async def _leave(self):
        for relay in self._relays:
            relay.set(False)
        await self.link.stop()
        self.try_flash(self.outbox.flush)  # readings in RAM would not outlive the reset
        self._rarely("boot_is_good")  # a reset on purpose is no failed boot
        self.board.reset()

    # flash

    def try_flash(self, action, *arguments):
        """Do something on flash and return what comes of it, None when flash failed, which is told."""
        try:
            return action(*arguments)
        except StoreError as error:
            self._flash_failed(0, error)
            return None

    def _flash_failed(self, events, error):
        if not self.flash_errors:
            print_exc(error)
        self.flash_errors += max(1, events)
        self._unwritten.on = True

    def _tell_flash(self):
        """Tell the gateway as soon as flash takes it."""
        count = self.flash_errors
        if self._told("flash", "%d events not kept", count):
            self.flash_errors -= count
            self._unwritten.on = self.flash_errors > 0

    def _told(self, device, why, count):
        """Keep an event about a fault of the node's own; return whether it is on flash. If not, try again later."""
        try:
            fields = {"what": "driver.fault", "device": device, "why": why % count}
            self.outbox.add(contract.EVENT, "node", fields)
        except (StoreError, MemoryError):
            return False
        self.link.wake()
        return True

    def _tell_heap(self, now):
        """Say once that the heap had no room for something, and once that it has again."""
        count = self.link.starved + self.outbox.starved
        if count != self._starved:
            if self._starved_at is None and not self._told(
                "heap", "no room, %d times since the start", count
            ):
                return
            self._starved, self._starved_at = count, now
        elif self._starved_at is not None and now - self._starved_at >= _HEALTH_MS:
            self._starved_at = None
            self.report("driver.ok", "heap")

    # configuration

    @property
    def version(self):
        """The version of the configuration in use, 0 for node.json."""
        return self.config["version"] if self.config else 0

    def _setting(self, key):
        return (self.config or self.settings).get(key, {})

    def _rarely(self, what, *arguments):
        """Do what is seldom done, with modules that are not kept for it."""
        from strongroom_node import configuring

        try:
            return getattr(configuring, what)(self, *arguments)
        finally:
            for name in SELDOM:
                forget("strongroom_node." + name)

    def _take_config(self, payload):
        for step in (1, 2, 0):
            try:
                self._rarely("take", payload)
                return
            except MemoryError:
                if step:
                    self.outbox.relieve(step)
        # Said, so that nobody waits for it.
        self.report("config.refused", version=0, why="no memory is left to look at it")

    # the link

    def _anchor(self, mono, ts, source):
        fields = {"what": "clock.anchor", "of_boot": self.boot, "source": source}
        fields.update({"at_mono": mono, "at_ts": ts})
        self.emit("node", fields)

    def _wedged(self, why):
        self.report("driver.fault", "network", why)
        self.reset_soon()

    def reset_soon(self):
        """Leave in a moment, with a goodbye, and start anew."""
        if self._reset_at is None:
            self._reset_at = self.clock.mono() + 1500

    def _command(self, what, command):
        """Carry out a command from the gateway; return None, or why not."""
        if what == "reboot":
            self.reset_soon()
            return None
        if what == "identify":
            for (role, _), handler in self._served.items():
                if role == "signal":
                    handler({"pattern": "attention", "ms": command["ms"]})
            return None
        if self.safe:
            return "safe mode"
        handler = self._served.get((what, command[what]))
        if handler is None:
            return "no %s is called %s" % (what, command[what])
        return handler(command)


def main(board):
    """Run the node of a board for ever."""
    node = Node(board, board.settings())
    asyncio.run(node.run())
