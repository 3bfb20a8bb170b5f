"""The node's files on real littlefs under MicroPython: power cut at every write and erase."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.needs import REPOSITORY, micropython


def run(*arguments: str) -> dict[str, Any]:
    """Run the program beside this file; words on its stderr are a failure."""
    done = subprocess.run(
        [
            str(micropython()),
            "-X",
            "heapsize=16M",
            str(Path(__file__).parent / "littlefs_program.py"),
            *arguments,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"MICROPYPATH": f"{REPOSITORY / 'firmware'}:.frozen"},
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return json.loads(done.stdout)


@pytest.mark.needs("micropython")
def test_a_power_cut_at_any_flash_operation_loses_and_tears_nothing() -> None:
    result = run("cut")
    assert result["cuts"] > 100, "the cuts did not reach the whole life"
    assert result["accepted"] == 20
    assert result["wrong"] == []


@pytest.mark.needs("micropython")
def test_the_outbox_erases_less_than_writing_each_record_or_rewriting_a_segment() -> None:
    """Erases wear the flash out; counted with nobody acknowledging, the worst case."""
    cost = run("cost", "200")
    assert cost["outbox"]["erases"] < cost["a file each"]["erases"]
    assert cost["outbox"]["erases"] < cost["rewritten segment"]["erases"] / 2
