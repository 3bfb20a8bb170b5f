"""Stock-take: found, missing, misplaced, unexpected; two sign what they read; then it counts."""

import time

import pytest
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.rounds.stocktake_report import Stocktake, report
from support.outcome import Outcome
from support.rounds import Hall
from support.sensing import room


@pytest.fixture
def hall():
    made = Hall()
    made.act("stocktake.begin", "li", {"place": "hall"})
    return made


def seen(hall, place, *tags):
    return hall.act(
        "stocktake.seen", "li", {"stocktake": "K00001", "place": place, "tags": list(tags)}
    )


def now(hall):
    return report(hall.room.ctx.rows.get(Stocktake, "K00001"), hall.room.ctx)


def sign(hall, *people):
    for person in people:
        digest = now(hall).digest
        hall.act("stocktake.sign", person, {"stocktake": "K00001", "digest": digest})


def refused(hall, kind, by, body):
    before = hall.room.rows()
    with pytest.raises(RefusedActError) as why:
        hall.act(kind, by, body)
    assert hall.room.rows() == before
    return why.value.key


def where(hall, item):
    found = hall.room.ctx.where(item)
    return found.holder, found.place


def test_four_lists(hall):
    seen(hall, "A-1", "e2000001", "E2000003", "e2000004", "e2ffffff")
    found = now(hall)
    assert found.found == ["b1"]
    assert found.missing == ["b2"]
    assert found.misplaced == {"b3": "A-1"}
    assert found.unexpected == {"b4": "A-1"}
    assert found.strange == ["e2ffffff"]


def test_nothing_moves_before_two_have_signed_what_they_read(hall):
    seen(hall, "A-1", "e2000001", "e2000003")
    sign(hall, "li")
    assert where(hall, "b3") == (None, "A-2")
    digest = now(hall).digest
    again = {"stocktake": "K00001", "digest": digest}
    assert refused(hall, "stocktake.sign", "li", again) == "act.stocktake_signed"
    assert refused(hall, "stocktake.sign", "wang", again) == "act.not_allowed"
    hall.act("stocktake.sign", "audit", again)
    assert where(hall, "b3") == (None, "A-1")
    body = hall.out.entries("stocktake.signed")[-1][1]
    assert body["signed_by"] == ["li", "audit"]
    assert body["missing"] == ["b2"]
    assert refused(hall, "stocktake.sign", "li", again) == "act.no_stocktake"


def test_what_is_seen_after_the_first_signature_has_to_be_signed_anew(hall):
    seen(hall, "A-1", "e2000001")
    old = now(hall).digest
    sign(hall, "li")
    seen(hall, "A-1", "e2000002")
    assert refused(hall, "stocktake.sign", "audit", {"stocktake": "K00001", "digest": old}) == (
        "act.stocktake_changed"
    )
    sign(hall, "audit", "li")
    assert hall.out.entries("stocktake.signed")[-1][1]["signed_by"] == ["audit", "li"]


def test_C2_what_is_missing_has_somebody_who_answers_for_it_until_it_is_found(hall):
    seen(hall, None, "e2000001", "e2000002")
    sign(hall, "li", "audit")
    assert where(hall, "b3") == ("li", "@missing")
    assert "Li answers for it" in hall.standing()["stocktake.missing:b3"]
    hall.act("stocktake.begin", "li", {"place": "hall"})
    hall.act("stocktake.seen", "li", {"stocktake": "K00002", "place": "A-2", "tags": ["e2000003"]})
    hall.act("stocktake.seen", "li", {"stocktake": "K00002", "tags": ["e2000001", "e2000002"]})
    stock = hall.room.ctx.rows.get(Stocktake, "K00002")
    assert report(stock, hall.room.ctx).unexpected == {"b3": "A-2"}
    for person in ("li", "mo"):
        digest = report(stock, hall.room.ctx).digest
        hall.act("stocktake.sign", person, {"stocktake": "K00002", "digest": digest})
    assert where(hall, "b3") == (None, "A-2")
    assert "stocktake.missing:b3" not in hall.standing()


def test_a_shelf_reader_sees_while_it_is_open():
    readers = [{"id": "r-a", "name": "Row A", "node": "s9", "reader": "shelf", "covers": ["A-"]}]
    hall = Hall(shelf_reader=readers)
    hall.act("stocktake.begin", "li", {"place": "hall"})
    hall.tag("s9", "shelf", "e2000001").tag("s9", "shelf", "e2000001").tag(
        "s9", "shelf", "e2000004"
    )
    assert now(hall).found == ["b1"]
    assert len(hall.out.entries("stocktake.seen")) == 1


def test_one_at_a_time_and_it_may_be_given_up(hall):
    assert refused(hall, "stocktake.begin", "mo", {"place": "hall"}) == "act.stocktake_open"
    hall.act("stocktake.drop", "li", {"place": "hall"})
    hall.act("stocktake.begin", "mo", {"place": "hall"})


def test_ten_thousand_boxes_are_compared_at_once():
    items = [
        {"id": f"x{n:05d}", "name": "x", "tags": [f"e3{n:06x}"], "home": "A-1" if n % 2 else "A-2"}
        for n in range(10_000)
    ]
    hall = Hall(item=items)
    hall.act("stocktake.begin", "li", {"place": "hall"})
    for start in range(0, 9_999, 500):
        tags = [i["tags"][0] for i in items[start : start + 500]][: None if start else 499]
        seen(hall, None, *tags)
    began = time.process_time()
    found = now(hall)
    seconds = time.process_time() - began
    assert (len(found.found), len(found.missing)) == (9_999, 1)
    assert seconds < 30, "an order of magnitude above what it takes, so that it is not quadratic"


def test_two_auditors_do_not_make_it_count(hall):
    audit2 = {"id": "audit2", "name": "Another", "roles": ["auditor"]}
    hall.act("person.register", "local:root", {"row": audit2})
    sign(hall, "audit")
    body = {"stocktake": "K00001", "digest": now(hall).digest}
    assert refused(hall, "stocktake.sign", "audit2", body) == "act.stocktake_auditors"
    sign(hall, "li")
    assert where(hall, "b1")[1] == "@missing"


@pytest.mark.parametrize("tag", ["a/b", "", "e2\n", "\ud800", "x" * 65])
def test_what_is_no_tag_is_refused(hall, tag):
    body = {"stocktake": "K00001", "tags": [tag]}
    assert refused(hall, "stocktake.seen", "li", body) == "act.bad_body"


def test_what_the_record_has_no_form_for_is_refused_in_words(hall):
    row = {"id": "x", "name": "half a character: \ud800"}
    assert refused(hall, "item.register", "li", {"row": row}) == "act.bad_body"


def test_C2_the_alarm_ends_when_what_was_missing_comes_back_over_the_desk(hall):
    seen(hall, "A-1", "e2000002", "e2000003")
    sign(hall, "li", "audit")
    assert "stocktake.missing:b1" in hall.standing()
    hall.until(hall.at + 120_000)
    hall.room = room(hall.room.rows(), **hall.sections)
    hall.out = Outcome(hall.room).take(hall.room.start(hall.at))
    hall.tag("d1", "desk", "04aa000002")
    hall.at += 1_000
    hall.tag("d1", "desk", "e2000001")
    assert where(hall, "b1")[1] == "@inspection"
    hall.until(hall.at + 60_000)
    assert "stocktake.missing:b1" not in hall.standing()
