"""The API against its own description: what it answers is what the OpenAPI document says."""

import json
import sqlite3

import jsonschema
import pytest
from fastapi.testclient import TestClient
from strongroom_gateway.alarms.book import AlarmBook
from strongroom_gateway.api.app import admin_app, read_app
from strongroom_gateway.api.source import Reason
from strongroom_gateway.assembly import open_book, open_room
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.ingest.asked import Answer
from strongroom_gateway.ingest.taking import decision_rows, empty_work
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.storage import SqliteStorage
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.room.acts import known_acts
from strongroom_gateway.surface import Surface
from support.outcome import Outcome
from support.sensing import PLAIN, T0, Nodes

EXIT = "exit.no_leave:HX-H-01"


class Made:
    """A gateway at rest: a room that lived for a while, and its decisions in a real ledger."""

    acknowledge = Surface.acknowledge
    reset = Surface.reset
    shelve = Surface.shelve
    unshelve = Surface.unshelve
    take_out = Surface.take_out
    put_back = Surface.put_back

    def __init__(self, folder):
        self.settings = settings(typed(PLAIN, Config))
        self.book: AlarmBook = open_book(self.settings)
        self._room = open_room(self.settings, {}, self.book)
        self.ills = []
        nodes = Nodes()
        out = Outcome(self._room)
        out.take(self._room.start(T0))
        out.take(self._room.info(nodes.info("g1", T0), T0))
        out.feed(nodes.climate("c1/t1", 19.5, 51.0, T0))
        out.feed([nodes.tap("04aabbccdd0001", T0 + 1), nodes.tap("04110002", T0 + 1_000)])
        for n, side in enumerate(["inner", "inner", "outer", "outer"]):
            out.feed(nodes.read("e2000001", side, T0 + 2_000 + n * 200, rssi=-45))
        out.feed(nodes.door(True, T0 + 10 * 3_600_000))
        keeper = {"id": "keeper", "name": "Keeper", "roles": ["archivist"]}
        out.take(self._room.act("person.register", "local:root", {"row": keeper}, T0 + 4_000))
        hall = {"id": "hall", "name": "Hall", "kind": "room"}
        out.take(self._room.act("place.register", "keeper", {"row": hall}, T0 + 4_000))
        out.take(self._room.act("stocktake.begin", "keeper", {"place": "hall"}, T0 + 4_000))
        self.store = Store(SqliteStorage(folder / "ledger.db"))
        self.store.open()
        work = empty_work()
        for decision in out.decisions:
            work.entries.extend(decision_rows("r1", decision, T0 + 5_000))
        self.store.commit([work])
        self.record = Reader(folder / "ledger.db")

    def close(self):
        self.store.close()
        self.record.close()

    def states(self, rule):
        return self._room.states(rule)

    def look(self, at):
        return at(self._room.ctx)

    def act(self, kind, by, body):
        decision = self._room.act(kind, by, body, self.now())
        return [{"kind": e.kind, "body": e.body} for e in decision.entries]

    def acts(self):
        return known_acts()

    def alarms(self):
        return self.book.records()

    def troubles(self):
        return self.ills

    def metrics(self):
        return "# TYPE x counter\nx 1\n"

    def now(self):
        return T0 + 60_000

    def _act(self, what, name, change):
        self._room.operate(lambda book, out: change(book, self.now(), out))
        return Answer(name or "given", [], True)


@pytest.fixture
def made(tmp_path):
    source = Made(tmp_path)
    yield source
    source.close()


@pytest.fixture
def client(made):
    return TestClient(read_app(made, ["testserver"]), headers={"accept-language": "en"})


@pytest.fixture
def local(made):
    return TestClient(admin_app(made, made), headers={"accept-language": "en"})


def resolved(document, schema):
    """Return a schema with the components beside it, for a validator."""
    whole = schema | {"$defs": document["components"]["schemas"]}
    return json.loads(json.dumps(whole).replace("#/components/schemas/", "#/$defs/"))


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


