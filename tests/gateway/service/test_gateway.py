"""The whole gateway on a broker that is not there: from a message to record, acknowledgement, API."""

import json
import sqlite3
import stat
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from strongroom_gateway.alarms.book import UnknownAlarmError
from strongroom_gateway.alarms.isa182 import RefusedError
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.ledger.storage import SqliteStorage
from strongroom_gateway.running import Gateway
from strongroom_gateway.transport.fake import FakeTransport
from support.sensing import PLAIN, T0, Nodes
from support.waiting import wait_for

EXIT = "exit.no_leave:HX-H-01"
TOPIC = "strongroom/v1/r1"


class Disk(SqliteStorage):
    """A disk that can be told to take nothing."""

    full = False

    def commit(self, connection):
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        super().commit(connection)


class Site:
    """A gateway on a fake broker, with what a test needs to look at it."""

    def __init__(self, folder: Path, **sections):
        self.folder = folder
        self.sections = sections
        self.transport = FakeTransport()
        self.disk = Disk(folder / "ledger.db")
        self.gateway = None
        self.nodes = Nodes()

    def start(self):
        sections = {
            "ledger": {"path": str(self.folder / "ledger.db")},
            "api": {"port": 0, "admin_socket": str(self.folder / "admin.sock")},
        }
        config = typed(PLAIN | sections | self.sections, Config)
        self.gateway = Gateway(settings(config), self.transport, self.disk)
        self.gateway.start()
        return self.gateway

    def send(self, sensed):
        self.transport.receive(f"{TOPIC}/{sensed.node}/{sensed.lane}/{sensed.kind}", sensed.raw)

    def leave_without(self):
        now = self.gateway.clock.now()
        for n, side in enumerate(["inner", "inner", "outer", "outer"]):
            self.send(self.nodes.read("e2000001", side, now, rssi=-45, mono=n * 200))

    def get(self, path, headers=()):
        port = self.gateway.api.wait_for_port(10)
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=dict(headers))
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, dict(answer.headers), json.loads(answer.read() or "null")


@pytest.fixture
def site(tmp_path):
    made = []

    def make(**sections):
        made.append(Site(tmp_path, **sections))
        return made[-1]

    yield make
    for one in made:
        if one.gateway is not None:
            one.disk.full = False
            one.gateway.stop()


def test_from_a_read_to_record_and_acknowledgement(site):
    there = site()
    there.start()
    there.transport.link(True)
    there.leave_without()
    assert json.loads(there.transport.retained[f"{TOPIC}/alarm/{EXIT}"])["state"] == "LATCH_UNACK"

    def acknowledged():
        sent = there.transport.sent(f"{TOPIC}/g1/ack")
        return sent and json.loads(sent[-1])["event"]

    wait_for(lambda: acknowledged() == [[1, 4]], what=lambda: f"of all four, not {acknowledged()}")
    _, _, page = there.get("/api/v1/entries?limit=500")
    kinds = [e["kind"] for e in page["entries"]]
    assert kinds[0] == "gateway.started"
    assert kinds.count("event/tag") == 4
    assert "alarm.raised" in kinds
    _, _, moved = there.get("/api/v1/movements")
    assert [(m["kind"], m["item"]) for m in moved["movements"]] == [
        ("exit_without_leave", "HX-H-01")
    ]
    _, _, item = there.get("/api/v1/items/HX-H-01")
    assert item["place"] == "@outside"


def test_a_restart_keeps_alarms_items_and_order(site):
    first = site()
    first.start()
    first.transport.link(True)
    first.leave_without()
    first.gateway.surface.acknowledge(EXIT, "Li Wen", "seen on camera 2")
    first.gateway.stop()
    second = site()
    second.start()
    second.transport.link(True)
    alarm = json.loads(second.transport.retained[f"{TOPIC}/alarm/{EXIT}"])
    assert alarm["state"] == "LATCH_ACK"
    second.gateway.surface.reset(EXIT, "Li Wen", "box found")
    assert f"{TOPIC}/alarm/{EXIT}" not in second.transport.retained
    assert second.gateway.surface.alarms() == []
    with pytest.raises(UnknownAlarmError):
        second.gateway.surface.reset(EXIT, "Li Wen", "again")

    def acts():
        found = second.gateway.reader.entries(limit=500)
        told = [e for e in found if e.kind.startswith("alarm.") and e.body.get("by")]
        return [(e.kind, e.body["by"], e.body["comment"]) for e in told]

    wait_for(lambda: len(acts()) == 2, what=lambda: f"two acts on record, not {acts()}")
    assert acts() == [
        ("alarm.acknowledged", "Li Wen", "seen on camera 2"),
        ("alarm.reset", "Li Wen", "box found"),
    ]
    first.gateway = None


def test_alarms_go_out_while_the_disk_takes_nothing(site):
    there = site()
    there.start()
    there.transport.link(True)
    wait_for(lambda: there.gateway.reader.head().size, what="the first entry")
    there.disk.full = True
    there.leave_without()
    assert f"{TOPIC}/alarm/{EXIT}" in there.transport.retained
    wait_for(
        lambda: f"{TOPIC}/alarm/ledger.not_recording" in there.transport.retained,
        what="the alarm that the ledger does not record",
    )
    assert there.transport.sent(f"{TOPIC}/g1/ack") == []
    with pytest.raises(urllib.error.HTTPError) as trouble:
        there.get("/health", {"Accept-Language": "en"})
    with trouble.value:
        assert trouble.value.code == 503
        assert "disk is full" in json.loads(trouble.value.read())["reasons"][0]
    there.disk.full = False
    wait_for(lambda: there.transport.sent(f"{TOPIC}/g1/ack"), what="an acknowledgement")
    assert there.gateway.reader.counts().missing == 0
    wait_for(lambda: there.get("/health")[0] == 200, what="good health")


