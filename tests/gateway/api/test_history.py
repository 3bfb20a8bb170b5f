"""The climate history over HTTP: what is answered against what the readings were."""

import csv
import io
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient
from gateway.history.shop import DAY, HOUR, Shop
from strongroom_gateway.api import history as routes
from strongroom_gateway.api.app import read_app
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.history import apart as apart_module
from strongroom_gateway.history.apart import BusyError, FailedError, apart
from strongroom_gateway.history.days import HistoryError
from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.work import ReadingRow, Work

D0 = 20_000 * DAY  # 2024-10-04
MINUTE = 60_000


class Gateway:
    """As much of a gateway as the routes ask for."""

    def __init__(self, folder: Path, now: int, history: bool = True) -> None:
        there: dict[str, Any] = {
            "room": {"id": "r1", "name": "Room", "time_zone": "UTC", "language": "en"},
            "ledger": {"path": str(folder / "ledger.db")},
            "climate": {
                "zone": [
                    {
                        "id": "stacks",
                        "name": "Stacks",
                        "sensors": ["n1/t1", "n1/t2"],
                        "air": ["n1/a1"],
                    },
                    {"id": "attic", "name": "Attic", "sensors": ["n9/t9"]},
                ]
            },
        }
        if history:
            there["history"] = {"path": str(folder / "history.db")}
        self.settings = settings(typed(there, Config))
        self.time = now

    def now(self) -> int:
        return self.time


