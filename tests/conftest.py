"""Shared fixtures, and the rule that turns a missing tool into a skip or, in CI, into a failure."""

import os

import pytest
from support.needs import missing


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip or fail a test whose tools are missing; recordings are never required."""
    for marker in item.iter_markers("needs"):
        for tool in marker.args:
            reason = missing(tool)
            if reason is None:
                continue
            if os.environ.get("STRONGROOM_REQUIRE_TOOLS") == "1" and not tool.startswith("data:"):
                pytest.fail(f"needs {reason}", pytrace=False)
            pytest.skip(f"needs {reason}")
