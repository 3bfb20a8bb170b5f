"""What the node's encoder writes, on either interpreter, the gateway decodes to what was meant."""

import json
from pathlib import Path
from typing import Any

import pytest
from gateway.contract.messages import Message, message, payload
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from strongroom_gateway.contract import Decoder, Sensed
from support.interpreters import BOTH, Program

ENVELOPE = ("boot", "seq", "mono", "ts", "clk")


def plain(found: Message) -> bool:
    """Escaped surrogate pairs, as this test's own JSON has them, are two halves to MicroPython."""
    return max(map(ord, json.dumps(found, ensure_ascii=False))) < 0x10000


RECORDS = st.lists(message().filter(plain), min_size=60, max_size=60)


def record(found: Message) -> list[Any]:
    lane, kind, body = found
    fields = {name: value for name, value in body.items() if name not in ENVELOPE}
    stamp = [body["mono"], body["ts"], body["clk"]]
    return [lane, kind, body["boot"], body["seq"], stamp, fields]


def same(left: Any, right: Any) -> bool:
    """Equal, with floats as close as an interpreter that prints fewer digits comes."""
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, float) or isinstance(right, float):
        return bool(left == pytest.approx(right, rel=1e-6, abs=1e-9))
    return bool(left == right) and type(left) is type(right)


def encoded(interpreter: str, records: list[Message]) -> list[dict[str, Any]]:
    task = {"records": [record(one) for one in records]}
    path = Path(__file__).with_name("encode_on_node.py")
    with Program(interpreter, path, task, heap="1024wK") as program:
        return program.end()


@pytest.mark.parametrize("interpreter", BOTH)
@given(records=RECORDS)
@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_records_of_a_node_are_what_the_gateway_reads(
    interpreter: str, records: list[Message]
) -> None:
    answers = encoded(interpreter, records)
    assert len(answers) == len(records)
    for (lane, kind, body), answer in zip(records, answers, strict=True):
        if "payload" not in answer:
            assert len(payload(body)) > 900, answer  # only what is too long may be refused
            continue
        raw = bytes.fromhex(answer["payload"])
        sensed = Decoder("r1").decode(f"strongroom/v1/r1/n1/{lane}/{kind}", raw, 0)
        assert isinstance(sensed, Sensed)
        assert same(json.loads(sensed.raw), body), (raw, body)
