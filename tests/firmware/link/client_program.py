"""Lets the node's MQTT client do what a test asks, under either interpreter.

The first line of stdin is a JSON object: host, port, id, settings of the client, tls (a folder with ca, cert and key
files) and steps. Every step prints one JSON line as soon as it is done; a LinkError is printed as its
word and does not end the program.
"""

import asyncio
import gc
import json
import sys

from strongroom_node.compat import ticks_diff, ticks_ms
from strongroom_node.dial import dialer
from strongroom_node.errors import LinkError
from strongroom_node.mqtt import Client


def content(path):
    """Return the bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


class Program:
    """One client and the messages it got."""

    def __init__(self, task):
        self.task = task
        self.got = []
        self.count = 0
        self.first = None
        self.client = None

    def make(self):
        """Make the client; a key that cannot be used is a LinkError too."""
        task = self.task
        tls = task.get("tls")
        if tls is not None:
            tls = {part: content(tls[part]) for part in ("ca", "cert", "key")}
        will = task.get("will")
        if will is not None:
            will = (will[0], will[1].encode(), 1, True)
        dial = dialer(task.get("host", "127.0.0.1"), task["port"], tls)
        self.client = Client(dial, task["id"], will=will, **task.get("settings", {}))
        self.client.on_message = self.message

    def message(self, topic, payload, retain):
        """Keep the last few messages."""
        if payload == b"raise":
            raise RuntimeError("a mistake in the handler")
        self.count += 1
        self.got.append([topic, None if payload is None else payload.decode(), retain])
        self.got = self.got[-20:]

    async def step(self, name, *arguments):
        """Do one step and return what to print."""
        client = self.client
        if name == "connect":
            return {"resumed": await client.connect()}
        if name == "subscribe":
            await client.subscribe(arguments[0])
        elif name == "unsubscribe":
            await client.unsubscribe(arguments[0])
        elif name == "publish":
            topic, payload = arguments[:2]
            await client.publish(topic, payload.encode(), *arguments[2:])
        elif name == "send":
            topic, payload, times = arguments
            for i in range(times):
                await client.send(topic, ("%s%d" % (payload, i)).encode())
        elif name == "flood":
            topic, times = arguments
            for i in range(times):
                await client.send(topic, b"%d" % i)
            while client.in_flight:
                await asyncio.sleep(0.01)
        elif name == "until":  # so many messages have come
            while self.count < arguments[0] and client.connected:
                await asyncio.sleep(0.01)
        elif name == "lost":
            return {"kind": (await client.lost()).kind}
        elif name == "retry":
            return await self.retry(arguments[0])
        elif name == "sleep":
            await asyncio.sleep(arguments[0])
        elif name == "close":
            await client.close()
        elif name == "heap":
            gc.collect()
            return {"heap": gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0}
        else:
            raise ValueError(name)
        return {}

    async def retry(self, tries):
        """Connect again until it works."""
        for _ in range(tries):
            try:
                return {"resumed": await self.client.connect()}
            except LinkError:
                await asyncio.sleep(0.1)
        raise LinkError("never", "connected")

    async def run(self):
        """Do all steps; stop at none."""
        self.make()
        for step in self.task["steps"]:
            start = ticks_ms()
            answer = {"step": step[0]}
            try:
                answer.update(await self.step(*step))
            except LinkError as error:
                answer["kind"] = error.kind
                answer["why"] = str(error)
            answer["ms"] = ticks_diff(ticks_ms(), start)
            answer["count"] = self.count
            answer["got"] = self.got
            answer["in_flight"] = self.client.in_flight
            answer["skipped"] = self.client.skipped
            print(json.dumps(answer))
            if hasattr(sys.stdout, "flush"):
                sys.stdout.flush()
        await self.client.close()


def main():
    """Do what stdin says."""
    program = Program(json.loads(sys.stdin.readline()))
    try:
        asyncio.run(program.run())
    except LinkError as error:
        print(json.dumps({"step": "make", "kind": error.kind, "why": str(error)}))


main()
