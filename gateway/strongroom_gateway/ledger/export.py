"""Checkpoints outside the database, best on another machine: what is there cannot be rewritten here.

Each is a file of its own, named by its size, written whole or not at all and never overwritten.
"""

import os
import re
from pathlib import Path
from typing import Final

from ..errors import CheckpointError
from .checkpoint import read

_SUFFIX: Final = ".checkpoint"
_SIZE: Final = re.compile(r"-(\d{12,})\.checkpoint")


def file_name(note: str) -> str:
    """Return the name of a checkpoint's file: `<origin>-<size>.checkpoint`, slashes as dots."""
    said = read(note)
    return f"{said.origin.replace('/', '.')}-{said.head.size:012d}{_SUFFIX}"


def export(note: str, folder: Path) -> Path:
    """Put a checkpoint into a folder and return its path.

    Raises CheckpointError when another one of the same size is there, OSError when it cannot.
    """
    path = folder / file_name(note)
    if path.exists():
        if read(_text(path)) != read(note):
            raise CheckpointError(f"{path}: says something else of the same number of entries")
        return path
    write_whole(path, note)
    return path


def newest_exported(folder: Path, origin: str) -> str | None:
    """Return the checkpoint of the largest size of a log in a folder."""
    start = origin.replace("/", ".") + "-"
    sizes = [
        (int(found[1]), path)
        for path in folder.iterdir()
        if path.name.startswith(start) and (found := _SIZE.fullmatch(path.name[len(start) - 1 :]))
    ]
    return _text(max(sizes)[1]) if sizes else None


def _text(path: Path) -> str:
    """Return a checkpoint's file; CheckpointError, naming it, when it is none."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        read(text)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    return text


def write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever sees half of it, and it is on the disk afterwards."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
