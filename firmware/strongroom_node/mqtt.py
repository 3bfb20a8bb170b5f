"""MQTT 3.1.1 client for asyncio: QoS 0 and 1, one file for MicroPython and CPython.

    client = Client(dial, "climate-1", will=("…/status", b"offline", 1, True))
    client.on_message = handler          # plain function (topic, payload or None, retain)
    resumed = await client.connect()     # LinkError when it does not work out
    await client.subscribe(["…/command/#"])
    await client.publish("…/event/tag", payload)   # returns after the broker's PUBACK
    error = await client.lost()          # the LinkError that ended the connection

One connection is three tasks: one reads, one writes, one watches the clock. Whatever goes wrong in
any of them - a dead peer, a late answer, bytes that are not MQTT - ends the connection with one
LinkError, which every waiting call raises. Nothing is repeated while a connection lasts (TCP does
that); what has no PUBACK yet is sent again, marked DUP, when the broker still knows the session at
the next connect.
"""

import asyncio

from strongroom_node import mqtt_wire as wire
from strongroom_node.compat import const, print_exc, ticks_diff, ticks_ms
from strongroom_node.dial import explain
from strongroom_node.errors import LinkError

_LAST_ID = const(65535)
_FULL = LinkError("memory", "no room on the heap")  # made beforehand: then there is none to make it
_QUEUE = const(64)  # packets waiting to be written; a server that asks for more answers has to wait
_CHUNK = const(512)  # bytes asked of the socket at a time


