"""Clock, boot counter, debounce and fail-safe rules: pure parts of the node, on both interpreters."""

import strongroom_node.clock as clock_module
from strongroom_node.clock import EARLIEST, Clock
from strongroom_node.debounce import Debounce
from strongroom_node.errors import StoreError
from strongroom_node.failsafe import RelayRule, SensorRule
from strongroom_node.ids import next_boot

WRAP = 1 << 30


class Ticks:
    """The ESP32's tick counter in place of the board's, set by hand."""

    def __init__(self, first):
        self.at = first
        self.real = clock_module.ticks_ms, clock_module.ticks_diff
        clock_module.ticks_ms = lambda: self.at % WRAP
        clock_module.ticks_diff = lambda a, b: (a - b + WRAP // 2) % WRAP - WRAP // 2

    def end(self):
        clock_module.ticks_ms, clock_module.ticks_diff = self.real


class Shelf:
    """Files in a dict, each of which can be made unreadable or unwritable."""

    def __init__(self):
        self.files = {}
        self.broken = ()
        self.writes = 0
        self.stop_after = None

    def read(self, name):
        if name in self.broken:
            raise StoreError("cannot read")
        return self.files.get(name)

    def names(self):
        return sorted(self.files)

    def write(self, name, data):
        if self.stop_after is not None and self.writes >= self.stop_after:
            raise StoreError("cannot write")
        self.writes += 1
        self.files[name] = bytes(data)


def check_mono_runs_on_over_many_tick_wraps():
    for first in (0, WRAP - 3, WRAP // 2):
        ticks = Ticks(first)
        try:
            clock, passed = Clock(), 0
            for step in (0, 1, 2, 5, 1000, WRAP // 2 - 1, 7, WRAP // 2 - 1, WRAP // 2 - 1, 1):
                ticks.at += step
                passed += step
                assert clock.mono() == passed, (first, step)
            assert passed > WRAP
        finally:
            ticks.end()


def check_wall_time_runs_with_mono_from_where_it_was_set():
    ticks = Ticks(WRAP - 10)
    try:
        clock, anchors = Clock(), []
        clock.on_anchor = lambda mono, ts, source: anchors.append((mono, ts, source))
        ticks.at += 40
        assert clock.stamp() == (40, None, "none")
        assert clock.set(EARLIEST + 1000, "gateway")
        assert anchors == [(40, EARLIEST + 1000, "gateway")]
        ticks.at += 60
        assert clock.stamp() == (100, EARLIEST + 1060, "gateway")
        assert clock.wall() == (EARLIEST + 1060, "gateway")
        assert clock.set(EARLIEST + 5000, "ntp", 90)  # the time at a moment that is past
        assert clock.stamp() == (100, EARLIEST + 5010, "ntp")
        assert anchors[1:] == [(90, EARLIEST + 5000, "ntp")]
    finally:
        ticks.end()


def check_an_implausible_time_changes_nothing():
    clock, anchors = Clock(), []
    clock.on_anchor = lambda *anchor: anchors.append(anchor)
    for ts, source in (
        (946684800000, "gateway"),
        (EARLIEST - 1, "ntp"),
        (0, "gateway"),
        (253402300800000, "gateway"),
        (EARLIEST, "sun"),
        (EARLIEST, "none"),
    ):
        assert not clock.set(ts, source), (ts, source)
    assert clock.wall() == (None, "none") and not anchors


def check_the_boards_own_clock_counts_when_it_is_plausible():
    assert Clock(rtc_ms=946684800000).wall() == (None, "none")
    assert Clock(rtc_ms=None).wall() == (None, "none")
    assert Clock(rtc_ms=253402300800000).wall() == (None, "none")
    wall, clk = Clock(rtc_ms=EARLIEST + 5).wall()
    assert clk == "rtc" and EARLIEST + 5 <= wall < EARLIEST + 5000


def check_the_boards_own_clock_is_set_to_the_present_moment():
    ticks, kept = Ticks(0), []
    try:
        clock = Clock(None, kept.append)
        ticks.at += 5000
        assert clock.set(EARLIEST, "gateway", 3000)  # the time two seconds ago
        assert kept == [EARLIEST + 2000]
        assert not clock.set(0, "gateway") and len(kept) == 1
    finally:
        ticks.end()


def check_the_calendar():
    from strongroom_node.compat import calendar

    assert calendar(1767225600000) == (2026, 1, 1, 3, 0, 0, 0, 0)  # a Thursday
    assert calendar(1709210096789) == (2024, 2, 29, 3, 12, 34, 56, 789000)


def check_boots_count_up_and_start_somewhere():
    firsts = {}
    for _ in range(20):
        store = Shelf()
        first = next_boot(store)
        assert 1 << 16 <= first < 1 << 30
        assert [next_boot(store), next_boot(store)] == [first + 1, first + 2]
        firsts[first] = True
    assert len(firsts) > 15, "a wiped node would repeat its boots"


def check_one_bad_copy_of_the_boot_file_costs_nothing():
    for name in ("boot.a", "boot.b"):
        for damage in (b"", b"7", b"99 00000000", b"\xff" * 14, None, b"-5 00000000"):
            store = Shelf()
            last = [next_boot(store), next_boot(store)][1]
            if damage is None:
                del store.files[name]
            else:
                store.files[name] = damage
            assert next_boot(store) == last + 1, (name, damage)
        store = Shelf()
        last = next_boot(store)
        store.broken = (name,)
        assert next_boot(store) == last + 1


def check_with_both_copies_gone_waiting_records_tell_the_boot():
    store = Shelf()
    first = next_boot(store)
    store.files = {"e%08x%08x%08x.q" % (first, 1, 5): b"", "boot.a": b"torn", "other.q": b""}
    assert next_boot(store) == first + 1


def check_a_boot_that_could_not_be_written_is_not_used_and_not_repeated():
    for steps in (0, 1):
        store = Shelf()
        last = next_boot(store)
        store.writes, store.stop_after = 0, steps
        try:
            used = next_boot(store)
        except StoreError:
            used = None
        assert used is None, "a number went out that is not on flash twice"
        store.stop_after = None
        assert next_boot(store) > last


def check_boots_never_leave_the_contract():
    store = Shelf()
    from strongroom_node.compat import crc32

    text = b"2147483647"
    store.files["boot.a"] = store.files["boot.b"] = text + b" %08x" % crc32(text)
    assert 1 << 16 <= next_boot(store) < 1 << 30


def check_a_level_counts_after_so_many_equal_samples():
    debounce = Debounce(3, level=0)
    seen = [debounce.feed(raw) for raw in (0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0)]
    assert [n for n in range(13) if seen[n]] == [8, 12]
    assert debounce.level == 0
    assert debounce.take_edges() == 6 and debounce.take_edges() == 0


def check_the_first_level_is_reported_without_an_edge():
    debounce = Debounce(2)
    assert [debounce.feed(1), debounce.feed(1), debounce.feed(1)] == [False, True, False]
    assert debounce.level == 1 and debounce.take_edges() == 0


def check_one_sample_is_enough_when_asked_so():
    debounce = Debounce(1, level=1)
    assert [debounce.feed(raw) for raw in (1, 0, 1, 1)] == [False, True, True, False]


def relay(**limits):
    return RelayRule(**limits)


def check_a_relay_goes_off_when_its_lease_runs_out_and_not_before():
    rule = relay()
    assert rule.command(True, 1000, 50, None) is None and rule.on
    assert rule.tick(1049, None) is None and rule.on
    assert rule.tick(1050, None) == "lease" and not rule.on
    assert rule.tick(5000, None) is None


def check_a_lease_is_renewed_by_another_command_and_can_be_cut_short():
    rule = relay()
    rule.command(True, 1000, 0, None)
    assert rule.command(True, 1000, 900, None) is None
    assert rule.tick(1899, None) is None
    assert rule.command(True, 10, 1899, None) is None
    assert rule.tick(1909, None) == "lease"
    for lease in (0, -5):
        assert rule.command(True, lease, 9999, None) is not None and not rule.on


def check_a_relay_rests_after_it_went_off_whatever_switched_it_off():
    rule = relay(min_off=500)
    assert rule.command(True, 100, 500, None) is None
    assert rule.tick(600, None) == "lease"
    why = rule.command(True, 100, 1099, None)
    assert why is not None and "1 s" in why and not rule.on
    assert rule.command(True, 100, 1100, None) is None and rule.on


def check_a_relay_owes_its_rest_after_a_start():
    """A compressor may have run until the moment the power went."""
    rule = relay(min_off=180000, now=700)
    for at in (700, 100000, 180699):
        why = rule.command(True, 60000, at, None)
        assert why is not None and "rests" in why and not rule.on
    assert rule.command(True, 60000, 180700, None) is None and rule.on
    assert relay(now=700).command(True, 60000, 700, None) is None, "one without a rest owes none"


def check_a_command_to_go_off_waits_for_min_on_and_safety_does_not():
    rule = relay(min_on=500, needs="t1", fresh=300)
    assert rule.command(True, 10000, 0, 0) is None
    assert rule.command(False, 0, 100, 100) is None and rule.on
    assert rule.tick(250, 100) is None
    assert rule.tick(401, 100) == "sensor" and not rule.on
    assert rule.command(True, 10000, 1000, 1000) is None
    rule.command(False, 0, 1100, 1100)
    assert rule.tick(1499, 1400) is None
    assert rule.tick(1500, 1400) == "command" and not rule.on


def check_a_new_command_to_go_on_takes_the_waiting_off_back():
    rule = relay(min_on=500)
    rule.command(True, 10000, 0, None)
    rule.command(False, 0, 100, None)
    rule.command(True, 10000, 200, None)
    assert rule.tick(600, None) is None and rule.on


def check_a_relay_that_needs_a_sensor_does_not_run_blind():
    rule = relay(needs="t1", fresh=300)
    why = rule.command(True, 1000, 0, None)
    assert why is not None and "t1" in why and not rule.on
    assert rule.command(True, 1000, 1000, 699) is not None
    assert rule.command(True, 1000, 1000, 700) is None
    assert rule.tick(1001, 700) == "sensor" and not rule.on


def check_a_relay_pauses_after_max_on_though_its_lease_is_renewed():
    rule = relay(max_on=1000, min_off=100, now=-100)
    now = 0
    while rule.tick(now, None) is None:
        assert rule.command(True, 300, now, None) is None
        now += 50
        assert now <= 1000, "it ran on"
    assert now == 1000 and not rule.on
    assert rule.command(True, 300, 1050, None) is not None


def check_a_sensor_is_lost_after_misses_in_a_row_and_back_at_once():
    rule = SensorRule(3)
    said = [rule.feed(good) for good in (0, 0, 1, 0, 0, 0, 0, 1, 1, 0)]
    assert said == [None, None, None, None, None, "lost", None, "back", None, None]
