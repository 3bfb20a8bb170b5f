"""Keeps the node connected and empties its outbox in order.

One coroutine, `run`, connects with jittered pauses of 1 to 60 s, subscribes to what is said to this
node, publishes who it is, and then sends what the outbox holds, events before readings, several
under way at once. The broker's PUBACK makes room for the next message and means nothing else: only
the gateway's `ack` lets the outbox forget. What was sent and not acknowledged for `resend_ms` is
sent again, and everything unacknowledged after each new connection.
"""

import asyncio
import gc
import json
import random

from strongroom_node import contract
from strongroom_node.compat import IS_MICROPYTHON, const, print_exc, sleep_ms
from strongroom_node.errors import ContractError, LinkError, NodeError

_FIRST_PAUSE_MS = const(2000)  # doubled at each failure; what is waited is half of it to all of it
_LAST_PAUSE_MS = const(60000)
_STABLE_MS = const(30000)  # a connection that lasted so long starts the pauses anew
BATCH = 2 if IS_MICROPYTHON else 8  # records under way at once; each takes a small heap twice
_IDLE_MS = const(5000)  # longest rest without looking round
_RESEND_MS = const(30000)
_RESEND_LAST_MS = const(600000)
_INFO_FIRST_MS = const(60000)  # until the gateway has told the time; doubled up to an hour
_INFO_MS = const(3600000)
_ANSWER_MS = const(5000)  # older answers about the time are worth nothing
_DRIFT_MS = const(500)  # a clock that is this close is left alone: an anchor costs a write to flash
_SEEN_IDS = const(32)
# Network or heap of the node's own have failed all this time: only a reset is left.
_WEDGED_MS = const(1800000)
_STEP_MS = const(500)
# First pause when the heap has no room for the next step, doubled each time; and how often in a row it is
# tried before the connection and what waits in it is given up for a new one.
_STARVED_MS = const(100)
_STARVED_TRIES = const(6)


