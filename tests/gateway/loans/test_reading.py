"""What the API and the command line say of slips and loans, of a whole gateway."""

import json

import jsonschema
import pytest
from fastapi.testclient import TestClient
from gateway.service.test_gateway import site
from strongroom_gateway.act_command import from_words
from strongroom_gateway.api.app import read_app
from strongroom_gateway.cli import main
from support.lending import DAY, ITEMS, PEOPLE, Office
from support.waiting import wait_for

__all__ = ["site"]


class Shown:
    """An office as the API sees it."""

    def __init__(self, office):
        self.office = office
        self.settings = office.room.ctx.settings

    def look(self, at):
        return at(self.office.room.ctx)

    def now(self):
        return self.office.now


@pytest.fixture
def office():
    made = Office()
    made.slip("han", "B1", "B2")  # 1: B1 out
    made.visit("han", "B1")
    made.slip("hu", "B3", by=None)  # 2: not decided
    made.act("slip.refuse", "gao", slip=made.slip("hu", "S1", by=None), reason="no")  # 3
    made.visit("deng", "C1")
    made.visit("deng", "C1")
    made.act("return.inspect", "arch", item="C1", condition="good")
    return made


@pytest.fixture
def client(office):
    return TestClient(read_app(Shown(office), ["testserver"]))


def ids(client, path):
    page = client.get(f"/api/v1{path}").json()
    return [one["id"] for one in page.get("slips", page.get("loans"))]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/slips", "/slips"),
        ("/slips/{slip}", "/slips/S2027-00001"),
        ("/loans", "/loans"),
        ("/loans/{loan}", "/loans/L2027-00001"),
    ],
)
def test_what_is_answered_is_what_is_described(client, path, asked):
    document = client.app.openapi()
    answer = client.get(f"/api/v1{asked}")
    assert answer.status_code == 200
    described = document["paths"][f"/api/v1{path}"]["get"]["responses"]["200"]
    schema = {"$ref": described["content"]["application/json"]["schema"]["$ref"]}
    registry = {"components": document["components"]}
    jsonschema.validate(answer.json(), registry | schema)
    assert client.get(f"/api/v1{path.split('{')[0].rstrip('/')}/none").status_code == 404


def test_slips_are_listed_by_whose_and_whether_they_are_open(client):
    assert ids(client, "/slips") == ["S2027-00001", "S2027-00002", "S2027-00003"]
    assert ids(client, "/slips?person=hu") == ["S2027-00002", "S2027-00003"]
    assert ids(client, "/slips?person=hu&after=S2027-00002") == ["S2027-00003"]
    assert ids(client, "/slips?open=true") == ["S2027-00001", "S2027-00002"]
    assert ids(client, "/slips?open=false") == ["S2027-00003"]
    one = client.get("/api/v1/slips/S2027-00001").json()
    assert (one["status"], one["out"], one["left"]) == ("partly_out", ["B1"], ["B2"])
    assert (one["person_name"], one["decided_by"]) == ("Han", "gao")
    page = client.get("/api/v1/slips?limit=2").json()
    assert (len(page["slips"]), page["next"]) == (2, "S2027-00002")


def test_loans_are_listed_by_whose_and_what_is_overdue(client, office):
    assert ids(client, "/loans") == ["L2027-00001", "L2027-00002"]
    assert ids(client, "/loans?open=true") == ["L2027-00001"]
    assert ids(client, "/loans?open=false") == ["L2027-00002"]
    assert ids(client, "/loans?person=deng") == ["L2027-00002"]
    assert ids(client, "/loans?overdue=true") == []
    office.wait(31 * DAY)
    assert ids(client, "/loans?overdue=true") == ["L2027-00001"]
    one = client.get("/api/v1/loans/L2027-00001").json()
    assert (one["reminders"], one["overdue"], one["away"]) == (1, True, ["B1"])


