"""Reading routes about the climate history: readings and means, compliance, the register."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path as FilePath
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import Response

from ..config import Settings
from ..errors import SchemaError
from ..history.apart import BusyError, FailedError, apart
from ..history.days import HistoryError
from ..history.judged import compliance, register_file
from ..history.levels import LEVELS, LevelName, named
from ..history.query import HistoryReader
from ..history.register.fonts import NoFontError
from ..history.register.make import RegisterRefusedError, Wanted
from ..history.series import TooManyPointsError, finest, series
from ..i18n import text
from .asking import Language, TheSource
from .history_models import ComplianceView, HistoryView
from .models import Refusal
from .source import Source

_MOST_POINTS: Final = 50_000
_MOST_DAYS: Final = 400
_MOST_SENSOR_DAYS: Final = 2_000
_FEW_READINGS: Final = 20_000
"""So many are judged in a fraction of a second; more by a process of their own."""
_SECONDS: Final = 300.0
_LATEST: Final = 250_000_000_000_000  # in the year 9892: calendars end soon after
_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Refusal, "description": "It cannot be asked for like that."},
    404: {"model": Refusal, "description": "There is no such sensor or zone, or no history."},
    503: {"model": Refusal, "description": "The history cannot be read now."},
}
_LONG: Final[dict[int | str, dict[str, Any]]] = {
    **_ANSWERS,
    429: {"model": Refusal, "description": "Another one is being made: ask again."},
}

Sensor = Annotated[
    str | None,
    Query(max_length=200, description="node/device, or the name an import was given."),
]
Zone = Annotated[str | None, Query(max_length=40, description="All sensors of a zone.")]

api = APIRouter(tags=["climate"], prefix="/climate")


@api.get("/history", response_model=HistoryView, responses=_ANSWERS)
def climate_history(
    source: TheSource,
    language: Language,
    start: Annotated[int, Query(alias="from", ge=0, lt=_LATEST, description="Unix ms.")],
    end: Annotated[int, Query(alias="to", ge=0, lt=_LATEST, description="Unix ms, not included.")],
    sensor: Sensor = None,
    zone: Zone = None,
    quantity: Annotated[
        Literal["climate", LevelName], Query(description="climate: temperature and humidity.")
    ] = "climate",
    resolution: Literal["auto", "raw", "1min", "1h", "1d"] = "auto",
    points: Annotated[
        int, Query(ge=1, le=_MOST_POINTS, description="Most rows of the answer, all sensors.")
    ] = 10_000,
) -> Response:
    """Return the history of a sensor, or of the sensors of a zone.

    Means are weighted by time, over the time that is known, which stands beside them. What is not
    known is listed as a gap. `auto` is the finest of minutes, hours and days that has no more than
    `points`; raw readings are cut off at `points`, and `next` is the `from` of the rest.
    """
    if end <= start:
        raise _refused(400, "climate.asked.order", language)
    with _history(source, language) as history:
        sensors = _sensors(source, history, sensor, zone, language, quantity=quantity)
        room = max(1, points // len(sensors))
        try:
            chosen = finest(start, end, room) if resolution == "auto" else resolution
            now = source.now()
            found = {
                one: series(history, _named(one, quantity), (start, end), chosen, room, now)
                for one in sensors
            }
        except TooManyPointsError as many:
            params = {"count": many.count, "resolution": many.resolution, "most": room}
            raise _refused(400, "climate.asked.points", language, **params) from many
        body = {
            "resolution": chosen,
            "time_zone": history.time_zone,
            "from": start,
            "to": end,
            "quantity": quantity,
            "units": _units(quantity),
            "sensors": [{"sensor": one, **made._asdict()} for one, made in found.items()],
        }
    # Tens of thousands of rows: written at once, without a model for each.
    return Response(msgspec.json.encode(body), media_type="application/json")


@api.get("/compliance", response_model=ComplianceView, responses=_LONG)
def climate_compliance(
    source: TheSource,
    language: Language,
    start: Annotated[date, Query(alias="from", description="A day of the room's time zone.")],
    end: Annotated[date, Query(alias="to", description="Included.")],
    sensor: Annotated[str, Query(max_length=200, description="node/device, or an import's name.")],
    by: Literal["day", "month", "year"] = "month",
    store: Annotated[
        str | None, Query(max_length=40, description="Kind of store of a sensor without a zone.")
    ] = None,
) -> Response:
    """Return how a sensor kept to the limits of its kind of store: time inside, of the time known.

    With the definition that it was judged by. No certificate of anything.
    """
    _days_in_order(start, end, 1, language)
    with _history(source, language) as history:
        _sensors(source, history, sensor, None, language)
        span = history.days.bounds(start)[0], history.days.bounds(end)[1]
        many = history.reading_count(sensor, *span)
        path = _path(source, language)
    values = (_lean(source.settings), path, sensor, Wanted(start, end, (sensor,), store), by)
    with _answers(language):
        alone = many > _FEW_READINGS
        found = apart(_SECONDS, compliance, *values) if alone else compliance(*values)
    return Response(msgspec.json.encode(found), media_type="application/json")


@api.get(
    "/register.{kind}",
    response_class=Response,
    responses={200: {"content": dict.fromkeys(_TYPES.values(), _BYTES)}, **_LONG},
)
def climate_register(
    source: TheSource,
    language: Language,
    kind: Annotated[Literal["csv", "xlsx", "pdf"], Path()],
    start: Annotated[date, Query(alias="from", description="A day of the room's time zone.")],
    end: Annotated[date, Query(alias="to", description="Included.")],
    sensor: Annotated[
        list[str] | None, Query(max_length=100, description="Repeat; default: all.")
    ] = None,
    zone: Zone = None,
    store: Annotated[
        str | None, Query(max_length=40, description="Kind of store of sensors without a zone.")
    ] = None,
) -> Response:
    """Return the climate register of a span of days, in the language that is asked for."""
    with _history(source, language) as history:
        if zone is not None or not sensor:
            sensors = _sensors(source, history, None, zone, language, whole=zone is None)
        else:
            sensors = [_sensors(source, history, one, None, language)[0] for one in sensor]
    _days_in_order(start, end, len(sensors), language)
    wanted = Wanted(start, end, tuple(sensors), store)
    path, ledger = _path(source, language), source.settings.config.ledger.path
    values = (_lean(source.settings), path, ledger, wanted, f".{kind}", language, source.now())
    with _answers(language):
        data = apart(_SECONDS, register_file, *values)
    name = f"climate-{source.settings.config.room.id}-{start}-{end}.{kind}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=_TYPES[kind], headers=headers)


def _sensors(
    source: Source,
    history: HistoryReader,
    sensor: str | None,
    zone: str | None,
    language: str,
    *,
    whole: bool = False,
    quantity: str = "climate",
) -> list[str]:
    """Return the sensors that are meant, those that the history has; all of them for `whole`."""
    if quantity == "climate":
        known = history.sensors()
    else:
        known = [one.sensor for one in history.channels() if one.quantity == quantity]
    if whole:
        if not known:
            raise _refused(404, "climate.asked.empty", language)
        return known
    if (sensor is None) == (zone is None):
        raise _refused(400, "climate.asked.one", language)
    if sensor is not None:
        if sensor not in known:
            raise _refused(404, "climate.asked.sensor", language, sensor=sensor)
        return [sensor]
    for section in source.settings.config.climate.zone:
        if section.id == zone:
            mine = section.sensors if quantity == "climate" else section.air
            found = [one for one in mine if one in known]
            if found:
                return found
            raise _refused(404, "climate.asked.empty", language)
    raise _refused(404, "climate.asked.zone", language, zone=zone)


def _named(sensor: str, quantity: str) -> str:
    return sensor if quantity == "climate" else named(sensor, quantity)


def _units(quantity: str) -> dict[str, str]:
    if quantity == "climate":
        return {"t": "°C", "rh": "%RH"}
    return {quantity: LEVELS[quantity].unit}


def _days_in_order(start: date, end: date, sensors: int, language: str) -> None:
    if end < start:
        raise _refused(400, "climate.asked.order", language)
    days = (end - start) // timedelta(days=1) + 1
    if days > _MOST_DAYS or days * sensors > _MOST_SENSOR_DAYS:
        most = min(_MOST_DAYS, _MOST_SENSOR_DAYS // sensors)
        raise _refused(400, "climate.asked.days", language, days=days, most=most)
    if not 1970 <= start.year <= end.year <= 9000:
        raise _refused(400, "climate.asked.order", language)


@contextmanager
def _history(source: Source, language: str) -> Iterator[HistoryReader]:
    """Open the history for one request: a reader is used by one thread."""
    path = _path(source, language)
    with _answers(language):
        history = HistoryReader(path)
        try:
            yield history
        finally:
            history.close()


@contextmanager
def _answers(language: str) -> Iterator[None]:
    """Turn what goes wrong with the history into answers; the rest is the application's."""
    try:
        yield
    except BusyError as busy:
        raise _refused(429, "climate.asked.busy", language) from busy
    except (FailedError, NoFontError, HistoryError, SchemaError) as bad:
        raise _refused(503, "climate.asked.away", language, reason=str(bad)) from bad
    except RegisterRefusedError as bad:
        raise _refused(400, "climate.asked.refused", language, reason=str(bad)) from bad


def _path(source: Source, language: str) -> FilePath:
    section = source.settings.config.history
    if section is None:
        raise _refused(404, "climate.no_history", language)
    return section.path


def _lean(settings: Settings) -> Settings:
    """Return settings without the register of people and items, which are many and not needed."""
    return msgspec.structs.replace(settings, people=(), items=())


def _refused(code: int, key: str, language: str, **params: Any) -> HTTPException:
    headers = {"retry-after": "5"} if code == 429 else None
    return HTTPException(code, text(key, params, language), headers)
