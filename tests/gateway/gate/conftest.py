"""A running gateway whose gate somebody walks through."""

from random import Random

import pytest
from gatesim import node, walks
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.running import Gateway
from strongroom_gateway.transport.fake import FakeTransport
from support.sensing import PLAIN, Nodes
from support.waiting import wait_for


class Site:
    """A gateway with a ledger on disk and a fake broker."""

    def __init__(self, folder, passages):
        self.ledger = folder / "ledger.db"
        self.passages = passages
        self.tags = [tag for passage in passages for tag in passage.tags]
        items = [
            {"id": f"B-{n}", "name": "Box", "tags": [tag], "home": "A-1"}
            for n, tag in enumerate(self.tags)
        ]
        sections = {
            "ledger": {"path": str(self.ledger)},
            "api": {"port": 0, "admin_socket": str(folder / "admin.sock")},
            "item": items,
        }
        self.config = typed(PLAIN | sections, Config)
        self.gate = self.config.gate[0]
        self.transport = FakeTransport()
        self.gateway = Gateway(settings(self.config), self.transport)
        self.nodes = Nodes()

    def send(self, sensed):
        topic = f"strongroom/v1/r1/{sensed.node}/{sensed.lane}/{sensed.kind}"
        self.transport.receive(topic, sensed.raw)

    def walks(self):
        """Let everybody walk; return the tags that the record has outside without leave."""
        start = 0
        for passage in self.passages:
            for one in node.reports(passage.reads):
                now, mono = self.gateway.clock.now(), start + one.at
                read = self.nodes.read(
                    one.tag, one.ant, now, one.rssi,
                    n=one.n, act=one.act, span=one.span, mono=mono,
                )  # fmt: skip
                self.send(read)
            start += 300_000
        now = self.gateway.clock.now()
        body = {"input": "beam", "on": True, "value": None}
        self.send(self.nodes.say("g1", "event", "input", body, now))
        self.send(self.nodes.tap("04aabbccdd0001", now))
        self.send(self.nodes.tap(self.tags[-1], now))
        record = self.gateway.surface.record
        wait_for(lambda: record.entries(kind="movement.check_out"), 20, "the last tap on record")
        gone = record.entries(kind="movement.exit_without_leave", limit=1000)
        return [self.tags[int(one.body["item"].removeprefix("B-"))] for one in gone]


@pytest.fixture
def site(tmp_path):
    people = walks.People(Random(4))
    passages = [walks.crossing(kind, people, True) for kind in ("normal", "fast", "two") * 3]
    passages += [walks.turned_back(people)]
    there = Site(tmp_path, passages)
    there.gateway.start()
    there.transport.link(True)
    yield there
    there.gateway.stop()
