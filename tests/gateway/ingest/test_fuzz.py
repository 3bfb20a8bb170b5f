"""A storm of bad input between good messages: nothing is lost, everything is accounted for."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from gateway.ingest.rig import Rig, climate, dropped, envelope, tag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strongroom_gateway.contract.reasons import ALL
from strongroom_gateway.ledger.verify import verify
from strongroom_gateway.transport.port import Inbound

PREFIX = "strongroom/v1/r1"
Bad = Callable[[random.Random], tuple[str, bytes]]


def inbound(topic: str, payload: bytes, retain: bool = False) -> Inbound:
    return Inbound(topic, payload, 1, retain, False, 0)


def noise(dice: random.Random) -> tuple[str, bytes]:
    return f"{PREFIX}/fuzz/event/tag", dice.randbytes(dice.randrange(0, 1200))


def flipped(dice: random.Random) -> tuple[str, bytes]:
    raw = bytearray(tag(dice.randrange(1, 10**6), boot=dice.randrange(1, 10**6)))
    for _ in range(dice.randrange(1, 4)):
        raw[dice.randrange(len(raw))] = dice.randrange(256)
    return f"{PREFIX}/fuzz/event/tag", bytes(raw)


def cut(dice: random.Random) -> tuple[str, bytes]:
    raw = climate(dice.randrange(1, 10**6))
    return f"{PREFIX}/fuzz/telemetry/climate", raw[: dice.randrange(len(raw))]


def nested(dice: random.Random) -> tuple[str, bytes]:
    depth = dice.randrange(1, 510)
    opened, closed = dice.choice([(b"[", b"]"), (b'{"a":', b"}")])
    return f"{PREFIX}/fuzz/event/tag", opened * depth + b"1" + closed * dice.choice([0, depth])


def huge(dice: random.Random) -> tuple[str, bytes]:
    return f"{PREFIX}/fuzz/event/tag", tag(1) + b" " * dice.randrange(1024, 300_000)


def elsewhere(dice: random.Random) -> tuple[str, bytes]:
    topic = dice.choice(
        ["strongroom/v1/r2/n1/event/tag", f"{PREFIX}/n1/event/what", f"{PREFIX}/n1/config", "x",
         f"{PREFIX}/../event/tag", f"{PREFIX}/n1/telemetry", f"{PREFIX}/alarm", "\ud800", "a" * 500]
    )  # fmt: skip
    return topic, tag(dice.randrange(1, 100))


def extreme(dice: random.Random) -> tuple[str, bytes]:
    field = dice.choice(["boot", "seq", "mono", "ts", "n", "rssi", "span", "clk", "id", "reader"])
    value = dice.choice(
        [-1, 0, 2**31, 2**53, 2**64, 10**400, 1e308, 0.5, "", "\u0000", "\n", None, [], {}, True]
    )
    return f"{PREFIX}/fuzz/event/tag", json.dumps(json.loads(tag(1)) | {field: value}).encode()


def not_a_number(dice: random.Random) -> tuple[str, bytes]:
    word = dice.choice([b"NaN", b"Infinity", b"-Infinity", b"1e999", b"0x10", b"01"])
    return f"{PREFIX}/fuzz/telemetry/climate", climate(1).replace(b"20.5", word)


def claims(dice: random.Random) -> tuple[str, bytes]:
    """Well formed, but not true: ranges nobody sent, boots from the future."""
    first = dice.randrange(1, 2**31 - 1)
    last = dice.randrange(1, 2**31 - 1)
    raw = dropped(dice.randrange(1, 2**31), "event", dice.randrange(1, 2**31), first, last)
    return f"{PREFIX}/fuzz/event/node", raw.replace(b'"count":-', b'"count":')


BAD: list[Bad] = [
    noise, flipped, cut, nested, huge, elsewhere, extreme, not_a_number, claims,
]  # fmt: skip


def storm(rig: Rig, seed: int, seconds: float) -> None:
    dice = random.Random(seed)
    sent = {"event": 0, "telemetry": 0}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        batch: list[Inbound] = []
        for _ in range(dice.randrange(1, 60)):
            way = dice.random()
            if way < 0.25:
                sent["event"] += 1
                batch.append(inbound(f"{PREFIX}/good/event/tag", tag(sent["event"])))
            elif way < 0.5:
                sent["telemetry"] += 1
                raw = climate(sent["telemetry"])
                batch.append(inbound(f"{PREFIX}/good/telemetry/climate", raw))
            elif way < 0.6 and sent["event"]:
                again = tag(dice.randrange(1, sent["event"] + 1))
                batch.append(inbound(f"{PREFIX}/good/event/tag", again))
            else:
                batch.append(inbound(*dice.choice(BAD)(dice), retain=dice.random() < 0.1))
        rig.transport.deliver(*batch)
        if dice.random() < 0.02:
            rig.settle()
        rig.now += dice.randrange(0, 2_000)
    rig.settle()
    marks = rig.reader.marks("good")
    assert marks["good", 1, "event"].high == sent["event"]
    assert marks["good", 1, "telemetry"].high == sent["telemetry"]
    assert rig.reader.counts().readings >= sent["telemetry"]
    counters = rig.pipeline.counters
    ends = (
        counters.events + counters.readings + counters.duplicates
        + counters.quarantined + counters.shed + counters.presence
    )  # fmt: skip
    assert counters.received == ends
    assert counters.rule_failures == 0
    assert sum(rig.reader.quarantine_counts().values()) == counters.quarantined
    assert {reason for _, reason in rig.reader.quarantine_counts()} <= set(ALL)
    assert rig.transport.unacked == {}
    assert rig.pipeline.is_recording
    recorded = 0
    after = -1
    while page := rig.reader.entries(after=after, limit=1000, node="good"):
        assert [one.seq for one in page] == list(range(recorded + 1, recorded + len(page) + 1))
        recorded += len(page)
        after = page[-1].idx
    assert recorded == sent["event"]


@pytest.mark.parametrize("seconds", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_a_storm_of_bad_input_loses_nothing(tmp_path: Path, seconds: float) -> None:
    rig = Rig(tmp_path / "ledger.db", pending_limit=60_000)
    seed = int(time.time())
    print(f"seed {seed}")
    storm(rig, seed, seconds)
    rig.stop()
    assert verify(rig.path).problems == []


TOPICS = st.sampled_from(
    [f"{PREFIX}/n1/event/tag", f"{PREFIX}/n1/event/node", f"{PREFIX}/n1/telemetry/air",
     f"{PREFIX}/n1/info", f"{PREFIX}/n1/status", f"{PREFIX}/n1/x/y", "x"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["boot", "seq", "id", "what", "x"]), inner, max_size=4)
    ),
    max_leaves=20,
)
PAYLOADS = st.binary(max_size=1200) | JSON.map(lambda value: json.dumps(value).encode())


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    return Rig(tmp_path_factory.mktemp("fuzz") / "ledger.db")


@given(batch=st.lists(st.tuples(TOPICS, PAYLOADS), min_size=1, max_size=10))
@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_input_is_accounted_for_and_released(
    quiet: Rig, batch: list[tuple[str, bytes]]
) -> None:
    before = quiet.pipeline.counters.received
    quiet.transport.deliver(*(inbound(topic, payload) for topic, payload in batch))
    quiet.settle()
    assert quiet.transport.unacked == {}
    counters = quiet.pipeline.counters
    assert counters.received == before + len(batch)
    assert sum(quiet.reader.quarantine_counts().values()) == counters.quarantined


@pytest.mark.parametrize(
    ("ts", "source"),
    [
        (1_800_000_000_000, "node"),
        (1_800_000_300_000, "node"),
        (1_800_000_300_001, "received"),  # more than five minutes ahead
        (253_402_300_799_999, "received"),  # the year 9999
        (0, "received"),  # 1970
        (1_704_067_199_999, "received"),  # the last moment of 2023
        (1_704_067_200_000, "node"),
    ],
)
def test_times_that_cannot_be_are_kept_and_not_believed(
    tmp_path: Path, ts: int, source: str
) -> None:
    rig = Rig(tmp_path / "ledger.db")
    raw = json.loads(tag(1)) | {"ts": ts, "clk": "ntp"}
    rig.send(json.dumps(raw).encode())
    rig.settle()
    [found] = rig.reader.entries()
    assert found.body["ts"] == ts
    assert found.time_source == source
    assert found.time == (ts if source == "node" else rig.now)
    rig.stop()


def test_envelope_helper_makes_what_the_contract_says() -> None:
    assert set(json.loads(envelope(1))) == {"boot", "seq", "mono", "ts", "clk"}