@pytest.mark.parametrize("which", ["client", "local"])
def test_the_document_is_complete_and_its_schemas_are_valid(which, request):
    app = request.getfixturevalue(which).app
    document = app.openapi()
    assert document["openapi"].startswith("3.1")
    jsonschema.Draft202012Validator.check_schema(resolved(document, {}))  # all components
    names = [o["operationId"] for _, _, o in operations(document)]
    assert len(set(names)) == len(names)
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["description"], where
        assert operation["tags"], where
        for code, answer in operation["responses"].items():
            assert answer["description"], where
            for content in answer.get("content", {}).values():
                jsonschema.Draft202012Validator.check_schema(content["schema"])
                if code == "200" and "json" in next(iter(answer["content"])):
                    assert content["schema"] != {}, f"{where} says nothing of its answer"
        for parameter in operation.get("parameters", []):
            jsonschema.Draft202012Validator.check_schema(parameter["schema"])
    references = set(json.dumps(document).split('"#/components/schemas/')[1:])
    known = set(document["components"]["schemas"])
    assert {r.split('"')[0] for r in references} <= known


PATHS = [
    ("/api/v1/room", "/api/v1/room"),
    ("/api/v1/nodes", "/api/v1/nodes"),
    ("/api/v1/nodes/{node}", "/api/v1/nodes/g1"),
    ("/api/v1/items", "/api/v1/items"),
    ("/api/v1/items/{item}", "/api/v1/items/HX-H-01"),
    ("/api/v1/items/{item}/find", "/api/v1/items/HX-H-01/find"),
    ("/api/v1/movements", "/api/v1/movements"),
    ("/api/v1/movements", "/api/v1/movements?newest=true&item=HX-H-02"),
    ("/api/v1/alarms", "/api/v1/alarms"),
    ("/api/v1/alarms/{alarm}", f"/api/v1/alarms/{EXIT}"),
    ("/api/v1/entries", "/api/v1/entries"),
    ("/api/v1/entries/{idx}", "/api/v1/entries/0"),
    ("/api/v1/proofs/inclusion", "/api/v1/proofs/inclusion?idx=2&size=5"),
    ("/api/v1/proofs/consistency", "/api/v1/proofs/consistency?from=2"),
    ("/api/v1/checkpoints", "/api/v1/checkpoints"),
    ("/api/v1/find", "/api/v1/find?q=Box"),
    ("/api/v1/safes", "/api/v1/safes"),
    ("/api/v1/safes/{safe}", "/api/v1/safes/deeds"),
    ("/api/v1/safes/{safe}/day-ends", "/api/v1/safes/deeds/day-ends"),
    ("/api/v1/stocktakes", "/api/v1/stocktakes"),
    ("/api/v1/stocktakes/{stocktake}", "/api/v1/stocktakes/K00001"),
    ("/health", "/health"),
]
TEXTS = {"/metrics", "/api/v1/proofs/file"}
ELSEWHERE = {"/api/v1/epcis", "/api/v1/epcis/report"}  # tests/gateway/epcis/test_routes.py
ELSEWHERE |= {f"/api/v1/{path}" for path in ("slips", "slips/{slip}", "loans", "loans/{loan}")}
ELSEWHERE |= {"/api/v1/transfers", "/api/v1/transfers/{transfer}"}
"""See tests/gateway/loans/test_reading.py and tests/gateway/safes/test_transfers.py."""
CLIMATE = {f"/api/v1/climate/{path}" for path in ("history", "compliance", "register.{kind}")}
"""See test_history.py."""


@pytest.mark.parametrize(("path", "asked"), PATHS)
def test_what_is_answered_is_what_is_described(client, path, asked):
    document = client.app.openapi()
    answer = client.get(asked)
    assert answer.status_code == 200, answer.text
    content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    jsonschema.validate(answer.json(), resolved(document, content["schema"]))


def test_every_described_path_is_asked_above(client):
    described = {p for p, m, _ in operations(client.app.openapi())}
    assert described == {p for p, _ in PATHS} | TEXTS | ELSEWHERE | CLIMATE


