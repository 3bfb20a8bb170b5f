"""Rules of the house that several parts keep together, by their ids."""

import pytest
from fastapi.testclient import TestClient
from gateway.api.test_api import Made
from strongroom_gateway.api.app import read_app
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.ledger.correction import correction
from strongroom_gateway.room.acts import known_acts
from support.lending import Office
from support.outcome import Outcome
from support.safes import Strongbox
from support.sensing import T0, Nodes, room

LIST = {
    "certificates": [
        {"name": "Deed", "number": "N-1", "certificate": "other_right", "tags": ["04d90001"]}
    ],
    "handler_b": "dan",
    "safe": "deeds",
    "project": "2026-017",
}
COUNT = {"transfer": "T000001", "counted": [{"name": "Deed", "number": "N-1"}], "count": 1}


def test_C3_files_and_certificates_have_a_ledger_each(tmp_path):
    made = Made(tmp_path)
    deed = {"id": "D-1", "name": "Deed", "kind": "certificate", "certificate": "other_right"}
    made._room.act("item.register", "local:root", {"row": deed}, T0)
    client = TestClient(read_app(made, ["testserver"]))
    ledgers = {
        kind: [i["id"] for i in client.get(f"/api/v1/items?kind={kind}").json()["items"]]
        for kind in ("box", "certificate")
    }
    made.close()
    assert ledgers == {"box": ["HX-H-01", "HX-H-02"], "certificate": ["D-1"]}


def test_C10_certificates_that_are_not_in_the_safe_by_the_end_of_the_day_are_named():
    there = Strongbox([], day_end="17:00").act("certificate.offer", "chi", LIST)
    there.act("certificate.confirm", "dan", COUNT).act("certificate.confirm", "an", COUNT)
    there.wait(61 * 60_000)
    assert there.last("safe.day_end")["because"] == ["accepted certificates are not in it"]
    assert there.codes() == {"safe.day_end_open"}


def test_G8_a_broken_seal_keeps_a_loan_open_and_names_the_borrower():
    office = Office()
    office.slip("han", "S1")
    office.visit("han", "S1")
    office.wait(60_000)
    office.visit("han", "S1")
    office.act("return.inspect", "arch", item="S1", condition="good", seal="broken")
    (alarm,) = [a for a in office.out.alarms().values() if a.code == "return.deficient"]
    assert "Han" in alarm.text
    assert office.room.ctx.accountable("S1") == "han"


def test_G14_nothing_leaves_without_leave_unnoticed():
    there, nodes = room(), Nodes()
    out = Outcome(there)
    for n, side in enumerate(["inner", "inner", "outer", "outer"]):
        out.feed(nodes.read("e2000001", side, T0 + n * 200, rssi=-45))
    out.at(T0 + 5_000)
    assert out.alarms()["exit.no_leave:HX-H-01"].priority == "critical"


def test_G20_every_act_says_whose_it_is():
    for kind, act in known_acts().items():
        # Those of lending judge for themselves who may: the borrower, an approver, the deputy.
        lending = kind.startswith(("slip.", "loan.", "return."))
        assert act.roles or lending, f"{kind} is everybody's"
    stranger = Office()
    with pytest.raises(RefusedActError) as refused:
        stranger.act("item.register", "han", row={"id": "x", "name": "x"})
    assert refused.value.key == "act.not_allowed"


def test_G28_a_change_is_a_record_of_its_own_with_who_and_why():
    body = correction(
        7, "event/tag", {"reader": "a", "time": T0}, {"reader": "b"}, "li", "typo", []
    )
    assert (body["supersedes"], body["who"], body["why"]) == (7, "li", "typo")
    assert body["changes"] == {"reader": {"was": "a", "is": "b"}}
