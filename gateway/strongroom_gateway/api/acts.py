"""What people do to alarms. These routes exist on the local socket alone."""

from typing import Any

from fastapi import APIRouter, Response

from ..ingest.asked import Answer
from .asking import Language, TheOperator, TheSource, recorded
from .models import ActBody, AlarmDone, AlarmOut, Refusal, ShelveBody
from .source import Source
from .views import alarm_view

_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {
        "model": AlarmDone,
        "description": "Done, but not yet on the disk: ask again with the id of this answer.",
    },
    404: {"model": Refusal, "description": "No such alarm stands."},
    409: {"model": Refusal, "description": "Its state does not allow it."},
}

api = APIRouter(tags=["alarms"], prefix="/alarms/{alarm}")


@api.post("/acknowledge", responses=_ANSWERS)
def acknowledge(
    source: TheSource,
    operator: TheOperator,
    response: Response,
    language: Language,
    alarm: str,
    act: ActBody,
) -> AlarmDone:
    """Say that somebody has seen it."""
    done = operator.acknowledge(alarm, act.by, act.comment, act.id)
    return _done(done, source, alarm, response, language)


@api.post("/reset", responses=_ANSWERS)
def reset(
    source: TheSource,
    operator: TheOperator,
    response: Response,
    language: Language,
    alarm: str,
    act: ActBody,
) -> AlarmDone:
    """End a latched alarm."""
    done = operator.reset(alarm, act.by, act.comment, act.id)
    return _done(done, source, alarm, response, language)


@api.post("/shelve", responses=_ANSWERS)
def shelve(
    source: TheSource,
    operator: TheOperator,
    response: Response,
    language: Language,
    alarm: str,
    act: ShelveBody,
) -> AlarmDone:
    """Silence it for some minutes."""
    done = operator.shelve(alarm, act.by, act.comment, act.minutes, act.id)
    return _done(done, source, alarm, response, language)


@api.post("/unshelve", responses=_ANSWERS)
def unshelve(
    source: TheSource,
    operator: TheOperator,
    response: Response,
    language: Language,
    alarm: str,
    act: ActBody,
) -> AlarmDone:
    """Take it off the shelf."""
    done = operator.unshelve(alarm, act.by, act.comment, act.id)
    return _done(done, source, alarm, response, language)


@api.post("/out-of-service", responses=_ANSWERS)
def take_out(
    source: TheSource,
    operator: TheOperator,
    response: Response,
    language: Language,
    alarm: str,
    act: ActBody,
) -> AlarmDone:
    """Take the point out of service, for maintenance."""
    done = operator.take_out(alarm, act.by, act.comment, act.id)
    return _done(done, source, alarm, response, language)


@api.post("/in-service", responses=_ANSWERS)
def put_back(
    source: TheSource,
    operator: TheOperator,
    response: Response,
    language: Language,
    alarm: str,
    act: ActBody,
) -> AlarmDone:
    """Put the point back into service."""
    done = operator.put_back(alarm, act.by, act.comment, act.id)
    return _done(done, source, alarm, response, language)


def _done(done: Answer, source: Source, alarm: str, response: Response, language: str) -> AlarmDone:
    now = _now(source, alarm, language)
    return AlarmDone(alarm=now, **recorded(done, response, language))


def _now(source: Source, alarm: str, language: str) -> AlarmOut | None:
    """Return the alarm as it is now, None when it has become normal."""
    for record in source.alarms():
        if record.id == alarm:
            return alarm_view(record, language)
    return None
