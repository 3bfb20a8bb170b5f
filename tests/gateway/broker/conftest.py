"""A broker made by `strongroom broker init` for the tests of this folder."""

import getpass
from collections.abc import Iterator
from pathlib import Path

import pytest
from strongroom_gateway.cli import main
from support.mosquitto import Mosquitto, free_port

ROOM = "archive-1"


def init(folder: Path, *more: str, port: int | None = None) -> None:
    """Make a broker folder for two nodes, a and b, that listens on 127.0.0.1."""
    words = ["broker", "init", str(folder), "--room", ROOM, "--node", "a", "--node", "b"]
    words += ["--bind", "127.0.0.1", "--port", str(port or free_port())]
    # As root the default is the account of the packaged mosquitto, which cannot enter a test's
    # folder.
    words += ["--user", getpass.getuser(), *more]
    assert main(words) == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a fresh broker folder; nothing runs."""
    made = tmp_path / "broker"
    init(made)
    return made


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """Run one broker for all tests of a module that do not change it."""
    made = tmp_path_factory.mktemp("room") / "broker"
    init(made)
    with Mosquitto.of(made) as broker:
        yield broker
