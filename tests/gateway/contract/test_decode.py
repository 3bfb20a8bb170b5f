import json

import pytest
from gateway.contract.messages import Message, message, payload
from hypothesis import assume, given
from hypothesis import strategies as st
from strongroom_gateway.contract import Decoder, Info, Origin, Sensed, Status
from strongroom_gateway.contract.reasons import ALL, CONFLICT
from strongroom_gateway.errors import ContractError

PREFIX = "strongroom/v1/r1/n1"
TAG = {
    "boot": 3, "seq": 9, "mono": 5, "ts": None, "clk": "none", "reader": "gate", "id": "e2801160",
    "act": "seen", "tech": "uhf", "ant": None, "rssi": -40, "n": 1, "span": 0,
}  # fmt: skip


def tag(**changes: object) -> bytes:
    return json.dumps(TAG | changes).encode()


@given(message())
def test_whatever_keeps_the_contract_is_decoded_to_the_same(found: Message) -> None:
    lane, kind, body = found
    raw = payload(body)
    assume(len(raw) <= 1024)
    sensed = Decoder("r1").decode(f"{PREFIX}/{lane}/{kind}", raw, 77)
    assert isinstance(sensed, Sensed)
    assert (sensed.room, sensed.node, sensed.lane, sensed.kind) == ("r1", "n1", lane, kind)
    assert (sensed.boot, sensed.seq, sensed.mono) == (body["boot"], body["seq"], body["mono"])
    assert (sensed.ts, sensed.clk, sensed.received) == (body["ts"], body["clk"], 77)
    assert json.loads(sensed.raw) == body
    assert list(json.loads(sensed.raw)) == sorted(body)


REFUSED = [
    (tag(boot=0), "out_of_range"),
    (tag(boot=2**31), "out_of_range"),
    (tag(seq=0), "out_of_range"),
    (tag(seq=-1), "out_of_range"),
    (tag(seq=10**30), "out_of_range"),
    (tag(mono=-1), "out_of_range"),
    (tag(mono=2**53), "out_of_range"),
    (tag(ts=-1, clk="ntp"), "out_of_range"),
    (tag(ts=10**16, clk="ntp"), "out_of_range"),
    (tag(boot=1.0), "wrong_type"),
    (tag(boot=True), "wrong_type"),
    (tag(boot="1"), "wrong_type"),
    (tag(boot=None), "wrong_type"),
    (tag(boot=[1]), "wrong_type"),
    (tag(boot={"x": {}}), "wrong_type"),
    (tag(clk="gps"), "out_of_range"),
    (tag(ts=5), "clock_mismatch"),
    (tag(clk="ntp"), "clock_mismatch"),
    (tag(act="lost"), "out_of_range"),
    (tag(reader="Gate"), "out_of_range"),
    (tag(reader="gate\n"), "out_of_range"),
    (tag(reader=""), "out_of_range"),
    (tag(reader="g" * 33), "out_of_range"),
    (tag(rssi=31), "out_of_range"),
    (tag(n=0), "out_of_range"),
    (tag(id="e28011"), "bad_id"),
    (tag(id="e280116"), "bad_id"),
    (tag(id="E2801160"), "bad_id"),
    (tag(id="e2801160\n"), "bad_id"),
    (tag(id="0x801160"), "bad_id"),
    (tag(id="88801160"), "bad_id"),
    (tag(id=3800109408), "wrong_type"),
    (tag(more=1), "unknown_field"),
    (json.dumps({k: v for k, v in TAG.items() if k != "ant"}).encode(), "missing_field"),
    (b"", "malformed_json"),
    (b"{", "malformed_json"),
    (b"nonsense", "malformed_json"),
    (tag() + b"{}", "malformed_json"),
    (b"\xef\xbb\xbf" + tag(), "malformed_json"),
    (tag().replace(b"-40", b"NaN"), "malformed_json"),
    (tag().replace(b"-40", b"-Infinity"), "malformed_json"),
    (tag().replace(b'"gate"', b'"g\xff"'), "malformed_json"),
    (tag().replace(b'"gate"', b'"g\\ud800"'), "malformed_json"),
    (b"null", "not_an_object"),
    (b"[1]", "not_an_object"),
    (b'"text"', "not_an_object"),
    (b"[" * 512 + b"]" * 512, "too_deep"),
    (b"[" * 1024, "too_deep"),
    (b'{"a":' * 150 + b"1" + b"}" * 150, "too_deep"),
    (tag(reader="x" * 1000), "oversized"),
    (b"[" * 1_000_000, "oversized"),
]


@pytest.mark.parametrize(("raw", "reason"), REFUSED)
def test_each_breach_has_its_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(ContractError) as caught:
        Decoder("r1").decode(f"{PREFIX}/event/tag", raw, 0)
    assert caught.value.reason == reason
    assert caught.value.detail


