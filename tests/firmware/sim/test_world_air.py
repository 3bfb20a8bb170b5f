"""The room's air obeys physics: signs, conservation, and values from published tables."""

from dataclasses import replace

import pytest
from strongroom_sim.world.air import (
    Conditions,
    Outdoor,
    RoomShape,
    advance,
    dehumidifier_rate,
    dew_point,
    room_at,
    saturation_pressure,
    saturation_vapour,
    water,
)
from strongroom_sim.world.weather import weather

SHAPE = RoomShape()
SEALED = replace(SHAPE, leakage=0.0, door_leakage=0.0)
DAMP_OUTSIDE = Outdoor(28.0, 25.0, 0.022)
DRY_OUTSIDE = Outdoor(5.0, -6.0, 0.003)


@pytest.mark.parametrize(("celsius", "pascal"), [(5.0, 872.6), (25.0, 3169.7)])
def test_saturation_pressure_agrees_with_the_ashrae_table(celsius: float, pascal: float) -> None:
    assert saturation_pressure(celsius) == pytest.approx(pascal, rel=0.003)


@pytest.mark.parametrize(
    ("celsius", "percent", "grams"),
    [(20.0, 50.0, 8.644), (14.0, 45.0, 5.429), (24.0, 60.0, 13.061)],
)
def test_vapour_content_agrees_with_worked_examples(
    celsius: float, percent: float, grams: float
) -> None:
    assert saturation_vapour(celsius) * percent * 10.0 == pytest.approx(grams, rel=0.005)


def test_dew_point_of_saturated_air_is_its_temperature() -> None:
    assert dew_point(17.0, 100.0) == pytest.approx(17.0)
    assert dew_point(20.0, 50.0) == pytest.approx(9.27, abs=0.05)


def test_damp_air_that_leaks_in_raises_the_humidity_and_dry_air_lowers_it() -> None:
    start = room_at(21.0, 52.0)
    assert advance(SHAPE, start, 1800, Conditions(DAMP_OUTSIDE)).humidity > start.humidity + 0.2
    cold = advance(SHAPE, start, 1800, Conditions(DRY_OUTSIDE))
    assert cold.vapour < start.vapour
    # Cold air cools the room as well; warmed up again, the room is drier than it was.
    assert replace(cold, temperature=21.0).humidity < start.humidity - 0.2


def test_an_open_door_lets_in_more_than_leaks_through_a_shut_one() -> None:
    start = room_at(21.0, 52.0)
    shut = advance(SHAPE, start, 900, Conditions(DAMP_OUTSIDE))
    wide_open = advance(SHAPE, start, 900, Conditions(DAMP_OUTSIDE, door_open=True))
    assert wide_open.vapour > shut.vapour
    assert wide_open.temperature > shut.temperature


def test_a_sealed_room_keeps_its_water() -> None:
    damp_air_dry_paper = replace(room_at(21.0, 75.0), paper_humidity=0.45)
    later = advance(SEALED, damp_air_dry_paper, 6 * 3600, Conditions(DAMP_OUTSIDE))
    assert water(SEALED, later) == pytest.approx(water(SEALED, damp_air_dry_paper), rel=1e-9)
    assert later.humidity < 60.0  # the paper took it up ...
    assert later.paper_humidity > damp_air_dry_paper.paper_humidity  # ... and is damper for it


def test_a_sealed_insulated_dark_room_keeps_its_heat() -> None:
    shape = replace(SEALED, envelope=0.0, lights=0.0)
    start = replace(room_at(24.0, 50.0), mass_temperature=18.0)

    def heat(air) -> float:
        return (
            air.temperature * (shape.volume * 1206.0 + 1.0e6)
            + air.mass_temperature * shape.mass_heat
        )

    later = advance(shape, start, 3600, Conditions(DRY_OUTSIDE))
    assert heat(later) == pytest.approx(heat(start), rel=1e-9)
    assert start.mass_temperature < later.mass_temperature < later.temperature < start.temperature


def test_the_dehumidifier_dries_warms_and_costs_energy() -> None:
    start = room_at(22.0, 70.0)
    running = advance(SHAPE, start, 3600, Conditions(DAMP_OUTSIDE, dehumidifier=True))
    idle = advance(SHAPE, start, 3600, Conditions(DAMP_OUTSIDE))
    assert running.humidity < idle.humidity - 1.0
    assert running.temperature > idle.temperature
    assert running.energy == pytest.approx(500.0 * 3600)
    assert idle.energy == 0.0


def test_the_dehumidifier_takes_nothing_out_of_air_whose_dew_point_is_below_its_coil() -> None:
    assert dehumidifier_rate(room_at(10.0, 50.0)) == 0.0
    assert 0.0 < dehumidifier_rate(room_at(20.0, 55.0)) < dehumidifier_rate(room_at(30.0, 80.0))


def test_what_the_dehumidifier_takes_out_is_gone_from_the_room() -> None:
    start = room_at(22.0, 65.0)
    later = advance(SEALED, start, 10, Conditions(DRY_OUTSIDE, dehumidifier=True))
    taken = water(SEALED, start) - water(SEALED, later)
    assert taken == pytest.approx(10 * dehumidifier_rate(start), rel=0.02)


OUTSIDE = Outdoor(20.0, 9.0, 0.0088)