class Client:
    """One client identity; `connect` may be called again after the connection was lost.

    dial        async function without arguments: (reader, writer, hang_up), or a LinkError
    will        (topic, payload, qos, retain) or None
    keepalive   seconds; a PINGREQ goes out when either direction was silent for half of it
    timeout_ms  how long anything may take that needs an answer: connect, PUBACK, PINGRESP, a write
    window      publishes at QoS 1 that may be under way at once
    limit       largest incoming packet body in bytes; a larger one reaches `on_message` as None
    """

    def __init__(
        self,
        dial,
        client_id,
        *,
        will=None,
        keepalive=30,
        clean=False,
        timeout_ms=10000,
        window=8,
        limit=4096,
    ):
        self.client_id = client_id
        self.will = will
        self.keepalive = max(2, keepalive)
        self.clean = clean
        self.timeout_ms = timeout_ms
        self.window = window
        self.on_message = None
        self.on_lost = None  # called without arguments when the connection is over
        self.skipped = 0  # incoming messages larger than the limit
        self.strays = 0  # PUBACKs nobody waits for
        self._dial = dial
        self._limit = limit
        self._last_id = 0
        self._flight = []  # [packet id, packet, since] without a PUBACK yet, in the order sent
        self._asked = []  # [packet id, packet type, since, answer]: subscriptions under way
        self._changed = asyncio.Event()
        self._hang_up = None
        self._tasks = []
        self.error = LinkError("closed", "never connected")

    @property
    def connected(self):
        """Whether the connection stands."""
        return self.error is None

    @property
    def in_flight(self):
        """How many publishes have no PUBACK yet."""
        return len(self._flight)

    async def connect(self):
        """Connect and log in; return whether the broker still had the session. Raises LinkError."""
        self._end(LinkError("closed", "connecting again"))
        try:
            resumed, rest = await asyncio.wait_for(self._log_in(), self.timeout_ms / 1000)
        except asyncio.TimeoutError:
            self._close_stream()
            raise LinkError("timeout", "no CONNACK")
        except (LinkError, MemoryError):
            self._close_stream()
            raise
        except (OSError, EOFError, ValueError) as error:
            self._close_stream()
            raise explain(error)
        now = ticks_ms()
        if resumed:
            for item in self._flight:
                item[1][0] |= wire.DUP
                item[2] = now
        else:
            self._flight = []  # a session the broker has forgotten has nothing to resume
        self._out = [item[1] for item in self._flight]
        self._asked = []
        self._heard = self._spoke = now
        self._writing = self._pinged = None
        self._kick = asyncio.Event()
        self._kick.set()
        self.error = None
        try:
            for work in ((self._read, rest), (self._write,), (self._watch,)):
                self._tasks.append(asyncio.create_task(self._guard(*work)))
        except MemoryError:
            self._end(_FULL)
            raise
        return resumed

    async def publish(self, topic, payload, qos=1, retain=False):
        """Send a message and, at QoS 1, wait for the broker's PUBACK. Raises LinkError.

        A message under way when the connection broke is sent again when the session resumes.
        """
        pid = await self.send(topic, payload, qos, retain)
        if pid is not None:
            await self._until(lambda: self._find(self._flight, pid) is None)

    async def send(self, topic, payload, qos=1, retain=False):
        """Hand a message over once the window has room; return its packet id (None at QoS 0)."""
        if not qos:
            await self._until(lambda: len(self._out) < _QUEUE)
            self._put(wire.publish_packet(topic, payload, 0, retain, 0))
            return None
        await self._until(lambda: len(self._flight) < self.window)
        pid = self._next_id()
        message = wire.publish_packet(topic, payload, 1, retain, pid)
        item = [pid, message, ticks_ms()]
        self._flight.append(item)
        try:
            self._put(message)
        except MemoryError:  # an answer to what is never written would be waited for
            self._flight.remove(item)
            raise
        return pid

    async def subscribe(self, topics, qos=1):
        """Subscribe to a list of topic filters. LinkError("denied") when the broker refuses one."""
        answer = await self._ask(wire.SUBSCRIBE, topics, bytes([qos]), wire.SUBACK)
        if len(answer) != len(topics):
            error = LinkError("protocol", "SUBACK for %d of %d topics" % (len(answer), len(topics)))
            self._end(error)
            raise error
        for i in range(len(topics)):
            if answer[i] > 1:
                raise LinkError("denied", topics[i])

    async def unsubscribe(self, topics):
        """Give up a list of topic filters."""
        await self._ask(wire.UNSUBSCRIBE, topics, b"", wire.UNSUBACK)

    async def lost(self):
        """Wait until the connection is over and return the LinkError that ended it."""
        while self.error is None:
            self._changed.clear()
            await self._changed.wait()
        return self.error

    async def close(self):
        """Take leave properly (the broker keeps the will to itself) and hang up."""
        if self.error is None:
            self._put(wire.packet(wire.DISCONNECT, 0)[0])
            try:
                await self._until(lambda: not self._out and self._writing is None)
            except LinkError:
                pass  # gone already: nobody to take leave of
        self.abort()

    def abort(self, why="by this side"):
        """Hang up without a word: the broker publishes the will."""
        try:
            self._end(LinkError("closed", why))
        except MemoryError:
            self._end(_FULL)

    def forget(self):
        """Let go of what is under way: whoever sent it has to send it again."""
        self._flight.clear()

    # inside

    async def _log_in(self):
        self._reader, self._writer, self._hang_up = await self._dial()
        self._parser = wire.Parser(self._limit)
        self._writer.write(
            wire.connect_packet(self.client_id, self.clean, self.keepalive, self.will)
        )
        await self._writer.drain()
        packets = []
        while not packets:
            data = await self._reader.read(_CHUNK)
            if not data:
                raise LinkError("closed", "before CONNACK")
            packets = self._parser.feed(data)
        return wire.parse_connack(packets[0]), packets[1:]

    async def _ask(self, header, topics, suffix, answer_type):
        await self._until(lambda: len(self._out) < _QUEUE)
        pid = self._next_id()
        buffer = wire.names_packet(header, pid, topics, suffix)
        item = [pid, answer_type, ticks_ms(), None]
        self._asked.append(item)
        try:
            self._put(buffer)
        except MemoryError:
            self._asked.remove(item)
            raise
        await self._until(lambda: item[3] is not None)
        return item[3]

    def _next_id(self):
        while True:
            self._last_id = pid = self._last_id % _LAST_ID + 1
            if self._find(self._flight, pid) is None and self._find(self._asked, pid) is None:
                return pid

    @staticmethod
    def _find(items, pid):
        for item in items:
            if item[0] == pid:
                return item
        return None

    async def _until(self, ready):
        while True:
            if self.error is not None:
                raise LinkError(self.error.kind, self.error.why)
            if ready():
                return
            self._changed.clear()
            await self._changed.wait()

    def _put(self, message):
        self._out.append(message)
        self._kick.set()

    async def _guard(self, work, *arguments):
        try:
            await work(*arguments)
        except LinkError as error:
            self._end(error)
        except (OSError, EOFError, ValueError) as error:
            self._end(explain(error))
        except MemoryError:
            self._end(_FULL)
        # A task that died unheard, of a mistake in a handler, would leave a connection that nobody
        # reads; better none at all.
        except Exception as error:  # noqa: BLE001
            print_exc(error)
            self._end(LinkError("fault", "%s: %s" % (type(error).__name__, error)))

    def _end(self, error):
        if self.error is None:
            self.error = error
        me = asyncio.current_task()
        for task in self._tasks:
            if task is not me:
                task.cancel()
        self._tasks.clear()
        self._close_stream()
        self._changed.set()
        if self.on_lost is not None:
            self.on_lost()

    def _close_stream(self):
        if self._hang_up is not None:
            self._hang_up()
            self._hang_up = None

    async def _read(self, packets):
        while True:
            for header, body, size in packets:
                await self._take(header, body, size)
            data = await self._reader.read(_CHUNK)
            if not data:
                raise LinkError("closed", "by the broker")
            packets = self._parser.feed(data)
            if packets:
                self._heard = ticks_ms()

    async def _take(self, header, body, size):
        if header & 0xF0 == wire.PUBLISH:
            topic, pid, at = wire.parse_publish(header, body)
            whole = size == len(body)
            if not whole:
                self.skipped += 1
            if self.on_message is not None:
                self.on_message(topic, bytes(body[at:]) if whole else None, bool(header & 1))
            if pid is not None:
                await self._until(lambda: len(self._out) < _QUEUE)
                self._put(wire.names_packet(wire.PUBACK, pid, (), b""))
            return
        if header == wire.PINGRESP and not size:
            self._pinged = None
            return
        if (
            header not in (wire.PUBACK, wire.SUBACK, wire.UNSUBACK)
            or size < 2
            or (header != wire.SUBACK and size > 2)
        ):
            raise LinkError("protocol", "packet 0x%02x of %d bytes" % (header, size))
        pid = body[0] << 8 | body[1]
        if header == wire.PUBACK:
            item = self._find(self._flight, pid)
            if item is None:
                self.strays += 1
            else:
                self._flight.remove(item)
        else:
            item = self._find(self._asked, pid)
            if item is None or item[1] != header:
                raise LinkError("protocol", "answer to a question not asked")
            item[3] = bytes(body[2:])
            self._asked.remove(item)
        self._changed.set()

    async def _write(self):
        while True:
            await self._kick.wait()
            self._kick.clear()
            while self._out:
                self._writing = ticks_ms()
                # One at a time: a TLS write that has to wait must be repeated with the same bytes.
                self._writer.write(self._out[0])
                await self._writer.drain()
                self._out.pop(0)
                self._spoke = ticks_ms()
                self._writing = None
                self._changed.set()

    async def _watch(self):
        nap = max(50, min(self.timeout_ms // 2, self.keepalive * 250)) / 1000
        half = self.keepalive * 500
        while True:
            await asyncio.sleep(nap)
            now = ticks_ms()
            if self._writing is not None and ticks_diff(now, self._writing) > self.timeout_ms:
                raise LinkError("timeout", "nothing can be written")
            if self._pinged is not None and ticks_diff(now, self._pinged) > self.timeout_ms:
                raise LinkError("timeout", "no PINGRESP")
            for items in (self._flight, self._asked):
                if items and ticks_diff(now, items[0][2]) > self.timeout_ms:
                    raise LinkError("timeout", "no answer to packet %d" % items[0][0])
            quiet = max(ticks_diff(now, self._heard), ticks_diff(now, self._spoke))
            if self._pinged is None and quiet >= half:
                self._pinged = now
                self._put(wire.packet(wire.PINGREQ, 0)[0])
