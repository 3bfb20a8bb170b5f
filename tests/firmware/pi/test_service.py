"""The systemd unit: what keeps a node alive must be in it, and what it names must exist."""

import configparser
import importlib.util

from support.needs import REPOSITORY

UNIT = REPOSITORY / "firmware" / "pi" / "systemd" / "strongroom-node.service"


def settings(section):
    """Return {key: [values]} of a section; a unit may give a key more than once."""
    found, current = {}, None
    for line in UNIT.read_text().splitlines():
        if line.startswith("["):
            current = line.strip("[]")
        elif current == section and "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def test_unit_is_well_formed():
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(UNIT.read_text())
    assert parser.sections() == ["Unit", "Service", "Install"]


def test_watchdog_and_restart():
    service = settings("Service")
    assert service["Type"] == ["notify"]
    assert service["Restart"] == ["always"]
    assert int(service["WatchdogSec"][0]) > 0
    assert settings("Unit")["StartLimitIntervalSec"] == ["0"]


def test_lgpio_has_a_folder_it_may_write():
    service = settings("Service")
    environment = dict(item.split("=", 1) for item in service["Environment"])
    assert environment["GPIOZERO_PIN_FACTORY"] == "lgpio"
    assert environment["LG_WD"] == "/run/" + service["RuntimeDirectory"][0]
    assert {"gpio", "i2c", "spi", "dialout"} <= set(service["SupplementaryGroups"][0].split())


def test_what_it_starts_is_there():
    for key, module in (
        ("ExecStart", "strongroom_pi.main"),
        ("ExecStopPost", "strongroom_pi.safe"),
    ):
        command = settings("Service")[key][0].split()
        assert command[1:] == ["-m", module]
        assert importlib.util.find_spec(module) is not None


def test_folders_are_those_of_the_board():
    from strongroom_pi.hal import Board

    service = settings("Service")
    board = Board()
    assert str(board._state) == "/var/lib/" + service["StateDirectory"][0]
    assert board._settings_path.parent.name == service["ConfigurationDirectory"][0]
