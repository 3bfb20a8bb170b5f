"""docs/topics.md, docs/alarms.md and docs/adding-a-device.md name what the programs really say."""

import inspect
from typing import get_args

import pytest
from strongroom_gateway.alarms.catalogue import CATALOGUE
from strongroom_gateway.contract import topics
from strongroom_gateway.contract.kinds import KINDS
from strongroom_gateway.contract.node_events import AnyNodeEvent
from strongroom_gateway.contract.outbound import WHAT
from strongroom_node import contract as node_contract
from strongroom_node import devices
from support.markdown import anchors, codes, headings, rows, section
from support.needs import REPOSITORY

DOCS = REPOSITORY / "docs"
TOPICS = DOCS / "topics.md"
ALARMS = DOCS / "alarms.md"
DEVICES = DOCS / "adding-a-device.md"


def row_of(topic: str) -> list[str]:
    found = [row for row in rows(TOPICS) if codes(row[0]) == [topic]]
    assert len(found) == 1, f"docs/topics.md has {len(found)} rows for {topic}"
    return found[0]


def contract_topics() -> set[str]:
    """Return every topic the gateway's code can build, with placeholders as the page writes them."""
    placeholder = {"room": "<room>", "node": "<node>", "thing": "<thing>", "alarm_id": "<id>"}
    found = set()
    for _, function in inspect.getmembers(topics, inspect.isfunction):
        names = list(inspect.signature(function).parameters)
        if names == ["room"]:
            continue  # filters to subscribe to, not topics
        lanes = ("event", "telemetry") if "lane" in names else ("",)
        for lane in lanes:
            known = {**placeholder, "lane": lane, "kind": "<kind>", "what": "<what>"}
            found.add(function(*(known[name] for name in names)))
    return found


def test_every_topic_of_the_contract_is_documented_and_no_other() -> None:
    documented = {
        codes(row[0])[0]
        for row in rows(TOPICS)
        if codes(row[0]) and codes(row[0])[0].startswith(topics.ROOT)
    }
    assert documented == contract_topics()


@pytest.mark.parametrize("lane", ["event", "telemetry"])
def test_every_kind_of_message_is_documented_and_no_other(lane: str) -> None:
    row = row_of(f"{topics.ROOT}/<room>/<node>/{lane}/<kind>")
    assert set(codes(row[2])) == {kind for its_lane, kind in KINDS if its_lane == lane}


def test_every_command_is_documented_and_no_other() -> None:
    row = row_of(f"{topics.ROOT}/<room>/<node>/command/<what>")
    assert set(codes(row[2])) == set(WHAT.values())


def test_every_word_the_nodes_own_code_may_say_is_documented() -> None:
    words = {*node_contract.EVENTS, *node_contract.MEASURES, *node_contract.COMMANDS}
    assert words - set(codes(TOPICS.read_text())) == set()


def test_everything_a_node_says_of_itself_is_documented_and_nothing_else() -> None:
    page = section(TOPICS, "What a node says of itself: event/node")
    table = [line for line in page.splitlines() if line.startswith("| `") and "`what`" not in line]
    named = {word for line in table for word in codes(line.split("|")[1])}
    assert named == {event.what for event in get_args(AnyNodeEvent)}


def test_the_envelope_is_documented_field_by_field() -> None:
    page = section(TOPICS, "Envelope of events and readings")
    named = {codes(line)[0] for line in page.splitlines() if line.startswith("| `")}
    assert named == {"boot", "seq", "mono", "ts", "clk"}


def test_every_alarm_is_documented_and_no_other() -> None:
    assert sorted(headings(ALARMS, 2)) == sorted(CATALOGUE)


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_an_alarm_is_described_where_it_says_it_is_and_latching_is_said(code: str) -> None:
    kind = CATALOGUE[code]
    assert kind.docs.split("#")[1] in anchors(ALARMS)
    text = section(ALARMS, code)
    assert len(text.split()) >= 8, f"{code} is not explained"
    assert ("latching" in text.lower()) is kind.latching
    assert f"Priority {kind.priority}" in text
    if kind.worse is not None:
        assert kind.worse in text


def test_every_driver_is_listed_and_no_other() -> None:
    known = set(devices.known())
    assert len(known) >= 10
    listed = {codes(row[0])[0] for row in rows(DEVICES) if codes(row[0])}
    roles = {devices.load(kind).ROLE for kind in known}
    roles_listed = {
        word for row in rows(DEVICES) if len(row) == 2 for word in codes(row[0]) if word in roles
    }
    assert roles_listed == roles
    assert listed - roles - known == set()
    assert known - listed == set()
