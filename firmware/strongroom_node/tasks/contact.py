"""Openings and closings of a door, cabinet or safe; its state is also told at the start.

Settings: alarm (a signal of this node that complains when it stays open), open_ms (how long it may,
300000).
"""

from strongroom_node.buzzer import OpenRule
from strongroom_node.compat import const
from strongroom_node.tasks.levels import follow

_OPEN_MS = const(300000)


async def run(node, device_id, driver, cfg, beat):
    """Watch the contact for ever."""
    rule = None
    if "alarm" in cfg:
        rule = OpenRule(cfg.get("open_ms", _OPEN_MS))
        node.complain(cfg["alarm"], device_id, rule)

    def report(is_open, edges):
        if rule is not None:
            rule.feed(is_open, node.clock.mono())
        node.emit("contact", {"input": device_id, "open": is_open, "edges": edges})

    await follow(driver, cfg, beat, report)
