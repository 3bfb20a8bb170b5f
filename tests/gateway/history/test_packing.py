"""Packed readings come back as they were; damaged ones are noticed."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.history.columns import PackedError, pack, unpack
from strongroom_gateway.history.readings import (
    Reading,
    digest,
    kept,
    pack_readings,
    unpack_readings,
)

COLUMNS = st.integers(0, 40).flatmap(
    lambda rows: st.lists(
        st.lists(st.integers(-(2**61), 2**61), min_size=rows, max_size=rows), max_size=5
    )
)
VALUES = st.none() | st.floats(-60, 150).map(kept)
READINGS = st.lists(
    st.builds(Reading, st.integers(0, 2**45), VALUES, VALUES, st.integers(1, 10_000)), max_size=50
)


@given(columns=COLUMNS)
def test_columns_come_back(columns: list[list[int]]) -> None:
    assert unpack(pack(columns)) == columns


@given(readings=READINGS)
def test_readings_come_back_without_loss(readings: list[Reading]) -> None:
    found = unpack_readings(pack_readings(readings))
    assert found == readings
    assert digest(found) == digest(readings)


@given(readings=READINGS.filter(bool), data=st.data())
def test_a_damaged_byte_never_passes_as_the_same_readings(
    readings: list[Reading], data: st.DataObject
) -> None:
    packed = bytearray(pack_readings(readings))
    place = data.draw(st.integers(0, len(packed) - 1))
    packed[place] ^= data.draw(st.integers(1, 255))
    try:
        found = unpack_readings(bytes(packed))
    except PackedError:
        return
    assert digest(found) != digest(readings) or found == readings


@pytest.mark.parametrize("cut", [0, 1, 2, 5, 9])
def test_what_is_cut_short_is_refused(cut: int) -> None:
    packed = pack_readings([Reading(1, 20.0, 50.0, 1), Reading(2, 20.1, 50.0, 1)])
    with pytest.raises(PackedError):
        unpack_readings(packed[:cut])


def test_a_newer_version_is_refused() -> None:
    packed = bytearray(pack([[1]]))
    packed[0] = 9
    with pytest.raises(PackedError, match="version 9"):
        unpack(bytes(packed))


def test_the_digest_is_over_rows_that_anybody_can_write() -> None:
    rows = [Reading(1_700_000_000_000, 20.5, 50.0, 1), Reading(1_700_000_060_000, None, 49.25, 7)]
    text = "1700000000000\t20.5\t50\n1700000060000\t-\t49.25\n"
    assert digest(rows).hex() == hashlib.sha256(text.encode()).hexdigest()


def test_a_day_of_readings_every_ten_seconds_is_small() -> None:
    rows = [
        Reading(n * 10_000 + n % 7, round(20 + (n % 90) / 300, 2), round(50 + (n % 50) / 60, 2), 1)
        for n in range(8640)
    ]
    assert len(pack_readings(rows)) < 8640 * 4