def test_words_of_the_command_line_become_what_the_act_takes():
    words = ["items=B1,B2", "purpose=a, b and c", "external=true", "days=5", "person=007"]
    assert from_words("slip.request", words, "en") == {
        "items": ["B1", "B2"],
        "purpose": "a, b and c",
        "external": True,
        "days": 5,
        "person": "007",
    }
    assert from_words("slip.request", ["items=B1"], "en") == {"items": ["B1"]}
    words = ['pages={"V1": 9}', "seal=intact", "missing=V2"]
    assert from_words("return.inspect", words, "en") == {
        "pages": {"V1": 9},
        "seal": "intact",
        "missing": ["V2"],
    }
    assert from_words("return.inspect", ["pages=86"], "en") == {"pages": 86}
    assert from_words("no.such", ["a=1"], "en") == {"a": "1"}, "the gateway says what is wrong"


def run(there, capsys, *words):
    code = main([*words, "--socket", str(there.folder / "admin.sock"), "--language", "en"])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_from_the_slip_to_the_loan_over_the_command_line_and_a_gateway_of_its_own(site, capsys):
    there = site(person=PEOPLE, item=ITEMS)
    there.start()
    there.transport.link(True)
    wait_for((there.folder / "admin.sock").exists, what="the admin socket")
    ask = ["act", "slip.request", "--by", "han", "items=B2", "purpose=audit"]
    wait_for(lambda: run(there, capsys, *ask)[0] == 0, what="the gateway taking acts")
    slip = there.get("/api/v1/slips")[2]["slips"][0]["id"]
    code, said = run(there, capsys, "act", "slip.approve", "--by", "han", f"slip={slip}")
    assert (code, "nobody approves their own" in said) == (2, True)
    body = json.dumps({"slip": slip})
    code, said = run(there, capsys, "act", "slip.approve", "--by", "gao", "--json", body)
    assert code == 0
    assert said.startswith(f"slip.approved  slip={slip} person=han by=gao")
    now = there.gateway.clock.now()
    there.send(there.nodes.tap("04aa0000000006", now))
    there.send(there.nodes.tap("04110002", now + 1_000))
    wait_for(lambda: there.get("/api/v1/loans")[2]["loans"], what="the loan")
    assert there.get("/api/v1/items/B2")[2]["holder"] == "han"
    there.gateway.stop()
    there.start()
    loan = there.get("/api/v1/loans/" + there.get("/api/v1/loans")[2]["loans"][0]["id"])[2]
    assert (loan["slip"], loan["state"]) == (slip, "out")
    wait_for(lambda: run(there, capsys, "show", "loans", "--open")[0] == 0, what="an answer")
    code, said = run(there, capsys, "show", "loans", "--open", "--person", "han")
    assert said.split()[:4] == [loan["id"], "out", "han", "Han"]
    code, said = run(there, capsys, "show", "slips", slip)
    assert "status  out\n" in said
    assert "purpose  audit\n" in said
    assert run(there, capsys, "show", "slips", "--person", "hu") == (1, "There is none\n")
    code, said = run(there, capsys, "show", "slips", "S1999-00001")
    assert (code, said) == (2, "strongroom: slips: there is none with the id S1999-00001\n")


def test_acts_are_listed_with_their_fields(site, capsys):
    there = site(person=PEOPLE, item=ITEMS)
    there.start()
    wait_for((there.folder / "admin.sock").exists, what="the admin socket")
    wait_for(lambda: run(there, capsys, "acts", "--json")[0] == 0, what="an answer")
    code, said = run(there, capsys, "acts")
    assert code == 0
    lines = said.splitlines()
    at = lines.index("return.inspect  item condition [pages] [seal] [missing] [note]")
    assert lines[at + 1].strip() == "archivist, certificate custodian"
    assert lines[lines.index("slip.approve  slip [comment]") + 1].strip() == "everybody"


@pytest.mark.parametrize("words", [["oops"], ["--json", "[1]"], ["--json", "{}", "a=1"]])
def test_what_is_no_body_is_a_mistake(words, capsys):
    assert main(["act", "slip.approve", "--by", "gao", *words, "--socket", "/nowhere"]) == 2
    assert capsys.readouterr().err
