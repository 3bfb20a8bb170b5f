"""Any set of cards is seen as what it is, with and without noise, on a clock that only sleep moves."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_node.drivers import mfrc522
from strongroom_sim.bench import bench
from strongroom_sim.chips.mfrc522 import Mfrc522 as Chip

STEMS = st.sampled_from([b"", b"\x04\xde\x5f\x1e\xac\xc0", b"\x04\xde\x5f\x99", b"\x08\x11\x22"])


@st.composite
def ids(draw):
    """An id of any size that may begin like another one; 88 stays where the standard wants it."""
    size = draw(st.sampled_from([4, 7, 10]))
    stem = draw(STEMS)
    stem = stem[: draw(st.integers(0, min(size - 1, len(stem))))]
    rest = draw(st.binary(min_size=size - len(stem), max_size=size - len(stem)))
    uid = bytearray(stem + rest)
    for at in (0, 3) if size > 4 else (0,):
        uid[at] ^= 1 if uid[at] == 0x88 else 0
    return bytes(uid).hex()


SETS = st.sets(ids(), min_size=1, max_size=5)


class Table:
    """A reader on a table, in time of its own."""

    def __init__(self):
        self.now = 5000
        bench.clear()
        bench.set_clock(lambda: self.now)
        self.chip = Chip()
        self.driver = mfrc522.Mfrc522(self.chip, None, "desk")

    def poll(self):
        """Return what one look finds; nothing else runs meanwhile."""
        look, self.longest, before = self.driver.poll(), 0, self.chip.transfers
        try:
            while True:
                self.now += look.send(None)
                self.longest = max(self.longest, self.chip.transfers - before)
                before = self.chip.transfers
        except StopIteration as done:
            return done.value


class _Sleep:
    def __init__(self, ms):
        self.ms = ms

    def __await__(self):
        yield self.ms


@pytest.fixture(autouse=True, scope="module")
def tables():
    current = SimpleNamespace(table=None)

    def new():
        current.table = Table()
        return current.table

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mfrc522, "sleep_ms", _Sleep)
        patch.setattr(mfrc522, "ticks_ms", lambda: current.table.now)
        yield new
    bench.clear()


@settings(deadline=None)
@given(SETS, SETS, st.sampled_from(["level", "bytes", "frame"]), st.booleans())
def test_a_set_is_seen_and_so_is_the_next(tables, first, second, counts_from, strict):
    table = tables()
    table.chip.counts_from = counts_from
    for cards in (first, first | second, second):
        for uid in first | second:
            table.chip.do_place(uid, strict) if uid in cards else table.chip.do_remove(uid)
        found = table.poll()
        assert len(found) == len(cards)
        assert set(found) == cards
        assert not table.driver.unsure
    assert table.driver.resets == 0


@settings(deadline=None)
@given(SETS, st.integers(1, 2**31 - 1), st.sampled_from(["noise", "drop"]), st.booleans())
def test_noise_makes_no_card(tables, cards, seed, fault, strict):
    table = tables()
    for uid in cards:
        table.chip.do_place(uid, strict)
    table.chip.do_fault(fault)
    table.chip._seed = seed
    for _ in range(5):
        found = table.poll()
        assert len(set(found)) == len(found)
        assert set(found) <= cards
        assert table.driver.unsure or set(found) == cards, "who cannot be read is not gone"
    table.chip.do_fault(fault, False)
    assert set(table.poll()) == cards
    assert not table.driver.unsure


@settings(deadline=None)
@given(SETS)
def test_a_card_that_slips_away_takes_no_other_with_it(tables, cards):
    table = tables()
    for uid in cards:
        table.chip.do_place(uid)
    table.chip.do_fault("slip")
    found = table.poll()
    assert len(table.chip.cards) == len(cards) - 1
    assert set(found) == set(table.chip.cards)
    assert found or table.driver.unsure
    assert set(table.poll()) == set(table.chip.cards)
    assert not table.driver.unsure


def test_how_long_a_look_takes(tables):
    """Four cards that share a beginning take a tenth of a second at most, an empty table 8 ms."""
    table = tables()
    table.poll()
    before, transfers = table.now, table.chip.transfers
    assert table.poll() == []
    assert table.now - before <= 8
    assert table.chip.transfers - transfers <= 16
    for uid in ("1122334d", "112233cd", "04de5f1eacc040", "04de5f99010203"):
        table.chip.do_place(uid)
    before = table.now
    assert len(table.poll()) == 4
    assert table.now - before <= 100
    # Nobody else waits longer than for this many transfers: 0.2 ms each on an ESP32.
    assert table.longest <= 20
