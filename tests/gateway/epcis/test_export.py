"""What is told of a ledger, and what is said about the rest."""

import json
import re
from contextlib import closing
from datetime import datetime

import jsonschema
import msgspec
import pytest
from gateway.epcis import second
from gateway.epcis.made import BASE, GS1, ITEMS, LIFE, OWN, SHANGHAI, T0, Told, why, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strongroom_gateway.epcis.events import Teller
from strongroom_gateway.epcis.export import (
    Export,
    Span,
    as_document,
    as_stream,
    document,
    surveyed,
)
from strongroom_gateway.epcis.mapping import FAMILIES
from strongroom_gateway.epcis.naming import Naming
from strongroom_gateway.epcis.reading import Entry, Ledger
from strongroom_gateway.epcis.section import EpcisSection
from strongroom_gateway.epcis.tables import BY_KIND, ROWS
from strongroom_gateway.room.projections import kinds
from strongroom_gateway.room.registry import discover
from support.needs import REAL_DATA

SCHEMA = "epcis/EPCIS-JSON-Schema.json"
needs_schema = pytest.mark.needs(f"data:{SCHEMA}")


FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("uri")
def is_uri(value):
    """Without it the schema takes any word where a URI or a word of its own may stand."""
    return not isinstance(value, str) or re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+", value)


@FORMATS.checks("date-time", raises=ValueError)
def is_moment(value):
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def validator():
    schema = json.loads((REAL_DATA / SCHEMA).read_text())
    return jsonschema.Draft7Validator(schema, format_checker=FORMATS)


@pytest.fixture
def life(tmp_path):
    return write(tmp_path / "ledger.db", LIFE)


def plain(event):
    """Return an event without what ties it to its entry and its moment."""
    ties = ("eventID", "eventTimeZoneOffset", "recordTime", "strongroom:leaf")
    return {k: v for k, v in event.items() if k not in ties}


def test_a_life_of_boxes_as_the_mapping_has_it(life):
    told = Told(life)
    item = f"{BASE}item/"
    place = f"{BASE}place/"
    slip = [{"type": f"{BASE}voc/loan_slip", "bizTransaction": f"{BASE}slip/S-2027-1"}]
    hands = [{"type": "possessing_party", "destination": f"{BASE}person/zhang"}]
    found = [
        (
            event["bizStep"],
            event["type"],
            event["action"],
            event.get("disposition"),
            event.get("epcList", [event.get("parentID"), event.get("childEPCs")]),
        )
        for event in told.events
    ]
    one, two, deed = item + "HX-H-01", item + "HX-H-02", item + "QZ-7"
    object_, seen = "ObjectEvent", "OBSERVE"
    assert found == [
        ("commissioning", object_, "ADD", "active", [one]),
        ("commissioning", object_, "ADD", "active", [two]),
        ("packing", "AggregationEvent", "ADD", "container_closed", [one, [deed]]),
        ("storing", object_, seen, "available", [one]),
        ("picking", object_, seen, "reserved", [one, two]),
        ("picking", object_, seen, "unavailable", [one]),
        ("entering_exiting", object_, seen, "unavailable", [one]),
        ("entering_exiting", object_, seen, "unknown", [two]),
        ("entering_exiting", object_, seen, "in_progress", [one]),
        ("storing", object_, seen, "available", [one]),
        ("receiving", object_, seen, "returned", [one]),
        ("inspecting", object_, seen, "unknown", [deed]),
        ("inspecting", object_, seen, "returned", [one]),
        ("cycle_counting", object_, seen, None, [deed]),
        ("stock_taking", object_, seen, None, []),
        ("accepting", object_, seen, "conformant", [deed]),
    ]
    by_step = {event["strongroom:kind"]: event for event in told.events}
    assert "bizLocation" not in by_step["movement.handed_in"]
    assert plain(by_step["movement.exit"]) == {
        "type": "ObjectEvent",
        "eventTime": "2027-01-15T16:00:06.700+08:00",
        "epcList": [one],
        "action": "OBSERVE",
        "bizStep": "entering_exiting",
        "disposition": "unavailable",
        "readPoint": {"id": place + "exit"},
        "bizTransactionList": slip,
        "destinationList": hands,
        "strongroom:entry": 7,
        "strongroom:kind": "movement.exit",
    }
    assert by_step["movement.exit"]["recordTime"] == "2027-01-15T16:00:07.000+08:00"
    assert by_step["movement.exit"]["eventTimeZoneOffset"] == "+08:00"
    assert by_step["movement.check_out"]["bizTransactionList"] == slip
    assert by_step["slip.approved"]["bizTransactionList"] == slip
    gone = by_step["movement.exit_without_leave"]
    assert "destinationList" not in gone
    assert "bizTransactionList" not in gone
    assert by_step["movement.return"]["bizLocation"] == {"id": place + "a-03-2-14"}
    assert "bizLocation" not in by_step["movement.check_out"]
    assert by_step["return.inspected"]["persistentDisposition"] == {
        "set": ["damaged", "mismatch_quantity"]
    }
    assert by_step["safe.reconciled"]["strongroom:missing"] == [item + "K-1"]
    assert "strongroom:unexpected" not in by_step["safe.reconciled"]
    assert by_step["stocktake.signed"]["strongroom:missing"] == [two]
    tags = [e["strongroom:tag"] for e in told.events if "strongroom:tag" in e]
    assert tags == [["https://id.gs1.org/8003/069012340001221001"], [f"{BASE}tag/{OPAQUE}"]]


