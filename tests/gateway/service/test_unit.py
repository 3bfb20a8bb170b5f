"""The systemd unit: its command is one the program understands, and it keeps what it promises."""

import configparser
import shlex

import pytest
from strongroom_gateway.cli import build_parser
from support.needs import REPOSITORY

UNIT = REPOSITORY / "gateway" / "deploy" / "strongroom-gateway.service"


@pytest.fixture
def service():
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str
    unit.read(UNIT)
    return unit["Service"]


def test_the_command_is_understood(service):
    program, *words = shlex.split(service["ExecStart"])
    assert program.endswith("/strongroom")
    assert build_parser().parse_args(words).command == "gateway"


def test_it_comes_back_and_is_given_time_to_commit(service):
    assert service["Restart"] == "always"
    assert int(service["TimeoutStopSec"]) > 10 + 5 + 5, "writer, ticker and API may take so long"


def test_it_runs_with_no_more_rights_than_it_needs(service):
    assert service["User"] == "strongroom"
    assert service["UMask"] == "0077"
    assert service["CapabilityBoundingSet"] == ""
    assert service["ProtectSystem"] == "strict"
