"""Direction as a pure function: what must not change the answer does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.custody.direction import (
    Manner,
    Report,
    Verdict,
    conclude,
    follow,
    leave,
    too_late,
)

MANNER = Manner()
SIDES = st.sampled_from(["inner", "outer"])


@st.composite
def stays(draw, rssi=True):
    """Any reports of one stay: whatever a node may send."""
    told, mono = [], draw(st.integers(0, 10**9))
    for _ in range(draw(st.integers(1, 25))):
        mono += draw(st.sampled_from([0, 25, 100, 200, 400, 800, 3_000, 14_000]))
        strength = draw(st.integers(-80, -30)) if rssi else None
        n, span = draw(st.integers(1, 30)), draw(st.integers(0, 2_000))
        told.append((draw(SIDES), mono, n, strength, min(span, mono)))
    return told


def judged(told, near="inner", manner=MANNER):
    """Every verdict on a stay: what is said on the way, as both antennas lose the tag, and after."""
    track, found = None, []
    for ant, mono, n, rssi, span in told:
        track, verdict = follow(track, Report(ant, mono, n, rssi, span), manner, near)
        found.append(verdict)
        near = verdict.to if verdict and verdict.how == "crossed" else near
    for side in ("inner", "outer") if told[-1][0] == "outer" else ("outer", "inner"):
        if track.at(side).n:
            track, verdict = leave(track, side, manner, near)
            found.append(verdict)
            near = verdict.to if verdict and verdict.how == "crossed" else near
    found.append(conclude(track, manner, near))
    return [one for one in found if one is not None]


def walk(strengths, gap=300, start=1_000, n=6):
    """A walk as pairs (inner dBm or None, outer dBm or None), told every `gap` ms."""
    told = []
    for step, pair in enumerate(strengths):
        for ant, rssi in zip(("inner", "outer"), pair, strict=True):
            if rssi is not None:
                told.append((ant, start + gap * step, n, rssi, min(200, gap)))
    return told


OUT = walk(
    [(-65, None), (-55, None), (-48, -70), (-55, -60), (-66, -50)]
    + [(None, rssi) for rssi in (-48, -55, -60)]
)
IN = [("outer" if one[0] == "inner" else "inner", *one[1:]) for one in OUT]
BACK = walk([(-65, None), (-52, None), (-47, -70), (-46, -69), (-50, -72), (-58, None)])


def test_through_and_back_again():
    assert judged(OUT) == [Verdict("outer", "crossed")]
    assert judged(IN, "outer") == [Verdict("inner", "crossed")]
    assert judged(BACK) == [Verdict("outer", "doubt")]
    later = [(ant, mono + 5_000, *rest) for ant, mono, *rest in IN]
    assert [one.to for one in judged([*OUT, *later])] == ["outer", "inner"]


@given(stays(), st.integers(-(10**9), 10**12))
def test_only_differences_of_time_count(told, shift):
    shift = max(shift, -min(mono - span for _, mono, _, _, span in told))
    moved = [(ant, mono + shift, *rest) for ant, mono, *rest in told]
    assert judged(moved) == judged(told)


@given(stays(), st.integers(-40, 40))
def test_only_differences_of_strength_count_but_for_what_passes_right_by(told, shift):
    """Louder readers and a louder `near_dbm` are the same gate."""
    moved = [(ant, mono, n, rssi + shift, span) for ant, mono, n, rssi, span in told]
    manner = Manner(near_dbm=MANNER.near_dbm + shift)
    assert judged(moved, manner=manner) == judged(told)


@given(stays())
def test_inside_and_outside_are_alike(told):
    """The other way round it is the other verdict, where it is certain at once."""
    other = {"inner": "outer", "outer": "inner"}
    mirrored = [(other[ant], *rest) for ant, *rest in told]

    def first(told, near):
        track = None
        for ant, mono, n, rssi, span in told:
            track, verdict = follow(track, Report(ant, mono, n, rssi, span), MANNER, near)
            if verdict is not None:
                return mono, verdict.to, verdict.how
        return None

    here, there = first(told, "inner"), first(mirrored, "outer")
    assert (here is None) == (there is None)
    if here is not None:
        assert (here[0], other[here[1]], here[2]) == there


@pytest.mark.parametrize("told", [OUT, BACK, IN], ids=["out", "back", "in"])
@given(data=st.data())
def test_a_report_that_comes_twice_changes_nothing(told, data):
    twice = []
    for one in told:
        twice += [one] * data.draw(st.integers(1, 2))
    near = "outer" if told is IN else "inner"
    assert judged(twice, near)[-1] == judged(told, near)[-1]


@pytest.mark.parametrize("told", [OUT, BACK, IN], ids=["out", "back", "in"])
@given(data=st.data())
def test_of_reports_of_one_moment_the_order_does_not_matter(told, data):
    moments = {}
    for one in told:
        moments.setdefault(one[1], []).append(one)
    mixed = [one for told in moments.values() for one in data.draw(st.permutations(told))]
    near = "outer" if told is IN else "inner"
    assert judged(mixed, near)[-1] == judged(told, near)[-1]


@given(stays())
def test_one_antenna_alone_is_never_a_crossing(told):
    for side in ("inner", "outer"):
        alone = [(side, *rest) for _, *rest in told]
        for near in ("inner", "outer"):
            assert all(one.how in ("alone", "doubt") for one in judged(alone, near))


@given(stays(rssi=False))
def test_without_strength_a_crossing_ends_at_the_far_antenna(told):
    crossed = [one for one in judged(told) if one.how == "crossed"]
    assert len(crossed) <= 1 or {one.to for one in crossed} == {"inner", "outer"}
    if told[-1][0] == "inner" and all(one[0] == "inner" for one in told[-4:]):
        assert judged(told)[-1:] != [Verdict("outer", "crossed")]


@given(stays(), SIDES)
def test_two_reads_inside_the_room_are_never_nothing(told, near):
    """Whatever was read twice of an item inside leads to an alarm, a look or a question."""
    total = sum(one[2] for one in told)
    found = judged(told, "inner")
    if total >= MANNER.min_reads:
        assert found, "two reads and nobody ever hears of it"
    else:
        assert found == []


@given(stays(), st.integers(2, 400))
def test_less_than_the_least_reads_are_nothing(told, least):
    total = sum(one[2] for one in told)
    found = judged(told, manner=Manner(min_reads=least))
    if total < least:
        assert found == []


def test_a_stay_is_over_when_nobody_heard_it_for_a_while():
    track, _ = follow(None, Report("inner", 1_000, 1, -60), MANNER, "inner")
    assert not too_late(track, 60_000, MANNER), "present: reports become rare"
    track, _ = leave(track, "inner", MANNER, "inner")
    assert not too_late(track, 16_000, MANNER)
    assert too_late(track, 16_001, MANNER)


def test_a_box_that_lies_near_for_hours_is_judged_by_its_last_seconds():
    lying = walk([(-46, -66)] * 30, gap=20_000)
    end = lying[-1][1]
    stray = [("outer", end + 300 * n, 2, -64, 100) for n in range(1, 4)]
    assert all(one.how == "doubt" for one in judged([*lying, *stray]))
    leaving = walk([(-44, -60), (-58, -55), (None, -47), (None, -45), (None, -52)], start=end + 300)
    assert judged([*lying, *leaving]) == [Verdict("outer", "crossed")]