def test_it_starts_without_a_disk_and_remembers_when_it_has_one(site, tmp_path):
    """Alarms from the first moment; what was known before comes back with the ledger."""
    before = site()
    before.start()
    before.transport.link(True)
    before.leave_without()
    before.gateway.stop()
    before.gateway = None
    ledger = tmp_path / "ledger.db"
    ledger.rename(tmp_path / "away")
    ledger.symlink_to(tmp_path / "not there" / "ledger.db")
    there = site()
    there.start()
    there.transport.link(True)
    assert f"{TOPIC}/alarm/{EXIT}" not in there.transport.retained
    tap = there.nodes.tap("04ffffffff0009", there.gateway.clock.now())
    there.send(tap)
    assert f"{TOPIC}/alarm/badge.unknown:front" in there.transport.retained
    (tmp_path / "away").rename(
        ledger
    )  # in one step: no moment in which a new ledger could be begun
    wait_for(
        lambda: f"{TOPIC}/alarm/{EXIT}" in there.transport.retained, 30, "the alarm from before"
    )
    there.send(tap)  # the node was not acknowledged, so it sends again
    wait_for(lambda: there.transport.sent(f"{TOPIC}/d1/ack"), 30, "an acknowledgement")
    assert there.gateway.room.ctx.where("HX-H-01").place == "@outside"


def test_a_broker_that_is_away_is_trouble_and_no_more(site):
    there = site()
    there.start()
    with pytest.raises(urllib.error.HTTPError) as trouble:
        there.get("/health", {"Accept-Language": "zh-CN"})
    with trouble.value:
        assert "消息代理" in json.loads(trouble.value.read())["reasons"][0]
    there.transport.link(True)
    assert there.get("/health")[2] == {"status": "ok", "reasons": []}


def test_a_broker_that_forgot_everything_is_told_again(site):
    there = site()
    there.start()
    there.transport.link(True)
    there.leave_without()
    there.send(there.nodes.climate("c1/t1", 20.0, 50.0, there.gateway.clock.now()))
    there.transport.link(False)
    there.transport.link(True, empty=True)
    assert f"{TOPIC}/alarm/{EXIT}" in there.transport.retained
    climate = json.loads(there.transport.retained[f"{TOPIC}/state/climate"])
    assert climate["zones"]["north"]["sensors"]["c1/t1"]["t"] == 20.0


def test_an_alarm_that_no_longer_stands_is_taken_down(site):
    there = site()
    there.start()
    there.transport.link(True)
    left = f"{TOPIC}/alarm/safe.outside_hours:old"
    there.transport.retained[left] = b"{}"
    there.transport.receive(left, b"{}", retain=True)
    assert left not in there.transport.retained


def test_silence_is_noticed_by_the_ticker(site):
    limits = {"silent_after_s": 0.5, "start_grace_s": 0.5, "expected": ["c1"]}
    there = site(nodes=limits)
    there.start()
    there.transport.link(True)
    wait_for(
        lambda: f"{TOPIC}/alarm/node.silent:c1" in there.transport.retained, what="node.silent"
    )


def test_shelving_has_a_limit_and_an_end(site):
    there = site(alarms={"shelve_max_minutes": 10})
    there.start()
    there.transport.link(True)
    there.leave_without()
    surface = there.gateway.surface
    with pytest.raises(RefusedError):
        surface.shelve(EXIT, "Li", "no", 11)
    surface.shelve(EXIT, "Li", "being repaired", 10)
    assert surface.alarms()[0].state == "SHLVD"
    until = surface.alarms()[0].standing.shelved_until
    assert 9 * 60_000 < until - there.gateway.clock.now() <= 10 * 60_000


def test_the_admin_socket_is_for_its_owner_alone_and_goes_with_the_gateway(site, tmp_path):
    there = site()
    there.start()
    there.gateway.api.wait_for_port(10)
    mode = (tmp_path / "admin.sock").stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    there.gateway.stop()
    there.gateway = None
    assert not (tmp_path / "admin.sock").exists()


def test_a_port_that_is_taken_keeps_no_alarm_waiting(site, tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        there = site(api={"port": taken.getsockname()[1]})
        there.start()
        there.transport.link(True)
        there.leave_without()
        assert f"{TOPIC}/alarm/{EXIT}" in there.transport.retained
        assert there.gateway.api.port is None


def test_metrics_count_what_came(site):
    there = site()
    there.start()
    there.transport.link(True)
    there.leave_without()
    there.transport.receive(f"{TOPIC}/g1/event/tag", b"rubbish")
    port = there.gateway.api.wait_for_port(10)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert lines["strongroom_messages_received_total"] == "5"
    assert lines["strongroom_events_total"] == "4"
    assert lines["strongroom_quarantined_total"] == "1"
    assert lines['strongroom_alarms{priority="critical",state="LATCH_UNACK"}'] == "1"


def test_time_does_not_begin_before_the_last_entry(site):
    there = site()
    there.start()
    assert there.gateway.clock.now() > T0 - 10**12
