"""Three people accept certificates on name, number and count, apart from the files."""

import hashlib
import json

import msgspec
import pytest
from strongroom_gateway.errors import RefusedActError
from support.safes import AN, BO, DEED3, Strongbox

LINES = [
    {
        "name": "不动产权证",
        "number": "川(2026)第0001号",
        "certificate": "customer_ownership",
        "tags": [DEED3],
    },
    {"name": "他项权证", "number": "川(2026)第0002号", "certificate": "other_right"},
]
OFFER = {"certificates": LINES, "handler_b": "dan", "safe": "deeds", "project": "2026-017"}
COUNTED = [{"name": line["name"], "number": line["number"]} for line in LINES]


def counting(transfer="T000001", counted=COUNTED, count=2):
    return {"transfer": transfer, "counted": counted, "count": count}


def refused(there, kind, by, body):
    before = there.room.rows()
    with pytest.raises(RefusedActError) as why:
        there.act(kind, by, body)
    assert there.room.rows() == before
    return why.value.key


@pytest.fixture
def there():
    return Strongbox([]).act("certificate.offer", "chi", OFFER)


def test_C5_C11_the_third_signature_accepts_the_whole_list(there):
    there.act("certificate.confirm", "dan", counting())
    assert there.out.entries("item.registered") == there.out.entries("item.registered")[:0]
    there.act("certificate.confirm", "an", counting())
    body = there.last("certificate.accepted")
    assert body["parties"] == {
        "handler_a": "chi",
        "handler_b": "dan",
        "certificate_custodian": "an",
    }
    wanted = [{**line, "tags": line.get("tags")} for line in LINES]
    plain = [{k: v for k, v in line.items() if v} for line in wanted]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert body["digest"] == hashlib.sha256(text.encode()).hexdigest()
    item = there.room.ctx.item("T000001-001")
    assert (item.number, item.certificate, item.home) == (
        LINES[0]["number"],
        "customer_ownership",
        "deeds",
    )
    assert there.room.ctx.accountable("T000001-001") == "an", "the custodian has it in hand"


def test_C12_it_is_in_the_safe_when_the_safe_hears_it(there):
    there.act("certificate.confirm", "dan", counting())
    there.act("certificate.confirm", "an", counting())
    for badge in (AN, BO):
        there.tag(badge).tag(badge, 300, "gone")
    there.door(True).tag(DEED3).wait(20_000).door(False).wait(20_000)
    assert there.room.ctx.where("T000001-001").place == "deeds"
    assert there.codes() == set()


@pytest.mark.parametrize(
    ("counted", "count", "key"),
    [
        (COUNTED[:1], 1, "act.line_missing"),
        ([COUNTED[0], {**COUNTED[1], "name": "other"}], 2, "act.line_differs"),
        ([*COUNTED, {"name": "x", "number": "y"}], 3, "act.line_extra"),
        (COUNTED, 3, "act.count_differs"),
    ],
)
def test_C11_what_differs_is_refused_with_its_line(there, counted, count, key):
    assert (
        refused(there, "certificate.confirm", "dan", counting(counted=counted, count=count)) == key
    )


def test_C5_three_different_people_sign_in_their_order(there):
    assert refused(there, "certificate.confirm", "an", counting()) == "act.b_first"
    there.act("certificate.confirm", "dan", counting())
    assert refused(there, "certificate.confirm", "dan", counting()) == "act.signed_already"
    assert refused(there, "certificate.confirm", "chi", counting()) == "act.not_allowed"


def test_C13_only_the_six_kinds():
    lines = [{**LINES[0], "certificate": "treasure_map"}]
    assert (
        refused(Strongbox([]), "certificate.offer", "chi", OFFER | {"certificates": lines})
        == "act.bad_body"
    )


def test_C8_a_list_of_certificates_holds_nothing_else():
    lines = [{**LINES[0], "kind": "box"}]
    assert (
        refused(Strongbox([]), "certificate.offer", "chi", OFFER | {"certificates": lines})
        == "act.bad_body"
    )


def test_a_number_that_is_registered_cannot_be_offered_again(there):
    there.act("certificate.confirm", "dan", counting())
    there.act("certificate.confirm", "an", counting())
    assert refused(there, "certificate.offer", "chi", OFFER) == "act.number_taken"


def test_a_list_that_is_sent_back_is_over(there):
    there.act("certificate.reject", "dan", {"transfer": "T000001", "reason": "page 3 is missing"})
    assert refused(there, "certificate.confirm", "dan", counting()) == "act.no_transfer"
    there.act("certificate.offer", "chi", OFFER)
    assert there.last("certificate.offered")["transfer"]["id"] == "T000002"


def test_a_list_for_a_safe_that_is_no_longer_there_can_only_be_sent_back(there):
    there.act("certificate.confirm", "dan", counting())
    del there.room.ctx.safes["deeds"]  # as after a start with another configuration
    assert refused(there, "certificate.confirm", "an", counting()) == "act.unknown_safe"
    there.act("certificate.reject", "an", {"transfer": "T000001", "reason": "no such safe"})


def test_C5_nobody_who_has_left_is_named_to_check_a_list(there):
    dan = msgspec.to_builtins(there.room.ctx.person("dan"))
    there.act("person.register", "local:root", {"row": dan | {"active": False}})
    assert refused(there, "certificate.offer", "chi", OFFER) == "act.not_handler_b"
