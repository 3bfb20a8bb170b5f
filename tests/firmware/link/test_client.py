"""The node's MQTT client against a real mosquitto, on both interpreters."""

import random
from pathlib import Path

import pytest
from support.faultproxy import FaultProxy
from support.interpreters import BOTH, Program
from support.mosquitto import free_port
from support.waiting import wait_for

PROGRAM = Path(__file__).with_name("client_program.py")
pytestmark = [pytest.mark.needs("mosquitto"), pytest.mark.parametrize("interpreter", BOTH)]


@pytest.fixture
def proxy(broker):
    with FaultProxy(broker.port) as running:
        yield running


def start(interpreter, port, steps, **task):
    return Program(interpreter, PROGRAM, {"port": port, "id": "n1", "steps": steps} | task)


def test_publish_and_receive(interpreter, broker):
    steps = [
        ["connect"],
        ["subscribe", ["a/#", "b"]],
        ["publish", "a/1", "x" * 900],
        ["publish", "b", "", 0],
        ["publish", "a/ü", "kept", 1, True],
        ["until", 3],
        ["unsubscribe", ["b"]],
        ["publish", "b", "nobody"],
        ["publish", "a/2", "last"],
        ["until", 4],
        ["close"],
    ]
    with start(interpreter, broker.port, steps) as program:
        lines = program.end()
    assert not [line for line in lines if "kind" in line]
    got = lines[-1]["got"]
    # Retained or not, a live message has the retain flag cleared.
    assert sorted(got) == [
        ["a/1", "x" * 900, False],
        ["a/2", "last", False],
        ["a/ü", "kept", False],
        ["b", "", False],
    ]
    with start(interpreter, broker.port, [["connect"], ["subscribe", ["a/#"]], ["until", 1]]) as p:
        assert p.end()[-1]["got"] == [["a/ü", "kept", True]]


