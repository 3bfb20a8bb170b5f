"""Long work in a process of its own, one at a time: the gateway's own threads do not wait for it."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar, cast

from ..errors import StrongroomError

_NICE: Final = 10
_SACRIFICE: Final = Path("/proc/self/oom_score_adj")
_TOLD: Final = (StrongroomError, sqlite3.Error, OSError)
_one: Final = Lock()

Answer = TypeVar("Answer")


class BusyError(StrongroomError):
    """Another piece of long work is being done."""


class FailedError(StrongroomError):
    """The work took too long, or its process came to an end."""


def apart(seconds: float, work: Callable[..., Answer], *values: Any) -> Answer:
    """Return what `work` returns for `values`, worked out by another process.

    What goes there and comes back is pickled. Its StrongroomError, sqlite3.Error or OSError comes out here;
    BusyError while other work is being done, FailedError when it takes longer than `seconds`.
    """
    if not _one.acquire(blocking=False):
        raise BusyError("another piece of long work is being done")
    try:
        return _worked(seconds, work, values)
    finally:
        _one.release()


def _worked(seconds: float, work: Callable[..., Answer], values: tuple[Any, ...]) -> Answer:
    # Spawned, not forked: threads of the gateway may hold locks at any moment.
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, work, values), daemon=True)
    try:
        process.start()
        theirs.close()
        if not ours.poll(seconds):
            raise FailedError(f"it took longer than {seconds:g} s")
        found = ours.recv()
    except EOFError as gone:
        raise FailedError("its process came to an end") from gone
    finally:
        theirs.close()
        ours.close()
        if process.pid is not None:
            process.kill()
            process.join()
    if isinstance(found, Exception):
        raise found
    return cast(Answer, found)


def _work(answer: Connection, work: Callable[..., Any], values: tuple[Any, ...]) -> None:
    os.nice(_NICE)
    with suppress(OSError):  # a system that has no such file
        # Where memory runs out, this ends and not the gateway.
        _SACRIFICE.write_text("1000", encoding="ascii")
    try:
        found = work(*values)
    except _TOLD as error:
        found = error
    answer.send(found)
    answer.close()
