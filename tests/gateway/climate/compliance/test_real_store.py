"""Twelve years of a real store against figures that were worked out independently, row by row."""

import tracemalloc
from functools import cache

import pytest
from strongroom_gateway.climate.compliance.limits import Definition, Swing
from strongroom_gateway.climate.compliance.run import Compliance
from strongroom_gateway.climate.compliance.tally import Count, Result
from strongroom_gateway.profiles import Band
from support.room_record import NEEDS, readings

HOUR = 3_600_000
CALENDAR = (
    Swing(2.0, "peak-to-peak", "calendar-day", "test"),
    Swing(5.0, "peak-to-peak", "calendar-day", "test"),
)
ROLLING = (
    Swing(2.0, "peak-to-peak", "rolling", "test"),
    Swing(5.0, "peak-to-peak", "rolling", "test"),
)
PLUS_MINUS = (
    Swing(2.0, "plus-minus", "calendar-day", "test"),
    Swing(5.0, "plus-minus", "calendar-day", "test"),
)


@cache
def store(swings: tuple[Swing, Swing] = CALENDAR) -> Result:
    rows = list(readings())
    definition = Definition(
        Band(14, 24, 0.5, 3 * HOUR, 2, "paper"),
        Band(45, 60, 2.0, 3 * HOUR, 5, "paper"),
        HOUR,
        "UTC",
        *swings,
    )
    return Compliance(definition, rows[0][0], rows[-1][0] + HOUR).add_all(rows).close()


@pytest.mark.needs(NEEDS)
def test_time_in_the_paper_band_gaps_duplicates_and_crossings() -> None:
    found = store()
    whole = found.whole
    assert whole.t.share_inside == pytest.approx(0.501, abs=0.0005)
    assert whole.rh.share_inside == pytest.approx(0.907, abs=0.0005)
    assert whole.share_inside == pytest.approx(0.469, abs=0.0005)
    assert (whole.readings, whole.duplicates, whole.gaps) == (107_601, 11, 36)
    # The longest gap is from one stamp to the next less the hour that the last reading held.
    assert whole.longest_gap == (698 - 1) * HOUR
    assert (whole.t.low, whole.t.high, whole.rh.low, whole.rh.high) == (5.5, 29.9, 30, 72)
    # As it is; with 0.5 °C and 2 % of deadband; and with three hours outside before it counts.
    assert found.crossings == {"t": Count(353, 190, 170), "rh": Count(458, 163, 131)}


@pytest.mark.needs(NEEDS)
@pytest.mark.parametrize(
    ("swings", "t", "rh"),
    [(CALENDAR, 0.935, 0.955), (ROLLING, 0.937, 0.951), (PLUS_MINUS, 1.0, 0.998)],
)
def test_daily_swing_by_each_definition(swings: tuple[Swing, Swing], t: float, rh: float) -> None:
    whole = store(swings).whole
    assert whole.t.swing_kept / whole.t.swing_judged == pytest.approx(t, abs=0.0025)
    assert whole.rh.swing_kept / whole.rh.swing_judged == pytest.approx(rh, abs=0.0025)


@pytest.mark.needs(NEEDS)
def test_days_months_and_years_add_up_to_the_whole() -> None:
    found = store()
    for parts in (found.days, found.months, found.years):
        assert sum(p.known for p in parts) == found.whole.known
        assert sum(p.inside for p in parts) == found.whole.inside
        assert sum(p.gap for p in parts) == found.whole.gap
        assert sum(p.readings for p in parts) == found.whole.readings
        assert sum(p.t.weighted for p in parts) == pytest.approx(found.whole.t.weighted)
        assert all(p.known + p.gap == p.end - p.start for p in parts)
    assert [y.name for y in found.years] == [str(year) for year in range(2008, 2022)]


@pytest.mark.needs(NEEDS)
def test_days_that_are_handed_over_are_not_kept() -> None:
    rows = list(readings())
    count = 0

    def handed_over(_: object) -> None:
        nonlocal count
        count += 1

    definition = Definition(
        Band(14, 24, 0.5, 0, 2, "paper"), Band(45, 60, 2.0, 0, 5, "paper"), HOUR, "UTC", *ROLLING
    )
    tracemalloc.start()
    try:
        run = Compliance(definition, rows[0][0], rows[-1][0] + HOUR, handed_over)
        middle = len(rows) // 2
        run.add_all(rows[:middle])
        half = tracemalloc.get_traced_memory()[0]
        run.add_all(rows[middle:])
        full = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    run.close()
    assert count == 4521
    # Months, gaps and excursions stay: some 200 bytes for each of about 300.
    assert full - half < 150_000
