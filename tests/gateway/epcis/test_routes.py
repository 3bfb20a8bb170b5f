"""Events over HTTP: the same as in a file, page by page."""

import json
import re

import jsonschema
import pytest
from fastapi.testclient import TestClient
from gateway.epcis.made import BASE, LIFE, Told, write
from strongroom_gateway.api.app import read_app
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from support.sensing import PLAIN

LEFT_OUT = [
    ("movement.teleported", {"item": "HX-H-01"}),
    ("slip.requested", {"slip": "S"}),
]


class Still:
    """A gateway of which nothing but its settings is asked."""

    def __init__(self, path, **sections):
        plain = PLAIN | {"ledger": {"path": str(path)}} | sections
        self.settings = settings(typed(plain, Config))


def client_of(path, **sections):
    app = read_app(Still(path, **sections), ["testserver"])
    return TestClient(app, headers={"accept-language": "en"}, raise_server_exceptions=False)


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "ledger.db", LIFE + LEFT_OUT)


@pytest.fixture
def client(path):
    return client_of(path, epcis={"base": BASE})


def resolved(document, schema):
    text = json.dumps([schema, document["components"]["schemas"]])
    schema, defs = json.loads(text.replace("#/components/schemas/", "#/$defs/"))
    return schema | {"$defs": defs}


@pytest.mark.parametrize("asked", ["/api/v1/epcis", "/api/v1/epcis/report"])
def test_what_is_answered_is_what_is_described(client, asked):
    document = client.app.openapi()
    answer = client.get(asked)
    assert answer.status_code == 200, answer.text
    content = document["paths"][asked]["get"]["responses"]["200"]["content"]["application/json"]
    jsonschema.validate(answer.json(), resolved(document, content["schema"]))


@pytest.mark.parametrize("limit", [1, 3, 500])
def test_pages_one_by_one_are_the_whole(client, path, limit):
    found, url = [], f"/api/v1/epcis?limit={limit}"
    for _ in range(len(LIFE + LEFT_OUT) + 1):
        answer = client.get(url)
        events = answer.json()["epcisBody"]["eventList"]
        found += events
        assert len(events) <= limit
        if "link" not in answer.headers:
            break
        url = re.fullmatch(r'<(.+)>; rel="next"', answer.headers["link"])[1]
    else:
        pytest.fail("there is always a next page")
    assert found == Told(path).events


def test_what_is_left_out_is_said(client):
    report = client.get("/api/v1/epcis/report").json()
    assert report["unmapped"] == {"movement.teleported": 1}
    assert report["silent"] == {"slip.requested": 1}
    assert report["told"]["tag.bound"] == 1
    assert sum(report["told"].values()) == len(LIFE)


def test_a_site_that_has_not_named_its_things_is_told_so(path):
    for asked in ("/api/v1/epcis", "/api/v1/epcis/report"):
        answer = client_of(path).get(asked)
        assert answer.status_code == 409
        assert "epcis.base" in answer.json()["detail"]


def test_a_record_that_cannot_be_read_is_said(tmp_path):
    client = client_of(tmp_path / "none.db", epcis={"base": BASE})
    for asked in ("/api/v1/epcis", "/api/v1/epcis/report"):
        assert client.get(asked).status_code == 503


@pytest.mark.parametrize("asked", ["limit=0", "limit=501", "after=-2", f"after={2**63}"])
def test_what_is_out_of_bounds_is_refused(client, asked):
    assert client.get(f"/api/v1/epcis?{asked}").status_code == 422