OPAQUE = "e2801160600002084c1a2b3c"


def test_every_event_can_be_held_against_its_entry(life):
    with closing(Ledger(life)) as ledger:
        for event in Told(life).events:
            entry = ledger.entry(event["strongroom:entry"])
            assert event["strongroom:leaf"] == f"sha256:{entry.leaf}"
            assert event["strongroom:kind"] == entry.kind


@needs_schema
@pytest.mark.parametrize("site", [OWN, GS1], ids=["own", "gs1"])
def test_the_document_is_what_the_schema_of_gs1_asks_for(life, site):
    corrections = [
        ("correction", correction(6, {"holder": {"was": "zhang", "is": "wang"}})),
    ]
    write(life, corrections)
    told = Told(life, site)
    whole = document(told.naming, T0, told.events)
    assert list(validator().iter_errors(whole)) == []
    assert len(told.events) == 18
    for field, value in [("bizStep", "borrowing"), ("eventTime", "noon"), ("because", "of you")]:
        spoilt = json.loads(json.dumps(whole))
        spoilt["epcisBody"]["eventList"][0][field] = value
        assert list(validator().iter_errors(spoilt)), f"the schema takes any {field}"


@pytest.mark.parametrize("site", [OWN, GS1], ids=["own", "gs1"])
def test_the_ids_are_what_others_compute(life, site):
    write(life, [("correction", correction(6, {"holder": {"was": "zhang", "is": "wang"}}))])
    told = Told(life, site)
    made = second.document(told.events, told.teller.spaces)
    assert [event["eventID"] for event in told.events] == second.ids(made)
    assert len(set(second.ids(made))) == len(told.events) - 1, "the declared one keeps its id"


def test_names_where_the_site_has_a_company_prefix(life):
    told = Told(life, GS1)
    events = {event["strongroom:kind"]: event for event in told.events}
    assert events["movement.exit"]["epcList"] == ["https://id.gs1.org/8003/06901234000122HX-H-01"]
    assert events["movement.exit"]["readPoint"] == {
        "id": "https://id.gs1.org/414/6901234000115/254/exit"
    }
    assert events["item.packed"]["childEPCs"] == ["https://id.gs1.org/253/6901234000344QZ-7"]
    assert events["safe.reconciled"]["strongroom:missing"] == ["https://id.gs1.org/8004/6901234K-1"]
    assert told.naming.keyless == 0


def test_both_ways_to_write_a_key_give_the_same_ids(life):
    urns = Told(life, msgspec.structs.replace(GS1, form="urn"))
    links = Told(life, GS1)
    assert urns.events[0]["epcList"] == ["urn:epc:id:grai:6901234.00012.HX-H-01"]
    assert [e["eventID"] for e in urns.events] == [e["eventID"] for e in links.events]


def test_people_can_stay_unnamed(life):
    for site, party in [
        (msgspec.structs.replace(OWN, people=False), f"{BASE}party"),
        (msgspec.structs.replace(GS1, people=False), "https://id.gs1.org/417/6901234000009"),
    ]:
        told = Told(life, site)
        assert "zhang" not in json.dumps(told.events)
        given_ = {d["destination"] for e in told.events for d in e.get("destinationList", ())}
        assert given_ == {party}


