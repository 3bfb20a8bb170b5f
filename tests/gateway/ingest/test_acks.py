import json

from strongroom_gateway.ingest import acks as acks_module
from strongroom_gateway.ingest.acks import Acks, ack_payloads


class Link:
    def __init__(self) -> None:
        self.up = True
        self.sent: list[tuple[str, dict[str, object]]] = []

    def send(self, node: str, payload: bytes) -> bool:
        if self.up:
            self.sent.append((node, json.loads(payload)))
        return self.up


def test_one_message_says_the_newest_of_all_lanes_and_boots() -> None:
    link = Link()
    acks = Acks(link.send, lambda: 77)
    acks.add({("n1", 1, "event"): 5, ("n1", 2, "telemetry"): 9})
    acks.add({("n1", 1, "event"): 6, ("n2", 1, "event"): 1})
    acks.flush()
    assert link.sent == [
        ("n1", {"event": [[1, 6]], "telemetry": [[2, 9]], "ts": 77}),
        ("n2", {"event": [[1, 1]], "telemetry": [], "ts": 77}),
    ]
    acks.flush()
    assert len(link.sent) == 2


def test_a_busy_writer_says_it_only_now_and_then() -> None:
    link = Link()
    acks = Acks(link.send, lambda: 77)
    for seq in range(1, 1001):
        acks.add({("n1", 1, "event"): seq})
        acks.flush(busy=True)
    assert len(link.sent) < 500
    acks.flush()
    assert link.sent[-1][1]["event"] == [[1, 1000]]
    assert acks_module.INTERVAL < 1


def test_what_could_not_be_sent_is_sent_later_and_never_goes_back() -> None:
    link = Link()
    link.up = False
    acks = Acks(link.send, lambda: 77)
    acks.add({("n1", 1, "event"): 5})
    acks.flush()
    acks.add({("n1", 1, "event"): 8})
    link.up = True
    acks.flush()
    assert [body["event"] for _, body in link.sent] == [[[1, 8]]]


def test_many_boots_are_said_in_small_messages() -> None:
    marks = {("n1", boot, "event"): 2**31 - 1 for boot in range(2**31 - 100, 2**31)}
    marks |= {("n1", 5, "telemetry"): 1}
    payloads = ack_payloads(marks.items(), 1_800_000_000_000)
    assert max(map(len, payloads)) <= 1024
    said = [tuple(pair) for one in payloads for pair in json.loads(one)["event"]]
    assert sorted(said) == sorted(
        (boot, seq) for (_, boot, lane), seq in marks.items() if lane == "event"
    )
    assert ack_payloads([], 0) == []
