"""The embedded broker as a process of its own: `python -m strongroom_demo.embedded HOST PORT`.

It ends with its input, so that it never outlives the demo that started it.
"""

import asyncio
import contextlib
import sys

from amqtt.broker import Broker


async def serve(host: str, port: int) -> None:
    """Serve anybody on this machine until the input ends."""
    plugins = {
        "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True},
    }
    listeners = {"default": {"type": "tcp", "bind": f"{host}:{port}"}}
    broker = Broker({"listeners": listeners, "plugins": plugins})
    await broker.start()
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)
    await broker.shutdown()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
