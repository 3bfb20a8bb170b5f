"""The shelf drivers and tasks on both interpreters."""

from pathlib import Path

import pytest
from support.both import INTERPRETERS, checks

check = checks(Path(__file__).with_name("shelf_checks.py"))


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("name", check.names)
def test_shelf(interpreter, name):
    check(interpreter, name)
