"""docs/metrics.md names every metric with its kind, and everything that is counted by name."""

import re
from unittest.mock import MagicMock

import strongroom_gateway
from strongroom_gateway.api.metrics import families
from support.markdown import codes, rows
from support.needs import REPOSITORY

PAGE = REPOSITORY / "docs" / "metrics.md"
HOME = REPOSITORY / "gateway" / strongroom_gateway.__name__


def test_every_metric_is_documented_with_its_kind_and_no_other() -> None:
    # Only names and kinds matter here; a mock has every figure that is read.
    known = {one.name: one.kind for one in families(MagicMock(), MagicMock(), [], {})}
    assert len(known) > 20
    documented = {codes(row[0])[0]: row[1] for row in rows(PAGE) if len(row) == 3 and codes(row[0])}
    assert documented == known


def test_everything_that_is_noticed_is_documented_and_nothing_else() -> None:
    counted = {
        what
        for path in HOME.rglob("*.py")
        for what in re.findall(r"ctx\.count\(\s*\"([^\"]+)\"", path.read_text())
    }
    assert len(counted) >= 4
    documented = {codes(row[0])[0] for row in rows(PAGE) if len(row) == 2 and codes(row[0])}
    assert documented - {"what"} == counted
