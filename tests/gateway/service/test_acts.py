"""Acts over the admin socket: answered when they are on the disk, refused in words, never half
done.
"""

import http.client
import json
import socket
import urllib.error

import pytest
from gateway.service.test_gateway import EXIT, Site, site
from strongroom_gateway.ledger.reader import Reader
from support.waiting import wait_for

__all__ = ["site"]

STAFF = [
    {"id": "li", "name": "Li Wen", "roles": ["archivist"], "badges": ["04aabbccdd0001"]},
    {"id": "wang", "name": "Wang Fang", "badges": ["04aabbccdd0002"]},
]


class Local(http.client.HTTPConnection):
    """HTTP over the admin socket."""

    def __init__(self, there: Site) -> None:
        super().__init__("localhost", timeout=30)
        self.path = there.folder / "admin.sock"
        wait_for(self.path.exists, what="the admin socket")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(str(self.path))

    def ask(self, method, path, body=None):
        headers = {"content-type": "application/json", "accept-language": "en"}
        self.request(method, f"/api/v1{path}", body and json.dumps(body), headers)
        answer = self.getresponse()
        return answer.status, json.loads(answer.read())


def box(known, /, by="li", **more):
    return {"by": by, "body": {"row": {"id": known, "name": f"Box {known}"} | more}}


def is_well(there):
    try:
        return there.get("/health")[0] == 200 and there.get("/api/v1/room")[2]["ledger"]["size"]
    except urllib.error.HTTPError:
        return False


@pytest.fixture
def there(site):
    made = site(person=STAFF)
    made.start()
    made.transport.link(True)
    wait_for(lambda: is_well(made), what="the gateway being well")
    return made


@pytest.fixture
def local(there):
    connection = Local(there)
    yield connection
    connection.close()


def test_an_answer_means_that_it_is_on_the_disk(there, local):
    status, done = local.ask("POST", "/acts/item.register", box("b9", tags=["e2000099"]))
    assert status == 200
    assert [e["kind"] for e in done["entries"]] == ["item.registered"]
    with_eyes_of_its_own = Reader(there.folder / "ledger.db")
    kinds = [e.kind for e in with_eyes_of_its_own.newest_entries(1)]
    assert kinds == ["item.registered"]
    assert with_eyes_of_its_own.row("r/tag/e2000099") == '"item/b9"'
    with_eyes_of_its_own.close()


@pytest.mark.parametrize(
    ("kind", "asked", "status", "words"),
    [
        ("item.register", box("b9", by="wang"), 409, "Wang Fang may not do this"),
        ("item.register", box("b9", tags=["e2000001"]), 409, "belongs to item/HX-H-01"),
        ("item.register", {"by": "li", "body": {"row": 5}}, 409, "Not understood"),
        ("item.vanish", {"by": "li", "body": {}}, 404, "no act called item.vanish"),
    ],
)
def test_a_refusal_is_said_in_words_and_leaves_nothing(there, local, kind, asked, status, words):
    size = there.get("/api/v1/room")[2]["ledger"]["size"]
    found, answer = local.ask("POST", f"/acts/{kind}", asked)
    assert (found, words in answer["detail"]) == (status, True), answer
    assert there.get("/api/v1/room")[2]["ledger"]["size"] == size


def test_nobody_is_told_that_an_act_is_done_that_the_disk_did_not_take(there, local, monkeypatch):
    assert local.ask("POST", "/acts/item.register", box("b1"))[0] == 200
    there.disk.full = True
    b2 = box("b2") | {"id": "b2-1"}
    with monkeypatch.context() as impatient:
        impatient.setattr("strongroom_gateway.surface._ACT_SECONDS", 0.5)
        status, answer = local.ask("POST", "/acts/item.register", b2)
        assert (status, answer["id"], answer["recorded"]) == (202, "b2-1", False)
        assert "ask again with id b2-1" in answer["detail"]
        wait_for(lambda: not is_well(there), what="the gateway not being well")
        status, refused = local.ask("POST", "/acts/item.register", box("b4"))
        assert (status, "not recording" in refused["detail"]) == (503, True)
    there.disk.full = False
    wait_for(lambda: is_well(there), what="the gateway being well again")
    status, done = local.ask("POST", "/acts/item.register", b2)
    assert (status, done["recorded"], done["entries"]) == (200, True, answer["entries"])
    assert there.get("/api/v1/items/b2")[0] == 200, "the act that waited for the disk"
    assert local.ask("POST", "/acts/item.register", box("b3"))[0] == 200
    status, refused = local.ask("POST", "/acts/item.register", box("b5") | {"id": "b2-1"})
    assert (status, "used for another act" in refused["detail"]) == (409, True)


def test_what_was_registered_is_known_after_a_restart_and_read_from_the_disk(there, local):
    assert local.ask("POST", "/acts/item.register", box("b9", tags=["e2000099"]))[0] == 200
    there.gateway.stop()
    there.start()
    there.transport.link(True)
    now = there.gateway.clock.now()
    for n, side in enumerate(["inner", "inner", "outer", "outer"]):
        there.send(there.nodes.read("e2000099", side, now, rssi=-45, mono=n * 200))
    assert "exit.no_leave:b9" in str(sorted(there.transport.retained))
    _, _, found = there.get("/api/v1/find?q=e2000099")
    assert [i["id"] for i in found["items"]] == ["b9"]


