"""The reading of MQTT packets: any cut of the stream, any garbage, any length."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.errors import TransportError
from strongroom_gateway.transport import packets
from strongroom_gateway.transport.packets import CUT, MOST_KEPT, Parser
from strongroom_gateway.transport.port import Inbound

TOPIC = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
PUBLISH = st.tuples(TOPIC, st.binary(max_size=400), st.integers(0, 1), st.booleans())


def stream(messages: list[tuple[str, bytes, int, bool]]) -> bytes:
    return b"".join(
        packets.publish(topic, payload, qos, retain, number % 65_535 + 1)
        for number, (topic, payload, qos, retain) in enumerate(messages)
    )


@given(st.lists(PUBLISH, max_size=20), st.lists(st.integers(0, 2_000), max_size=20))
def test_messages_come_out_whatever_pieces_they_come_in(
    messages: list[tuple[str, bytes, int, bool]], cuts: list[int]
) -> None:
    data = stream(messages)
    parser = Parser(7)
    found: list[Inbound] = []
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        found += parser.feed(data[start:end]).messages
    assert [(one.topic, one.payload, one.qos, one.retain, one.dup) for one in found] == [
        (topic, payload, qos, retain, False) for topic, payload, qos, retain in messages
    ]
    for number, one in enumerate(found):
        assert one.token == (7 << 16) + (number % 65_535 + 1 if one.qos else 0)


@given(st.binary(max_size=300), st.integers(1, 50))
def test_garbage_is_messages_or_a_refusal_and_nothing_else(data: bytes, piece: int) -> None:
    parser = Parser(1)
    try:
        for start in range(0, len(data), piece):
            parser.feed(data[start : start + piece])
    except TransportError as error:
        assert str(error)


@given(st.lists(st.integers(1, 65_535), max_size=50))
def test_acknowledgements_of_a_batch_are_single_ones_in_a_row(numbers: list[int]) -> None:
    data = packets.pubacks(numbers)
    assert data == b"".join(b"\x40\x02" + number.to_bytes(2, "big") for number in numbers)
    assert Parser(1).feed(data).acked == numbers


def test_a_message_far_too_large_is_cut_and_the_stream_goes_on() -> None:
    huge = packets.publish("a", b"x" * (MOST_KEPT + 500_000), 1, False, 9)
    data = huge + packets.publish("b", b"next", 1, False, 10)
    parser = Parser(1)
    found: list[Inbound] = []
    for start in range(0, len(data), 65_536):
        found += parser.feed(data[start : start + 65_536]).messages
        assert len(parser._rest) <= 2 * CUT
    assert [(one.topic, one.token & 0xFFFF) for one in found] == [("a", 9), ("b", 10)]
    assert len(found[0].payload) > 1_024
    assert found[1].payload == b"next"


def test_a_message_sent_again_differs_by_its_flag_alone() -> None:
    packet = packets.publish("a", b"x", 1, True, 9)
    [first] = Parser(1).feed(packet).messages
    [second] = Parser(1).feed(packets.again(packet)).messages
    assert (first.dup, second.dup) == (False, True)
    assert (first.topic, first.payload, first.retain) == (
        second.topic,
        second.payload,
        second.retain,
    )


@pytest.mark.parametrize("answer", [b"HTTP", b"\x20\x02\x02\x00", b"\x20\x03\x00\x00"])
def test_what_is_no_broker_is_refused(answer: bytes) -> None:
    with pytest.raises(TransportError, match="not an MQTT broker"):
        Parser(1).connack(answer)


def test_connack_may_come_in_pieces_and_with_messages_behind_it() -> None:
    parser = Parser(1)
    assert parser.connack(b"\x20\x02") is None
    answer = parser.connack(b"\x01\x00" + packets.publish("a", b"x", 1, False, 3))
    assert answer == (True, 0)
    assert [one.payload for one in parser.feed(b"").messages] == [b"x"]


@pytest.mark.parametrize("code", [0x80, 2, 0xFF])
def test_a_refused_subscription_is_not_overlooked(code: int) -> None:
    with pytest.raises(TransportError, match="subscription"):
        Parser(1).feed(bytes((0x90, 4, 0, 1, 1, code)))


def test_lengths_are_written_as_the_standard_shows() -> None:
    # Section 2.2.3, table 2.4: the edges of one to three digits.
    for size, digits in ((127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001")):
        packet = packets.publish("", b"x" * (size - 2), 0, False, 0)
        assert packet[1 : 1 + len(digits) // 2].hex() == digits
