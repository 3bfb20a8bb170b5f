"""G6: the number is company-class-cabinet-volume, its class follows from the voltage, it stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.errors import RefusedActError
from strongroom_gateway.register import numbers
from support.outcome import Outcome
from support.sensing import T0, room

STAFF = [{"id": "li", "name": "Li Wen", "roles": ["archivist"], "badges": ["04aabbccdd0001"]}]


@pytest.mark.parametrize(
    ("volts", "of_class"),
    [(220, "L"), (380, "L"), (10_000, "H"), (35_000, "H"), (110_000, "H")],
)
def test_G6_the_class_follows_from_the_voltage(volts, of_class):
    assert numbers.voltage_class(volts) == of_class


@pytest.mark.parametrize("volts", [0, -380, 380.5, 660, 6_000, 9_999.9, float("nan")])
def test_G6_between_the_classes_no_number_is_guessed(volts):
    with pytest.raises(RefusedActError) as refused:
        numbers.voltage_class(volts)
    assert refused.value.key == "act.voltage_between"


@given(st.integers(1, 10**9 - 1))
def test_a_number_is_read_as_it_was_written(volume):
    series = numbers.series("HX", "H", "01")
    assert numbers.parse(numbers.number(series, volume)) == (series, volume)


def test_G6_numbers_of_a_series_follow_each_other_and_never_change():
    there = room(person=STAFF)
    out = Outcome(there).take(there.start(T0))
    asked = {"company": "HX", "voltage": 10_000, "cabinet": "07"}
    for name in ("One", "Two"):
        out.take(there.act("item.number", "li", {**asked, "row": {"name": name}}, T0))
    low = {**asked, "voltage": 220, "row": {"name": "Three"}}
    out.take(there.act("item.number", "li", low, T0))
    given = [body["item"]["number"] for _, body in out.entries("item.registered")[2:]]
    assert given == ["HX-H-07-0001", "HX-H-07-0002", "HX-L-07-0001"]
    moved = {"row": {"id": "HX-H-07-0001", "name": "One", "number": "HX-H-08-0001"}}
    with pytest.raises(RefusedActError) as refused:
        there.act("item.register", "li", moved, T0)
    assert refused.value.key == "act.number_fixed"


def test_a_number_that_came_with_a_list_is_not_given_again():
    there = room(person=STAFF)
    there.start(T0)
    row = {"id": "old", "name": "Old", "number": "HX-H-07-0041"}
    there.act("item.register", "li", {"row": row}, T0)
    asked = {"company": "HX", "voltage": 10_000, "cabinet": "07", "row": {"name": "New"}}
    decision = there.act("item.number", "li", asked, T0)
    assert decision.entries[0].body["item"]["id"] == "HX-H-07-0042"
