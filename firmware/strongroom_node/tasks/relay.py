"""A relay under the rules of `failsafe.RelayRule`: on by a lease only, off whenever in doubt.

Settings: min_off_ms, min_on_ms, max_on_ms, needs (a sensor of this node), fresh_ms (how old its
reading may be, 300000).

Where alone_by is set: alone_on, alone_off, alone_after_ms (900000); see alone.py.

What the task needs of the node: `serve("relay", id, handler)`, where handler(command) returns None
when the command was carried out and else why not; `sensed(id)`, the mono of a sensor's last good
reading or None; `clock.mono()`; `emit(kind, fields)`; for a relay that acts alone also
`reading(id, quantity)`, its last value or None, and `heard()`, the mono of the gateway's last word.
"""

from strongroom_node.compat import const
from strongroom_node.failsafe import DAY_MS, RelayRule
from strongroom_node.tasks.pace import rest

_TICK_MS = const(200)
_ALONE_MS = const(10000)  # the lease that the node gives itself; renewed at each tick


class Control:
    """One relay and its rule; the pin is switched before anything is said."""

    def __init__(self, node, device_id, driver, cfg):
        self._node = node
        self._id = device_id
        self._driver = driver
        self._rule = RelayRule(
            cfg.get("min_off_ms", 0),
            cfg.get("min_on_ms", 0),
            cfg.get("max_on_ms", DAY_MS),
            cfg.get("fresh_ms", 300000),
            cfg.get("needs"),
            node.clock.mono(),
        )
        self._alone = None
        if cfg.get("alone_by") is not None:
            from strongroom_node.alone import AloneRule

            after = cfg.get("alone_after_ms", 900000)
            self._alone = AloneRule(cfg["alone_by"], cfg["alone_on"], cfg["alone_off"], after)

    def command(self, message):
        """Carry out a `command/relay`; return None, or why not."""
        now = self._node.clock.mono()
        why = self._rule.command(message["on"], message["lease"], now, self._sensed())
        self._apply("on" if self._rule.on else "off")
        return why

    def tick(self):
        """Switch off what has lost its reason to run; act alone where nobody else does."""
        if self._alone is not None:
            self._act_alone()
        why = self._rule.tick(self._node.clock.mono(), self._sensed())
        if why == "lease":
            self._driver.set(False)
            self._node.emit("node", {"what": "relay.expired", "relay": self._id})
        else:
            self._apply(why)

    def _act_alone(self):
        now, running = self._node.clock.mono(), self._rule.on
        value = self._node.reading(self._rule.needs, self._alone.by)
        wanted = self._alone.wanted(running, value, now - self._node.heard())
        if wanted is None or (not wanted and not running):
            return
        self._rule.command(wanted, _ALONE_MS, now, self._sensed())
        self._apply("alone")

    def _apply(self, why):
        if self._driver.on != self._rule.on:
            self._driver.set(self._rule.on)
            self._node.emit("node", {"what": "relay.changed", "relay": self._id, "why": why})

    def _sensed(self):
        needs = self._rule.needs
        return None if needs is None else self._node.sensed(needs)


async def run(node, device_id, driver, cfg, beat):
    """Keep the relay for ever; whatever ends this, the relay is off."""
    control = Control(node, device_id, driver, cfg)
    node.serve("relay", device_id, control.command)
    try:
        while True:
            control.tick()
            await rest(_TICK_MS, beat)
    finally:
        driver.set(False)
