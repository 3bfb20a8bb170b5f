"""A real broker, and somebody in the gateway's place."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.listener import Listener
from support.mosquitto import Mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def room(broker: Mosquitto) -> Iterator[Listener]:
    with Listener(broker.port, "r1") as listener:
        yield listener
