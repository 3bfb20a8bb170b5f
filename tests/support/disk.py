"""A Linux disk in memory for strongroom_node.store: what is not synced is lost when the power goes.

Every call that changes something is a step. At a chosen step the power goes (`Crash`, which nothing
catches), or the call fails with an error, before or after it has had its effect; a "storm" is after
it, and the next two calls fail as well.
"""

import errno
import os as real_os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self
from unittest import mock

from strongroom_node import store as store_module

FOLDER_HANDLE = 999_000


class Crash(BaseException):
    """The power went: no `except Exception` runs after this."""


class Inode:
    """One file's bytes, and which of them have reached the disk."""

    def __init__(self) -> None:
        self.data = b""
        self.synced = b""


class Disk:
    """The disk and the part of `os` and `open` that the store uses."""

    O_RDONLY = real_os.O_RDONLY

    def __init__(self, capacity: int = 1 << 20) -> None:
        self.capacity = capacity
        self.live: dict[str, Inode] = {}
        self.durable: dict[str, Inode] = {}
        self.steps = 0
        self.trouble: tuple[int, str, int] | None = None
        self.log: list[str] = []

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """Let the store work on this disk."""
        with (
            mock.patch.object(store_module, "os", self),
            mock.patch.object(store_module, "open", self.open, create=True),
        ):
            yield

    def power_back(self, names_lost: bool) -> None:
        """Start again after a crash; unsynced names are lost too, or just happen to have been written."""
        entries = dict(self.durable if names_lost else self.live)
        for inode in entries.values():
            inode.data = inode.synced
        self.live, self.durable = dict(entries), dict(entries)
        self.trouble = None

    def _step(self, what: str, act: Any) -> Any:
        self.steps += 1
        at, kind, code = self.trouble or (self.steps + 1, "", 0)
        last = at + 2 if kind == "storm" else at
        if not at <= self.steps <= last:
            return act()
        self.log.append(f"{kind} at {what}")
        if kind == "crash":
            raise Crash
        if kind == "after" or (kind == "storm" and self.steps == at):
            act()
        raise OSError(code, real_os.strerror(code))

    def used(self) -> int:
        """Return the bytes of all files."""
        return sum(len(inode.data) for inode in self.live.values())

    # -- what the store calls ---------------------------------------------------------------

    def mkdir(self, _path: str) -> None:
        raise FileExistsError(errno.EEXIST, "there")

    def listdir(self, _path: str) -> list[str]:
        return [path.rsplit("/", 1)[1] for path in self.live]

    def stat(self, path: str) -> list[int]:
        return [0] * 6 + [len(self._inode(path).data)]

    def statvfs(self, _path: str) -> list[int]:
        free = max(0, self.capacity - self.used())
        return [1, 1, self.capacity, free, free]

    def rename(self, old: str, new: str) -> None:
        def act() -> None:
            self.live[new] = self.live.pop(old)

        self._step("rename", act)

    def remove(self, path: str) -> None:
        def act() -> None:
            self._inode(path)
            del self.live[path]

        self._step("remove", act)

    def fsync(self, handle: Any) -> None:
        def act() -> None:
            if handle == FOLDER_HANDLE:
                self.durable = dict(self.live)
            else:
                handle.synced = handle.data

        self._step("fsync of the folder" if handle == FOLDER_HANDLE else "fsync", act)

    def close(self, _handle: int) -> None:
        pass

    def open(self, path: str, mode: Any) -> Any:
        if mode == self.O_RDONLY:
            return FOLDER_HANDLE
        if mode == "rb":
            return File(self, self._inode(path))

        def act() -> File:
            self.live[path] = Inode()
            return File(self, self.live[path])

        return self._step("open", act)

    def _inode(self, path: str) -> Inode:
        if path not in self.live:
            raise FileNotFoundError(errno.ENOENT, path)
        return self.live[path]


class File:
    """An open file."""

    def __init__(self, disk: Disk, inode: Inode) -> None:
        self.disk = disk
        self.inode = inode
        self.at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self) -> bytes:
        return self.inode.data

    def readline(self, limit: int) -> bytes:
        end = self.inode.data.find(b"\n", self.at) + 1 or len(self.inode.data)
        start, self.at = self.at, min(end, self.at + limit)
        return self.inode.data[start : self.at]

    def write(self, data: bytes) -> None:
        def act() -> None:
            if self.disk.used() + len(data) > self.disk.capacity:
                self.inode.data += data[: self.disk.capacity - self.disk.used()]
                raise OSError(errno.ENOSPC, "full")
            self.inode.data += data

        self.disk._step("write", act)

    def flush(self) -> None:
        self.disk._step("flush", lambda: None)

    def fileno(self) -> Inode:
        return self.inode
