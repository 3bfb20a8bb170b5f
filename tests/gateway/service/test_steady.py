"""The gateway's time: forward only, whatever the wall clock does."""

from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.steady import STEP, SteadyClock, Step


class Clocks:
    def __init__(self, wall=1_800_000_000.0):
        self.wall, self.mono = wall, 5.0

    def steady(self, **more):
        return SteadyClock(lambda: self.wall, lambda: self.mono, **more)

    def pass_(self, seconds):
        self.wall += seconds
        self.mono += seconds


def test_it_follows_a_clock_that_was_behind():
    clocks = Clocks(wall=0.0)
    steady = clocks.steady()
    clocks.pass_(10)
    clocks.wall = 1_800_000_000.0
    assert steady.now() == 10_000
    assert steady.check() == Step(10_000, 1_800_000_000_000, followed=True)
    assert steady.now() == 1_800_000_000_000
    assert steady.check() is None


def test_a_clock_set_back_is_said_once_and_not_followed():
    clocks = Clocks()
    steady = clocks.steady()
    before = steady.now()
    clocks.wall -= 3_600
    assert steady.check() == Step(before, before - 3_600_000, followed=False)
    clocks.pass_(60)
    assert steady.check() is None
    assert steady.now() == before + 60_000


def test_small_differences_are_left_alone():
    clocks = Clocks()
    steady = clocks.steady()
    before = steady.now()
    clocks.wall += STEP / 1000 - 0.5
    assert steady.check() is None
    assert steady.now() == before


def test_it_does_not_begin_before_what_is_on_record():
    assert Clocks(wall=1_000.0).steady(not_before=2_000_000).now() == 2_000_000


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-10_000, 10_000)), max_size=50))
def test_never_backwards(story):
    clocks = Clocks()
    steady = clocks.steady()
    last = steady.now()
    for seconds, jump in story:
        clocks.pass_(seconds)
        clocks.wall += jump
        steady.check()
        assert steady.now() >= last
        last = steady.now()
        assert steady.now() >= int(clocks.wall * 1000) - STEP - 1
