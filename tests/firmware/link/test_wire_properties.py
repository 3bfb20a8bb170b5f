"""Properties of the packet reader over arbitrary streams."""

from hypothesis import given
from hypothesis import strategies as st
from strongroom_node import mqtt_wire as wire
from strongroom_node.errors import LinkError

TOPICS = st.text(st.characters(exclude_characters="#+\0", exclude_categories=["Cs"]), min_size=1)


def length(size):
    """Encode a remaining length as the standard's pseudo code does."""
    out = bytearray()
    while True:
        digit, size = size % 128, size // 128
        out.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(out)


@given(TOPICS, st.binary(max_size=3000), st.integers(0, 1), st.booleans(), st.integers(1, 65535))
def test_a_publish_says_what_was_put_in(topic, payload, qos, retain, pid):
    data = bytes(wire.publish_packet(topic, payload, qos, retain, pid))
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name
    body += pid.to_bytes(2, "big") * qos + payload
    assert data == bytes([0x30 | qos << 1 | retain]) + length(len(body)) + body
    ((header, read, size),) = wire.Parser(len(body)).feed(data)
    found, number, at = wire.parse_publish(header, read)
    assert (found, number, bytes(read[at:])) == (topic, pid if qos else None, payload)
    assert size == len(body)


@given(
    st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=8),
    st.lists(st.integers(1, 200), max_size=40),
)
def test_cuts_do_not_matter(packets, cuts):
    stream = b"".join(bytes([header]) + length(len(body)) + body for header, body in packets)
    parser, found, at = wire.Parser(4096), [], 0
    for cut in [*cuts, len(stream)]:
        found += parser.feed(stream[at : at + cut])
        at += cut
    assert [(header, bytes(body), size) for header, body, size in found] == [
        (header, body, len(body)) for header, body in packets
    ]


@given(st.binary(max_size=2000), st.integers(1, 200))
def test_arbitrary_bytes_are_packets_or_a_link_error(data, limit):
    try:
        for header, body, size in wire.Parser(limit).feed(data):
            assert len(body) == min(size, limit)
            wire.parse_publish(header, body)
    except LinkError as error:
        assert error.kind == "protocol"


@given(st.integers(1, 64), st.integers(65, 5000), st.binary(min_size=1, max_size=50))
def test_what_follows_an_oversized_packet_is_whole(limit, size, after):
    stream = b"\x30" + length(size) + b"\x00\x01a" + b"z" * (size - 3)
    stream += b"\x31" + length(len(after)) + after
    packets = wire.Parser(limit).feed(stream)
    assert [(header, whole) for header, _, whole in packets] == [(0x30, size), (0x31, len(after))]
    assert bytes(packets[1][1]) == after[:limit]