def test_the_humidifier_adds_what_it_evaporates_and_cools_the_air_by_it() -> None:
    start = room_at(21.0, 40.0)
    later = advance(SEALED, start, 600, Conditions(OUTSIDE, humidifier=True))
    idle = advance(SEALED, start, 600, Conditions(OUTSIDE))
    added = water(SEALED, later) - water(SEALED, start)
    assert added == pytest.approx(600 * SHAPE.equipment.humidifier_water, rel=1e-6)
    assert later.humidity > idle.humidity
    assert later.temperature < idle.temperature, (
        "1.2 kg/h takes 830 W of heat, the machine gives 80"
    )


def test_the_humidifier_stops_short_of_fog() -> None:
    no_paper = replace(SEALED, paper_mass=1.0, surfaces=0.0)
    later = advance(no_paper, room_at(15.0, 90.0), 6 * 3600, Conditions(OUTSIDE, humidifier=True))
    assert later.humidity < 99.0


def test_heat_goes_where_the_power_says() -> None:
    start = room_at(18.0, 50.0)
    heated = advance(SEALED, start, 300, Conditions(OUTSIDE, heating=True))
    idle = advance(SEALED, start, 300, Conditions(OUTSIDE))

    def heat(air) -> float:
        return (
            air.temperature * (SHAPE.volume * 1206.0 + 1.0e6)
            + air.mass_temperature * SHAPE.mass_heat
        )

    # What leaves through the walls differs by a per cent or two within five minutes.
    assert heat(heated) - heat(idle) == pytest.approx(3000.0 * 300, rel=0.05)
    assert heated.humidity < idle.humidity, "warmer air with the same water is drier"


def test_cooling_a_dry_room_raises_its_humidity_and_takes_no_water() -> None:
    start = room_at(23.0, 35.0)  # dew point 6.8 C, below the coil
    cooled = advance(SEALED, start, 300, Conditions(OUTSIDE, cooling=True))
    assert cooled.temperature < start.temperature - 0.5
    assert cooled.humidity > start.humidity + 1.0
    assert water(SEALED, cooled) == pytest.approx(water(SEALED, start), rel=1e-9)


def test_the_cold_coil_dries_damp_air_and_cools_the_less_for_it() -> None:
    damp = advance(SEALED, room_at(26.0, 75.0), 300, Conditions(OUTSIDE, cooling=True))
    dry = advance(SEALED, room_at(26.0, 30.0), 300, Conditions(OUTSIDE, cooling=True))
    assert water(SEALED, damp) < water(SEALED, room_at(26.0, 75.0)) - 0.05
    assert damp.temperature > dry.temperature


def test_the_fan_brings_the_air_of_outside() -> None:
    start = room_at(22.0, 60.0)
    aired = advance(SHAPE, start, 3600, Conditions(DRY_OUTSIDE, fan=True))
    shut = advance(SHAPE, start, 3600, Conditions(DRY_OUTSIDE))
    assert aired.vapour < shut.vapour
    assert aired.temperature < shut.temperature
    assert aired.energy == pytest.approx(60.0 * 3600)


def test_paper_holds_the_humidity_of_a_store_that_cools() -> None:
    """Air alone goes from 50 to 57 % when it cools by 2 K; with nine tonnes of paper far less."""
    full = replace(room_at(20.0, 50.0), mass_temperature=18.0)
    empty = replace(SEALED, paper_mass=1.0)
    calm = Conditions(Outdoor(18.0, 9.0, 0.0088))
    in_full = advance(replace(SEALED, envelope=0.0, lights=0.0), full, 6 * 3600, calm)
    in_empty = advance(replace(empty, envelope=0.0, lights=0.0), full, 6 * 3600, calm)
    assert in_empty.humidity == pytest.approx(56.2, abs=0.6)
    assert in_full.humidity < 52.0


def test_paper_damps_a_damp_hour() -> None:
    empty = replace(SHAPE, paper_mass=1.0)
    start = room_at(21.0, 50.0)
    full_room = advance(SHAPE, start, 7200, Conditions(DAMP_OUTSIDE))
    empty_room = advance(empty, start, 7200, Conditions(DAMP_OUTSIDE))
    assert full_room.humidity < empty_room.humidity


def test_the_step_of_the_caller_does_not_matter() -> None:
    at_once = advance(SHAPE, room_at(21.0, 52.0), 600, Conditions(DAMP_OUTSIDE))
    in_steps = room_at(21.0, 52.0)
    for _ in range(60):
        in_steps = advance(SHAPE, in_steps, 10, Conditions(DAMP_OUTSIDE))
    assert in_steps.humidity == pytest.approx(at_once.humidity, rel=1e-3)


@pytest.mark.parametrize("first_day", [0, 180])
def test_weeks_of_weather_stay_within_what_a_room_can_be(first_day: int) -> None:
    outdoor = weather(3, "cold-dry")
    air = room_at(20.0, 50.0)
    for hour in range(first_day * 24, (first_day + 28) * 24, 6):
        out = outdoor.at(1_767_225_600 + hour * 3600)
        air = advance(SHAPE, air, 6 * 3600, Conditions(out))
        assert -25.0 < air.temperature < 45.0
        assert 0.0 < air.humidity <= 110.0