def test_the_room(client):
    room = client.get("/api/v1/room").json()
    assert (
        room["ledger"]["size"]
        == client.get("/api/v1/entries?limit=500").json()["entries"][-1]["idx"] + 1
    )
    (north,) = [z for z in room["zones"] if z["id"] == "north"]
    assert north["sensors"] == {
        "c1/t1": {"t": 19.5, "rh": 51.0, "at": T0, "stale": True},
        "c1/t2": None,
    }
    assert north["temperature"] == {
        "low": 14.0,
        "high": 24.0,
        "source": "JGJ 25-2010, table 5.2.1; DA/T 87-2021, table 1; 1987 interim rules, article 7",
    }


def test_items_say_who_holds_them(client):
    items = {i["id"]: i for i in client.get("/api/v1/items").json()["items"]}
    assert (items["HX-H-02"]["holder_name"], items["HX-H-02"]["place"]) == ("Li Wen", "@holder")
    assert (items["HX-H-01"]["holder"], items["HX-H-01"]["place"]) == (None, "@outside")
    held = client.get("/api/v1/items?holder=li").json()["items"]
    assert [i["id"] for i in held] == ["HX-H-02"]


def test_movements_in_order_with_their_reasons(client):
    found = client.get("/api/v1/movements").json()["movements"]
    assert [(m["kind"], m["item"]) for m in found] == [
        ("check_out", "HX-H-02"),
        ("exit_without_leave", "HX-H-01"),
    ]
    assert found[1]["why"]["order"] == ["inner", "outer"]
    assert found[0]["item_name"] == "Box 2"
    newest = client.get("/api/v1/movements?newest=true").json()["movements"]
    assert newest == found[::-1]


@pytest.mark.parametrize(
    ("path", "thing"),
    [
        ("entries", "entries"),
        ("movements", "movements"),
        ("alarms", "alarms"),
        ("items", "items"),
        ("nodes", "nodes"),
    ],
)
def test_pages_one_by_one_are_the_whole(client, path, thing):
    whole = client.get(f"/api/v1/{path}?limit=500").json()
    assert whole["next"] is None
    found, after = [], None
    for _ in range(100):
        more = f"&after={after}" if after is not None else ""
        page = client.get(f"/api/v1/{path}?limit=1{more}").json()
        found += page[thing]
        assert len(page[thing]) <= 1
        after = page["next"]
        if after is None:
            break
    assert found == whole[thing]
    assert found


@pytest.mark.parametrize(
    "asked", ["limit=0", "limit=501", "limit=x", "after=-2", f"after={2**63}", "newest=perhaps"]
)
def test_what_is_out_of_bounds_is_refused(client, asked):
    assert client.get(f"/api/v1/entries?{asked}").status_code == 422


@pytest.mark.parametrize(
    "path", ["nodes/none", "items/none", "alarms/none", "entries/99999", f"entries/{2**61}"]
)
def test_what_is_not_there(client, path):
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"]


def test_alarms_in_the_language_that_is_asked_for(client):
    english = client.get(f"/api/v1/alarms/{EXIT}").json()
    chinese = client.get(f"/api/v1/alarms/{EXIT}", headers={"accept-language": "zh-CN"}).json()
    said = "Box 1 (HX-H-01) left through Exit without leave; last holder: —; answerable: —"
    assert english["text"] == said
    assert chinese["text"] == "Box 1(HX-H-01)未经批准从Exit带出;最后持有人:—;责任人:—"
    assert english["state_text"] == "latched, unacknowledged"


def test_health_says_every_reason_in_words(client, made):
    assert client.get("/health").json() == {"status": "ok", "reasons": []}
    made.ills = [
        Reason("health.not_recording", {"reason": "disk full"}),
        Reason("health.broker_away"),
    ]
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == [
        "The ledger is not recording: disk full",
        "The broker does not answer; nodes keep what they sense",
    ]


