"""Times of the day by the room's clock."""

from datetime import UTC, datetime, timedelta

from ..hours import zone


def next_time(after: int, clock: str, time_zone: str) -> int:
    """Return the first moment behind `after` (Unix ms) at which the clock shows this "HH:MM"."""
    local = zone(time_zone)
    hour, minute = map(int, clock.split(":"))
    day = datetime.fromtimestamp(after // 1000, UTC).astimezone(local).date()
    while True:
        at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=local)
        found = int(at.timestamp()) * 1000
        if found > after:
            return found
        day += timedelta(days=1)