def test_an_item_without_room_for_its_number_goes_by_an_own_address_and_is_counted(tmp_path):
    long = "HX-H-01-0001-0002-0003"
    entries = [("tag.bound", {"item": item, "tag": "04"}) for item in (long, "合同 1", "nobody")]
    path = write(tmp_path / "ledger.db", entries, ITEMS | {long: "box", "合同 1": "volume"})
    told = Told(path, GS1)
    assert [event["epcList"][0] for event in told.events] == [
        f"{BASE}item/{long}",
        f"{BASE}item/%E5%90%88%E5%90%8C%201",
        f"{BASE}item/nobody",
    ]
    assert (told.naming.keyless, told.naming.first_keyless) == (3, long)


def test_what_the_mapping_does_not_know_is_counted_and_never_dropped(tmp_path):
    path = write(
        tmp_path / "ledger.db",
        [
            ("movement.teleported", {"item": "HX-H-01"}),
            ("movement.teleported", {"item": "HX-H-01"}),
            ("slip.requested", {"slip": "S"}),
            ("movement.exit", {"gate": "exit", "why": {}}),
            ("item.packed", {"item": "QZ-7"}),
            ("alarm.raised", {"code": "x"}),
            ("correction", correction(5, {"code": {"was": "x", "is": "y"}})),
            ("correction", correction(99, {})),
        ],
    )
    told = Told(path)
    assert told.events == []
    report = told.report
    assert report.unmapped == {"movement.teleported": 2}
    assert report.silent == {"slip.requested": 1}
    assert report.unreadable == {"movement.exit": [1, 3], "item.packed": [1, 4]}
    assert report.corrected_others == 2
    assert not report.complete
    with closing(Ledger(path)) as ledger:
        known, silent, unmapped = surveyed(ledger)
    assert known == {"movement.exit": 1, "item.packed": 1, "correction": 2}
    assert silent == {"slip.requested": 1}
    assert unmapped == {"movement.teleported": 2}


def correction(idx, changes):
    return {"supersedes": idx, "who": "Li Wen", "why": "typed wrong", "changes": changes}


def test_a_correction_declares_the_error_and_tells_what_is_right(tmp_path):
    exit_ = {"item": "HX-H-01", "holder": "zhang", "gate": "exit", "why": why(T0)}
    path = write(
        tmp_path / "ledger.db",
        [
            ("movement.exit", exit_),
            ("correction", correction(0, {"item": {"was": "HX-H-01", "is": "HX-H-02"}})),
            ("correction", correction(0, {"time": {"was": T0, "is": T0 - 60_000}})),
        ],
    )
    events = Told(path).events
    recorded, wrong, right, wrong_again, right_now = events
    assert wrong == {
        **recorded,
        "errorDeclaration": {
            "declarationTime": "2027-01-15T16:00:01.000+08:00",
            "reason": "incorrect_data",
            "correctiveEventIDs": [right["eventID"]],
        },
    }
    assert right["epcList"] == [f"{BASE}item/HX-H-02"]
    assert right["strongroom:correction"] == 1
    assert right["eventTime"] == recorded["eventTime"]
    assert right["eventID"] != recorded["eventID"]
    assert wrong_again["eventID"] == right["eventID"]
    assert wrong_again["errorDeclaration"]["correctiveEventIDs"] == [right_now["eventID"]]
    assert right_now["epcList"] == [f"{BASE}item/HX-H-02"]
    assert right_now["eventTime"] == "2027-01-15T15:59:00.000+08:00"
    declared = [e["strongroom:entry"] for e in events]
    assert declared == [0] * 5


def test_a_correction_that_leaves_no_item_only_declares_the_error(tmp_path):
    path = write(
        tmp_path / "ledger.db",
        [
            ("movement.exit", {"item": "HX-H-01", "gate": "exit", "why": {}}),
            ("correction", correction(0, {"item": {"was": "HX-H-01", "is": None}})),
        ],
    )
    recorded, wrong = Told(path).events
    assert wrong["eventID"] == recorded["eventID"]
    assert "correctiveEventIDs" not in wrong["errorDeclaration"]


def test_pieces_of_a_ledger_are_the_whole(life):
    """Told in stretches of time or of indices, no event is missing, twice or different."""
    whole = Told(life).events
    middle = T0 + 7_500
    first, rest = Told(life, span=Span(to=middle)), Told(life, span=Span(since=middle))
    assert first.events + rest.events == whole
    assert first.events
    assert rest.events
    assert Told(life, span=Span(after=7)).events == [e for e in whole if e["strongroom:entry"] > 7]
    write(life, LIFE)
    assert Told(life).events[: len(whole)] == whole, "what was told is told in the same words"


