"""kill -9 of the gateway between decide, commit and acknowledgement: every event exactly once."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gateway.ingest.rig import tag
from gateway.transport.clients import Client
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.verify import verify
from support.mosquitto import Mosquitto
from support.needs import REPOSITORY
from support.waiting import wait_for

pytestmark = pytest.mark.needs("mosquitto")
EVENTS = 400
NODES = ("n1", "n2", "n3")


class Gateway:
    """The crashing process."""

    def __init__(self, path: Path, port: int) -> None:
        self.path, self.port = path, port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, point: str = "never", count: int = 1) -> None:
        script = Path(__file__).with_name("crashing.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(self.path), str(self.port), point, str(count)],
            stdin=subprocess.PIPE,
            cwd=REPOSITORY,
        )

    def died(self) -> bool:
        assert self.process is not None
        assert self.process.stdin is not None
        if self.process.poll() is None:
            return False
        assert self.process.returncode == -9
        self.process.stdin.close()
        return True

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.communicate(timeout=30)


class Nodes:
    """The nodes' side: events are kept until the gateway says they are committed."""

    def __init__(self, port: int) -> None:
        self.client = Client("lean", port, "nodes", ("strongroom/v1/r1/+/ack",))
        self.client.start()
        self.client.wait_up()

    def unacknowledged(self) -> list[tuple[str, int]]:
        high = dict.fromkeys(NODES, 0)
        for message in list(self.client.received):
            for boot, seq in json.loads(message.payload)["event"]:
                assert boot == 1
                node = message.topic.split("/")[3]
                high[node] = max(high[node], seq)
        return [(node, seq) for node in NODES for seq in range(high[node] + 1, EVENTS + 1)]

    def send(self) -> None:
        """Send, or send again, the oldest that are not acknowledged."""
        for node, seq in sorted(self.unacknowledged(), key=lambda pair: pair[1])[:60]:
            topic = f"strongroom/v1/r1/{node}/event/tag"
            assert self.client.transport.publish(topic, tag(seq))

    def until(self, condition: Callable[[], bool]) -> None:
        """Send, and send again when patience is over, until something has happened."""
        patience = 0.0

        def happened() -> bool:
            nonlocal patience
            if condition():
                return True
            if time.monotonic() > patience:
                patience = time.monotonic() + 0.1
                self.send()
            return False

        wait_for(happened, 60, lambda: f"not acknowledged: {self.unacknowledged()[:9]}")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path / "broker")
    made.start(persistent=False)
    yield made
    made.stop()


@pytest.mark.parametrize("point", ["decided", "writing", "committed", "acked"])
@pytest.mark.parametrize("count", [1, 3])
def test_every_event_is_recorded_and_decided_exactly_once(
    tmp_path: Path, broker: Mosquitto, point: str, count: int
) -> None:
    path = tmp_path / "ledger.db"
    gateway = Gateway(path, broker.port)
    nodes = Nodes(broker.port)
    try:
        for _ in range(2):
            gateway.start(point, count * (50 if point == "decided" else 1))
            nodes.until(gateway.died)
        gateway.start()
        nodes.until(lambda: not nodes.unacknowledged())
    finally:
        gateway.stop()
        nodes.client.transport.stop()
    reader = Reader(path)
    recorded = []
    decided = []
    after = -1
    while page := reader.entries(after=after, limit=1000):
        recorded += [(one.node, one.seq) for one in page if one.kind == "event/tag"]
        decided += [one.body for one in page if one.kind == "test.decided"]
        after = page[-1].idx
    expected = sorted((node, seq) for node in NODES for seq in range(1, EVENTS + 1))
    assert sorted(recorded) == expected  # type: ignore[type-var]  # none of them is None
    assert sorted((one["node"], one["seq"]) for one in decided) == expected
    assert [one["number"] for one in decided] == list(range(1, len(expected) + 1))
    assert reader.states() == {"count": str(len(expected))}
    assert verify(path).problems == []
