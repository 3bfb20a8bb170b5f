"""The readers' tasks on both interpreters."""

from pathlib import Path

import pytest
from support.both import INTERPRETERS, checks

check = checks(Path(__file__).with_name("task_checks.py"))


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("name", check.names)
def test_task(interpreter: str, name: str) -> None:
    check(interpreter, name)
