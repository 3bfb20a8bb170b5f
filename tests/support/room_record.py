"""The record of a real store, as it is: 107,601 hourly rows with gaps and doubled stamps."""

from collections.abc import Iterator
from datetime import UTC, datetime

from support.needs import REAL_DATA

FILE = "orholm-store.csv"
NEEDS = f"data:{FILE}"


def readings() -> Iterator[tuple[int, float, float]]:
    """Yield (Unix ms, °C, %RH); its local stamps are taken as if they were UTC."""
    lines = (REAL_DATA / FILE).read_text(encoding="latin-1").splitlines()[1:]
    for line in lines:
        stamp, t, rh = line.split(";")
        at = datetime.strptime(stamp, "%d-%m-%Y %H:%M").replace(tzinfo=UTC)
        yield int(at.timestamp() * 1000), float(t), float(rh)
