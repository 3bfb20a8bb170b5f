"""A climate node with the broker away: its leases, its sensor and its own two thresholds hold the room,
and the gateway has it back without a struggle.

Real mosquitto, the gateway, and the firmware under MicroPython on an emulated board. Minutes are
seconds here: each time is set by the configuration of the node and the gateway.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from faults.record import read_record
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.running import Gateway
from strongroom_gateway.transports import make_transport
from strongroom_sim.fleet import BoardProcess, make_board
from support.mosquitto import Mosquitto
from support.waiting import wait_for

pytestmark = [pytest.mark.needs("mosquitto", "micropython"), pytest.mark.timeout(240)]

NODE = "climate-1"
DRYER, HEATER = "dehumidifier", "heating"
LEASE_S = 4
STALE_S = 8
FRESH_MS = 3_000
ALONE_AFTER_MS = 6_000
PATIENCE = 45
DAMP_AND_COLD = {"t": 14.2, "rh": 64.0}
DEVICES = [
    {"id": "t1", "type": "sht4x", "bus": "i2c0", "addr": 68, "every_ms": 500},
    {
        "id": DRYER,
        "type": "relay",
        "pin": 26,
        "needs": "t1",
        "fresh_ms": FRESH_MS,
        "alone_by": "rh",
        "alone_on": 62,
        "alone_off": 56,
        "alone_after_ms": ALONE_AFTER_MS,
    },
    {"id": HEATER, "type": "relay", "pin": 27, "needs": "t1", "fresh_ms": FRESH_MS},
]


def machine(kind: str) -> dict[str, object]:
    times = {"lease_s": LEASE_S, "min_on_s": 0, "min_off_s": 0}
    return {"kind": kind, "node": NODE, "relay": kind, **times}


def sections(folder: Path, port: int) -> dict[str, object]:
    """The gateway: a zone with one sensor, no test of how quickly its air may change."""
    unlimited = {"spike_t": 0, "spike_rh": 0, "rate_t": 0, "rate_rh": 0}
    zone = {
        "id": "store",
        "name": "Store",
        "sensors": [f"{NODE}/t1"],
        "machine": [machine(DRYER), machine(HEATER)],
        "control": {"settle_s": 1, "swing": False},
    }
    return {
        "room": {"id": "room-1", "name": "Room 1", "language": "en"},
        "ledger": {"path": str(folder / "ledger.db")},
        "api": {"port": 0},
        "mqtt": {"port": port},
        "climate": {"trust": unlimited, "stale_s": STALE_S, "zone": [zone]},
    }


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def gateway(tmp_path: Path, broker: Mosquitto) -> Iterator[Gateway]:
    config = typed(sections(tmp_path, broker.port), Config)
    running = Gateway(settings(config), make_transport(config))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def board(tmp_path: Path, broker: Mosquitto, gateway: Gateway) -> Iterator[BoardProcess]:
    home = tmp_path / NODE
    address = {"host": "127.0.0.1", "port": broker.port, "tls": None, "keepalive": 5}
    made = make_board(home, "room-1", NODE, "climate", address)
    (home / "node.json").write_text(json.dumps(made | {"devices": DEVICES}))
    running = BoardProcess(home, "micropython")
    running.send("t1", "set", **DAMP_AND_COLD)
    running.start()
    yield running
    running.stop()
    assert running.errors() == ""


def levels(board: BoardProcess, relay: str) -> list[int]:
    """Everything that a relay's pin did, oldest first."""
    return [o["level"] for o in board.outputs() if o["out"] == "pin" and o["dev"] == relay]


def is_on(board: BoardProcess, relay: str) -> bool:
    return levels(board, relay)[-1:] == [1]


def wait_until(board: BoardProcess, relay: str, on: bool, why: str) -> None:
    wait_for(
        lambda: is_on(board, relay) is on,
        PATIENCE,
        lambda: f"{relay} {'on' if on else 'off'}: {why}; {board.outputs()[-12:]}",
    )


def of(folder: Path, kind: str) -> list[dict]:
    """The entries of a kind on record, oldest first."""
    return [dict(entry.body) for entry in read_record(folder / "ledger.db").kind(kind)]


def said_by_node(folder: Path) -> set[tuple[str, str | None, str | None]]:
    """What the node reported of its relays: what, which, why."""
    bodies = of(folder, "event/node")
    return {(b["what"], b.get("relay"), b.get("why")) for b in bodies if "relay" in b}


def readings(folder: Path) -> int:
    with closing(sqlite3.connect(f"file:{folder / 'ledger.db'}?mode=ro", uri=True)) as ledger:
        return int(ledger.execute("SELECT count(*) FROM reading").fetchone()[0])


def after_more_readings(folder: Path, count: int) -> None:
    """Let the gateway hear the node for some more of its half seconds."""
    wanted = readings(folder) + count
    wait_for(lambda: readings(folder) >= wanted, PATIENCE, f"{count} more readings", every=0.1)


