"""The iso14443a driver on both interpreters."""

from pathlib import Path

import pytest
from support.both import INTERPRETERS, checks

check = checks(Path(__file__).with_name("iso14443a_checks.py"))


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("name", check.names)
def test_iso14443a(interpreter, name):
    check(interpreter, name)
