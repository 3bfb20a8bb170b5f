"""Random people, slips, taps, doors and gates against a model: never two holders, never an item
nowhere, never a loan without a slip that allows it, and the record gives the same rows.

`make fuzz` runs it for longer.
"""

import pytest
from gateway.room.custody_doors import Desk
from gateway.room.custody_house import Register, Rounds, Safe
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from support.custody_world import MINUTE, SECOND


class Custody(Desk, Safe, Rounds, Register):
    """All of it in one room, with time passing and a gateway that is restarted."""

    @rule(ms=st.sampled_from([SECOND, 45 * SECOND, 20 * MINUTE, 8 * 60 * MINUTE]))
    def wait(self, ms):
        self.world.wait(ms)

    @rule(days=st.sampled_from([3, 8, 35]))
    def wait_long(self, days):
        self.world.wait(days * 24 * 60 * MINUTE)

    @rule()
    def commit(self):
        self.world.commit()

    @rule()
    def restart(self):
        self.world.restart()

    @invariant()
    def all_is_as_it_should_be(self):
        self.world.check()

    def teardown(self):
        self.world.verify()


class LongLives(Custody):
    """The same, for many more."""


_ANY = settings(
    stateful_step_count=50,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

TestCustody = pytest.mark.timeout(900)(Custody.TestCase)
TestCustody.settings = settings(_ANY, max_examples=100)

TestLongLives = pytest.mark.slow(pytest.mark.timeout(3_600)(LongLives.TestCase))
TestLongLives.settings = settings(_ANY, max_examples=4_000)
