"""The climate task on both interpreters."""

from pathlib import Path

import pytest
from support.both import INTERPRETERS, checks

check = checks(Path(__file__).with_name("climate_task_checks.py"))


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("name", check.names)
def test_climate_task(interpreter, name):
    check(interpreter, name)
