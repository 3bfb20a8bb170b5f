"""One room, one place, one seed, one controller, some days: what came of it."""

from collections import deque
from dataclasses import dataclass, field
from math import exp
from pathlib import Path
from random import Random

from strongroom_gateway.climate.control import KINDS, Air, Machine, Plan
from strongroom_gateway.climate.control.state import Extremes
from strongroom_gateway.profiles import bands, load_profile, swings
from strongroom_sim.world.air import Conditions, Equipment, RoomShape, advance, room_at
from strongroom_sim.world.air import saturation_vapour as full
from strongroom_sim.world.weather import weather

from .controllers import Controller, Seen

STEP_S = 60
START = 1_767_225_600  # 1 January 2026, Unix seconds
DAY_S = 86_400
SMOOTHING_S = 120.0
CALM_S = 3600.0

DAMP = Equipment(dehumidifier_power=900.0, dehumidifier_litres=80.0)
COLD = Equipment(heating_power=4000.0)
ROOMS = {
    # A store is built for its place: a larger dryer in the south, better walls in the north.
    "chongqing": RoomShape(leakage=0.2, door_leakage=3.0, equipment=DAMP),
    "guangzhou": RoomShape(leakage=0.2, door_leakage=3.0, equipment=DAMP),
    "harbin": RoomShape(leakage=0.2, door_leakage=3.0, envelope=40.0, equipment=COLD),
    "kunming": RoomShape(leakage=0.2, door_leakage=3.0),
    "lhasa": RoomShape(leakage=0.2, door_leakage=3.0, envelope=50.0),
}
"""The room of each place, 220 m3 with nine tonnes of paper, behind an anteroom."""


def plan_of(
    store: str = "paper", kinds: tuple[str, ...] = KINDS, halved: tuple[str, ...] = ()
) -> Plan:
    """Return the plan of a store with machines of some kinds, under the built-in profile.

    `halved` names kinds that are two machines of half the size.
    """
    profile = load_profile("cn-grade1", Path())
    t, rh = bands(profile, store)
    swing = swings(profile, store)
    assert swing is not None
    machines = tuple(
        Machine(kind=kind, node="n", relay=relay)
        for kind in KINDS
        if kind in kinds
        for relay in ((f"{kind}-1", f"{kind}-2") if kind in halved else (kind,))
    )
    return Plan(
        zone="store",
        temperature=t,
        humidity=rh,
        machines=machines,
        swing_t=swing.temperature.span,
        swing_rh=swing.humidity.span,
    )


@dataclass
class Result:
    """Hours, shares and counts of a run."""

    hours: float = 0.0
    in_t: float = 0.0
    in_rh: float = 0.0
    in_both: float = 0.0
    days: int = 0
    days_in_swing: int = 0
    rolling_in_swing: float = 0.0
    energy: float = 0.0  # kWh
    starts: dict[str, int] = field(default_factory=dict)
    worst_t: tuple[float, float] = (99.0, -99.0)
    worst_rh: tuple[float, float] = (999.0, -999.0)
    shortest: float = 1e9  # s, of any run

    @property
    def cycles(self) -> int:
        """Return how often anything was switched on."""
        return sum(self.starts.values())


def door_open(rng: Random, day: int) -> list[tuple[int, int]]:
    """Return when the door stands open on a day, in seconds of the day: six times, on weekdays."""
    if day % 7 >= 5:
        return []
    begins = sorted(rng.randrange(8 * 3600, 18 * 3600) for _ in range(6))
    return [(begin, begin + rng.randrange(30, 240)) for begin in begins]