def test_ids_at_the_edges_are_taken() -> None:
    for good in ("04a1b2c3", "88" + "00" * 4, "00" * 31, "87ffffff", "0488aabb"):
        sensed = Decoder("r1").decode(f"{PREFIX}/event/tag", tag(id=good), 0)
        assert isinstance(sensed, Sensed)


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        ("telemetry/climate", {"sensor": "t1", "t": 20, "rh": 100.1}, "out_of_range"),
        ("telemetry/climate", {"sensor": "t1", "t": None, "rh": 50}, "wrong_type"),
        ("telemetry/air", {"sensor": "a1"}, "missing_field"),
        ("telemetry/power", {"sensor": "a1"}, "missing_field"),
        ("telemetry/air", {"sensor": "a1", "co2": None}, "wrong_type"),
        ("event/node", {"what": "explosion"}, "out_of_range"),
        ("event/node", {}, "missing_field"),
        ("event/node", {"what": "driver.ok", "device": "t1", "why": "x"}, "unknown_field"),
        ("event/node", {"what": "safe_mode", "why": "x" * 201}, "out_of_range"),
        (
            "event/node",
            {
                "what": "outbox.dropped",
                "lane": "event",
                "of_boot": 1,
                "from": 2,
                "to": 1,
                "count": 1,
                "why": "",
            },
            "out_of_range",
        ),
        (
            "event/node",
            {
                "what": "outbox.dropped",
                "lane": "event",
                "of_boot": 1,
                "from": 2,
                "to": 3,
                "count": 3,
                "why": "",
            },
            "out_of_range",
        ),
        ("event/input", {"input": "i", "on": 1, "value": None}, "wrong_type"),
    ],
)
def test_each_kind_has_its_own_rules(kind: str, fields: dict[str, object], reason: str) -> None:
    raw = json.dumps({"boot": 1, "seq": 1, "mono": 1, "ts": None, "clk": "none"} | fields).encode()
    with pytest.raises(ContractError) as caught:
        Decoder("r1").decode(f"{PREFIX}/{kind}", raw, 0)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("strongroom/v1/r2/n1/event/tag", "wrong_room"),
        ("strongroom/v2/r1/n1/event/tag", "bad_topic"),
        ("strongroom/v1/r1/n1/event", "bad_topic"),
        ("strongroom/v1/r1/n1/event/tag/x", "bad_topic"),
        ("strongroom/v1/r1/n1/event/climate", "bad_topic"),
        ("strongroom/v1/r1/n1/command/relay", "bad_topic"),
        ("strongroom/v1/r1//event/tag", "bad_topic"),
        ("strongroom/v1/r1/n_1/event/tag", "bad_topic"),
        ("strongroom/v1/r1/" + "n" * 33 + "/event/tag", "bad_topic"),
        ("", "bad_topic"),
        ("$SYS/x", "bad_topic"),
        ("\x00\ud800", "bad_topic"),
    ],
)
def test_topics_that_are_no_nodes_are_refused(topic: str, reason: str) -> None:
    with pytest.raises(ContractError) as caught:
        Decoder("r1").decode(topic, tag(), 0)
    assert caught.value.reason == reason


def test_status_and_info() -> None:
    decoder = Decoder("r1")
    assert decoder.decode(f"{PREFIX}/status", b"offline", 5) == Status("r1", "n1", False, 5)
    body = {
        "room": "r1", "node": "n1", "firmware": "0.1", "board": "esp32", "boot": 1,
        "cause": "power", "mono": 3, "config": 0, "capabilities": [],
    }  # fmt: skip
    for extra in ({}, {"epoch": None}, {"epoch": 5}):
        found = decoder.decode(f"{PREFIX}/info", json.dumps(body | extra).encode(), 5)
        assert isinstance(found, Info)
        assert found.body.board == "esp32"
    for wrong in ({"room": "r2"}, {"node": "n2"}):
        with pytest.raises(ContractError) as caught:
            decoder.decode(f"{PREFIX}/info", json.dumps(body | wrong).encode(), 5)
        assert caught.value.reason == "wrong_room"


@given(message(), st.data())
def test_a_refused_message_still_tells_its_numbers(found: Message, data: st.DataObject) -> None:
    lane, kind, body = found
    field = data.draw(st.sampled_from(sorted(set(body) - {"boot", "seq"})))
    origin = Decoder("r1").origin(f"{PREFIX}/{lane}/{kind}", payload(body | {field: [[]]}))
    assert origin == Origin("n1", lane, body["boot"], body["seq"])


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b'{"boot":1}', b'{"boot":0,"seq":1}', b'{"boot":1,"seq":99999999999}', b"["]
)
def test_numbers_that_cannot_be_read_are_not_guessed(raw: bytes) -> None:
    assert Decoder("r1").origin(f"{PREFIX}/event/tag", raw) is None
    assert Decoder("r1").origin("strongroom/v1/r2/n1/event/tag", tag()) is None
    assert Decoder("r1").origin(f"{PREFIX}/status", tag()) is None


@given(st.text(), st.binary(max_size=1100))
def test_random_bytes_are_refused_with_a_known_reason(topic: str, raw: bytes) -> None:
    decoder = Decoder("r1")
    for name in (topic, f"{PREFIX}/event/tag", f"{PREFIX}/info", f"{PREFIX}/event/node"):
        with pytest.raises(ContractError) as caught:
            decoder.decode(name, raw, 0)
        assert caught.value.reason in set(ALL) - {CONFLICT}
        decoder.origin(name, raw)


def test_a_flood_of_topics_does_not_fill_the_memory() -> None:
    decoder = Decoder("r1")
    for number in range(10_000):
        decoder.decode(f"strongroom/v1/r1/n{number}/status", b"online", 0)
    assert len(decoder._routes) <= 4_096
