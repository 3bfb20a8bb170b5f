"""Waiting for a network to come up."""

import asyncio

from strongroom_node.compat import const
from strongroom_node.errors import LinkError

_STEP_MS = const(100)


async def until(condition, timeout_ms, what):
    """Wait for a network; LinkError when that takes longer than `timeout_ms`."""
    waited = 0
    while not condition():
        if waited >= timeout_ms:
            raise LinkError("network", "%s did not come up in %d s" % (what, timeout_ms // 1000))
        await asyncio.sleep(_STEP_MS / 1000)
        waited += _STEP_MS
