"""Event ids against a published value, and against a program that others wrote."""

import pytest
from gateway.epcis import second
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.epcis.gs1 import Key
from strongroom_gateway.epcis.hashing import event_id, prehash

SPACES = {"strongroom": "https://archive.example.com/voc/"}
PUBLISHED = (
    "ni:///sha-256;6ae96341e0acc6d7a261364751f60e68278a81cdf51da0abb6b4e617014e39d7?ver=CBV2.0"
)


def test_the_published_example_has_its_published_id():
    """ReferenceEventHashAlgorithm of the reference implementation, commit 5d2f1c3."""
    event = {
        "type": "ObjectEvent",
        "eventTime": "2020-03-04T11:00:30.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "recordTime": "2020-03-04T11:00:30.999+01:00",
        "epcList": [f"urn:epc:id:sscc:4012345.0000000{n}" for n in (333, 111, 222)],
        "action": "OBSERVE",
        "bizStep": "departing",
        "readPoint": {"id": "urn:epc:id:sgln:4012345.00011.987"},
        "example:myField1": {"example:mySubField1": "2", "example:mySubField2": "5"},
        "example:myField2": "0",
        "example:myField3": {"example:mySubField3": ["3", "1"]},
    }
    assert event_id(event, {"example": "https://ns.example.com/epcis/"}) == PUBLISHED


STEPS = ["commissioning", "packing", "storing", "picking", "entering_exiting", "inspecting"]
DISPOSITIONS = ["active", "container_closed", "available", "reserved", "unavailable", "returned"]
LASTING = ["completeness_verified", "mismatch_quantity", "damaged"]
SERIAL = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,11}", fullmatch=True)
OWN = SERIAL.map(lambda name: f"https://archive.example.com/item/{name}")
KEYS = st.builds(
    lambda scheme, serial: Key(scheme, "6901234", "00012", serial),
    st.sampled_from(["grai", "gdti"]),
    SERIAL,
) | st.builds(lambda serial: Key("giai", "6901234", "", serial), SERIAL)
ITEM = KEYS.map(lambda key: key.urn) | KEYS.map(lambda key: key.link) | OWN
PLACE = SERIAL.map(lambda name: Key("sgln", "6901234", "00011", name).urn) | OWN
PARTY = st.just("urn:epc:id:pgln:6901234.00000") | OWN
ITEMS = st.lists(ITEM, min_size=1, max_size=4, unique=True)
WHAT = st.fixed_dictionaries({"type": st.just("ObjectEvent"), "epcList": ITEMS}) | (
    st.fixed_dictionaries(
        {"type": st.just("AggregationEvent"), "parentID": ITEM, "childEPCs": ITEMS}
    )
)
TIME = st.integers(1_500_000_000_000, 2_000_000_000_000)
MORE = st.fixed_dictionaries(
    {
        "bizStep": st.sampled_from(STEPS),
        "strongroom:entry": st.integers(0, 2**40),
        "strongroom:leaf": st.binary(min_size=32, max_size=32).map(lambda b: f"sha256:{b.hex()}"),
    },
    optional={
        "disposition": st.sampled_from(DISPOSITIONS),
        "persistentDisposition": st.fixed_dictionaries(
            {"set": st.lists(st.sampled_from(LASTING), min_size=1, unique=True)}
        ),
        "readPoint": st.builds(lambda place: {"id": place}, PLACE),
        "bizLocation": st.builds(lambda place: {"id": place}, PLACE),
        "bizTransactionList": st.builds(
            lambda slip: [
                {"type": "https://archive.example.com/voc/loan_slip", "bizTransaction": slip}
            ],
            OWN,
        ),
        "destinationList": st.builds(
            lambda party: [{"type": "possessing_party", "destination": party}], PARTY
        ),
        "strongroom:missing": st.lists(ITEM, min_size=1, max_size=3, unique=True),
        "recordTime": st.just("2026-11-22T07:00:00.000Z"),
    },
)


def stamp(ms):
    import datetime

    zone = datetime.timezone(datetime.timedelta(hours=8))
    at = datetime.datetime.fromtimestamp(ms // 1000, zone).replace(microsecond=ms % 1000 * 1000)
    return {
        "eventTime": at.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": "+08:00",
    }


EVENT = st.builds(
    lambda what, ms, action, more: {**what, **stamp(ms), "action": action, **more},
    WHAT,
    TIME,
    st.sampled_from(["ADD", "OBSERVE", "DELETE"]),
    MORE,
)


@settings(max_examples=25, deadline=None)
@given(st.lists(EVENT, min_size=1, max_size=8))
def test_others_come_to_the_same_id(events):
    ours = [prehash(event, SPACES) for event in events]
    made = second.document(events, SPACES)
    assert ours == second.prehashes(made)
    assert [event_id(event, SPACES) for event in events] == second.ids(made)


@given(EVENT, st.randoms(use_true_random=False))
def test_the_order_in_which_it_is_written_does_not_matter(event, random):
    fields = list(event.items())
    random.shuffle(fields)
    other = dict(fields)
    for name in ("epcList", "childEPCs", "strongroom:missing"):
        if name in other:
            other[name] = random.sample(other[name], len(other[name]))
    assert event_id(other, SPACES) == event_id(event, SPACES)


@given(EVENT, st.sampled_from(["action", "bizStep", "eventTime", "strongroom:entry"]))
def test_what_it_says_does(event, field):
    other = {"action": "x", "bizStep": "x", "eventTime": "2001-01-01T00:00:00Z"}
    changed = {**event, field: other.get(field, 2**41)}
    assert event_id(changed, SPACES) != event_id(event, SPACES)


@given(EVENT)
def test_a_declaration_of_error_keeps_the_id_of_what_it_is_about(event):
    declared = {
        **event,
        "eventID": "ni:///sha-256;00?ver=CBV2.0",
        "errorDeclaration": {"declarationTime": "2026-11-22T07:00:00Z"},
    }
    assert event_id(declared, SPACES) == event_id(event, SPACES)


@pytest.mark.parametrize("field", ["sensorElementList", "ilmd", "unknown:field"])
def test_a_field_that_is_not_known_is_refused(field):
    event = {"type": "ObjectEvent", "action": "OBSERVE", "epcList": [], field: []}
    with pytest.raises(ValueError, match=field):
        event_id(event, SPACES)
