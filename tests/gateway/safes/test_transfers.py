"""What the API and the command line say of lists of certificates that wait for a signature."""

import json

import jsonschema
import pytest
from fastapi.testclient import TestClient
from gateway.service.test_gateway import site
from strongroom_gateway.api.app import read_app
from strongroom_gateway.cli import main
from support.safes import PEOPLE, SAFE, Strongbox
from support.waiting import wait_for

__all__ = ["site"]

DAY = 86_400_000
LINE = {"name": "Deed", "number": "Z-1", "certificate": "other_right"}


def offer(number="Z-1"):
    lines = [{**LINE, "number": number}]
    return {"certificates": lines, "handler_b": "dan", "safe": "deeds", "project": "2026-017"}


def counting(transfer, number="Z-1"):
    counted = [{"name": "Deed", "number": number}]
    return {"transfer": transfer, "counted": counted, "count": 1}


class Shown:
    """A strongbox as the API sees it."""

    def __init__(self, there):
        self.there = there
        self.settings = there.room.ctx.settings

    def look(self, at):
        return at(self.there.room.ctx)

    def now(self):
        return self.there.at


@pytest.fixture
def there():
    """Four lists: nobody counted the first, B the second, both the third; the fourth was sent back."""
    made = Strongbox([])
    for n in range(1, 5):
        made.act("certificate.offer", "chi", offer(f"Z-{n}"))
    made.act("certificate.confirm", "dan", counting("T000002", "Z-2"))
    made.act("certificate.confirm", "dan", counting("T000003", "Z-3"))
    made.act("certificate.confirm", "an", counting("T000003", "Z-3"))
    return made.act("certificate.reject", "dan", {"transfer": "T000004", "reason": "torn"})


@pytest.fixture
def client(there):
    return TestClient(read_app(Shown(there), ["testserver"]))


def listed(client, asked=""):
    return client.get(f"/api/v1/transfers{asked}").json()["transfers"]


def test_C5_open_lists_say_who_signed_and_who_is_next(client):
    told = {t["id"]: (t["state"], t["signed"], t["waits_for"]) for t in listed(client)}
    assert told == {
        "T000001": ("offered", ["chi"], "dan"),
        "T000002": ("offered", ["chi", "dan"], "certificate_custodian"),
        "T000003": ("accepted", ["chi", "dan", "an"], None),
        "T000004": ("rejected", ["chi"], None),
    }
    assert [t["id"] for t in listed(client, "?open=true")] == ["T000001", "T000002"]


def test_a_list_is_overdue_only_while_it_waits(client, there):
    assert [t["id"] for t in listed(client) if t["overdue"]] == []
    there.at += 30 * DAY
    assert [t["id"] for t in listed(client) if t["overdue"]] == ["T000001", "T000002"]


def test_pages_one_by_one_are_the_whole(client):
    for more in ("", "&open=true"):
        found, after = [], ""
        while after is not None:
            page = client.get(f"/api/v1/transfers?limit=1&after={after}{more}").json()
            found += page["transfers"]
            after = page["next"]
        assert found == listed(client, f"?limit=100{more}")


@pytest.mark.parametrize("path", ["/transfers", "/transfers/{transfer}"])
def test_what_is_answered_is_what_is_described(client, path):
    document = client.app.openapi()
    answer = client.get(f"/api/v1{path.format(transfer='T000002')}")
    described = document["paths"][f"/api/v1{path}"]["get"]["responses"]["200"]
    schema = {"$ref": described["content"]["application/json"]["schema"]["$ref"]}
    jsonschema.validate(answer.json(), {"components": document["components"]} | schema)
    assert client.get("/api/v1/transfers/T000009").status_code == 404


def test_one_list_has_its_lines_and_what_all_three_sign(client):
    one = client.get("/api/v1/transfers/T000001").json()
    assert one["certificates"] == [{**LINE, "pages": None}]
    other = client.get("/api/v1/transfers/T000002").json()
    assert (len(one["digest"]), one["digest"] == other["digest"]) == (64, False)


def test_show_prints_what_waits(site, capsys):
    place = {"id": "deeds", "name": "Deed safe", "kind": "safe", "custodian": "an"}
    there = site(person=PEOPLE, item=[], place=[place], safe=[SAFE], gate=[])
    there.start()
    there.transport.link(True)
    wait_for((there.folder / "admin.sock").exists, what="the admin socket")

    def run(*words):
        code = main([*words, "--socket", str(there.folder / "admin.sock"), "--language", "en"])
        said = capsys.readouterr()
        return code, said.out + said.err

    ask = ["act", "certificate.offer", "--by", "chi", "--json", json.dumps(offer())]
    wait_for(lambda: run(*ask)[0] == 0, what="the gateway taking acts")
    code, said = run("show", "transfers", "--open")
    assert (code, said.split()[:3]) == (0, ["T000001", "offered", "dan"])
    code, said = run("show", "transfers", "T000001")
    assert ("signed  chi\n" in said, "waits_for  dan\n" in said) == (True, True)
    reject = ["act", "certificate.reject", "--by", "dan", "transfer=T000001", "reason=torn"]
    assert run(*reject)[0] == 0
    assert run("show", "transfers", "--open") == (1, "There is none\n")
