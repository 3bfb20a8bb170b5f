"""The air of an archive room: heat and moisture balance of air, building mass and paper, by the
hour or the second.

Three stores exchange with each other and with the outdoor air:

    outdoor air --leakage, open door--> room air <--surfaces--> building mass and paper (heat)
                                        room air <--sorption--> paper (water)

Air is one well-mixed volume. Vapour is counted in kilograms, so that with no leakage and no
equipment the water in air and paper together stays constant. The paper holds water by its relative
humidity, so a full store whose air cools gets damp for an hour and then takes it up. Equipment is a
condensing dehumidifier, an ultrasonic humidifier (which cools the air by what it evaporates), an
electric heater, a split unit whose cold coil also dries, and an exhaust fan that draws outdoor air
in. Saturation pressure: Magnus with a = 17.625, b = 243.04 C (Alduchov and Eskridge 1996). The
numbers of a room and its equipment are assumptions of the simulation, not measurements.
"""

from dataclasses import dataclass
from math import exp, log

GAS_CONSTANT_OF_VAPOUR = 461.5  # J/(kg K)
HEAT_OF_AIR = 1206.0  # J/(m3 K), density times specific heat at 20 C
LATENT_HEAT = 2.5e6  # J/kg
ZERO_CELSIUS = 273.15
SUBSTEP_S = 20.0  # a tenth of the quickest exchange, that of heat with the surfaces


@dataclass(frozen=True)
class Equipment:
    """What the machines of a room can do. Powers in W, water in kg/s, air in m3/s."""

    dehumidifier_power: float = 500.0
    dehumidifier_litres: float = 40.0  # a day, at 30 C and 80 %
    humidifier_power: float = 80.0
    humidifier_water: float = 1.2 / 3600.0
    heating_power: float = 3000.0
    cooling_power: float = 1100.0
    cooling_heat: float = 3300.0  # sensible and latent together
    cooling_air: float = 0.13  # through the coil; a tenth of it passes untouched
    cooling_coil: float = 9.0  # C
    fan_power: float = 60.0
    fan_air: float = 220.0 / 3600.0


@dataclass(frozen=True)
class RoomShape:
    """What a room is made of. Air changes are per hour, conductances in W/K."""

    volume: float = 220.0  # m3
    leakage: float = 0.25  # air changes an hour with the door shut
    door_leakage: float = 5.0  # further air changes an hour while a door stands open
    envelope: float = 60.0  # W/K to the outdoor air through walls and roof
    surfaces: float = 1400.0  # W/K between the air and the mass
    mass_heat: float = 4.0e7  # J/K of walls, shelves and paper
    light_heat: float = 1.0e6  # J/K of what follows the air at once: outsides of boxes, sheet metal
    paper_mass: float = 9000.0  # kg
    paper_slope: float = 0.11  # kg water per kg paper, from 0 to 100 % RH
    paper_exchange: float = 2.0e-10  # kg/(s Pa) of water for each kg of paper
    lights: float = 150.0  # W of people and lamps
    equipment: Equipment = Equipment()

    @property
    def air_heat(self) -> float:
        """Return the heat capacity of the air and what follows it at once, in J/K."""
        return self.volume * HEAT_OF_AIR + self.light_heat


@dataclass(frozen=True)
class Outdoor:
    """Outdoor air: temperature in C, dew point in C, vapour in kg/m3; `sun`: by how many K the
    sunlit walls feel warmer."""

    temperature: float
    dew_point: float
    vapour: float
    sun: float = 0.0


@dataclass(frozen=True)
class Conditions:
    """What acts on a room for a while: the air outside, the loading door, what is switched on: all
    of the equipment (1, True), none of it, or a share where it is several machines."""

    outdoor: Outdoor
    door_open: bool = False
    dehumidifier: float = 0.0
    humidifier: float = 0.0
    heating: float = 0.0
    cooling: float = 0.0
    fan: float = 0.0


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