def test_every_act_is_listed_with_whose_it_is(local):
    _, page = local.ask("GET", "/acts")
    acts = {a["kind"]: a for a in page["acts"]}
    assert acts["item.register"]["local"] is True
    assert "archivist" in acts["item.register"]["roles"]


def test_acts_are_not_to_be_had_over_the_network(there):
    port = there.gateway.api.wait_for_port(10)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/api/v1/acts/item.register", json.dumps(box("b9")))
    assert connection.getresponse().status in (404, 405)
    connection.close()


def test_answers_do_not_wait_for_acknowledgements_of_tcp(there):
    """Of two parts each, on one connection: with Nagle's algorithm every answer takes 40 ms more."""
    connections = there.gateway.api._servers[0].servers[0].sockets
    assert {s.proto for s in connections} == {socket.IPPROTO_TCP}


def test_half_a_sign_is_refused_in_words(local):
    for asked in (
        {"by": "\ud800", "body": {"row": {"id": "b1", "name": "B"}}},
        {"by": "li", "body": {"row": {"id": "b1", "name": "\ud800"}}},
        {"by": "li", "body": {"\ud800": {}}},
    ):
        status, said = local.ask("POST", "/acts/item.register", asked)
        assert status in (409, 422), said
        assert said["detail"]


def test_a_body_that_is_too_large_is_refused_in_words_before_it_is_read(there, local):
    """By the length it names, of which nothing has to come; without one, once too much has come."""
    local.putrequest("POST", "/api/v1/acts/item.register")
    local.putheader("content-length", str(30_000_000))
    local.putheader("accept-language", "en")
    local.endheaders(b"{")
    answer = local.getresponse()
    assert answer.status == 413
    assert "too large: 1048576 bytes at most" in json.loads(answer.read())["detail"]
    local.close()
    piece = b" " * 50_000
    local.request(
        "POST", "/api/v1/acts/item.register", (piece for _ in range(100)), encode_chunked=True
    )
    answer = local.getresponse()
    assert (answer.status, answer.headers["content-type"]) == (413, "application/json")
    local.close()
    long = box("b9", name="n" * 1_100_000)
    assert local.ask("POST", "/acts/item.register", long)[0] == 413
    local.close()
    assert local.ask("POST", "/acts/item.register", box("b9"))[0] == 200
    port = there.gateway.api.wait_for_port(10)
    reading = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    reading.request("GET", "/api/v1/room", b" " * 5_000)
    assert reading.getresponse().status == 413
    reading.close()


def test_the_largest_part_of_a_list_is_taken(local):
    rows = [{"id": f"b-{n}", "name": "\u76d2" * 200, "project": "p" * 200} for n in range(100)]
    body = {"kind": "item", "rows": rows, "source": "s" * 300, "sha256": "0" * 64}
    status, done = local.ask("POST", "/acts/register.import", {"by": "li", "body": body})
    assert (status, done["entries"][-1]["body"]["registered"]) == (200, 100)


SEEN = {"by": "Li Wen", "comment": "seen on camera 2"}


def acknowledged(there):
    with_eyes_of_its_own = Reader(there.folder / "ledger.db")
    found = with_eyes_of_its_own.newest_entries(10, "alarm.acknowledged")
    with_eyes_of_its_own.close()
    return len(found)


def test_an_alarm_is_acknowledged_once_for_an_id_and_the_answer_waits_for_the_disk(there, local):
    there.leave_without()
    at = f"/alarms/{EXIT}/acknowledge"
    status, done = local.ask("POST", at, SEEN | {"id": "a-1"})
    assert (status, done["id"], done["recorded"]) == (200, "a-1", True)
    assert (done["alarm"]["state"], acknowledged(there)) == ("LATCH_ACK", 1)
    assert local.ask("POST", at, SEEN | {"id": "a-1"}) == (200, done)
    assert acknowledged(there) == 1
    assert local.ask("POST", at, SEEN)[0] == 409, "without the id it is another act"
    status, said = local.ask("POST", at.replace("acknowledge", "reset"), SEEN | {"id": "a-1"})
    assert (status, "used for another act" in said["detail"]) == (409, True)


def test_an_alarm_is_silenced_also_while_the_disk_takes_nothing(there, local):
    there.disk.full = True
    there.leave_without()
    wait_for(lambda: not is_well(there), what="the gateway not being well")
    at = f"/alarms/{EXIT}/acknowledge"
    status, done = local.ask("POST", at, SEEN | {"id": "a-1"})
    assert (status, done["recorded"], done["alarm"]["state"]) == (202, False, "LATCH_ACK")
    assert "ask again with id a-1" in done["detail"]
    there.disk.full = False
    wait_for(lambda: is_well(there), what="the gateway being well again")
    assert local.ask("POST", at, SEEN | {"id": "a-1"})[0] == 200
    assert acknowledged(there) == 1
