"""The link's pauses and its verdict on a wedged network, on a virtual clock with a client that fails."""

import asyncio
import random
import sys
from itertools import pairwise

import pytest
from support.interpreters import FIRMWARE

sys.path[:0] = [str(FIRMWARE), str(FIRMWARE / "sim")]

from strongroom_node.app import Node  # noqa: E402 - the path comes first
from strongroom_node.clock import Clock  # noqa: E402
from strongroom_node.errors import LinkError  # noqa: E402
from strongroom_node.link import Link  # noqa: E402
from strongroom_sim import virtual  # noqa: E402

HOUR = 3600000


class Nothing:
    """An outbox with nothing in it."""

    def rewind(self, stuck=False):
        pass

    def next_batch(self, most):
        return []

    def unacked(self):
        return False

    def report_losses(self):
        return True


class Client:
    """A client that fails the way it is told to, or stays connected for a while."""

    def __init__(self, clock, how):
        self.clock = clock
        self.how = how
        self.tries = []
        self.connected = False
        self.error = LinkError("closed")

    async def connect(self):
        self.tries.append(self.clock.mono())
        if isinstance(self.how, LinkError):
            raise self.how
        self.connected = True
        self.until = self.clock.mono() + self.how
        return False

    async def subscribe(self, topics):
        pass

    async def send(self, topic, payload, retain=False):
        # Time passes with each of the link's five-second rounds.
        if self.clock.mono() >= self.until:
            self.connected = False

    def abort(self):
        self.connected = False


class Net:
    """A network that is there or not."""

    def __init__(self, there):
        self.there = there

    def ok(self):
        return self.there

    async def up(self):
        if not self.there:
            raise LinkError("no network")


def live(how, ms, network=None, dice=random.random):
    """Run a link for some virtual time; return when it tried, and what was said about the network."""
    wedged, said = [], []

    async def main():
        clock = Clock()
        client = Client(clock, how)
        link = Link(
            {"room": "r1", "node": "n1"},
            lambda: client,
            Nothing(),
            clock,
            on_command=None,
            on_config=None,
            emit=lambda kind, fields: None,
            info=lambda: {"capabilities": []},
            network=network,
            on_wedged=lambda why: wedged.append((clock.mono(), why)),
            log=said.append,
            dice=dice,
        )
        beats = []
        job = asyncio.create_task(link.run(lambda: beats.append(clock.mono())))
        while clock.mono() < ms:
            await asyncio.sleep(10)
        job.cancel()
        gaps = [b - a for a, b in pairwise(beats)]
        assert max(gaps) <= 6000, "the link says that it lives"
        return client.tries

    return virtual.run(main(), 2**30 - 1000, 1800000000000), wedged, said


def pauses(tries):
    return [b - a for a, b in pairwise(tries)]


@pytest.mark.parametrize("dice", [0.0, 0.5, 0.999])
def test_pauses_double_up_to_a_minute(dice):
    tries, _, said = live(LinkError("refused"), HOUR, dice=lambda: dice)
    found = pauses(tries)
    assert all(1000 <= pause <= 60000 for pause in found)
    full = [2000, 4000, 8000, 16000, 32000, 60000, 60000]
    expected = [half // 2 + int(dice * (half // 2)) for half in full]
    # Slept in steps of half a second.
    assert all(abs(a - b) <= 500 for a, b in zip(found[:7], expected, strict=True)), found[:7]
    assert len(said) == 1, "said once, not at every try"


def test_pauses_differ_between_nodes():
    first, second = (
        pauses(live(LinkError("refused"), HOUR, dice=random.Random(n).random)[0]) for n in (1, 2)
    )
    assert first[:5] != second[:5]
    assert len({pause // 1000 for pause in first[10:]}) > 5


@pytest.mark.parametrize(
    "kind", ["refused", "timeout", "closed", "unreachable", "resolve", "rejected", "tls_expired"]
)
def test_a_broker_that_is_away_never_resets_the_node(kind):
    tries, wedged, _ = live(LinkError(kind), 10 * HOUR, Net(True))
    assert wedged == []
    assert len(tries) > 10 * 60 * 0.8, "it tries on, about once a minute"


def test_a_network_stack_that_refuses_to_work_does():
    _, wedged, _ = live(LinkError("network", "ENOMEM"), HOUR, Net(True))
    assert 1800000 <= wedged[0][0] < 1900000
    assert "ENOMEM" in wedged[0][1]


def test_no_network_at_all_does_too():
    tries, wedged, _ = live(LinkError("refused"), HOUR, Net(False))
    assert tries == [], "without a network there is nothing to connect over"
    assert 1800000 <= wedged[0][0] < 1900000


def test_a_connection_that_lasts_starts_the_pauses_anew():
    tries, _, _ = live(120000, HOUR, dice=lambda: 0.0)
    # It breaks at the second info, after 180 s; then one pause, always the shortest.
    assert len(tries) > 10
    assert max(pauses(tries)) < 180000 + 7000


def test_a_connection_that_breaks_at_once_does_not():
    tries, _, _ = live(0, HOUR, dice=lambda: 0.0)
    assert max(pauses(tries)) >= 30000


def test_a_gateway_that_has_just_come_is_sent_everything_at_once():
    class Outbox(Nothing):
        rewound = 0

        def rewind(self, stuck=False):
            self.rewound += 1

    outbox = Outbox()
    link = Link(
        {"room": "r1", "node": "n1"},
        lambda: None,
        outbox,
        Clock(),
        on_command=None,
        on_config=None,
        emit=None,
        info=dict,
    )
    link._message(
        "strongroom/v1/r1/n1/ack", b'{"event":[],"telemetry":[],"ts":1795000000000}', False
    )
    assert outbox.rewound == 1


def test_a_configuration_that_the_heap_has_no_room_for_is_refused() -> None:
    told, freed = [], []

    class Outbox:
        def relieve(self, step: int) -> bool:
            freed.append(step)
            return True

    class Full(Node):
        def __init__(self) -> None:
            self.outbox = Outbox()

        def _rarely(self, what: str, payload: bytes) -> None:
            raise MemoryError

        def report(self, what: str, **fields: object) -> None:
            told.append((what, fields))

    Full()._take_config(b"{}")
    assert told == [("config.refused", {"version": 0, "why": "no memory is left to look at it"})]
    assert freed == [1, 2], "it was looked at again with more room"
