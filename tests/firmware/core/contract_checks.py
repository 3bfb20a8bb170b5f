"""The node's contract: what it writes, and what it refuses to read."""

import json

from strongroom_node import contract
from strongroom_node.errors import ContractError

STAMP = (12345678901, 1795000000000, "ntp")
UNSET = (5, None, "none")


def refused(words, call, *args, **fields):
    """The call raises ContractError, and its text holds the words."""
    try:
        answer = call(*args, **fields)
    except ContractError as error:
        for word in words.split():
            assert word in str(error), str(error)
        return
    raise AssertionError("accepted: %r" % (answer,))


def check_a_record_is_compact_json_with_its_envelope_first():
    fields = {"input": "safe-door", "open": True, "edges": 3}
    data = contract.make("event", "contact", 70000, 9, STAMP, fields)
    start = b'{"boot":70000,"seq":9,"mono":12345678901,"ts":1795000000000,"clk":"ntp",'
    assert data.startswith(start), data
    assert b" " not in data and b"\n" not in data
    wanted = {"boot": 70000, "seq": 9, "mono": 12345678901, "ts": 1795000000000, "clk": "ntp"}
    wanted.update(fields)
    assert json.loads(data) == wanted


def check_a_record_of_an_unset_clock_has_no_time():
    assert json.loads(contract.make("event", "node", 1, 1, UNSET, {}))["ts"] is None
    refused("", contract.make, "event", "node", 1, 1, (5, None, "ntp"), {})
    refused("", contract.make, "event", "node", 1, 1, (5, 17, "none"), {})
    refused("", contract.make, "event", "node", 1, 1, (5, 17, "sun"), {})


def check_texts_come_through_whatever_they_hold():
    for text in ("档案室", 'quote " back \\', "tab\tline\nbell\x07", "é"):
        data = contract.make("event", "node", 1, 1, UNSET, {"why": text})
        assert json.loads(data)["why"] == text
        assert b"\n" not in data  # a line of a segment is one record


def check_a_record_of_1024_bytes_goes_and_one_more_does_not():
    size = len(contract.make("event", "node", 1, 1, UNSET, {"why": ""}))
    fits = {"why": "x" * (1024 - size)}
    assert len(contract.make("event", "node", 1, 1, UNSET, fits)) == 1024
    wide = {"why": "x" * (1023 - size) + "é"}  # the same characters, one byte more
    refused("1025 1024", contract.make, "event", "node", 1, 1, UNSET, wide)


def check_what_is_not_json_everywhere_is_not_sent():
    zero = 0.0
    big = 1e308 * 10
    for value in (big, -big, big * zero, b"bytes", {1: 2}, 1 << 53, object()):
        refused("", contract.make, "event", "input", 1, 1, UNSET, {"value": value})
    refused("", contract.make, "event", "input", 1, 1, UNSET, {"value": {"a": {"b": 1}}})


def check_kinds_belong_to_their_lane_and_the_envelope_to_nobody():
    refused("climate", contract.make, "event", "climate", 1, 1, UNSET, {})
    refused("tag", contract.make, "telemetry", "tag", 1, 1, UNSET, {})
    for key in ("boot", "seq", "mono", "ts", "clk"):
        refused(key, contract.make, "event", "tag", 1, 1, UNSET, {key: 1})


def check_names_and_topics():
    for name in ("a", "9", "desk-1", "a" * 32):
        assert contract.is_name(name), name
    for name in ("", "-a", "A", "a_b", "a/b", "a+", "a#", "a" * 33, "é", "a\n", None, 7):
        assert not contract.is_name(name), name
    assert contract.topic("r1", "n1", "event", "tag") == "strongroom/v1/r1/n1/event/tag"


def check_tag_ids_are_lower_case_hex_and_never_half_an_id():
    assert contract.tag_id(b"\x04\xaa\xbb\xcc\xdd\xee\x0f") == "04aabbccddee0f"
    assert contract.tag_id(bytes(range(31))) == "".join("%02x" % n for n in range(31))
    assert contract.tag_id(b"\x88\x01\x02\x03\x04\x05\x06")[:2] == "88"
    refused("88", contract.tag_id, b"\x88\x04\xaa\xbb")
    for length in (0, 3, 32):
        refused("", contract.tag_id, bytes(length))