def ids(gateway: Gateway) -> set[str]:
    """The alarms that stand."""
    return {alarm.id for alarm in gateway.surface.alarms()}


def measured_more(board: BoardProcess, count: int) -> None:
    """Let the node measure some more of its half seconds, whoever hears of it."""

    def measured() -> int:
        return sum(record["lane"] == "telemetry" for record in board.accepted())

    wanted = measured() + count
    wait_for(lambda: measured() >= wanted, PATIENCE, f"{count} measured", every=0.1)


def test_with_the_broker_away_the_node_holds_the_room_and_gives_it_back(
    tmp_path: Path, broker: Mosquitto, gateway: Gateway, board: BoardProcess
) -> None:
    wait_until(board, DRYER, True, "the gateway dries")
    wait_until(board, HEATER, True, "the gateway heats")
    after_more_readings(tmp_path, 12)
    assert levels(board, DRYER)[-1:] == levels(board, HEATER)[-1:] == [1], "leases are renewed"
    switched, heated = len(levels(board, DRYER)), len(levels(board, HEATER))

    broker.kill()
    wait_for(lambda: len(levels(board, DRYER)) >= switched + 2, PATIENCE, "off and on again")
    assert levels(board, DRYER)[switched:] == [0, 1], "the lease ran out, then it acts alone"
    assert levels(board, HEATER)[heated:] == [0], "what has no rule of its own is off"

    board.send("t1", "fault", kind="crc", on=True)
    wait_until(board, DRYER, False, "its sensor is lost")
    board.send("t1", "fault", kind="crc", on=False)
    wait_until(board, DRYER, True, "its sensor is back")
    board.send("t1", "set", t=18.0, rh=50.0)
    wait_until(board, DRYER, False, "dry enough by its own threshold")
    board.send("t1", "set", t=18.0, rh=64.0)
    wait_until(board, DRYER, True, "damp again by its own threshold")
    assert levels(board, HEATER)[heated:] == [0]

    # The node alone would go on at this humidity, the gateway would not begin.
    board.send("t1", "set", t=18.0, rh=56.25)
    switched = len(levels(board, DRYER))
    measured_more(board, 2 * STALE_S + 4)  # what comes late then is too old to act on, or says this
    broker.restart()
    wait_until(board, DRYER, False, "the gateway is back and does not want it")
    after_more_readings(tmp_path, 12)
    assert levels(board, DRYER)[switched:] == [0], "nobody switches it to and fro"

    board.send("t1", "set", t=18.0, rh=64.0)
    wait_until(board, DRYER, True, "the gateway dries again")
    after_more_readings(tmp_path, 12)
    assert levels(board, DRYER)[switched:] == [0, 1], "one hand on it"
    assert levels(board, HEATER)[heated:] == [0]

    expected = {
        ("relay.expired", DRYER, None),
        ("relay.expired", HEATER, None),
        ("relay.changed", DRYER, "alone"),
        ("relay.changed", DRYER, "sensor"),
    }
    wait_for(
        lambda: expected <= said_by_node(tmp_path),
        PATIENCE,
        lambda: f"what it did alone is on record: {said_by_node(tmp_path)}",
        every=0.2,
    )
    ours = [(b["relay"], b["what"]) for b in of(tmp_path, "climate.relay")]
    both = [(DRYER, "on"), (HEATER, "on"), (DRYER, "lapsed"), (HEATER, "lapsed"), (DRYER, "on")]
    assert ours == both, "and what the gateway knew of it"


def test_a_sensor_that_is_lost_with_the_gateway_there_switches_off(
    tmp_path: Path, gateway: Gateway, board: BoardProcess
) -> None:
    wait_until(board, DRYER, True, "the gateway dries")
    wait_until(board, HEATER, True, "the gateway heats")
    board.send("t1", "fault", kind="crc", on=True)
    wait_until(board, DRYER, False, "its sensor is lost")
    wait_until(board, HEATER, False, "its sensor is lost")
    ended = {"off", "off_at_node", "lapsed"}
    wait_for(
        lambda: (
            {b["relay"] for b in of(tmp_path, "climate.relay") if b["what"] in ended}
            == {DRYER, HEATER}
        ),
        PATIENCE,
        lambda: f"both on record as off: {of(tmp_path, 'climate.relay')}",
        every=0.2,
    )
    # The gateway has no fresh reading either, and gives no new lease.
    switched = len(levels(board, DRYER)) + len(levels(board, HEATER))
    wait_for(
        lambda: "climate.blind:store" in ids(gateway),
        PATIENCE,
        lambda: f"the zone is blind: {ids(gateway)}",
    )
    assert len(levels(board, DRYER)) + len(levels(board, HEATER)) == switched
