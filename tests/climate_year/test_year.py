"""Some days of the year in three climates: our controller beside plain ones. The whole: `make
climate-year`.
"""

import pytest

from climate_year.controllers import Ours, edge
from climate_year.places import ONE, TWO
from climate_year.simulate import run

DAYS = {"chongqing": (170, 12), "harbin": (5, 12), "kunming": (190, 12)}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("place", sorted(DAYS))
def test_in_the_band_with_fewer_switchings_and_no_more_energy(place):
    first, days = DAYS[place]
    plain = run(place, edge(ONE), ONE, 1, first, days)
    control = Ours(TWO)
    ours = run(place, control, TWO, 1, first, days)
    assert ours.in_both / ours.hours >= 0.99
    assert ours.in_both / ours.hours >= plain.in_both / plain.hours - 0.0005, "equal comfort"
    assert ours.days_in_swing >= plain.days_in_swing
    assert ours.cycles < 0.85 * plain.cycles
    assert ours.energy <= 1.02 * plain.energy + 1.0, "1 kWh: how a short run happens to end"
    assert ours.shortest >= 120
    assert control.doubted == 0, "no machine that works is suspected"


def test_the_same_seed_is_the_same_year():
    first, second = (run("kunming", Ours(TWO), TWO, 3, 10, 2) for _ in range(2))
    assert first == second
    assert first != run("kunming", Ours(TWO), TWO, 4, 10, 2)