def test_the_text_of_a_document_and_of_a_stream_hold_the_same_events(life):
    def pieces(write_, *more):
        with closing(Ledger(life)) as ledger:
            told = Told(life)
            export = Export(ledger, told.teller, Span())
            return "".join(write_(export, told.naming, T0, *more))

    events = Told(life).events
    whole = json.loads(pieces(as_document))
    assert whole["epcisBody"]["eventList"] == events
    assert whole["creationDate"] == "2027-01-15T08:00:00Z"
    lines = [json.loads(line) for line in pieces(as_stream, 5).splitlines()]
    assert [len(line["epcisBody"]["eventList"]) for line in lines] == [5, 5, 5, 1]
    assert [e for line in lines for e in line["epcisBody"]["eventList"]] == events
    assert {json.dumps(line["@context"]) for line in lines} == {json.dumps(whole["@context"])}


def test_an_empty_ledger_is_an_empty_document(tmp_path):
    path = write(tmp_path / "ledger.db", [])
    told = Told(path)
    with closing(Ledger(path)) as ledger:
        export = Export(ledger, told.teller, Span())
        whole = json.loads("".join(as_document(export, told.naming, T0)))
        assert whole["epcisBody"] == {"eventList": []}
        assert "".join(as_stream(export, told.naming, T0, 5)) == ""


def test_a_ledger_that_grows_meanwhile_is_told_as_it_was_at_the_start(life):
    with closing(Ledger(life)) as ledger:
        told = Told(life)
        export = iter(Export(ledger, told.teller, Span()))
        first = next(export)
        write(life, LIFE * 20)
        assert [first, *export] == told.events


def test_a_ledger_with_the_domestic_hash_says_so(tmp_path):
    path = write(tmp_path / "ledger.db", LIFE[:2], tree="sm3")
    assert Told(path).events[0]["strongroom:leaf"].startswith("sm3:")


BODY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["item", "items", "at", "holder", "gate", "place", "why", "slip"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=10,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(sorted(BY_KIND)),
    body=st.dictionaries(
        st.sampled_from(["item", "items", "parent", "holder", "gate", "place", "why", "slip"]), BODY
    ),
)
def test_whatever_a_body_holds_it_is_an_event_or_counted(kind, body):
    naming = Naming(EpcisSection(base=BASE), lambda item: None)
    rule = BY_KIND[kind]
    if not hasattr(rule, "step"):
        return
    event = Teller(naming, SHANGHAI).event(Entry(3, T0, kind, body, "00"), rule)
    if event is not None:
        assert event["eventID"].startswith("ni:///sha-256;")
        json.dumps(event)


def test_no_event_has_both_a_source_and_a_destination(life):
    """The standard and the program others use differ in which of the two comes first."""
    assert not any("sourceList" in event for event in Told(life).events)


def test_every_kind_of_custody_that_changes_something_is_in_a_table():
    """A new kind needs a line in epcis/tables: an event, or Silent with the reason."""
    discover()
    custody = {kind for kind in kinds() if kind.split(".")[0] in FAMILIES}
    assert custody - BY_KIND.keys() == set()
    assert "movement.check_out" in custody


def test_a_safe_that_could_not_be_counted_is_no_count(tmp_path):
    body = {"safe": "deeds", "complete": False, "because": "the reader is silent"}
    kept = {"safe": "deeds", "seen": None, "missing": None, "agrees": False}
    path = write(tmp_path / "ledger.db", [("safe.reconciled", body), ("safe.day_end", kept)])
    told = Told(path)
    assert told.events == []
    assert told.report.complete
    assert told.report.silent == {"safe.reconciled": 1, "safe.day_end": 1}


def test_a_registration_tells_the_tags_an_item_has_and_nothing_without(tmp_path):
    item = {"id": "HX-H-01", "name": "Box 1"}
    path = write(
        tmp_path / "ledger.db",
        [
            ("item.registered", {"by": "li", "item": item}),
            ("item.registered", {"by": "li", "item": item | {"tags": ["e2000001", "04110001"]}}),
            ("item.registered", {"by": "li", "item": item | {"tags": []}}),
            ("correction", correction(0, {"by": {"was": "li", "is": "wang"}})),
        ],
    )
    told = Told(path)
    (event,) = told.events
    assert event["strongroom:tag"] == [f"{BASE}tag/e2000001", f"{BASE}tag/04110001"]
    assert event["epcList"] == [f"{BASE}item/HX-H-01"]
    assert told.report.silent == {"item.registered": 2}
    assert told.report.corrected_others == 1
    assert told.report.complete


def test_every_kind_is_in_one_table_only():
    assert len(BY_KIND) == len(ROWS)
