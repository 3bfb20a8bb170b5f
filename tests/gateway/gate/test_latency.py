"""From the deciding read to the published alarm: the whole gateway with its ledger on a real disk."""

import json
import time
from random import Random

from gatesim import node, walks
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.running import Gateway
from strongroom_gateway.transport.fake import FakeTransport
from support.sensing import PLAIN, Nodes
from support.waiting import wait_for

TOPIC = "strongroom/v1/r1"
LIMIT_S = 0.5


def test_every_alarm_is_out_within_half_a_second_of_the_read_that_decided_it(tmp_path):
    people = walks.People(Random(2))
    passages = [walks.crossing(kind, people, True) for kind in ("normal", "stack", "fast") * 20]
    items = [
        {"id": f"B-{tag[-6:]}", "name": "Box", "tags": [tag], "home": "A-1"}
        for passage in passages
        for tag in passage.tags
    ]
    sections = {
        "ledger": {"path": str(tmp_path / "ledger.db")},
        "api": {"port": 0, "admin_socket": str(tmp_path / "admin.sock")},
        "item": items,
    }
    transport = FakeTransport()
    gateway = Gateway(settings(typed(PLAIN | sections, Config)), transport)
    gateway.start()
    try:
        transport.link(True)
        took = _send(passages, gateway, transport)
        count = len(took)
        wait_for(
            lambda: gateway.surface.record.counts().entries > count, 20, "the alarms on record"
        )
    finally:
        gateway.stop()
    assert count > 100
    assert max(took) < LIMIT_S, f"of {count}: {sorted(took)[-5:]}"


def _send(passages, gateway, transport):
    """Send what the node reports of each walk; return how long each alarm took, in seconds."""
    nodes, took, seen = Nodes(), [], set()
    start = 0
    for passage in passages:
        end = 0
        for one in node.reports(passage.reads):
            now = gateway.clock.now()
            message = nodes.read(
                one.tag, one.ant, now, one.rssi,
                n=one.n, act=one.act, span=one.span, mono=start + one.at,
            )  # fmt: skip
            began = time.perf_counter()
            transport.receive(f"{TOPIC}/g1/event/tag", message.raw)
            lasted = time.perf_counter() - began
            fresh = {
                topic
                for topic, payload in transport.retained.items()
                if "/alarm/exit.no_leave" in topic and payload
            } - seen
            for topic in fresh:
                alarm = json.loads(transport.retained[topic])
                assert alarm["why"]["decided_by"]["seq"] == message.seq
                took.append(lasted)
            seen |= fresh
            end = one.at
        start += end + 120_000
    return took
