"""climate.calibration_due: a sensor's certificate ends, or has ended."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from ..room.context import Context
from ..room.effects import NONE, Clear, Effects, Raise, Start, Tick
from ..room.registry import RuleState, rule
from .setup import setup_of

RULE: Final = "climate.calibration"
CODE: Final = "climate.calibration_due"


class Due(RuleState, frozen=True):
    """How far it is: 0 nothing yet, 1 soon, 2 over."""

    stage: int = 0


def _sensors(ctx: Context) -> Iterable[str]:
    return [name for name, c in setup_of(ctx).corrections.items() if c.due is not None]


def _nobody(_: Context, __: Any) -> str | None:
    return None


@rule(RULE, state=Due, on=(), key=_nobody, keys=_sensors)
def climate_calibration(
    state: Due | None, event: Start | Tick, now: int, ctx: Context
) -> tuple[Due | None, Effects]:
    """Raise some days before a calibration is due, call again when it is, clear with a new one."""
    setup, name = setup_of(ctx), event.key
    node, _, device = name.partition("/")
    subject = f"{node}.{device}"
    correction = setup.corrections.get(name)
    if correction is None or correction.due is None:
        if state is None or state.stage == 0:
            return None, NONE
        return None, [Clear(CODE, subject, {"rule": RULE, "because": "no longer configured"})]
    due, was = correction.due, 0 if state is None else state.stage
    stage = 2 if now >= due else 1 if now >= due - setup.notice else 0
    next_look = {0: due - setup.notice, 1: due, 2: None}[stage]
    found = Due(stage=stage, due=next_look)
    if stage == was:
        return (state if found == state else found), NONE
    day = datetime.fromtimestamp(due / 1000, UTC).astimezone(setup.local).date().isoformat()
    why = {
        "rule": RULE,
        "certificate": correction.certificate,
        "calibrated": setup.calibrated.get(name),
        "limit": {"value": day, "source": "climate.sensor.due"},
    }
    if stage == 0 or stage < was:
        cleared = Clear(CODE, subject, why | {"because": "calibrated anew"})
        if stage == 0:
            return found, [cleared]
        params = {"sensor": name, "certificate": correction.certificate or "—", "due": day}
        return found, [cleared, Raise(CODE, subject, why, params, stage - 1)]
    params = {"sensor": name, "certificate": correction.certificate or "—", "due": day}
    return found, [Raise(CODE, subject, why, params, stage - 1)]
