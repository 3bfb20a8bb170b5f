"""The ESP32's flash is mounted as the outbox was counted with, on real littlefs."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.needs import REPOSITORY, micropython

FIRMWARE = REPOSITORY / "firmware"
pytestmark = pytest.mark.needs("micropython")


def run(*what: str | Path) -> dict[str, Any]:
    program = Path(__file__).with_name("flash_program.py")
    done = subprocess.run(
        [str(micropython()), "-X", "heapsize=4M", program, *what],
        capture_output=True,
        text=True,
        check=False,
        env={"MICROPYPATH": f"{FIRMWARE}:{FIRMWARE / 'esp32'}:.frozen"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_flash_is_mounted_anew_with_larger_pieces_and_keeps_its_files() -> None:
    figures = run("littlefs")
    assert figures["remounted"] is True
    assert figures["kept"] == 100 + 9000 + 250
    assert figures["before"]["shortest"] < 128
    assert figures["after"]["shortest"] >= 128
    assert figures["after"]["erases"] < figures["before"]["erases"] / 2, figures


def test_a_flash_with_another_file_system_is_mounted_as_it_was() -> None:
    assert run("fat") == {"remounted": False, "kept": 100}


def test_the_start_of_the_chip_remounts_its_flash() -> None:
    assert run("boot", FIRMWARE / "esp32" / "boot.py") == {"files": ["data"], "shortest": 128}