def dehumidifier_rate(air: RoomAir, equipment: Equipment = RoomShape.equipment) -> float:
    """Return what a condensing dehumidifier takes out now in kg/s.

    Rated at 30 C and 80 %; less in proportion to the vapour pressure above that of its 4 C coil,
    nothing below it.
    """
    pressure = air.vapour * GAS_CONSTANT_OF_VAPOUR * (air.temperature + ZERO_CELSIUS)
    rated = 0.8 * saturation_pressure(30.0) - _COIL
    return equipment.dehumidifier_litres / 86_400.0 * max(0.0, pressure - _COIL) / rated


_COIL = saturation_pressure(4.0)


def advance(shape: RoomShape, air: RoomAir, seconds: float, conditions: Conditions) -> RoomAir:
    """Return the room after some seconds under constant conditions."""
    remaining = seconds
    while remaining > 0.0:
        step = min(SUBSTEP_S, remaining)
        air = _substep(shape, air, step, conditions)
        remaining -= step
    return air


def _substep(shape: RoomShape, air: RoomAir, seconds: float, conditions: Conditions) -> RoomAir:
    outdoor, machines = conditions.outdoor, shape.equipment
    changes = (shape.leakage + (shape.door_leakage if conditions.door_open else 0.0)) / 3600.0
    changes += conditions.fan * machines.fan_air / shape.volume
    heat = (
        shape.lights
        + changes * shape.volume * HEAT_OF_AIR * (outdoor.temperature - air.temperature)
        + shape.envelope * (outdoor.temperature + outdoor.sun - air.temperature)
    )
    gained, warmed, power = _worked(machines, air, conditions)
    to_mass = shape.surfaces * (air.temperature - air.mass_temperature)
    room_pressure = air.vapour * GAS_CONSTANT_OF_VAPOUR * (air.temperature + ZERO_CELSIUS)
    paper_pressure = air.paper_humidity * saturation_pressure(air.mass_temperature)
    to_paper = shape.paper_exchange * shape.paper_mass * (room_pressure - paper_pressure)
    return RoomAir(
        temperature=air.temperature + seconds * (heat + warmed - to_mass) / shape.air_heat,
        vapour=air.vapour
        + seconds * (changes * (outdoor.vapour - air.vapour) + (gained - to_paper) / shape.volume),
        mass_temperature=air.mass_temperature + seconds * to_mass / shape.mass_heat,
        paper_humidity=air.paper_humidity
        + seconds * to_paper / (shape.paper_mass * shape.paper_slope),
        energy=air.energy + seconds * power,
    )


def _worked(
    machines: Equipment, air: RoomAir, conditions: Conditions
) -> tuple[float, float, float]:
    """Return what the equipment adds to the air: water in kg/s, heat in W, and the power it uses."""
    gained = warmed = 0.0
    power = conditions.fan * machines.fan_power
    if share := conditions.dehumidifier:
        taken = share * dehumidifier_rate(air, machines)
        gained -= taken
        power += share * machines.dehumidifier_power
        # The compressor and the condensed water both warm the room.
        warmed += share * machines.dehumidifier_power + taken * LATENT_HEAT
    share = conditions.humidifier
    if share and air.vapour < 0.95 * saturation_vapour(air.temperature):
        given = share * machines.humidifier_water
        gained += given
        power += share * machines.humidifier_power
        warmed += share * machines.humidifier_power - given * LATENT_HEAT
    if share := conditions.heating:
        power += share * machines.heating_power
        warmed += share * machines.heating_power
    if share := conditions.cooling:
        above = air.vapour - saturation_vapour(machines.cooling_coil)
        taken = share * min(
            0.9 * machines.cooling_air * max(0.0, above),
            0.7 * machines.cooling_heat / LATENT_HEAT,
        )
        gained -= taken
        power += share * machines.cooling_power
        # What goes into condensing water does not cool.
        warmed -= share * machines.cooling_heat - taken * LATENT_HEAT
    return gained, warmed, power
