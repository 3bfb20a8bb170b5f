import errno
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from gateway.ledger.disks import BadDisk, SlowDisk, SmallDisk
from gateway.ledger.rows import work
from strongroom_gateway.ledger import writer as writer_module
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.storage import SqliteStorage, Storage
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.ledger.verify import verify
from strongroom_gateway.ledger.work import Work
from strongroom_gateway.ledger.writer import Writer
from support.waiting import wait_for


class Watched:
    """A writer with what it reported."""

    def __init__(self, storage: Storage) -> None:
        self.committed: list[Work] = []
        self.groups: list[int] = []
        self.reports: list[tuple[bool, str]] = []
        self.writer = Writer(Store(storage), self._on_committed, self._on_recording)
        self.writer.start()

    def _on_committed(self, works: Sequence[Work], _more: bool) -> None:
        self.committed += works
        self.groups.append(len(works))

    def _on_recording(self, on: bool, why: str) -> None:
        self.reports.append((on, why))

    def wait(self, count: int) -> None:
        wait_for(lambda: len(self.committed) >= count, 10, f"{count} works committed")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(writer_module, "LONGEST_PAUSE", 0.05)


@pytest.fixture
def disk(path: Path) -> BadDisk:
    return BadDisk(path)


@pytest.fixture
def watched(disk: BadDisk) -> Iterator[Watched]:
    found = Watched(disk)
    yield found
    found.writer.stop()


def sequence(path: Path) -> list[int | None]:
    return [one.seq for one in Reader(path).entries(limit=1000)]


def test_works_are_committed_in_order_before_they_are_reported(
    path: Path, watched: Watched
) -> None:
    works = [work(seq) for seq in range(1, 101)]
    for one in works:
        watched.writer.append(one)
    watched.wait(100)
    assert [a is b for a, b in zip(watched.committed, works, strict=True)] == [True] * 100
    assert sequence(path) == list(range(1, 101))
    assert watched.reports == []


def test_what_waits_during_a_commit_goes_into_the_next_one_together(path: Path) -> None:
    watched = Watched(SlowDisk(path, 0.1))
    for seq in range(1, 51):
        watched.writer.append(work(seq))
    watched.wait(50)
    assert len(watched.groups) <= 3
    assert watched.writer.stop()


def test_stopping_commits_what_waits(path: Path) -> None:
    watched = Watched(SlowDisk(path, 0.05))
    for seq in range(1, 20):
        watched.writer.append(work(seq))
    assert watched.writer.stop()
    assert sequence(path) == list(range(1, 20))


@pytest.mark.parametrize(
    "trouble",
    [
        sqlite3.OperationalError("database or disk is full"),
        sqlite3.OperationalError("attempt to write a readonly database"),
        sqlite3.OperationalError("disk I/O error"),
        sqlite3.DatabaseError("database disk image is malformed"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EROFS, "Read-only file system"),
    ],
)
def test_a_disk_that_takes_nothing_is_reported_once_and_tried_until_it_does(
    path: Path, disk: BadDisk, watched: Watched, trouble: Exception
) -> None:
    watched.writer.append(work(1))
    watched.wait(1)
    disk.trouble = trouble
    attempts = disk.attempts
    for seq in (2, 3):
        watched.writer.append(work(seq))
    wait_for(lambda: disk.attempts >= attempts + 4, 10, "more attempts")
    assert len(watched.committed) == 1
    assert [on for on, _ in watched.reports] == [False]
    assert str(trouble) in watched.reports[0][1]
    assert not watched.writer.recording
    disk.trouble = None
    watched.wait(3)
    assert [on for on, _ in watched.reports] == [False, True]
    assert sequence(path) == [1, 2, 3]
    assert verify(path).problems == []


def test_a_file_that_cannot_be_opened_at_the_start_is_opened_later(path: Path) -> None:
    disk = BadDisk(path)
    disk.connect_trouble = sqlite3.OperationalError("unable to open database file")
    watched = Watched(disk)
    watched.writer.append(work(1))
    wait_for(lambda: watched.reports, 10, "the report")
    disk.connect_trouble = None
    watched.wait(1)
    assert watched.writer.stop()
    assert sequence(path) == [1]


def test_a_really_full_database_recovers_when_there_is_room(path: Path) -> None:
    disk = SmallDisk(path)
    watched = Watched(disk)
    watched.writer.append(work(1))
    watched.wait(1)
    disk.pages = 40
    watched.writer._store.close()  # the next commit opens it with the limit
    for first in range(2, 2002, 100):
        watched.writer.append(work(first, 100))
    wait_for(lambda: watched.reports, 10, "the report")
    assert "full" in watched.reports[0][1]
    committed = len(watched.committed)
    assert committed < 21
    disk.pages = 1_000_000
    watched.wait(21)
    assert watched.writer.stop()
    report = verify(path)
    assert (report.entries, report.problems) == (2001, [])


def test_a_database_locked_by_another_program_is_waited_for(path: Path) -> None:
    watched = Watched(SqliteStorage(path))
    watched.writer.append(work(1))
    watched.wait(1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    watched.writer.append(work(2))
    wait_for(lambda: watched.reports, 10, "the report")
    assert "locked" in watched.reports[0][1]
    other.execute("ROLLBACK")
    other.close()
    watched.wait(2)
    assert watched.writer.stop()
    assert sequence(path) == [1, 2]


def test_a_message_recorded_twice_does_not_stop_the_rest(path: Path, watched: Watched) -> None:
    watched.writer.append(work(1))
    watched.wait(1)
    for one in (work(1), work(2)):
        watched.writer.append(one)
    watched.wait(3)
    assert watched.writer.conflicts == 1
    assert sequence(path) == [1, 2]
    assert [one.reason for one in Reader(path).quarantined()] == ["conflict"]


def test_stopping_does_not_wait_for_a_disk_that_takes_nothing(
    disk: BadDisk, watched: Watched
) -> None:
    disk.trouble = sqlite3.OperationalError("database or disk is full")
    watched.writer.append(work(1))
    wait_for(lambda: watched.reports, 10, "the report")
    assert watched.writer.stop(5)
    assert watched.committed == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_that_ends_the_thread_is_said(watched: Watched) -> None:
    bad = work(1)
    bad.entries = [None]  # type: ignore[list-item]  # that is the bug
    watched.writer.append(bad)
    wait_for(lambda: watched.reports, 10, "the report")
    assert not watched.writer.recording
    assert "stopped" in watched.reports[0][1]


def test_a_crowd_of_threads_may_append(path: Path, watched: Watched) -> None:
    def fill(node: str) -> None:
        for seq in range(1, 101):
            watched.writer.append(work(seq, node=node))

    threads = [threading.Thread(target=fill, args=(f"n{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watched.wait(800)
    report = verify(path)
    assert (report.entries, report.problems) == (800, [])
