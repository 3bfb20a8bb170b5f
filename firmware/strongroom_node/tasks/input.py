"""Changes of a two-state input. Its state is also reported once at the start."""

from strongroom_node.tasks.levels import follow


async def run(node, device_id, driver, cfg, beat):
    """Watch the input for ever."""

    def report(on, edges):
        node.emit("input", {"input": device_id, "on": on, "value": None})

    await follow(driver, cfg, beat, report)
