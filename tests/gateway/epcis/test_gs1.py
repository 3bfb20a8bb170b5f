"""GS1 keys against numbers that others encoded, and against an encoder written from the tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.epcis.gs1 import SCHEMES, Key, decode, read_urn

VECTORS = [
    # made with the package epcpy 0.1.8
    ("2C15A537C800440000001E6C", "urn:epc:id:gdti:6901234.00034.7788"),
    ("3315A537C8000300000003E9", "urn:epc:id:grai:6901234.00012.1001"),
    ("3415A537C80000000000753C", "urn:epc:id:giai:6901234.30012"),
    ("2C54257BF46073FFFFFFFFFF", "urn:epc:id:gdti:0614141.12345.2199023255551"),
    # EPC Tag Data Standard, example of SGTIN-96
    ("3074257BF7194E4000001A85", "urn:epc:id:sgtin:0614141.812345.6789"),
]


@pytest.mark.parametrize(("tag", "urn"), VECTORS)
def test_the_key_in_a_tag(tag, urn):
    key = decode(tag)
    assert key is not None
    assert key.urn == urn
    assert decode(tag.lower()) == key
    assert read_urn(urn) == key


@pytest.mark.parametrize(
    "tag",
    [
        "e2801160600002084c1a2b3c",  # a factory number (TID)
        "000000000000000000000000",
        "2c15a537c800440000001e",  # shorter
        "2c15a537c800440000001e6c00",
        "2c1da537c800440000001e6c",  # partition 7
        "04a1b2c3d4e5f6",
        "",
        "not hexadecimal at all!!",
    ],
)
def test_what_is_no_key_is_left_alone(tag):
    assert decode(tag) is None


@pytest.mark.parametrize(
    ("urn", "link"),
    [
        ("urn:epc:id:sscc:4012345.0000000111", "00/040123450000001112"),
        ("urn:epc:id:sgtin:4012345.011111.9876", "01/04012345111118/21/9876"),
        ("urn:epc:id:sgln:4012345.00011.987", "414/4012345000115/254/987"),
        ("urn:epc:id:sgln:4012345.00005.0", "414/4012345000054"),
        ("urn:epc:id:gdti:4012345.11111.123", "253/4012345111118123"),
        ("urn:epc:id:pgln:4012345.00000", "417/4012345000009"),
        ("urn:epc:id:giai:4000001.111", "8004/4000001111"),
        ("urn:epc:id:grai:6901234.00012.1001", "8003/069012340001221001"),
    ],
)
def test_a_key_as_a_digital_link(urn, link):
    """Values of published examples but the last, whose check digit was computed by hand."""
    key = read_urn(urn)
    assert key is not None
    assert key.link == f"https://id.gs1.org/{link}"
    assert key.urn == urn


@pytest.mark.parametrize(
    "text",
    [
        "https://id.gs1.org/00/040123450000001112",
        "urn:epc:id:grai:6901234.0012.1001",
        "urn:epc:id:grai:6901234.00012",
        "urn:epc:id:pgln:6901234.00012.1",
        "urn:epc:id:cpi:6901234.1.1",
        "urn:epc:id:gdti:6901234.0003x.1",
    ],
)
def test_what_is_no_urn_of_a_known_key(text):
    assert read_urn(text) is None


# TDS tables 14-2 and on: bits and digits of the prefix, then bits and digits of the reference.
TABLES = {
    "sgtin": (0x30, [(4, 1), (7, 2), (10, 3), (14, 4), (17, 5), (20, 6), (24, 7)], 38),
    "sscc": (0x31, [(18, 5), (21, 6), (24, 7), (28, 8), (31, 9), (34, 10), (38, 11)], 0),
    "sgln": (0x32, [(1, 0), (4, 1), (7, 2), (11, 3), (14, 4), (17, 5), (21, 6)], 41),
    "grai": (0x33, [(4, 0), (7, 1), (10, 2), (14, 3), (17, 4), (20, 5), (24, 6)], 38),
    "giai": (0x34, [(42, 0), (45, 0), (48, 0), (52, 0), (55, 0), (58, 0), (62, 0)], 0),
    "gdti": (0x2C, [(1, 0), (4, 1), (7, 2), (11, 3), (14, 4), (17, 5), (21, 6)], 41),
}
PREFIX = [(40, 12), (37, 11), (34, 10), (30, 9), (27, 8), (24, 7), (20, 6)]


@given(st.data())
def test_every_key_comes_out_of_a_tag_as_it_went_in(data):
    scheme = data.draw(st.sampled_from(sorted(TABLES)))
    header, parts, serial_bits = TABLES[scheme]
    partition = data.draw(st.integers(0, 6))
    (prefix_bits, prefix_digits), (bits, digits) = PREFIX[partition], parts[partition]
    prefix = data.draw(st.integers(0, 10**prefix_digits - 1))
    most = (1 << bits) - 1 if scheme == "giai" else 10**digits - 1
    reference = data.draw(st.integers(0, min(most, (1 << bits) - 1)))
    serial = data.draw(st.integers(0, (1 << serial_bits) - 1))
    filter_ = data.draw(st.integers(0, 7))
    text = f"{header:08b}{filter_:03b}{partition:03b}{prefix:0{prefix_bits}b}{reference:0{bits}b}"
    text += f"{serial:0{serial_bits}b}" if serial_bits else ""
    tag = f"{int(text.ljust(96, '0'), 2):024x}"
    named = f"{prefix:0{prefix_digits}d}"
    if scheme == "giai":
        expected = Key("giai", named, "", str(reference))
    else:
        middle = f"{reference:0{digits}d}" if digits else ""
        expected = Key(scheme, named, middle, "" if scheme == "sscc" else str(serial))
    found = decode(tag)
    assert found == expected
    assert read_urn(found.urn) == found


@given(st.sampled_from(sorted(SCHEMES)), st.integers(0, 2**88 - 1))
def test_any_number_is_a_key_or_none_and_never_an_error(header, number):
    key = decode(f"{header:02x}{number:022x}")
    assert key is None or read_urn(key.urn) == key
