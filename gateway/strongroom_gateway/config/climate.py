"""What must hold in the climate sections beyond their types. Every fault is named with its path."""

from collections.abc import Iterator
from datetime import date

from ..climate.section import ClimateSection, ZoneSection
from ..config_check import Problem
from ..profiles import Band, Profile, bands


def climate_problems(climate: ClimateSection, profile: Profile) -> Iterator[Problem]:
    """Yield everything that is wrong with [climate] under its profile."""
    yield from _sensors(climate)
    yield from _machines(climate)
    yield from _calibrations(climate)
    for n, watched in enumerate(climate.input):
        if watched.kind in ("uv", "light") and watched.kind not in profile.air:
            problem = {"kind": watched.kind, "profile": profile.id}
            yield Problem(f"climate.input[{n}].kind", "config.no_air_limit", problem)
    for n, z in enumerate(climate.zone):
        store = z.store or climate.store
        if store in profile.stores and (z.machine or z.dehumidifier):
            yield from _fits(f"climate.zone[{n}]", z, *bands(profile, store))


def _sensors(climate: ClimateSection) -> Iterator[Problem]:
    inside = {s for z in climate.zone for s in z.sensors}
    if climate.outdoor in inside:
        yield Problem("climate.outdoor", "config.sensor_inside", {"value": climate.outdoor})
    for n, z in enumerate(climate.zone):
        for surface in z.surfaces:
            if surface in inside:
                where = f"climate.zone[{n}].surfaces"
                yield Problem(where, "config.sensor_inside", {"value": surface})
    inputs = [f"{i.node}/{i.input}" for i in climate.input]
    for name in sorted({i for i in inputs if inputs.count(i) > 1}):
        yield Problem("climate.input", "config.double", {"value": name})


def _machines(climate: ClimateSection) -> Iterator[Problem]:
    seen: set[str] = set()
    for n, z in enumerate(climate.zone):
        where = f"climate.zone[{n}].machine"
        relays = [f"{m.node}/{m.relay}" for m in z.machine]
        if z.dehumidifier is not None:
            relays.append(f"{z.dehumidifier.node}/{z.dehumidifier.relay}")
            if z.machine:
                yield Problem(where, "config.machine_and_dehumidifier")
        for relay in relays:
            if relay in seen:
                yield Problem(where, "config.double", {"value": relay})
            seen.add(relay)
        if climate.outdoor is None and any(m.kind == "fan" for m in z.machine):
            yield Problem(where, "config.fan_blind")
        control = z.control
        if control.door_most_s < control.door_after_s:
            value = {"value": control.door_after_s}
            yield Problem(f"climate.zone[{n}].control.door_most_s", "config.at_least", value)


def _calibrations(climate: ClimateSection) -> Iterator[Problem]:
    known = {s for z in climate.zone for s in [*z.sensors, *z.surfaces]}
    if climate.outdoor is not None:
        known.add(climate.outdoor)
    ids = [s.id for s in climate.sensor]
    for n, sensor in enumerate(climate.sensor):
        where = f"climate.sensor[{n}]"
        if ids.count(sensor.id) > 1:
            yield Problem(f"{where}.id", "config.double", {"value": sensor.id})
        if sensor.id not in known:
            yield Problem(f"{where}.id", "config.sensor_nowhere", {"value": sensor.id})
        for key in ("calibrated", "due"):
            value = getattr(sensor, key)
            if value is not None and not _is_date(value):
                yield Problem(f"{where}.{key}", "config.no_date", {"value": value})
        if sensor.due and sensor.calibrated and sensor.due <= sensor.calibrated:
            yield Problem(f"{where}.due", "config.due_before", {"value": sensor.calibrated})
        if (sensor.offset_t or sensor.offset_rh) and sensor.certificate is None:
            yield Problem(f"{where}.certificate", "config.no_certificate")


def _fits(where: str, z: ZoneSection, t: Band, rh: Band) -> Iterator[Problem]:
    if z.dehumidifier is not None:
        dryer = z.dehumidifier
        if not rh.low < dryer.on_above <= rh.high:
            params = {"value": dryer.on_above, "least": rh.low, "most": rh.high, "unit": "%RH"}
            yield Problem(f"{where}.dehumidifier.on_above", "config.profile_range", params)
        return
    control = z.control
    for keys, width in (
        (("hot", "cold", "recover_t"), t.high - t.low),
        (("wet", "dry", "recover_rh"), rh.high - rh.low),
    ):
        wanted = sum(getattr(control, key) for key in keys)
        if wanted > width:
            params = {"wanted": wanted, "width": width, "keys": ", ".join(keys)}
            yield Problem(f"{where}.control.{keys[0]}", "config.tolerances", params)


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