def command(what, **fields):
    return contract.parse_command(what, json.dumps(fields).encode())


def check_commands_of_each_kind():
    relay = {"id": "c1", "exp": 1795000000000, "relay": "dry", "on": True, "lease": 60000}
    assert command("relay", **relay) == relay
    signal = {"id": "c", "exp": 1, "signal": "buzz", "pattern": "deny", "text": None, "ms": 500}
    assert command("signal", **signal) == signal
    assert command("signal", **dict(signal, text="未出借"))["text"] == "未出借"
    assert command("reboot", id="x", exp=5)["exp"] == 5
    assert command("identify", id="x", exp=5, ms=900)["ms"] == 900
    assert command("clock", id="x", mono=5, ts=9)["ts"] == 9


def check_commands_that_are_not_quite_right_are_refused_with_the_field():
    relay = {"id": "c1", "exp": 1795000000000, "relay": "dry", "on": True, "lease": 60000}
    for key in relay:
        refused(key, command, "relay", **{k: relay[k] for k in relay if k != key})
    for key, value in (
        ("on", 1),
        ("on", "true"),
        ("on", None),
        ("lease", -1),
        ("lease", 1.5),
        ("lease", True),
        ("lease", 1 << 53),
        ("exp", "soon"),
        ("relay", "No Name"),
        ("id", ""),
        ("id", "x" * 65),
        ("id", 7),
    ):
        refused(key.split("_")[0], command, "relay", **dict(relay, **{key: value}))
    refused("force", command, "relay", **dict(relay, force=True))
    refused("open", command, "open", id="x", exp=1)
    signal = {"id": "c", "exp": 1, "signal": "buzz", "pattern": "ok", "text": None, "ms": 500}
    refused("pattern attention", command, "signal", **dict(signal, pattern="scream"))
    refused("text", command, "signal", **dict(signal, text="x" * 121))
    refused("text", command, "signal", **dict(signal, text=["x"]))


def check_acks():
    read = contract.parse_ack
    assert read(b'{"event":[[5,2]],"telemetry":[[5,9],[4,1]],"ts":1}') == [
        ("event", 5, 2),
        ("telemetry", 5, 9),
        ("telemetry", 4, 1),
    ]
    assert read(b'{"event":[],"telemetry":[],"ts":1}') == []
    for bad in (
        b'{"event":[[5]]}',
        b'{"event":[[5,2,1]]}',
        b'{"event":[5,2]}',
        b'{"event":{"5":2}}',
        b'{"event":"5:2"}',
        b'{"event":[[5,2.0]]}',
        b'{"event":[[5,"2"]]}',
        b'{"event":[[5,true]]}',
        b'{"event":[[5,null]]}',
        b'{"event":[[5,0]]}',
        b'{"event":[[0,5]]}',
        b'{"event":[[5,-1]]}',
        b'{"event":[[5,2147483648]]}',
        b'{"event":[[1,1],[5]]}',  # one bad mark and none counts
    ):
        refused("ack", read, bad)
    many = b'{"event":[%s]}' % b",".join([b"[1,1]"] * 257)
    refused("257", read, many)


def check_what_comes_in_is_bounded_before_it_is_built():
    for bad in (
        b"",
        b"nonsense",
        b"\xff\xfe",
        b'"\xc3"',
        b"[]",
        b"7",
        b"null",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":[-1e999]}',
        b'{"a":123456789012345678901234567890}',
        b"[" * 8000,
        b"{" * 500,
        b'{"a":' * 7 + b"1" + b"}" * 7,
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b'{"a":"%s"}' % (b"x" * 8192),
        None,
    ):
        refused("", contract.parse, bad, "config")
    assert contract.parse(b'{"a":[{"b":[{"c":[1.5]}]}]}', "config")["a"][0]["b"][0]["c"] == [1.5]
    assert contract.parse(bytearray(b'{"a":"[[[{{{"}'), "config") == {"a": "[[[{{{"}
