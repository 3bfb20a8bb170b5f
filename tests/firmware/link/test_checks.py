"""The checks of this folder, on both interpreters."""

from pathlib import Path

import pytest
from support.both import INTERPRETERS, checks

CHECKS = {
    name: checks(Path(__file__).with_name(f"{name}_checks.py")) for name in ("wire", "supervisor")
}
CASES = [(name, one) for name, check in CHECKS.items() for one in check.names]


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize(("file", "name"), CASES)
def test_check(interpreter, file, name):
    CHECKS[file](interpreter, name)
