"""The air of an archive room: heat and moisture balance of air, building mass and paper, by the
hour or the second.

Three stores exchange with each other and with the outdoor air:

    outdoor air --leakage, open door--> room air <--surfaces--> building mass and paper (heat)
                                        room air <--sorption--> paper (water)

Air is one well-mixed volume. Vapour is counted in kilograms, so that with no leakage and no
dehumidifier the water in air and paper together stays constant. Saturation pressure: Magnus with
a = 17.625, b = 243.04 C (Alduchov and Eskridge 1996). The numbers of a room are assumptions of
the simulation, not measurements of a building.
"""

from dataclasses import dataclass
from math import exp, log

GAS_CONSTANT_OF_VAPOUR = 461.5  # J/(kg K)
HEAT_OF_AIR = 1206.0  # J/(m3 K), density times specific heat at 20 C
LATENT_HEAT = 2.5e6  # J/kg
ZERO_CELSIUS = 273.15
SUBSTEP_S = 20.0  # a tenth of the quickest exchange, that of heat with the surfaces


@dataclass(frozen=True)
class RoomShape:
    """What a room is made of. Air changes are per hour, conductances in W/K."""

    volume: float = 220.0  # m3
    leakage: float = 0.25  # air changes an hour with the door shut
    door_leakage: float = 5.0  # further air changes an hour while a door stands open
    envelope: float = 60.0  # W/K to the outdoor air through walls and roof
    surfaces: float = 1400.0  # W/K between the air and the mass
    mass_heat: float = 4.0e7  # J/K of walls, shelves and paper
    paper_mass: float = 9000.0  # kg
    paper_slope: float = 0.11  # kg water per kg paper, from 0 to 100 % RH
    paper_exchange: float = 2.0e-10  # kg/(s Pa) of water for each kg of paper
    lights: float = 150.0  # W of people and lamps


@dataclass(frozen=True)
class Outdoor:
    """Outdoor air: temperature in C, dew point in C, vapour in kg/m3."""

    temperature: float
    dew_point: float
    vapour: float


@dataclass(frozen=True)
class Conditions:
    """What acts on a room for a while: the air outside, the loading door, what is switched on."""

    outdoor: Outdoor
    door_open: bool = False
    dehumidifier: bool = False
    heating: bool = False
    cooling: bool = False


@dataclass(frozen=True)
class RoomAir:
    """Temperatures in C; vapour in kg/m3; the RH the paper is in balance with, 0..1; energy used
    in J."""

    temperature: float
    vapour: float
    mass_temperature: float
    paper_humidity: float
    energy: float = 0.0

    @property
    def humidity(self) -> float:
        """Relative humidity of the air in percent."""
        return 100.0 * self.vapour / saturation_vapour(self.temperature)


def saturation_pressure(temperature: float) -> float:
    """Return the saturation vapour pressure over water in Pa at a temperature in C."""
    return 610.94 * exp(17.625 * temperature / (temperature + 243.04))


def saturation_vapour(temperature: float) -> float:
    """Return the vapour content of saturated air in kg/m3 at a temperature in C."""
    return saturation_pressure(temperature) / (
        GAS_CONSTANT_OF_VAPOUR * (temperature + ZERO_CELSIUS)
    )


def dew_point(temperature: float, humidity: float) -> float:
    """Return the dew point in C of air at a temperature in C and a relative humidity in percent."""
    gamma = log(humidity / 100.0) + 17.625 * temperature / (temperature + 243.04)
    return 243.04 * gamma / (17.625 - gamma)


def room_at(temperature: float, humidity: float) -> RoomAir:
    """Return a room whose mass and paper are in balance with its air (C, percent)."""
    return RoomAir(
        temperature=temperature,
        vapour=saturation_vapour(temperature) * humidity / 100.0,
        mass_temperature=temperature,
        paper_humidity=humidity / 100.0,
    )


def water(shape: RoomShape, air: RoomAir) -> float:
    """Return the water in air and paper together in kg."""
    return air.vapour * shape.volume + shape.paper_mass * shape.paper_slope * air.paper_humidity


def dehumidifier_rate(air: RoomAir) -> float:
    """Return what a 40 l/day condensing dehumidifier takes out now in kg/s.

    Rated at 30 C and 80 %; less in proportion to the vapour pressure above that of its 4 C coil,
    nothing below it.
    """
    pressure = air.humidity / 100.0 * saturation_pressure(air.temperature)
    coil = saturation_pressure(4.0)
    rated = 0.8 * saturation_pressure(30.0) - coil
    return 40.0 / 86_400.0 * max(0.0, pressure - coil) / rated


def advance(shape: RoomShape, air: RoomAir, seconds: float, conditions: Conditions) -> RoomAir:
    """Return the room after some seconds under constant conditions."""
    remaining = seconds
    while remaining > 0.0:
        step = min(SUBSTEP_S, remaining)
        air = _substep(shape, air, step, conditions)
        remaining -= step
    return air


def _substep(shape: RoomShape, air: RoomAir, seconds: float, conditions: Conditions) -> RoomAir:
    outdoor = conditions.outdoor
    changes = (shape.leakage + (shape.door_leakage if conditions.door_open else 0.0)) / 3600.0
    conductance = changes * shape.volume * HEAT_OF_AIR + shape.envelope  # W/K
    heat = shape.lights + conductance * (outdoor.temperature - air.temperature)
    power = 0.0
    taken = 0.0
    if conditions.dehumidifier:
        taken = dehumidifier_rate(air)
        power += 500.0
        heat += 500.0 + taken * LATENT_HEAT  # compressor and condensed water both warm the room
    if conditions.heating:
        power += 2000.0
        heat += 2000.0
    if conditions.cooling:
        power += 1000.0
        heat -= 3000.0
    to_mass = shape.surfaces * (air.temperature - air.mass_temperature)
    room_pressure = air.vapour * GAS_CONSTANT_OF_VAPOUR * (air.temperature + ZERO_CELSIUS)
    paper_pressure = air.paper_humidity * saturation_pressure(air.mass_temperature)
    to_paper = shape.paper_exchange * shape.paper_mass * (room_pressure - paper_pressure)
    return RoomAir(
        temperature=air.temperature + seconds * (heat - to_mass) / (shape.volume * HEAT_OF_AIR),
        vapour=air.vapour
        + seconds * (changes * (outdoor.vapour - air.vapour) - (to_paper + taken) / shape.volume),
        mass_temperature=air.mass_temperature + seconds * to_mass / shape.mass_heat,
        paper_humidity=air.paper_humidity
        + seconds * to_paper / (shape.paper_mass * shape.paper_slope),
        energy=air.energy + seconds * power,
    )
