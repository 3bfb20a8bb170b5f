"""Readings of a temperature and humidity sensor, and the word when it falls silent.

Settings: every_ms (10000 unless told), fails (how many failed readings in a row make it lost, 3),
alarm (a signal of this node whose lamp shows that it is lost).
A value that never changes is judged by the gateway, which sees the whole day.
"""

from strongroom_node.buzzer import NOTICE, Flag
from strongroom_node.errors import DriverError
from strongroom_node.tasks.health import Health
from strongroom_node.tasks.pace import Cadence


async def run(node, device_id, driver, cfg, beat):
    """Read and publish for ever."""
    health = Health(node, device_id, cfg.get("fails", 3), sensor=True)
    cadence = Cadence(cfg.get("every_ms", 10000))
    lost = Flag(NOTICE)
    if "alarm" in cfg:
        node.complain(cfg["alarm"], device_id, lost)
    while True:
        try:
            reading = await driver.read()
        except DriverError as e:
            health.failed(e.kind)
        else:
            health.worked()
            node.measure("climate", {"sensor": device_id, "t": reading["t"], "rh": reading["rh"]})
        lost.on = health.lost
        await cadence.next(beat)
