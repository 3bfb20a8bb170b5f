"""The history beside a running gateway: taken, closed, sealed, verified, and never in the way."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from gateway.history.shop import DAY, HOUR, Shop, series
from gateway.service.test_gateway import Site, site
from strongroom_gateway.errors import SchemaError
from strongroom_gateway.history import running
from strongroom_gateway.history.days import DIGEST, HistoryError
from strongroom_gateway.history.keeper import Retention
from strongroom_gateway.history.query import HistoryReader
from strongroom_gateway.history.running import HistoryThread
from strongroom_gateway.history.store import History
from strongroom_gateway.history.verify import verify
from support.waiting import wait_for

__all__ = ["site"]


def held(path: Path, sensor: str) -> list[tuple[Any, ...]]:
    if not path.is_file():
        return []
    try:
        with closing(HistoryReader(path)) as reader:
            known = sensor in reader.sensors()
            return list(reader.readings(sensor, 0, 2**45)) if known else []
    except (SchemaError, HistoryError):
        return []  # it is just being made


def test_readings_of_nodes_reach_the_history_of_a_running_gateway(
    site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "TAKE_S", 0.02)
    path = tmp_path / "history.db"
    there: Site = site(history={"path": str(path), "grace_s": 1})
    gateway = there.start()
    there.transport.link(True)
    now = gateway.clock.now()
    for n in range(3):
        there.send(there.nodes.climate("climate-1/t1", 20.0 + n, 50.0, now - 3 * DAY + n * 60_000))
    wait_for(lambda: len(held(path, "climate-1/t1")) == 3, what="the readings in the history")
    assert [one.t for one in held(path, "climate-1/t1")] == [20.0, 21.0, 22.0]
    entries = wait_for(lambda: gateway.reader.entries(kind=DIGEST), what="the day in the ledger")
    (day,) = entries[0].body["days"]
    assert (day["sensor"], day["readings"], day["revision"]) == ("climate-1/t1", 3, 1)
    wait_for(lambda: unsealed(path) == 0, what="the history to know of it")
    with closing(HistoryReader(path)) as reader:
        assert verify(reader, gateway.reader).findings == []


def thread_of(shop: Shop, open_history: Any, now: int) -> HistoryThread:
    return HistoryThread(
        open_history,
        shop.ledger,
        shop.ledger_path,
        lambda kind, body: shop.waiting.append((kind, body)),
        lambda: now,
        Retention(),
        grace=0,
        every_s=0.01,
    )


def test_days_that_are_over_are_closed_and_sealed_at_the_start(tmp_path: Path) -> None:
    start = 20_000 * DAY
    with Shop(tmp_path) as shop:
        shop.receive(series(start, 24 * 60, 60_000))
        thread = thread_of(shop, lambda: History(shop.path, "UTC", HOUR), start + 2 * DAY)
        thread.start()
        try:
            wait_for(lambda: shop.waiting, what="a day for the ledger")
            shop.commit()
            wait_for(lambda: not unsealed(shop.path), what="the day known to be sealed")
        finally:
            thread.stop()
        assert [entry.kind for entry in shop.ledger.entries()] == [DIGEST]
        with closing(shop.reader()) as reader:
            assert verify(reader, shop.ledger).findings == []


def unsealed(path: Path) -> int:
    with closing(HistoryReader(path)) as reader:
        return reader.unsealed()


def test_a_disk_that_takes_nothing_is_tried_again_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    start = 20_000 * DAY
    full, tried = True, 0

    def open_history() -> History:
        nonlocal tried
        tried += 1
        if full:
            raise sqlite3.OperationalError("disk is full")
        return History(shop.path, "UTC", HOUR)

    with Shop(tmp_path) as shop:
        shop.receive(series(start, 100, 60_000))
        thread = thread_of(shop, open_history, start + 2 * DAY)
        thread.start()
        try:
            wait_for(lambda: tried > 5, what="more than one attempt")
            assert thread.trouble == "disk is full"
            full = False
            wait_for(lambda: len(held(shop.path, "n1/t1")) == 100, what="the readings")
            wait_for(lambda: not thread.trouble, what="the end of the trouble")
        finally:
            thread.stop()
    assert [record.message for record in caplog.records].count("climate history: disk is full") == 1


def test_a_history_that_takes_nothing_is_trouble_and_no_more(
    site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "TAKE_S", 0.02)
    (tmp_path / "history.db").mkdir()
    there: Site = site(history={"path": str(tmp_path / "history.db")})
    gateway = there.start()
    there.transport.link(True)
    wait_for(
        lambda: "health.history" in [one.key for one in gateway.surface.troubles()],
        what="the trouble being told",
    )
    there.send(there.nodes.climate("climate-1/t1", 20.0, 50.0, gateway.clock.now()))
    wait_for(lambda: gateway.reader.readings(kind="climate"), what="the reading in the ledger")
    (tmp_path / "history.db").rmdir()
    wait_for(lambda: held(tmp_path / "history.db", "climate-1/t1"), what="the reading taken later")
    wait_for(
        lambda: "health.history" not in [one.key for one in gateway.surface.troubles()],
        what="the end of the trouble",
    )


def test_a_running_gateway_tells_its_history_and_takes_a_note(
    site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "TAKE_S", 0.02)
    people = [{"id": "keeper", "name": "Keeper", "roles": ["facilities"]}]
    path = tmp_path / "history.db"
    there: Site = site(history={"path": str(path)}, person=people)
    gateway = there.start()
    there.transport.link(True)
    now = gateway.clock.now()
    there.send(there.nodes.climate("climate-1/t1", 20.0, 50.0, now))
    wait_for(lambda: held(path, "climate-1/t1"), what="the reading in the history")
    span = f"from={now - HOUR}&to={now + HOUR}"
    _, _, found = there.get(f"/api/v1/climate/history?sensor=climate-1/t1&resolution=raw&{span}")
    assert [row[1:] for row in found["sensors"][0]["rows"]] == [[20.0, 50.0]]
    told = {"where": "climate-1/t1", "start": now - 1000, "cause": "door"}
    gateway.surface.act("climate.explain", "keeper", told)
    entries = wait_for(lambda: gateway.reader.entries(kind="climate.explained"), what="the note")
    assert [(entry.body["note"], entry.body["by_name"]) for entry in entries] == [
        ("E00001", "Keeper")
    ]
