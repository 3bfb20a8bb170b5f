"""What a MicroPython build asks of the modules that its manifest names."""

import ast
from pathlib import Path

import pytest
from strongroom_sim.frozen import lay_out
from strongroom_sim.rom import sources

LARGEST = (2 - 2**-23) * 2.0**127  # IEEE 754 binary32
MODULES = {place: path for place, path in sources() if "strongroom_sim" not in place}


def too_large(text: str) -> list[float]:
    """Return the numbers of a module that are none in 32 bits: the build that freezes refuses them."""
    numbers = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    return [one for one in numbers if isinstance(one, float) and abs(one) > LARGEST]


@pytest.mark.parametrize("place", MODULES)
def test_every_number_can_be_frozen(place: str) -> None:
    assert too_large(MODULES[place].read_text()) == []


def test_a_number_that_cannot_be_frozen_is_found() -> None:
    assert too_large("a = 3e38\nb = 1e300\nc = (2, 1e999)") == [1e300, float("inf")]


def test_what_is_laid_out_for_freezing_is_what_the_mounted_image_has(tmp_path: Path) -> None:
    stale = tmp_path / "modules" / "strongroom_node" / "gone.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    lay_out(tmp_path)
    laid = {path.relative_to(tmp_path / "modules").as_posix() for path in tmp_path.rglob("*/*.py")}
    assert laid == {place.removeprefix("lib/") for place, _ in sources()} | {"frozen_boot.py"}
    assert "strongroom_node/app.py" in laid and "fake/far/machine.py" in laid
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.py")}
    lay_out(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.py")} == before