def run(
    place: str, control: Controller, plan: Plan, seed: int, first_day: int = 0, days: int = 365
) -> Result:
    """Return what a controller makes of a room in a place under the weather of a seed."""
    shape = ROOMS[place]
    year, noise = weather(seed, place), Random(f"noise {seed}")
    doors = Random(f"doors {seed}")
    air = room_at(19.0, 52.0)
    on: dict[str, bool] = {}
    since: dict[str, int] = {}
    result, history = Result(), _Window()
    seen_t, seen_rh = air.temperature, air.humidity
    calm_t, calm_rh, calmed = seen_t, seen_rh, _Window()
    keep, calm = exp(-STEP_S / SMOOTHING_S), 1.0 - exp(-STEP_S / CALM_S)
    for day in range(first_day, first_day + days):
        opened = door_open(doors, day)
        tally = _Day()
        for second in range(0, DAY_S, STEP_S):
            now = START + day * DAY_S + second
            outdoor = year.at(now)
            open_at = next((a for a, b in opened if a <= second < b), None)
            air = advance(
                shape,
                air,
                STEP_S,
                Conditions(outdoor, open_at is not None, **_shares(on)),
            )
            t, rh = air.temperature, air.humidity
            seen_t = keep * seen_t + (1 - keep) * (t + noise.gauss(0.0, 0.05))
            seen_rh = keep * seen_rh + (1 - keep) * (rh + noise.gauss(0.0, 0.4))
            ms = now * 1000
            calm_t += calm * (seen_t - calm_t)
            calm_rh += calm * (seen_rh - calm_rh)
            history.add(now, seen_t, seen_rh)
            calmed.add(now, calm_t, calm_rh)
            seen = Seen(
                Air(seen_t, seen_rh, ms),
                Air(outdoor.temperature, 100.0 * outdoor.vapour / full(outdoor.temperature), ms),
                None if open_at is None else (START + day * DAY_S + open_at) * 1000,
                calmed.extremes(),
            )
            wanted = control(seen, ms)
            for kind, state in wanted.items():
                if state and not on.get(kind):
                    result.starts[kind] = result.starts.get(kind, 0) + 1
                    since[kind] = now
                elif not state and on.get(kind):
                    result.shortest = min(result.shortest, now - since[kind])
            on = wanted
            tally.add(t, rh)
            _count(result, plan, t, rh, history)
        result.days += 1
        result.days_in_swing += tally.spans_within(plan)
    result.energy = air.energy / 3.6e6
    return result


def _shares(on: dict[str, bool]) -> dict[str, float]:
    """Return how much of each kind is on; a relay `heating-2` is half of the heating."""
    shares: dict[str, float] = {}
    for relay, state in on.items():
        kind, _, half = relay.partition("-")
        shares[kind] = shares.get(kind, 0.0) + state * (0.5 if half else 1.0)
    return shares


def _count(result: Result, plan: Plan, t: float, rh: float, history: "_Window") -> None:
    step = STEP_S / 3600.0
    warm, moist = plan.temperature, plan.humidity
    good_t, good_rh = warm.low <= t <= warm.high, moist.low <= rh <= moist.high
    result.hours += step
    result.in_t += step * good_t
    result.in_rh += step * good_rh
    result.in_both += step * (good_t and good_rh)
    result.rolling_in_swing += step * history.spans_within(plan)
    result.worst_t = (min(result.worst_t[0], t), max(result.worst_t[1], t))
    result.worst_rh = (min(result.worst_rh[0], rh), max(result.worst_rh[1], rh))


class _Day:
    def __init__(self) -> None:
        self._t = (99.0, -99.0)
        self._rh = (999.0, -999.0)

    def add(self, t: float, rh: float) -> None:
        self._t = (min(self._t[0], t), max(self._t[1], t))
        self._rh = (min(self._rh[0], rh), max(self._rh[1], rh))

    def spans_within(self, plan: Plan) -> bool:
        assert plan.swing_t is not None and plan.swing_rh is not None
        return (
            self._t[1] - self._t[0] <= plan.swing_t and self._rh[1] - self._rh[0] <= plan.swing_rh
        )


class _Window:
    """Lowest and highest of the last 24 hours, by quarters of an hour."""

    def __init__(self) -> None:
        self._slots: deque[list[float]] = deque(maxlen=96)
        self._slot = -1
        self._known: Extremes | None = None

    def add(self, now: int, t: float, rh: float) -> None:
        slot = now // 900
        if slot != self._slot:
            self._slot = slot
            self._slots.append([t, t, rh, rh])
            self._refresh()
            return
        last = self._slots[-1]
        if last[0] <= t <= last[1] and last[2] <= rh <= last[3]:
            return
        last[:] = [min(last[0], t), max(last[1], t), min(last[2], rh), max(last[3], rh)]
        known = self._known
        assert known is not None
        self._known = Extremes(
            min(known.t_low, t), max(known.t_high, t), min(known.rh_low, rh), max(known.rh_high, rh)
        )

    def extremes(self) -> Extremes | None:
        return self._known

    def spans_within(self, plan: Plan) -> bool:
        known = self._known
        assert known is not None and plan.swing_t is not None and plan.swing_rh is not None
        return (
            known.t_high - known.t_low <= plan.swing_t
            and known.rh_high - known.rh_low <= plan.swing_rh
        )

    def _refresh(self) -> None:
        self._known = Extremes(
            min(s[0] for s in self._slots),
            max(s[1] for s in self._slots),
            min(s[2] for s in self._slots),
            max(s[3] for s in self._slots),
        )


__all__ = ["ROOMS", "START", "Result", "door_open", "plan_of", "run"]
