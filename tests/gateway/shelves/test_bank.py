"""The watched bank: which aisle is open, since when, and by whom."""

import msgspec
import pytest
from support.outcome import Outcome
from support.sensing import T0, Nodes
from support.shelving import HOUR, LI, MINUTE, SECOND, WANG, Bank, aisle, shelved, view


def opened(out):
    return [(b["aisle"], b["by"]) for _, b in out.entries("shelf.aisle_opened")]


def shut_bank(bank, when=T0):
    """All space in the last aisle: what stands open at first has no alarm here."""
    return bank.standing(0, 0, 0, at=when)


# -- which aisle, how wide, since when ------------------------------------------------------------


def test_before_anything_is_reported_nothing_is_known():
    out = Outcome(shelved()).take(shelved().start(T0))
    assert [a["state"] for a in view(out)["aisles"]] == ["unknown"] * 4


def test_a_carriage_rolled_aside_opens_the_aisle_behind_it():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(0, 0, 0))
    assert [a["state"] for a in view(out)["aisles"]] == ["shut", "shut", "shut", "open"]
    out.feed(bank.roll(3, [300, 900, 1700, 1800], T0 + HOUR))
    out.feed(bank.roll(2, [200, 800, 1100], T0 + HOUR + 10 * SECOND))
    assert [a["mm"] for a in view(out)["aisles"]] == [0, 1100, 700, 0]
    second = aisle(out, 1)
    assert second["state"] == "open"
    assert second["since"] == T0 + HOUR + 10_500  # the first report of more than 500 mm
    assert second["by"] is None
    assert second["by_name"] == "unknown"


def test_one_that_shuts_is_no_longer_open_and_both_are_on_record():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(0, 0, 1800))
    out.feed(bank.roll(2, [600, 1400, 1800], T0 + MINUTE))
    assert [(k, b["aisle"]) for k, b in out.entries("shelf.aisle_")] == [
        ("shelf.aisle_opened", 2),
        ("shelf.aisle_opened", 1),
        ("shelf.aisle_closed", 2),
    ]
    ((_, closed),) = [e for e in out.entries("shelf.aisle_closed") if e[1]["aisle"] == 2]
    assert closed["open_since"] == T0
    assert closed["why"]["reads"][0]["mm"] == 1400


def test_a_wavering_position_opens_and_shuts_once():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(0, 495, 1800))
    for n, mm in enumerate([505, 498, 503, 470, 501, 499]):
        out.feed(bank.at(2, mm, T0 + n * SECOND))
    assert [k for k, b in out.entries("shelf.aisle_") if b["aisle"] == 1] == ["shelf.aisle_opened"]


def test_several_aisles_may_be_open_or_partly_so():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(600, 800, 1700))
    states = [(a["state"], a["mm"]) for a in view(out)["aisles"]]
    assert states == [("open", 600), ("part", 200), ("open", 900), ("part", 100)]


def test_a_rolling_carriage_is_shown_as_such():
    bank = Bank()
    out = Outcome(shelved()).feed(bank.standing(0, 0, 0))
    out.feed(bank.at(3, 90, T0 + MINUTE, "moving"))
    assert [a["moving"] for a in view(out)["aisles"]] == [False, False, True, True]
    out.feed(bank.at(3, 400, T0 + MINUTE + 2000))
    assert not any(a["moving"] for a in view(out)["aisles"])


def test_carriages_of_others_are_counted_and_change_nothing():
    nodes = Nodes()
    body = {"bank": "bank-x", "carriage": 1, "mm": 5, "state": "stopped", "end": "none"}
    there = shelved()
    out = Outcome(there).feed(nodes.say("h1", "event", "shelf", body, T0))
    assert out.entries() == []
    assert there.ctx.counters["shelves.unknown_carriage"] == 1


# -- by whom --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "by"), [(0, "li"), (120, "li"), (121, None), (86_400, None)])
def test_the_last_badge_opened_it_unless_it_is_too_old(age, by):
    nodes = Nodes()
    bank = Bank(nodes)
    out = Outcome(shelved()).feed(shut_bank(bank, T0 - 90_000 * SECOND))
    out.feed(nodes.tap(LI, T0 - age * SECOND))
    out.feed(bank.roll(3, [1800], T0))
    assert (2, by) in opened(out)
    shown = aisle(out, 2)
    assert shown["by"] == by
    assert shown["by_name"] == ("Li Wen" if by else "unknown")
    assert shown["badge_age_ms"] == age * SECOND
    ((_, body),) = [e for e in out.entries("shelf.aisle_opened") if e[1]["aisle"] == 2]
    assert body["last_badge"] == {"person": "li", "reader": "d1/desk", "age_ms": age * SECOND}
    assert ("unknown" in body) is (by is None)


def test_the_last_of_two_badges_and_not_one_tapped_afterwards():
    nodes = Nodes()
    bank = Bank(nodes)
    out = Outcome(shelved()).feed(shut_bank(bank))
    at = T0 + HOUR
    late = bank.roll(3, [1800], at)  # the shelf's node was away; its report comes last
    out.feed([nodes.tap(LI, at - 60 * SECOND), nodes.tap(WANG, at - 30 * SECOND)])
    out.feed(nodes.tap(LI, at + 60 * SECOND))
    out.feed([msgspec.structs.replace(e, received=at + 90 * SECOND) for e in late])
    assert (2, "wang") in opened(out)


def test_a_bank_with_readers_of_its_own_goes_by_those_alone():
    nodes = Nodes()
    bank = Bank(nodes)
    out = Outcome(shelved(bank={"badge_readers": ["h1/badge"]})).feed(shut_bank(bank))
    out.feed(nodes.tap(WANG, T0 + HOUR))
    out.feed(nodes.tag("h1/badge", LI, T0 + HOUR - MINUTE))
    out.feed(bank.roll(3, [1800], T0 + HOUR + SECOND))
    assert (2, "li") in opened(out)


def test_a_box_is_no_badge():
    nodes = Nodes()
    bank = Bank(nodes)
    out = Outcome(shelved()).feed(shut_bank(bank))
    out.feed(nodes.tap("04110001", T0 + HOUR))
    out.feed(bank.roll(3, [1800], T0 + HOUR + SECOND))
    assert (2, None) in opened(out)