def test_a_ledger_that_cannot_be_read_is_said(client, made):
    class Away:
        def close(self):
            pass

        def __getattr__(self, _):
            def fail(*_, **__):
                raise sqlite3.OperationalError("disk I/O error")

            return fail

    made.record.close()
    made.record = Away()
    for path in ("entries", "movements", "entries/0"):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 503
        assert "disk I/O error" in answer.json()["detail"]
    assert client.get("/api/v1/room").json()["ledger"] is None


@pytest.mark.parametrize(
    "path", ["/health", "/docs", "/nowhere", "/api/v1/entries?limit=0", "/api/v1/openapi.json"]
)
def test_every_answer_has_the_security_headers(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_a_foreign_name_is_refused(client):
    assert client.get("/health", headers={"host": "evil.example"}).status_code == 400


def test_nothing_can_be_written_over_http(client):
    methods = {m for _, m, _ in operations(client.app.openapi())}
    assert methods == {"get"}
    for route in ("acknowledge", "reset", "shelve"):
        answer = client.post(f"/api/v1/alarms/{EXIT}/{route}", json={"by": "x", "comment": "y"})
        assert answer.status_code == 404
    assert client.delete("/api/v1/entries/0").status_code == 405


def test_the_page_loads_nothing_from_elsewhere(client):
    page = client.get("/docs").text
    assert "<script" not in page
    assert "http://" not in page and "https://" not in page
    assert "/api/v1/movements" in page


ACT = {"by": "Li Wen", "comment": "seen"}


def test_the_life_of_an_alarm_over_the_local_socket(local, made):
    at = f"/api/v1/alarms/{EXIT}"
    assert local.post(f"{at}/reset", json=ACT).status_code == 409
    assert local.post(f"{at}/acknowledge", json=ACT).json()["alarm"]["state"] == "LATCH_ACK"
    again = local.post(f"{at}/acknowledge", json=ACT)
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "There is nothing to acknowledge: the alarm is latched, acknowledged",
    )
    assert local.post(f"{at}/shelve", json=ACT | {"minutes": 5}).json()["alarm"]["state"] == "SHLVD"
    shelved = local.get(at).json()
    assert (shelved["by"], shelved["comment"]) == ("Li Wen", "seen")
    assert shelved["shelved_until"] == made.now() + 300_000
    assert local.post(f"{at}/unshelve", json=ACT).json()["alarm"]["state"] == "LATCH_ACK"
    assert local.post(f"{at}/out-of-service", json=ACT).json()["alarm"]["state"] == "OOSRV"
    assert local.post(f"{at}/in-service", json=ACT).json()["alarm"]["state"] == "LATCH_UNACK"
    local.post(f"{at}/acknowledge", json=ACT)
    assert local.post(f"{at}/reset", json=ACT).json()["alarm"] is None
    assert local.post(f"{at}/reset", json=ACT).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"by": ""}, {"by": "x"}, {"by": "x", "comment": ""}, ACT | {"x": 1}]
)
def test_who_and_why_are_needed(local, body):
    assert local.post(f"/api/v1/alarms/{EXIT}/acknowledge", json=body).status_code == 422


def test_shelving_is_bounded(local):
    at = f"/api/v1/alarms/{EXIT}/shelve"
    assert local.post(at, json=ACT | {"minutes": 481}).status_code == 409
    assert local.post(at, json=ACT | {"minutes": 0}).status_code == 422


@pytest.mark.parametrize(
    "sent",
    [
        '{"by": "\\ud800", "comment": "x"}',
        '{"by": "li", "comment": ["\\ud800"]}',
        '{"by": "li", "comment": "x", "\\ud800": 1}',
        '{"by": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"by": "' + "x" * 1_000_000 + '", "comment": "x"}',
    ],
)
def test_what_no_answer_can_carry_is_refused_and_not_said_again(local, sent):
    at = f"/api/v1/alarms/{EXIT}/acknowledge"
    answer = local.post(at, content=sent, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert len(answer.content) < 1_000