def test_nagle_is_off_and_nothing_waits_for_it(interpreter, broker):
    steps = [["connect"], *[["publish", "a", "x"]] * 50, ["close"]]
    with start(interpreter, broker.port, steps) as program:
        lines = program.end()
    times = [line["ms"] for line in lines if line["step"] == "publish"]
    # 50 publishes that each wait for their PUBACK; with Nagle and delayed ACK each takes 40 ms.
    assert sorted(times)[len(times) // 2] < 35, times


@pytest.mark.timeout(300)
def test_packet_ids_wrap(interpreter, broker):
    steps = [
        ["connect"],
        ["flood", "w", 2000],
        ["heap"],
        ["flood", "w", 68000],
        ["heap"],
        ["publish", "w", "after"],
        ["close"],
    ]
    with start(interpreter, broker.port, steps) as program:
        lines = program.end(240)
    assert not [line for line in lines if "kind" in line]
    before, after = (line["heap"] for line in lines if line["step"] == "heap")
    assert after - before < 4000, "the client grows"


def test_connection_refused(interpreter):
    with start(interpreter, free_port(), [["connect"]]) as program:
        assert program.end()[0]["kind"] == "refused"


def test_host_that_does_not_exist(interpreter):
    with start(interpreter, 1, [["connect"]], host="no-such-host.invalid") as program:
        assert program.end()[0]["kind"] == "resolve"


def test_somebody_who_does_not_answer(interpreter, broker, proxy):
    proxy.black_hole = True
    with start(interpreter, proxy.port, [["connect"]], settings={"timeout_ms": 500}) as program:
        line = program.end()[0]
    assert line["kind"] == "timeout"
    assert line["ms"] > 400


def test_the_broker_refuses_the_identity(interpreter, broker):
    # Mosquitto takes no empty client id with a session to keep: return code 2.
    with start(interpreter, broker.port, [["connect"]], id="") as program:
        assert program.end()[0]["kind"] == "rejected"


def test_will_is_published_after_kill_and_not_after_close(interpreter, broker):
    watch = [["connect"], ["subscribe", ["will/#"]], ["until", 1], ["until", 2]]
    with Program(
        "cpython", PROGRAM, {"port": broker.port, "id": "watch", "steps": watch}
    ) as watcher:
        watcher.line("subscribe")
        polite = [["connect"], ["close"]]
        with start(interpreter, broker.port, polite, id="a", will=["will/a", "offline"]) as program:
            program.end()
        rude = [["connect"], ["lost"]]
        with start(interpreter, broker.port, rude, id="b", will=["will/b", "offline"]) as program:
            program.line("connect")
            program.kill()
        line = watcher.line("until")
    assert line["got"] == [["will/b", "offline", False]]


def test_resend_is_marked_and_session_resumes(interpreter, broker, proxy):
    """Cut off with five unacknowledged messages: they go out again, DUP, and arrive."""
    swallowed = []

    def swallow(data):
        """Drop PUBACKs; pass everything else."""
        if data[:1] == b"\x40":
            swallowed.append(data)
        return data[:1] == b"\x40"

    proxy.drop_from_server = swallow
    steps = [["connect"], ["send", "d/x", "m", 5], ["lost"], ["retry", 50]]
    steps += [["publish", "d/x", "end"], ["close"]]
    watch = [["connect"], ["subscribe", ["d/#"]], ["until", 11]]
    task = {"port": broker.port, "id": "w", "steps": watch}
    with Program("cpython", PROGRAM, task) as watcher:
        watcher.line("subscribe")
        with start(interpreter, proxy.port, steps) as program:
            assert program.line("send")["in_flight"] == 5
            wait_for(lambda: len(b"".join(swallowed)) == 5 * 4, 10, "five PUBACKs on their way")
            proxy.drop_from_server = lambda data: False
            proxy.reset()
            lines = program.end()
        assert lines[-3]["resumed"] is True, lines
        got = watcher.line("until")["got"]
    assert lines[-1]["in_flight"] == 0
    payloads = [payload for _, payload, _ in got]
    # The broker had them all; QoS 1 says at least once, and the order is kept each time.
    assert payloads == [f"m{i}" for i in range(5)] * 2 + ["end"]


def test_dup_flag_on_the_wire(interpreter, proxy, broker):
    """The resent packet differs from the first in the DUP bit only."""
    seen = []
    proxy.drop_from_server = lambda data: data[:1] == b"\x40"
    proxy.watch = seen.append
    steps = [["connect"], ["send", "d", "m", 2], ["lost"], ["retry", 50], ["sleep", 0.5]]
    with start(interpreter, proxy.port, steps) as program:
        wait_for(lambda: b"".join(seen).count(b"\x00\x01dm") >= 0 and b"m1" in b"".join(seen))
        proxy.reset()
        program.end()
    stream = b"".join(seen)
    for number in (0, 1):
        tail = b"\x07\x00\x01d" + (number + 1).to_bytes(2, "big") + b"m%d" % number
        assert stream.count(b"\x32" + tail) == 1
        assert stream.count(b"\x3a" + tail) == 1


def test_broker_killed_and_started_empty(interpreter, broker):
    steps = [["connect"], ["subscribe", ["k"]], ["lost"], ["retry", 100]]
    steps += [["subscribe", ["k"]], ["publish", "k", "again"], ["until", 1], ["close"]]
    with start(interpreter, broker.port, steps) as program:
        program.line("subscribe")
        broker.kill()
        assert program.line("lost")["kind"] == "closed"
        broker.restart(empty=True)
        lines = program.end()
    assert [line["resumed"] for line in lines if "resumed" in line] == [False, False]
    assert lines[-1]["got"] == [["k", "again", False]]


def test_broker_killed_and_restarted_with_its_sessions(interpreter, broker):
    steps = [["connect"], ["subscribe", ["kept-one"]], ["lost"], ["retry", 100]]
    steps += [["publish", "kept-one", "again"], ["until", 1], ["close"]]
    with start(interpreter, broker.port, steps) as program:
        program.line("subscribe")
        wait_for(
            lambda: broker.database.exists() and b"kept-one" in broker.database.read_bytes(),
            10,
            "the broker saves its sessions once a second",
        )
        broker.restart()
        lines = program.end()
    assert [line["resumed"] for line in lines if "resumed" in line] == [False, True]
    assert lines[-1]["got"] == [["kept-one", "again", False]], "the subscription was kept"


@pytest.mark.parametrize("busy", [False, True])
def test_half_open_connection_is_noticed(interpreter, broker, proxy, busy):
    """The peer is gone without a word: noticed in keepalive and timeout, with and without traffic."""
    steps = [["connect"], ["publish", "h", "x"], ["sleep", 0.5]]
    steps += [["send", "h", "y", 3]] if busy else []
    steps += [["lost"]]
    settings = {"keepalive": 2, "timeout_ms": 1000}
    with start(interpreter, proxy.port, steps, settings=settings) as program:
        program.line("publish")
        proxy.black_hole = True
        line = program.line("lost")
    assert line["kind"] == "timeout"
    assert line["ms"] < 15000  # 3.5 s, and what a busy machine adds


def test_idle_connection_stays_up(interpreter, broker):
    steps = [["connect"], ["sleep", 5], ["publish", "i", "x"], ["close"]]
    with start(interpreter, broker.port, steps, settings={"keepalive": 2}) as program:
        lines = program.end()
    assert not [line for line in lines if "kind" in line]


def test_one_sided_traffic_keeps_the_other_side_alive(interpreter, broker, proxy):
    """A node that only sends must notice that nothing comes back, and one that only listens too."""
    steps = [["connect"], ["subscribe", ["o"]], ["until", 40], ["close"]]
    with start(interpreter, proxy.port, steps, settings={"keepalive": 2}) as program:
        program.line("subscribe")
        publish = [["connect"]]
        for _ in range(40):
            publish += [["publish", "o", "x", 0], ["sleep", 0.1]]
        task = {"port": broker.port, "id": "p", "steps": publish}
        with Program("cpython", PROGRAM, task) as publisher:
            publisher.end()
        lines = program.end()
    assert not [line for line in lines if "kind" in line]
    assert lines[-1]["count"] == 40


@pytest.mark.parametrize("how", ["reset", "hang_up"])
def test_cut_while_publishing(interpreter, broker, proxy, how):
    steps = [["connect"], ["flood", "c", 100000], ["retry", 50], ["publish", "c", "x"], ["close"]]
    seen = []
    proxy.watch = seen.append
    with start(interpreter, proxy.port, steps) as program:
        program.line("connect")
        wait_for(lambda: b"".join(seen).count(b"\x00\x01c") > 20, 10, "the middle of the flood")
        getattr(proxy, how)()
        line = program.line("flood")
        lines = program.end()
    assert line["kind"] == "closed"
    assert "kind" not in lines[-1]


def test_one_byte_segments(interpreter, broker, proxy):
    proxy.piece = 1
    steps = [
        ["connect"],
        ["subscribe", ["s"]],
        ["publish", "s", "y" * 200],
        ["until", 1],
        ["close"],
    ]
    with start(interpreter, proxy.port, steps) as program:
        lines = program.end()
    assert lines[-1]["got"] == [["s", "y" * 200, False]]


def test_oversized_message_is_passed_over(interpreter, broker):
    steps = [["connect"], ["subscribe", ["o"]], ["until", 1], ["publish", "o", "small"]]
    steps += [["until", 2], ["heap"], ["close"]]
    with start(interpreter, broker.port, steps, settings={"limit": 1024}) as program:
        program.line("subscribe")
        # Larger than the whole heap of the MicroPython node.
        big = [["connect"], ["publish", "o", "z" * 100000], ["close"]]
        with Program("cpython", PROGRAM, {"port": broker.port, "id": "b", "steps": big}) as other:
            other.end()
        lines = program.end()
    assert lines[-1]["got"] == [["o", None, False], ["o", "small", False]]
    assert lines[-1]["skipped"] == 1
    # It was acknowledged: the broker has nothing left to send.
    with start(interpreter, broker.port, [["connect"], ["sleep", 0.3]]) as program:
        assert program.end()[-1]["count"] == 0


def test_garbage_from_the_server(interpreter, broker, proxy):
    dice = random.Random(7)
    garbage = [bytes([0xFF, 0xFF]), b"\x20\x02\x00\x00", b"\x36\x02\x00\x00", b"\x40\x02\x00"]
    garbage += [bytes(dice.randrange(256) for _ in range(300)) for _ in range(4)]
    steps = [["connect"], ["lost"]] * len(garbage) + [["connect"], ["publish", "g", "x"], ["close"]]
    settings = {"keepalive": 2, "timeout_ms": 1000}
    with start(interpreter, proxy.port, steps, settings=settings) as program:
        for number, data in enumerate(garbage, 1):
            program.line("connect", number)
            proxy.inject(data)
            line = program.line("lost", number)
            assert line["kind"] in ("protocol", "timeout"), data.hex()
        lines = program.end()
    assert "kind" not in lines[-1]


def test_handler_that_raises_ends_the_connection(interpreter, broker):
    steps = [["connect"], ["subscribe", ["r"]], ["publish", "r", "raise", 0], ["lost"]]
    with start(interpreter, broker.port, steps) as program:
        assert program.line("lost")["kind"] == "fault"
