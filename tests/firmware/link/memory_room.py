"""A broker and a gateway in memory, speaking MQTT bytes, for a node on a virtual clock.

It reads what the node's client writes with code of its own, and knows what a gateway knows: which
records came, how often, and in what order. It can go away in the ways brokers and networks do.
"""

import asyncio
import json


class Pipe:
    """One connection as the client sees it."""

    def __init__(self, room):
        self.room = room
        self.inbox = b""
        self.ended = False
        self.deaf = False  # the peer is gone without a word
        self.buffer = b""
        self.ready = asyncio.Event()

    async def read(self, most):
        """Wait for bytes of the server; b"" at the end."""
        while self.deaf or not (self.inbox or self.ended):
            self.ready.clear()
            await self.ready.wait()
        data, self.inbox = self.inbox[:most], self.inbox[most:]
        return data

    def write(self, data):
        """Take bytes of the client."""
        if self.ended:
            raise OSError(104)
        if not self.deaf:
            self.buffer += bytes(data)
            self.room.receive(self)

    async def drain(self):
        """Let others run."""
        await asyncio.sleep(0)

    def hang_up(self):
        """End it from the client's side."""
        self.finish()

    def finish(self):
        """End it."""
        self.ended = True
        self.deaf = False
        self.ready.set()

    def send(self, data):
        """Give bytes of the server to the client."""
        self.inbox += data
        self.ready.set()


class MemoryRoom:
    """The other end of everything."""

    def __init__(self, node_topic):
        self.topic = node_topic
        self.pipe = None
        self.refusing = False
        self.silent = False  # connects, and then nothing is heard
        self.session = False
        self.acking = True
        self.high = {}  # (lane, boot) -> highest seq with everything below it
        self.beyond = {}  # (lane, boot) -> seqs above that
        self.records = 0
        self.copies = 0
        self.dups = 0  # packets marked DUP
        self.connects = 0
        self.resumed = 0
        self.last_id = 0
        self.id_wraps = 0
        self.wrong = []  # what should never be seen
        self.values = {}  # kind -> {seq: value} window check
        self.changed = False

    # the network

    async def dial(self):
        """Open a connection, or raise what a network raises."""
        if self.refusing:
            from strongroom_node.dial import explain

            raise explain(OSError(111))
        self.pipe = Pipe(self)
        self.pipe.deaf = self.silent
        return self.pipe, self.pipe, self.pipe.hang_up

    def cut(self):
        """End the connection."""
        if self.pipe is not None:
            self.pipe.finish()

    def go_silent(self):
        """Black hole, for the open connection and new ones."""
        self.silent = True
        if self.pipe is not None:
            self.pipe.deaf = True

    # the broker

    def receive(self, pipe):
        """Cut the client's bytes into packets and answer them."""
        while True:
            size, shift, at = 0, 0, 1
            while True:
                if at >= len(pipe.buffer):
                    return
                digit = pipe.buffer[at]
                size |= (digit & 127) << shift
                shift += 7
                at += 1
                if digit < 128:
                    break
            if len(pipe.buffer) < at + size:
                return
            header, body = pipe.buffer[0], pipe.buffer[at : at + size]
            pipe.buffer = pipe.buffer[at + size :]
            self.packet(pipe, header, body)

    def packet(self, pipe, header, body):
        """Answer one packet."""
        kind = header >> 4
        if kind == 1:
            self.connects += 1
            self.resumed += self.session
            pipe.send(bytes((0x20, 2, 1 if self.session else 0, 0)))
            self.session = True
        elif kind == 3:
            self.publish(pipe, header, body)
        elif kind == 8:
            filters, at = 0, 2
            while at < len(body):
                at += 3 + (body[at] << 8 | body[at + 1])
                filters += 1
            pipe.send(bytes((0x90, 2 + filters)) + body[:2] + b"\x01" * filters)
        elif kind == 12:
            pipe.send(b"\xd0\x00")
        elif kind == 14:
            pipe.finish()
        elif kind != 4:
            self.wrong.append("packet " + str(header))

    def publish(self, pipe, header, body):
        """Take a message."""
        end = 2 + (body[0] << 8 | body[1])
        topic, payload = body[2:end].decode(), body[end:]
        if header & 6:
            number = payload[0] << 8 | payload[1]
            payload = payload[2:]
            if not number:
                self.wrong.append("packet id 0")
            if header & 8:
                self.dups += 1
            elif number < self.last_id:
                self.id_wraps += 1
                self.last_id = number
            else:
                self.last_id = number
            pipe.send(bytes((0x40, 2, number >> 8, number & 255)))
        levels = topic[len(self.topic) + 1 :].split("/")
        if not topic.startswith(self.topic + "/"):
            self.wrong.append(topic)
        elif levels[0] in ("event", "telemetry"):
            self.record(levels[0], levels[1], json.loads(payload))
        elif levels[0] == "info":
            self.answer_time(json.loads(payload))

    # the gateway

    def record(self, lane, kind, record):
        """Count one record."""
        key, seq = (lane, record["boot"]), record["seq"]
        high, beyond = self.high.get(key, 0), self.beyond.setdefault(key, set())
        if seq <= high or seq in beyond:
            self.copies += 1
        else:
            self.records += 1
            beyond.add(seq)
            while high + 1 in beyond:
                high += 1
                beyond.remove(high)
            self.high[key] = high
            self.look(lane, kind, record)
        self.changed = True

    def look(self, lane, kind, record):
        """Check what a record says; tests override it."""

    def answer_time(self, info):
        """Answer a live info; tests override it."""

    def say(self, what, body):
        """Publish to the node."""
        if self.pipe is None or self.pipe.ended:
            return
        name = (self.topic + "/" + what).encode()
        rest = len(name).to_bytes(2, "big") + name + b"\x00\x07" + json.dumps(body).encode()
        size = len(rest)
        digits = bytes((size,)) if size < 128 else bytes((size & 127 | 128, size >> 7))
        self.pipe.send(b"\x32" + digits + rest)

    def acknowledge(self):
        """Send the marks if anything has come since."""
        if not self.changed or not self.acking:
            return
        self.changed = False
        body = {"event": [], "telemetry": [], "ts": 0}
        for (lane, boot), high in self.high.items():
            if high:
                body[lane].append([boot, high])
        self.say("ack", body)