def rows(first: int, count: int, step: int, t: float, rh: float) -> list[tuple[int, float, float]]:
    return [(D0 + first + n * step, t + n, rh) for n in range(count)]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Day one, n1/t1: 20, 21, 22 °C at 0:00, 0:30, 1:00 and 10 °C at 12:00; each holds an hour.
    Day two is not closed: 30 °C at 0:00. n1/t2 has one reading.
    """
    with Shop(tmp_path) as there:
        there.receive(rows(0, 3, HOUR // 2, 20.0, 50.0))
        there.receive([(D0 + 12 * HOUR, 10.0, 70.0)])
        there.receive([(D0, 5.0, 40.0)], "t2")
        there.keeper.take()
        there.keeper.close(D0 + DAY)
        there.seal_all()
        there.receive([(D0 + DAY, 30.0, 55.0)])
        there.keeper.take()
        yield there


@pytest.fixture
def gateway(shop: Shop, tmp_path: Path) -> Gateway:
    return Gateway(tmp_path, D0 + DAY + 2 * HOUR)


@pytest.fixture
def client(gateway: Gateway) -> TestClient:
    app = read_app(gateway, ["testserver"])  # type: ignore[arg-type]  # what the routes need of it
    return TestClient(app, headers={"accept-language": "en"})


def asked(client: TestClient, path: str, code: int = 200) -> Any:
    answer = client.get(f"/api/v1/climate/{path}")
    assert answer.status_code == code, answer.text
    return answer.json()


def history(client: TestClient, more: str, start: int = 0, end: int = DAY) -> Any:
    return asked(client, f"history?from={D0 + start}&to={D0 + end}&{more}")


def test_hours_are_weighted_by_time_with_what_is_known_of_them(client: TestClient) -> None:
    found = history(client, "sensor=n1/t1&resolution=1h")
    (one,) = found["sensors"]
    made = [dict(zip(one["columns"], row, strict=True)) for row in one["rows"]]
    assert [(m["at"] - D0) // HOUR for m in made] == [0, 1, 12]
    first = made[0]
    assert (first["t_mean"], first["t_low"], first["t_high"]) == (20.5, 20.0, 21.0)
    assert (first["t_known_ms"], first["readings"]) == (HOUR, 2)
    assert one["gaps"] == [[D0 + 2 * HOUR, D0 + 12 * HOUR], [D0 + 13 * HOUR, D0 + DAY]]
    assert found["units"] == {"t": "°C", "rh": "%RH"}


def test_the_day_that_is_not_closed_is_there_and_what_lies_ahead_is_no_gap(
    client: TestClient,
) -> None:
    (one,) = history(client, "sensor=n1/t1&resolution=1h", DAY, 2 * DAY)["sensors"]
    assert [row[:3] for row in one["rows"]] == [[D0 + DAY, 1, 30.0]]
    assert one["gaps"] == [[D0 + DAY + HOUR, D0 + DAY + 2 * HOUR]], "until now"
    (days,) = history(client, "sensor=n1/t1&resolution=1d", 0, 2 * DAY)["sensors"]
    assert [(row[0] - D0, row[1], row[5]) for row in days["rows"]] == [
        (0, 4, 3 * HOUR),
        (DAY, 1, HOUR),
    ]


def test_an_hour_that_began_before_belongs_to_it(client: TestClient) -> None:
    (one,) = history(client, "sensor=n1/t1&resolution=1h", HOUR // 4, HOUR // 2)["sensors"]
    assert (one["rows"][0][0], one["gaps"]) == (D0, [])


@pytest.mark.parametrize(
    ("start", "end", "points", "resolution"),
    [
        (0, HOUR, 60, "1min"),
        (0, HOUR + 1, 60, "1h"),
        (0, DAY, 24, "1h"),
        (0, DAY, 23, "1d"),
        (0, 10 * DAY, 10, "1d"),
    ],
)
def test_the_finest_that_has_room_is_chosen(
    client: TestClient, start: int, end: int, points: int, resolution: str
) -> None:
    found = history(client, f"sensor=n1/t1&points={points}", start, end)
    assert found["resolution"] == resolution
    assert all(len(one["rows"]) <= points for one in found["sensors"])


def test_readings_page_by_page_are_all_readings(client: TestClient) -> None:
    whole = history(client, "sensor=n1/t1&resolution=raw", 0, 2 * DAY)["sensors"][0]
    assert whole["columns"] == ["at", "t", "rh"]
    assert whole["rows"][3] == [D0 + 12 * HOUR, 10.0, 70.0] and whole["next"] is None
    assert whole["gaps"][0] == [D0 + 2 * HOUR, D0 + 12 * HOUR]
    found, gaps, start = [], [], 0
    for _ in range(10):
        part = history(client, "sensor=n1/t1&resolution=raw&points=2", start, 2 * DAY)
        found += part["sensors"][0]["rows"]
        gaps += part["sensors"][0]["gaps"]
        if part["sensors"][0]["next"] is None:
            break
        start = part["sensors"][0]["next"] - D0
    assert found == whole["rows"] and gaps == whole["gaps"]


def test_readings_of_one_stamp_stay_on_one_page(client: TestClient, shop: Shop) -> None:
    shop.receive([(D0 + DAY + HOUR, float(n), 50.0) for n in range(5)])
    shop.keeper.take()
    part = history(client, "sensor=n1/t1&resolution=raw&points=2", DAY, 2 * DAY)["sensors"][0]
    assert len(part["rows"]) == 6 and part["next"] is None


def test_a_zone_is_all_its_sensors_and_shares_the_points(client: TestClient) -> None:
    found = history(client, "zone=stacks&resolution=1h&points=48")
    assert [one["sensor"] for one in found["sensors"]] == ["n1/t1", "n1/t2"]
    less = asked(
        client, f"history?from={D0}&to={D0 + DAY}&zone=stacks&resolution=1h&points=47", 400
    )
    assert "24 points of 1h" in less["detail"] and "at most 23" in less["detail"]


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("history?from=1&to=1&sensor=n1/t1", 400, "beginning"),
        ("history?from=0&to=9", 400, "one of"),
        ("history?from=0&to=9&sensor=n1/t1&zone=stacks", 400, "one of"),
        ("history?from=0&to=9&sensor=attic", 404, "attic"),
        ("history?from=0&to=9&zone=cellar", 404, "cellar"),
        ("history?from=0&to=9&zone=attic", 404, "nothing"),
        (f"history?from=0&to={2 * 10**14}&sensor=n1/t1", 400, "points of 1d"),
        (f"history?from=0&to={D0}&sensor=n1/t1&resolution=1min", 400, "points of 1min"),
        ("compliance?from=2024-10-05&to=2024-10-04&sensor=n1/t1", 400, "beginning"),
        ("compliance?from=2024-10-04&to=2026-10-04&sensor=n1/t1", 400, "731 days"),
        ("compliance?from=2024-10-04&to=2024-10-04&sensor=x", 404, "x"),
        ("compliance?from=2024-10-04&to=2024-10-04&sensor=n1/t1&store=attic", 200, ""),
        ("compliance?from=9999-12-31&to=9999-12-31&sensor=n1/t1", 400, "beginning"),
        ("compliance?from=0001-01-01&to=0001-01-01&sensor=n1/t1", 400, "beginning"),
        ("register.csv?from=2024-10-04&to=2024-10-04&sensor=x", 404, "x"),
        ("register.csv?from=2024-10-04&to=2026-10-04", 400, "731 days"),
    ],
)
def test_what_cannot_be_asked_says_why(client: TestClient, path: str, code: int, said: str) -> None:
    found = asked(client, path, code)
    assert said in found.get("detail", "")


@pytest.mark.parametrize(
    "path",
    [
        "history?from=-1&to=9&sensor=a",
        f"history?from=0&to={10**15}&sensor=a",
        "history?from=x&to=9&sensor=a",
        "history?to=9&sensor=a",
        "history?from=0&to=9&sensor=a&points=0",
        "history?from=0&to=9&sensor=a&points=50001",
        "history?from=0&to=9&sensor=a&resolution=5min",
        f"history?from=0&to=9&sensor={'a' * 201}",
        "compliance?from=2024-13-01&to=2024-10-04&sensor=a",
        "compliance?from=2024-10-04&to=2024-10-04&sensor=a&by=week",
        "register.doc?from=2024-10-04&to=2024-10-04",
    ],
)
def test_what_is_out_of_bounds_is_refused_at_the_edge(client: TestClient, path: str) -> None:
    asked(client, path, 422)


def test_compliance_of_a_day_with_its_definition(client: TestClient) -> None:
    """Known 3 h: two of 20 to 22 °C inside 14 to 24, one of 10 °C below; 50 % twice, 70 % once."""
    found = asked(client, "compliance?from=2024-10-04&to=2024-10-04&sensor=n1/t1&by=day")
    (day,) = found["periods"]
    assert (day["name"], day["t"]["known_ms"], day["t"]["inside_ms"]) == (
        "2024-10-04",
        3 * HOUR,
        2 * HOUR,
    )
    assert (day["t"]["below_ms"], day["rh"]["above_ms"], day["inside_ms"]) == (HOUR, HOUR, 2 * HOUR)
    assert day["share_inside"] == pytest.approx(2 / 3)
    assert "JGJ 25-2010" in found["definition"]["bands"]["t"]["source"]
    assert found["excursions"] == {"t": 1, "rh": 1}


def test_many_readings_are_judged_by_another_process_to_the_same_end(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "compliance?from=2024-10-01&to=2024-10-31&sensor=n1/t1"
    here = asked(client, path)
    monkeypatch.setattr(routes, "_FEW_READINGS", 0)
    assert asked(client, path) == here


def test_a_register_in_the_language_that_is_asked_for(client: TestClient) -> None:
    path = "/api/v1/climate/register.csv?from=2024-10-04&to=2024-10-04&zone=stacks"
    answer = client.get(path, headers={"accept-language": "zh-CN"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert (
        'filename="climate-r1-2024-10-04-2024-10-04.csv"' in answer.headers["content-disposition"]
    )
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert lines[0] == ["温湿度登记表"]
    sensors = {line[0] for line in lines if line}
    assert {"n1/t1", "n1/t2"} <= sensors
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("kind", "mark"),
    [("xlsx", b"PK"), pytest.param("pdf", b"%PDF", marks=pytest.mark.needs("font"))],
)
def test_a_register_as_a_workbook_and_as_a_page(client: TestClient, kind: str, mark: bytes) -> None:
    path = f"/api/v1/climate/register.{kind}?from=2024-10-04&to=2024-10-04&sensor=n1/t1"
    answer = client.get(path)
    assert answer.status_code == 200 and answer.content.startswith(mark)


def test_while_one_is_made_another_is_asked_to_wait(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> None:
        raise BusyError("busy")

    monkeypatch.setattr(routes, "apart", busy)
    answer = client.get("/api/v1/climate/register.csv?from=2024-10-04&to=2024-10-04")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")


def test_without_a_history_it_is_said(tmp_path: Path) -> None:
    app = read_app(Gateway(tmp_path, D0, history=False), ["testserver"])  # type: ignore[arg-type]
    client = TestClient(app)
    assert "history.path" in asked(client, "history?from=0&to=9&sensor=a", 404)["detail"]
    nowhere = read_app(Gateway(tmp_path, D0), ["testserver"])  # type: ignore[arg-type]
    found = asked(TestClient(nowhere), "history?from=0&to=9&sensor=a", 503)
    assert "no such file" in found["detail"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("history", f"from={D0}&to={D0 + DAY}&zone=stacks"),
        ("history", f"from={D0}&to={D0 + DAY}&zone=stacks&resolution=raw"),
        ("history", f"from={D0}&to={D0 + DAY}&sensor=n1/t1&resolution=1d"),
        ("compliance", "from=2024-10-01&to=2024-10-31&sensor=n1/t1&by=year"),
    ],
)
def test_what_is_answered_is_what_is_described(client: TestClient, path: str, query: str) -> None:
    document = client.app.openapi()  # type: ignore[attr-defined]  # FastAPI's own
    described = document["paths"][f"/api/v1/climate/{path}"]["get"]["responses"]["200"]
    schema = json.loads(
        json.dumps(
            {
                **described["content"]["application/json"]["schema"],
                "$defs": document["components"]["schemas"],
            }
        ).replace("#/components/schemas/", "#/$defs/")
    )
    jsonschema.validate(asked(client, f"{path}?{query}"), schema)


def failing() -> None:
    raise HistoryError("no such thing")


def ending() -> None:
    raise SystemExit(3)


def sleeping() -> None:
    threading.Event().wait()


def sacrificed() -> tuple[int, int]:
    return os.nice(0), int(Path("/proc/self/oom_score_adj").read_text(encoding="ascii"))


def test_long_work_gives_way_to_the_gateway() -> None:
    nice, score = apart(60, sacrificed)
    assert (nice > os.nice(0) or nice == 19, score) == (True, 1000)


def test_long_work_comes_back_with_its_error_or_is_ended() -> None:
    assert apart(60, str, 5) == "5"
    with pytest.raises(HistoryError, match="no such thing"):
        apart(60, failing)
    with pytest.raises(FailedError, match="came to an end"):
        apart(60, ending)
    with pytest.raises(FailedError, match="longer than"):
        apart(0.5, sleeping)


def test_only_one_piece_of_long_work_at_a_time() -> None:
    with apart_module._one, pytest.raises(BusyError):
        apart(1, str, 5)
    assert apart(60, str, 6) == "6"


def aired(shop: Shop, seq: int, at: int, **values: float) -> None:
    body = canonical({"sensor": "a1", **values})
    row = ReadingRow(at, "air", "n1", 2, seq, seq, at, "ntp", body)
    shop.store.commit([Work(readings=[row])])


def test_air_has_columns_and_units_of_its_own(client: TestClient, shop: Shop) -> None:
    aired(shop, 1, D0 + DAY, co2=600, hcho=0.05)
    aired(shop, 2, D0 + DAY + HOUR // 2, co2=800)
    shop.keeper.take()
    found = history(client, "sensor=n1/a1&quantity=co2&resolution=1h", DAY, 2 * DAY)
    assert (found["quantity"], found["units"]) == ("co2", {"co2": "ppm"})
    (one,) = found["sensors"]
    assert one["sensor"] == "n1/a1"
    assert dict(zip(one["columns"], one["rows"][0], strict=True)) == {
        "at": D0 + DAY,
        "readings": 2,
        "mean": 700.0,
        "low": 600.0,
        "high": 800.0,
        "known_ms": HOUR,
    }
    raw = history(client, "zone=stacks&quantity=hcho&resolution=raw", DAY, 2 * DAY)
    assert raw["sensors"][0]["rows"] == [[D0 + DAY, 50.0]]
    assert raw["units"] == {"hcho": "µg/m³"}
    missing = asked(client, "history?from=0&to=9&sensor=n1/a1&quantity=uv", 404)
    assert "n1/a1" in missing["detail"]
    asked(client, "history?from=0&to=9&sensor=n1/a1&quantity=radon", 422)
