"""What people do to alarms. These routes exist on the local socket alone."""

from typing import Any

from fastapi import APIRouter

from .asking import Language, TheOperator, TheSource
from .models import ActBody, AlarmOut, Refusal, ShelveBody
from .source import Source
from .views import alarm_view

_ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"model": Refusal, "description": "No such alarm stands."},
    409: {"model": Refusal, "description": "Its state does not allow it."},
}

api = APIRouter(tags=["alarms"], prefix="/alarms/{alarm}")


@api.post("/acknowledge", responses=_ANSWERS)
def acknowledge(
    source: TheSource, operator: TheOperator, language: Language, alarm: str, act: ActBody
) -> AlarmOut | None:
    """Say that somebody has seen it."""
    operator.acknowledge(alarm, act.by, act.comment)
    return _now(source, alarm, language)


@api.post("/reset", responses=_ANSWERS)
def reset(
    source: TheSource, operator: TheOperator, language: Language, alarm: str, act: ActBody
) -> AlarmOut | None:
    """End a latched alarm."""
    operator.reset(alarm, act.by, act.comment)
    return _now(source, alarm, language)


@api.post("/shelve", responses=_ANSWERS)
def shelve(
    source: TheSource, operator: TheOperator, language: Language, alarm: str, act: ShelveBody
) -> AlarmOut | None:
    """Silence it for some minutes."""
    operator.shelve(alarm, act.by, act.comment, act.minutes)
    return _now(source, alarm, language)


@api.post("/unshelve", responses=_ANSWERS)
def unshelve(
    source: TheSource, operator: TheOperator, language: Language, alarm: str, act: ActBody
) -> AlarmOut | None:
    """Take it off the shelf."""
    operator.unshelve(alarm, act.by, act.comment)
    return _now(source, alarm, language)


@api.post("/out-of-service", responses=_ANSWERS)
def take_out(
    source: TheSource, operator: TheOperator, language: Language, alarm: str, act: ActBody
) -> AlarmOut | None:
    """Take the point out of service, for maintenance."""
    operator.take_out(alarm, act.by, act.comment)
    return _now(source, alarm, language)


@api.post("/in-service", responses=_ANSWERS)
def put_back(
    source: TheSource, operator: TheOperator, language: Language, alarm: str, act: ActBody
) -> AlarmOut | None:
    """Put the point back into service."""
    operator.put_back(alarm, act.by, act.comment)
    return _now(source, alarm, language)


def _now(source: Source, alarm: str, language: str) -> AlarmOut | None:
    """Return the alarm as it is now, None when it has become normal."""
    for record in source.alarms():
        if record.id == alarm:
            return alarm_view(record, language)
    return None
