"""The ESP32's start on both interpreters."""

from pathlib import Path

import pytest
from support.both import INTERPRETERS, checks

check = checks(Path(__file__).with_name("start_checks.py"))


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("name", check.names)
def test_start(interpreter, name):
    check(interpreter, name)
