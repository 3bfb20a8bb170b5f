"""R200: the shared checks on both interpreters, and streams of any shape."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_node.drivers.r200 import Frames, tag
from strongroom_sim.chips.r200 import air_crc, message
from support.both import INTERPRETERS, checks

check = checks(Path(__file__).with_name("r200_checks.py"))

frames = st.tuples(st.sampled_from([1, 2]), st.integers(0, 255), st.binary(max_size=67))
# Without a start byte nothing can be taken for a frame's beginning, so every whole frame must come out.
noise = st.binary(max_size=20).map(lambda b: b.replace(b"\xbb", b"\x00"))


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("name", check.names)
def test_r200(interpreter: str, name: str) -> None:
    check(interpreter, name)


@given(st.lists(st.tuples(noise, frames), max_size=8), st.lists(st.integers(1, 30), max_size=60))
def test_however_the_stream_is_cut_every_frame_comes_out_and_no_other(
    parts: list[tuple[bytes, tuple[int, int, bytes]]], cuts: list[int]
) -> None:
    stream = b"".join(dirt + message(*one) for dirt, one in parts)
    cutter, found = Frames(), []
    for size in cuts:
        found += cutter.feed(stream[:size])
        stream = stream[size:]
    found += cutter.feed(stream)
    assert found == [one for _, one in parts]


@given(st.binary(max_size=3000), frames)
def test_after_any_garbage_the_reader_is_understood_again(
    garbage: bytes, one: tuple[int, int, bytes]
) -> None:
    cutter = Frames()
    cutter.feed(garbage)
    cutter.feed(bytes(200))  # longer than any frame: whatever had begun is over
    assert cutter.feed(message(*one))[-1:] == [one]


epcs = st.integers(0, 31).flatmap(lambda words: st.binary(min_size=2 * words, max_size=2 * words))
beginnings = st.sampled_from(
    [b"\xbb", b"\xbb\x02\x22\x00", b"\xbb\x02\x22\x00\x40", b"\xbb\x01\xff\x00\x7f"]
)
dirt = st.lists(st.binary(max_size=8) | beginnings, max_size=4).map(b"".join)


def _notice(epc: bytes, rssi: int) -> bytes:
    coded = bytes([len(epc) // 2 << 3, 0]) + epc
    return message(2, 0x22, bytes([rssi % 256]) + coded + air_crc(coded))


@given(
    st.lists(st.tuples(dirt, epcs, st.integers(-128, 127)), max_size=8),
    st.lists(st.integers(1, 40), max_size=60),
)
def test_dirt_that_looks_like_frames_hides_no_tag_and_makes_none(
    parts: list[tuple[bytes, bytes, int]], cuts: list[int]
) -> None:
    stream = b"".join(before + _notice(epc, rssi) for before, epc, rssi in parts)
    cutter, found = Frames(), []
    for size in cuts:
        found += cutter.feed(stream[:size])
        stream = stream[size:]
    found += cutter.feed(stream) + cutter.give_up()
    read = [tag(params) for kind, command, params in found if (kind, command) == (2, 0x22)]
    assert [one for one in read if one is not None] == [(epc, rssi) for _, epc, rssi in parts]
    assert not cutter.waiting