class Link:
    """The node's side of the conversation with broker and gateway.

    cfg          room, node and, where they differ from the defaults, resend_ms
    make_client  function returning the mqtt.Client; may raise LinkError (a key that cannot be read)
    outbox       next_batch, rewind, unacked, ack, counts, report_losses
    clock        the node's Clock
    on_command   on_command(what, fields) -> None when done, else why not
    on_config    on_config(payload bytes, or None when it was too large)
    emit         emit(kind, fields): puts an event into the outbox
    info         info() -> dict for the info message
    network      up(), ok(); None when the system looks after it
    on_wedged    on_wedged(why): the node's own network stack is beyond repair
    log          log(text): called once on loss and once on return
    """

    def __init__(
        self,
        cfg,
        make_client,
        outbox,
        clock,
        *,
        on_command,
        on_config,
        emit,
        info,
        network=None,
        on_wedged=None,
        log=None,
        dice=random.random,
    ):
        self._prefix = contract.topic(cfg["room"], cfg["node"]) + "/"
        self._make_client = make_client
        self._outbox = outbox
        self._clock = clock
        self._on_command = on_command
        self._on_config = on_config
        self._emit = emit
        self._info = info
        self._network = network
        self._on_wedged = on_wedged
        self._log = log or (lambda text: None)
        self._dice = dice
        self._client = None
        self._wake = asyncio.Event()
        self._seen = []  # ids of the last commands
        self._had_session = False
        self._lost_said = False
        self._stopped = False
        self._wedged_since = None
        self._resend_first = cfg.get("resend_ms", _RESEND_MS)
        self._resend_ms = self._resend_first
        self._progress_at = 0
        self._ack_heard = False  # the gateway lives, though it may not go on
        self.heard = 0  # mono of the gateway's last word; a boot counts as one
        self._asked = None  # mono in the last info: the question to the gateway's clock
        self._info_pause = _INFO_FIRST_MS
        self._info_due = 0
        self.refused = 0  # messages that did not fit the contract
        self.faults = 0  # messages whose handling failed by a mistake of ours
        self.starved = 0  # how often the heap had no room for the next step
        self._starved_since = None
        self.connects = 0

    @property
    def connected(self):
        """Whether the broker can be reached now."""
        return self._client is not None and self._client.connected

    def wake(self):
        """Say that the outbox has something new."""
        self._wake.set()

    async def run(self, beat):
        """Connect, drain, and connect again, for ever. `beat()` says that the link is alive."""
        pause = _FIRST_PAUSE_MS
        while True:
            start = self._clock.mono()
            try:
                await self._try(beat)
            except MemoryError:
                self._starve()
            if self._clock.mono() - start >= _STABLE_MS:
                pause = _FIRST_PAUSE_MS
            await self._rest(beat, pause // 2 + int(self._dice() * (pause // 2)))
            pause = min(_LAST_PAUSE_MS, pause * 2)

    async def _try(self, beat):
        try:
            if not self._stopped:
                await self._session(beat)
        except LinkError as error:
            self._note(error)

    def spare(self):
        """Let go of the messages under way: what they say is still in the outbox."""
        if self._client is not None:
            self._client.forget()

    def _starve(self):
        """Nothing is lost when the heap is full, it only has to wait: sweep, and count it."""
        self.starved += 1
        gc.collect()
        now = self._clock.mono()
        if self._starved_since is None:
            self._starved_since = now
        elif now - self._starved_since >= _WEDGED_MS and self._on_wedged is not None:
            self._starved_since = None
            self._on_wedged("no room on the heap for half an hour")

    async def stop(self):
        """Say goodbye: status offline, and a proper end of the connection; there is no next one."""
        self._stopped = True
        if self.connected:
            try:
                await self._client.publish(self._prefix + "status", b"offline", retain=True)
            except LinkError:
                return
            await self._client.close()

    # the connection

    async def _session(self, beat):
        if self._network is not None and not self._network.ok():
            await self._network.up()
            beat()
        if self._client is None:
            client = self._make_client()
            client.on_message = self._message
            client.on_lost = self.wake
            self._client = client
            self._make_client = None  # a small heap has better use for what it needs
        client = self._client
        resumed = await client.connect()
        beat()
        try:
            await client.subscribe([self._prefix + name for name in ("command/#", "config", "ack")])
            await client.send(self._prefix + "status", b"online", retain=True)
            self._connected(resumed)
            await self._drain(beat)
        finally:
            client.abort()  # whatever ended it: half a connection is none

    def _connected(self, resumed):
        self.connects += 1
        self._wedged_since = None
        if self._lost_said or self.connects == 1:
            self._log("link: connected")
        self._lost_said = False
        if self._had_session and not resumed:
            self._emit("node", {"what": "session.lost", "why": "the broker has forgotten it"})
        self._had_session = True
        self._outbox.rewind()
        self._resend_ms = self._resend_first
        self._progress_at = self._clock.mono()
        self._info_pause = _INFO_FIRST_MS
        self._info_due = self._progress_at

    def _note(self, error):
        if not self._lost_said:
            self._lost_said = True
            self._log("link: %s" % error)
        # The node's own side: no network, or sockets that cannot be opened. A broker that is away,
        # refuses, or does not answer is nothing a reset would cure.
        own = error.kind == "network" or (self._network is not None and not self._network.ok())
        now = self._clock.mono()
        if not own:
            self._wedged_since = None
        elif self._wedged_since is None:
            self._wedged_since = now
        elif now - self._wedged_since >= _WEDGED_MS and self._on_wedged is not None:
            self._on_wedged(str(error))

    async def _drain(self, beat):
        client = self._client
        hungry = 0  # steps in a row that found no room on the heap
        while client.connected:
            beat()
            try:
                await self._send_some(client, max(1, BATCH >> hungry))
                hungry, self._starved_since = 0, None
            except MemoryError:
                self._starve()
                hungry += 1
                if hungry > _STARVED_TRIES:
                    client.forget()
                    raise
                await sleep_ms(_STARVED_MS << hungry)
        raise client.error

    async def _send_some(self, client, most):
        """Send up to `most` records; without any, rest. What was not handed over counts as not sent."""
        now = self._clock.mono()
        if now >= self._info_due:
            await self._say_who(now)
        self._wake.clear()
        batch = self._outbox.next_batch(most)
        at = 0
        try:
            while at < len(batch):
                lane, _, _, kind, payload = batch[at]
                await client.send(self._prefix + lane + "/" + kind, payload)
                at += 1
        except MemoryError:
            self._outbox.put_back(batch, at)
            raise
        if not batch:
            self._outbox.report_losses()
            await self._idle(self._until_due(now))

    def _until_due(self, now):
        """Return how long to rest in ms; rewinds the outbox when its acknowledgements are late."""
        left = min(_IDLE_MS, self._info_due - now)
        if not self._outbox.unacked():
            self._progress_at = now
        else:
            late = self._progress_at + self._resend_ms - now
            if late <= 0:
                self._outbox.rewind(stuck=True)
                self._progress_at = now
                self._resend_ms = min(_RESEND_LAST_MS, self._resend_ms * 2)
                return 0
            left = min(left, late)
        return max(0, left)

    async def _idle(self, ms):
        if ms:
            try:
                await asyncio.wait_for(self._wake.wait(), ms / 1000)
            except asyncio.TimeoutError:
                pass

    async def _rest(self, beat, ms):
        while ms > 0:
            beat()
            await sleep_ms(min(ms, _STEP_MS))
            ms -= _STEP_MS

    async def _say_who(self, now):
        body = self._info()
        body["mono"] = self._asked = now
        self._info_due = now + self._info_pause
        self._info_pause = min(_INFO_MS, self._info_pause * 2)
        data = json.dumps(body).encode()
        while len(data) > contract.MAX_BYTES and body["capabilities"]:
            body["capabilities"].pop()  # more than some 18 devices cannot all be named
            data = json.dumps(body).encode()
        await self._client.send(self._prefix + "info", data, retain=True)

    # what is said to this node

    def _message(self, topic, payload, retain):
        name = topic[len(self._prefix) :] if topic.startswith(self._prefix) else ""
        try:
            if name == "ack":
                self._take_ack(payload)
            elif name == "config":
                if payload != b"":
                    self._on_config(payload)
            elif name.startswith("command/"):
                self._take_command(name[8:], payload, retain)
            else:
                raise ContractError("nothing for this node: %s" % topic)
        except NodeError as error:
            self.refused += 1
            self._log("refused %s: %s" % (name, error))
        except MemoryError:
            # An acknowledgement comes again after what is sent again, a configuration at the next connect.
            self._starve()
        # A message that runs into a mistake of ours would come again at each connect and cut the
        # node off for good; it is counted, shown and done with.
        except Exception as error:  # noqa: BLE001
            self.faults += 1
            print_exc(error)

    def _take_ack(self, payload):
        marks = contract.parse_ack(payload)
        self.heard = self._clock.mono()
        if not marks:
            # The gateway has just come, and acknowledges nothing: what was sent before may have found nobody.
            self._outbox.rewind()
            self._progress_at = self._clock.mono()
            self._resend_ms = self._resend_first
            self.wake()
            return
        news = False
        for lane, boot, seq in marks:
            news = self._outbox.ack(lane, boot, seq) or news
        self._ack_heard = True
        if news:
            self._progress_at = self._clock.mono()
            self._resend_ms = self._resend_first
            self._ack_heard = False

    def _take_command(self, what, payload, retain):
        try:
            command = contract.parse_command(what, payload)
        except ContractError as error:
            self.refused += 1
            self._answer(_id_in(payload), str(error))
            return
        if what == "clock":
            if not retain:
                self._take_time(command)
            return
        why = self._objection(command, retain)
        if why is None:
            why = self._on_command(what, command)
        self._answer(command["id"], why)

    def _objection(self, command, retain):
        if retain:
            return "retained: an order is for now, not for whenever"
        if command["id"] in self._seen:
            return "a command with this id came before"
        self._seen.append(command["id"])
        del self._seen[:-_SEEN_IDS]
        wall = self._clock.wall()[0]
        if wall is not None and wall > command["exp"]:
            return "expired %d ms ago" % (wall - command["exp"])
        return None

    def _answer(self, command_id, why):
        if command_id is not None:
            self._emit("command", {"id": command_id, "ok": why is None, "why": why})

    def _take_time(self, command):
        now = self._clock.mono()
        if command["mono"] != self._asked or now - self._asked > _ANSWER_MS:
            return
        trip = now - self._asked
        self._asked = None
        self._info_pause = _INFO_MS
        self._info_due = now + _INFO_MS
        wall, clk = self._clock.wall()
        time = command["ts"] + trip // 2
        if clk != "gateway" or abs(time - wall) > _DRIFT_MS:
            self._clock.set(time, "gateway", now)


def _id_in(payload):
    """Return the id of a command that could not be read otherwise, None without one."""
    try:
        found = contract.parse(payload, "command").get("id")
    except ContractError:
        return None
    return found if isinstance(found, str) and 1 <= len(found) <= 64 else None
