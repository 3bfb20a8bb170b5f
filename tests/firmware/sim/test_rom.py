"""The firmware image: what MicroPython mounts, with every module in it and none twice."""

import subprocess
from pathlib import Path

import pytest
from strongroom_sim.rom import FIRMWARE, build, image, mpy_cross, rom_image, sources
from support.needs import micropython

MOUNT = """
import sys, vfs, os
with open(sys.argv[1], "rb") as file:
    vfs.mount(vfs.VfsRom(file.read()), "/rom")
def walk(folder):
    for name, kind, *_ in sorted(os.ilistdir(folder)):
        path = folder + "/" + name
        if kind == 0x4000:
            walk(path)
        else:
            with open(path, "rb") as file:
                print(path, len(file.read()))
walk("/rom")
"""


@pytest.mark.needs("micropython")
def test_micropython_mounts_the_image_and_finds_the_files(tmp_path: Path) -> None:
    files = {"a/b/one.txt": b"1" * 300, "a/two.txt": b"2" * 20_000, "three.txt": b""}
    path = tmp_path / "x.rom"
    path.write_bytes(image(files))
    said = subprocess.run(
        [micropython(), "-c", MOUNT, path], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == [
        "/rom/a/b/one.txt",
        "300",
        "/rom/a/two.txt",
        "20000",
        "/rom/three.txt",
        "0",
    ]
    assert len(image(files)) % 2 == 0


def test_the_image_holds_the_firmware_and_not_the_host_s_side() -> None:
    places = [place for place, _ in sources()]
    assert len(set(places)) == len(places)
    for needed in (
        "lib/strongroom_node/outbox.py",
        "lib/strongroom_esp32/hal.py",
        "fake/machine.py",
    ):
        assert needed in places
    assert "lib/strongroom_sim/board.py" in places
    assert "fake/far/machine.py" in places
    assert not any("fleet" in place or "world" in place or "virtual" in place for place in places)
    drivers = {p.name for p in (FIRMWARE / "strongroom_node" / "drivers").glob("*.py")}
    assert {place.rpartition("/")[2] for place in places if "/drivers/" in place} == drivers


def test_the_image_is_kept_and_follows_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = mpy_cross()
    assert compiler is not None
    monkeypatch.setenv("STRONGROOM_CACHE", str(tmp_path))
    first = rom_image.__wrapped__()
    assert first.read_bytes() == build(compiler)
    written = first.stat().st_mtime_ns
    assert rom_image.__wrapped__() == first
    assert first.stat().st_mtime_ns == written
    monkeypatch.setattr("strongroom_sim.rom.FOLDERS", {"fake": FIRMWARE / "sim" / "fake"})
    assert rom_image.__wrapped__() != first


def test_without_the_cross_compiler_there_is_no_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strongroom_sim.rom.find_spec", lambda _name: None)
    assert rom_image.__wrapped__() is None
