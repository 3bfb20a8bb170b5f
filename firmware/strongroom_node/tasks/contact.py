"""Openings and closings of a door, cabinet or safe; its state is also told at the start."""

from strongroom_node.tasks.levels import follow


async def run(node, device_id, driver, cfg, beat):
    """Watch the contact for ever."""

    def report(is_open, edges):
        node.emit("contact", {"input": device_id, "open": is_open, "edges": edges})

    await follow(driver, cfg, beat, report)
