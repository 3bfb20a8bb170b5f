"""The site the demo writes: TOML that reads back, hours that exclude now, nodes as data."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from strongroom_demo.site import KINDS, gateway_settings, hours_without, places, toml
from strongroom_sim.fleet import make_board
from strongroom_sim.world.cast import cast


@pytest.mark.parametrize("hour", range(24))
def test_the_safe_is_opened_outside_its_hours_whenever_the_demo_runs(hour: int) -> None:
    _, _, span = hours_without(datetime(2026, 6, 18, hour, 30, tzinfo=UTC)).partition(" ")
    begin, end = span.split("-")
    for minute in range(60):  # nor do the hours begin while a long demo runs
        assert not begin <= f"{hour:02}:{minute:02}" < end
    assert begin < end


def test_toml_reads_back_as_it_was() -> None:
    settings = gateway_settings(
        {"host": "127.0.0.1", "port": 1, "tls": {"ca": "a\\b", "key": 'quo"te'}},
        8080,
        "zh_CN",
        datetime(2026, 6, 18, 12, tzinfo=UTC),
    )
    assert tomllib.loads(toml(settings)) == settings


@pytest.mark.parametrize("kind", sorted(KINDS.values()))
def test_a_node_of_each_kind_is_written_as_data(kind: str, tmp_path: Path) -> None:
    broker = {"host": "127.0.0.1", "port": 1883, "tls": None}
    settings = make_board(tmp_path, "room-1", "node-1", kind, broker)
    assert json.loads((tmp_path / "node.json").read_text()) == settings
    assert (settings["room"], settings["node"], settings["broker"]) == ("room-1", "node-1", broker)
    assert settings["devices"]
    assert (tmp_path / "flash").is_dir()


def test_whatever_has_a_home_has_somebody_who_answers_for_it() -> None:
    who = cast(1)
    found = {place["id"]: place for place in places(who)}
    people = {person.id for person in who.people}
    for home in {box.home for box in who.boxes} | {"safe"}:
        at = home
        while "custodian" not in found[at]:
            at = found[at]["parent"]
        assert found[at]["custodian"] in people


def test_the_carriages_are_those_the_node_reports(tmp_path: Path) -> None:
    board = make_board(
        tmp_path, "room-1", "shelf-1", "shelf", {"host": "h", "port": 1, "tls": None}
    )
    (device,) = (d for d in board["devices"] if "carriages" in d)
    settings = gateway_settings({}, 8080, "en", datetime(2026, 6, 18, tzinfo=UTC))
    # The driver numbers them from 1 in the order of the settings.
    numbers = range(1, 1 + len(device["carriages"]))
    wanted = [f"shelf-1/{device['id']}/{n}" for n in numbers]
    assert [bank["carriages"] for bank in settings["shelf_bank"]] == [wanted]
