"""Which moment a local time means, also where clocks change."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import ImportRefusedError

_OFFSET: Final = re.compile(r"^([+-])(\d\d?):?(\d\d)$")
_AT_END: Final = re.compile(r"(?<=\d) ?(Z|[+-]\d\d:?\d\d)$")


def split_zone(stamp: str) -> tuple[str, tzinfo | None]:
    """Return a stamp without the offset from UTC at its end, and the offset when there is one."""
    found = _AT_END.search(stamp)
    if found is None or ":" not in stamp[: found.start()]:
        return stamp, None
    return stamp[: found.start()], UTC if found[1] == "Z" else zone_named(found[1])


def zone_named(name: str) -> tzinfo:
    """Return a zone by its name (Asia/Shanghai) or as an offset (+08:00).

    Raises ImportRefusedError when there is none.
    """
    offset = _OFFSET.match(name)
    if offset is not None:
        minutes = 60 * int(offset[2]) + int(offset[3])
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as bad:
        raise ImportRefusedError(f"there is no time zone {name!r}") from bad


class Clock:
    """Turns local times, in the order they were written, into moments of one zone.

    When clocks go back an hour is written twice: from where the written time did not go on, it is
    the second time round. When they go forward an hour does not exist.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._last: datetime | None = None
        self._fold = 0
        self.ambiguous = 0
        """Stamps in a doubled hour: only their order tells which of the two they are."""

    def moment(self, local: datetime) -> int | None:
        """Return Unix ms; None for a time that does not exist in the zone."""
        first = int(local.replace(tzinfo=self._zone).timestamp())
        if isinstance(self._zone, timezone):
            return first * 1000
        second = int(local.replace(tzinfo=self._zone, fold=1).timestamp())
        if second < first:
            return None
        if first == second:
            self._last, self._fold = None, 0
            return first * 1000
        self.ambiguous += 1
        if self._last is not None and local <= self._last:
            self._fold = 1
        self._last = local
        return (second if self._fold else first) * 1000
