"""What ten years of a room with twenty sensors cost in the history: bytes, a closed day, the chart of a year.

Days are made properly from readings with noise (the day, the sensor itself) for a number of template
days, then stored for every sensor and day with the bytes of one of them: so filling takes minutes and not days.
"""

import json
import math
import random
import statistics
import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.request import urlopen

from strongroom_gateway.api.app import read_app
from strongroom_gateway.api.server import ApiServer
from strongroom_gateway.api.source import Source
from strongroom_gateway.climate.compliance.limits import Definition
from strongroom_gateway.climate.compliance.run import Compliance
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.history.query import HistoryReader
from strongroom_gateway.history.readings import Reading, digest, pack_readings
from strongroom_gateway.history.rollup import MINUTE, Rolled, pack_buckets, roll_up
from strongroom_gateway.history.store import LIVE, History
from strongroom_gateway.profiles import Band

DAY = 86_400_000
HOLD = 600_000
FIRST = date(2026, 1, 1)


def readings(start: int, every_s: int, seed: int) -> list[Reading]:
    """Return a day of one sensor: 0.01 °C and 0.01 %RH resolution, a clock that is late by some milliseconds."""
    dice = random.Random(seed)
    found = []
    for n in range(86_400 // every_s):
        phase = 2 * math.pi * n * every_s / 86_400
        t = 20 + 1.5 * math.sin(phase + seed) + dice.gauss(0, 0.03)
        rh = 52 + 3 * math.sin(phase + 2 * seed) + dice.gauss(0, 0.08)
        at = start + n * every_s * 1000 + dice.randrange(60)
        found.append(Reading(at, round(t, 2), round(rh, 2), LIVE))
    return found


def fill(
    path: Path, years: int, sensors: int, every_s: int, raw_days: int, templates: int
) -> dict[str, float]:
    """Make a history as it is after so many years; return what making a day cost."""
    history = History(path, "UTC", HOLD)
    start = history.days.bounds(FIRST)[0]
    made: list[tuple[bytes, bytes, Rolled, str]] = []
    seconds = []
    for seed in range(templates):
        rows = readings(start, every_s, seed)
        began = time.perf_counter()
        rolled = roll_up(rows, start, start + DAY, {LIVE: HOLD})
        packed = pack_readings(rows)
        minutes = pack_buckets(rolled.minutes, start, MINUTE) if rolled.minutes else b""
        summed = digest(rows).hex()
        seconds.append(time.perf_counter() - began)
        made.append((packed, minutes, rolled, summed))
    connection = history._connection  # filled by hand: through the front door it would take days
    connection.executemany(
        "INSERT INTO sensor (id, name) VALUES (?, ?)",
        [(n, f"n/t{n}") for n in range(1, sensors + 1)],
    )
    days = years * 365
    for day in range(days):
        name, shift = (FIRST + timedelta(days=day)).isoformat(), day * DAY
        connection.execute("BEGIN")
        for sensor in range(1, sensors + 1):
            packed, minutes, rolled, summed = made[(day * sensors + sensor) % templates]
            if day >= days - raw_days or not minutes:
                connection.execute("INSERT INTO raw VALUES (?, ?, ?)", (sensor, name, packed))
            if minutes:
                connection.execute("INSERT INTO minute VALUES (?, ?, ?)", (sensor, name, minutes))
            connection.executemany(
                "INSERT INTO hour VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(sensor, h.at + shift, h.readings, *h.t, *h.rh) for h in rolled.hours],
            )
            one = rolled.day
            row = (
                sensor,
                name,
                one.at + shift,
                one.readings,
                *one.t,
                *one.rh,
                summed,
                summed,
                0,
                1,
            )
            connection.execute(
                "INSERT INTO day VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row
            )
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    history.close()
    return {
        "close_day_ms": 1000 * statistics.median(seconds),
        "readings_bytes": statistics.mean(len(m[0]) for m in made),
        "minutes_bytes": statistics.mean(len(m[1]) for m in made),
    }


def charts(path: Path, years: int, rounds: int) -> dict[str, float]:
    """Return the median time in ms of a year's chart by the hour, by the day, and of all sensors by the day."""
    times: dict[str, list[float]] = {"hour": [], "day": [], "all_by_day": []}
    for n in range(rounds):
        with closing(HistoryReader(path)) as reader:
            sensors = reader.sensors()
            end = reader.days.bounds(FIRST)[0] + (1 + n % years) * 365 * DAY
            for name, points in (("hour", 10_000), ("day", 500)):
                began = time.perf_counter()
                step, rows = reader.chart(sensors[n % len(sensors)], end - 365 * DAY, end, points)
                times[name].append(time.perf_counter() - began)
                assert step == name and len(rows) >= 365
            began = time.perf_counter()
            for sensor in sensors:
                assert len(reader.chart(sensor, end - 365 * DAY, end, 500)[1]) == 365
            times["all_by_day"].append(time.perf_counter() - began)
    return {name: 1000 * statistics.median(values) for name, values in times.items()}


def over_http(path: Path, years: int, rounds: int) -> dict[str, float]:
    """Return the median time in ms of a sensor's year through HTTP, asked and answered on this machine."""
    there = {
        "room": {"id": "r1", "name": "Room", "time_zone": "UTC"},
        "ledger": {"path": str(path.with_name("none.db"))},
        "history": {"path": str(path)},
    }
    source = SimpleNamespace(settings=settings(typed(there, Config)), now=lambda: 2**45)
    server = ApiServer(read_app(cast(Source, source), ["127.0.0.1"]), ("127.0.0.1", 0))
    server.start()
    times: dict[str, list[float]] = {"1h": [], "1d": []}
    try:
        base = f"http://127.0.0.1:{server.wait_for_port(30)}/api/v1/climate/history"
        with closing(HistoryReader(path)) as reader:
            first = reader.days.bounds(FIRST)[0]
        for n in range(rounds):
            end = first + (1 + n % years) * 365 * DAY
            for resolution, found in times.items():
                span = f"from={end - 365 * DAY}&to={end}&resolution={resolution}"
                began = time.perf_counter()
                with urlopen(f"{base}?sensor=n/t{1 + n % 20}&{span}") as answer:
                    made = json.load(answer)
                found.append(time.perf_counter() - began)
                assert len(made["sensors"][0]["rows"]) >= 365 and not made["sensors"][0]["gaps"]
    finally:
        server.stop()
    return {f"http_{name}": 1000 * statistics.median(found) for name, found in times.items()}


def compliance(years: int, every_s: int) -> dict[str, float]:
    """Return the cost of a reading in us, and how much memory grew between the first and the last year."""
    import tracemalloc

    of = Definition(
        Band(14, 24, 0.5, 600_000, 2, ""), Band(45, 60, 2, 600_000, 5, ""), 2 * HOLD, "UTC"
    )
    rows = [(one.at, one.t, one.rh) for one in readings(0, every_s, 1)]
    days = years * 365
    run = Compliance(of, 0, days * DAY, lambda _: None)
    began = time.perf_counter()
    for day in range(min(days, 30)):
        for at, t, rh in rows:
            run.add(at + day * DAY, t, rh)
    cost = (time.perf_counter() - began) / (len(rows) * min(days, 30))
    tracemalloc.start()
    run, marks = Compliance(of, 0, days * DAY, lambda _: None), []
    for day in range(days):
        for at, t, rh in rows[::10]:
            run.add(at + day * DAY, t, rh)
        if day in (364, days - 1):
            marks.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return {"reading_us": cost * 1e6, "grown_kb": (marks[-1] - marks[0]) / 1000}


def run(folder: Path, years: int, sensors: int, rounds: int) -> dict[str, Any]:
    """Measure for readings every 10 s and every 60 s; print and return the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    figures: dict[str, Any] = {}
    for every_s in (10, 60):
        path = folder / f"history-{every_s}.db"
        made = fill(path, years, sensors, every_s, raw_days=730, templates=12)
        size = path.stat().st_size / 1e6
        drawn = charts(path, years, rounds) | over_http(path, years, rounds)
        print(
            f"{sensors} sensors, every {every_s} s, {years} years, readings of 730 days: {size:,.0f} MB;"
            f" a day of a sensor: readings {made['readings_bytes']:,.0f} bytes, minutes"
            f" {made['minutes_bytes']:,.0f} bytes, closed in {made['close_day_ms']:.0f} ms"
        )
        print(
            f"  a year's chart: by the hour {drawn['hour']:.1f} ms, by the day {drawn['day']:.1f} ms,"
            f" all {sensors} by the day {drawn['all_by_day']:.1f} ms; through HTTP by the hour"
            f" {drawn['http_1h']:.0f} ms, by the day {drawn['http_1d']:.0f} ms",
            flush=True,
        )
        figures[str(every_s)] = {"mb": size, **made, **drawn}
        path.unlink()
    figures["compliance"] = compliance(years, 60)
    print(
        f"compliance: {figures['compliance']['reading_us']:.1f} us a reading;"
        f" memory after {years} years {figures['compliance']['grown_kb']:+.0f} KB against after one"
    )
    return figures
