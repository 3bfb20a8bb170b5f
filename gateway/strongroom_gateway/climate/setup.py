"""The climate part of a configuration, resolved once for the rules that go by it."""

from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

from ..climate.section import ControlSection, InputSection, MachineSection, ZoneSection
from ..hours import zone as time_zone
from ..profiles import Swings, swings
from ..room.context import Context
from ..room.context import Zone as RoomZone
from .control import Machine, Plan, Tolerance
from .validity import Correction, Trust

OTHER: Final = "@"
"""Keys of sensors that belong to no zone (outdoors, on surfaces) begin with it."""

# A compressor needs its rest; a heater or a nozzle does not; a fan should not flutter.
_TIMES: Final = {
    "dehumidifier": (300.0, 300.0),
    "cooling": (300.0, 300.0),
    "heating": (120.0, 120.0),
    "humidifier": (120.0, 120.0),
    "fan": (600.0, 600.0),
}
_STEP_MS: Final = 10_000


class Setup:
    """Look-up tables of one context."""

    def __init__(self, ctx: Context) -> None:
        climate = ctx.config.climate
        t = climate.trust
        self.local = time_zone(ctx.config.room.time_zone)
        self.trust = Trust(
            t_low=t.t_low,
            t_high=t.t_high,
            rh_low=t.rh_low,
            rh_high=t.rh_high,
            spike_t=t.spike_t,
            spike_rh=t.spike_rh,
            rate_t=t.rate_t,
            rate_rh=t.rate_rh,
            frozen=int(t.frozen_h * 3_600_000),
            family_t=t.family_t,
            family_rh=t.family_rh,
            disagree_t=t.disagree_t,
            disagree_rh=t.disagree_rh,
            family=int(t.family_min * 60_000),
            stale=ctx.stale,
            keep=min(_STEP_MS, ctx.stale // 10),
        )
        self.corrections = {
            s.id: Correction(s.offset_t, s.offset_rh, s.certificate or "", self.midnight(s.due))
            for s in climate.sensor
        }
        self.calibrated = {s.id: s.calibrated for s in climate.sensor}
        self.notice = int(climate.calibration_notice_days * 86_400_000)
        self.outdoor = climate.outdoor
        self.others = {s for z in climate.zone for s in z.surfaces}
        if climate.outdoor is not None:
            self.others.add(climate.outdoor)
        self.trend = climate.trend
        self.plans: dict[str, Plan] = {}
        self.swings: dict[str, Swings | None] = {}
        self.doors: set[tuple[str, str]] = set()
        self.machines: dict[tuple[str, str], str] = {}
        self.air_at = {tuple(s.split("/")): z.id for z in climate.zone for s in z.air}
        self.inputs: dict[tuple[str, str], InputSection] = {
            (i.node, i.input): i for i in climate.input
        }
        for zone in ctx.zones.values():
            self._add(ctx, zone)

    def _add(self, ctx: Context, zone: RoomZone) -> None:
        section = zone.section
        store = section.store or ctx.config.climate.store
        swing = self.swings[section.id] = swings(ctx.settings.profile, store)
        if section.dehumidifier is not None:
            self.plans[section.id] = _dryer_plan(zone, section, ctx.stale)
        elif section.machine:
            kept = swing if section.control.swing else None
            self.plans[section.id] = _plan(zone, section.control, kept, ctx.stale)
        for machine in self.machines_of(section.id):
            self.machines[machine.node, machine.relay] = section.id
        if section.control.door is not None and section.id in self.plans:
            node, _, device = section.control.door.partition("/")
            self.doors.add((node, device))

    def machines_of(self, zone: str) -> tuple[Machine, ...]:
        """Return the machines of a zone."""
        plan = self.plans.get(zone)
        return () if plan is None else plan.machines

    def midnight(self, day: str | None) -> int | None:
        """Return the Unix ms at which a day (YYYY-MM-DD) begins in the room."""
        if day is None:
            return None
        return int(datetime.fromisoformat(day).replace(tzinfo=self.local).timestamp() * 1000)


_setups: WeakKeyDictionary[Context, Setup] = WeakKeyDictionary()


def setup_of(ctx: Context) -> Setup:
    """Return the look-up tables of a context; they are made when they are first asked for."""
    found = _setups.get(ctx)
    if found is None:
        found = _setups[ctx] = Setup(ctx)
    return found


def _machine(section: MachineSection) -> Machine:
    min_on, min_off = _TIMES[section.kind]
    return Machine(
        kind=section.kind,
        node=section.node,
        relay=section.relay,
        lease=_ms(section.lease_s),
        min_on=_ms(min_on if section.min_on_s is None else section.min_on_s),
        min_off=_ms(min_off if section.min_off_s is None else section.min_off_s),
        max_on=_ms(section.max_on_s),
        rest=_ms(section.rest_s),
        respond=_ms(section.respond_s),
        coil=section.coil,
    )


def _plan(zone: RoomZone, control: ControlSection, swing: Swings | None, stale: int) -> Plan:
    return Plan(
        zone=zone.section.id,
        temperature=zone.temperature,
        humidity=zone.humidity,
        machines=tuple(_machine(m) for m in zone.section.machine),
        tolerance=Tolerance(
            control.hot,
            control.cold,
            control.wet,
            control.dry,
            control.recover_t,
            control.recover_rh,
        ),
        swing_t=None if swing is None else swing.temperature.span,
        swing_rh=None if swing is None else swing.humidity.span,
        changeover=_ms(control.changeover_s),
        hold_after=_ms(control.door_after_s),
        hold_most=_ms(control.door_most_s),
        stage=_ms(control.stage_s),
        settle=_ms(control.settle_s),
        settle_base=10 * _ms(control.settle_s),
        stale=stale,
        # A lease is renewed when half of it is over: a short one needs to be looked at more often.
        step=min([_STEP_MS, *(_ms(m.lease_s / 4) for m in zone.section.machine)]),
    )


def _dryer_plan(zone: RoomZone, section: ZoneSection, stale: int) -> Plan:
    """Return the plan of the short form: one dryer, two thresholds, nothing waited out."""
    dryer = section.dehumidifier
    assert dryer is not None  # noqa: S101  # the caller looked
    machine = Machine(
        kind="dehumidifier",
        node=dryer.node,
        relay=dryer.relay,
        lease=_ms(dryer.lease_s),
        min_on=0,
        min_off=0,
        max_on=_ms(86_400),
        rest=0,
        coil=-20.0,
    )
    high = zone.humidity.high
    return Plan(
        zone=section.id,
        temperature=zone.temperature,
        humidity=zone.humidity,
        machines=(machine,),
        tolerance=Tolerance(
            wet=high - dryer.on_above, dry=0.0, recover_rh=dryer.on_above - dryer.off_below
        ),
        settle=1,
        settle_base=1,
        stale=stale,
        sensor=dryer.sensor or section.sensors[0],
    )


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
