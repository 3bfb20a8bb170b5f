"""Checkpoints: signed only when they contradict none before; made when they are due; kept elsewhere."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from gateway.ledger import notes, sealed
from gateway.ledger.sealed import NOW, SIGNER, build, copied, recorded, rewritten, unguarded
from strongroom_gateway.cli import main
from strongroom_gateway.errors import CheckpointError, LedgerError
from strongroom_gateway.ledger import checkpoint
from strongroom_gateway.ledger.checkpointer import Checkpointer, Plan
from strongroom_gateway.ledger.export import export, newest_exported
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.signing import Signer
from strongroom_gateway.ledger.storage import SqliteStorage, open_reader
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.ledger.tree import Head
from strongroom_gateway.ledger.verify import verify
from strongroom_gateway.ledger.work import Work
from strongroom_gateway.ledger.writer import Writer
from support.waiting import wait_for


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    build(path)
    return path


def make(path: Path, signer: Signer = SIGNER, exported: str | None = None) -> Any:
    with closing(open_reader(path)) as connection:
        return checkpoint.make(connection, signer, NOW, exported)


def test_a_checkpoint_says_whose_how_many_and_the_root(path: Path) -> None:
    row = make(path)
    head = Reader(path).head()
    assert notes.checkpoint(row.note, SIGNER.public) == ("strongroom/r1", *head)
    assert (row.size, row.at) == (40, NOW)


def test_nothing_new_is_not_signed_again_but_a_new_key_signs(path: Path) -> None:
    sealed.sign(path)
    assert make(path) is None
    other = Signer.make("strongroom/r1")
    row = make(path, other)
    assert notes.checkpoint(row.note, other.public)[1] == 40


def test_an_empty_ledger_has_a_checkpoint_of_nothing(tmp_path: Path) -> None:
    Store(SqliteStorage(tmp_path / "l.db")).open()
    empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert make(tmp_path / "l.db").note.startswith(f"strongroom/r1\n0\n{empty}\n\n")


@pytest.mark.parametrize("name", ["strongroom/r2", "strongroom/r1/sm3", "example.com/r1"])
def test_a_key_for_another_ledger_is_refused(path: Path, name: str) -> None:
    with pytest.raises(CheckpointError, match="the key signs for"):
        make(path, Signer.make(name))


def test_a_changed_leaf_is_not_signed(path: Path) -> None:
    with unguarded(path) as connection:
        connection.execute("UPDATE entry SET leaf = zeroblob(32) WHERE idx = 39")
    with pytest.raises(CheckpointError, match="somebody changed the ledger"):
        make(path)


def test_a_history_made_anew_is_not_signed(path: Path, tmp_path: Path) -> None:
    rows = recorded(path)
    rows[3] = rows[3]._replace(at=1)
    other = rewritten(path, tmp_path / "other.db", rows)
    with pytest.raises(CheckpointError, match="first 37 entries are not those"):
        make(other)


def test_an_older_copy_put_back_is_not_signed(path: Path, tmp_path: Path) -> None:
    older = copied(path, tmp_path / "older.db")
    with closing(Store(SqliteStorage(path))) as store:
        store.open()
        store.commit([sealed.work(40, 10)])
    sealed.exported(path, tmp_path)
    kept = newest_exported(tmp_path, SIGNER.name)
    assert kept is not None
    with pytest.raises(CheckpointError, match="has 40 entries, but an exported checkpoint has 50"):
        make(older, exported=kept)
    assert make(path, exported=kept) is None


def test_exported_checkpoints_are_whole_files_and_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    made = [
        SIGNER.sign(checkpoint.write(SIGNER.name, Head(n, bytes([n] * 32)))) for n in (5, 40, 7)
    ]
    paths = [export(note, folder) for note in made]
    assert [one.name for one in paths] == [f"strongroom.r1-{n:012d}.checkpoint" for n in (5, 40, 7)]
    assert [one.read_text() for one in paths] == made
    assert sorted(folder.iterdir()) == sorted(paths)
    assert export(made[1], folder) == paths[1]
    assert newest_exported(folder, "strongroom/r1") == made[1]
    assert newest_exported(folder, "strongroom/r") is None
    other = SIGNER.sign(checkpoint.write(SIGNER.name, Head(40, bytes(32))))
    with pytest.raises(CheckpointError, match="something else"):
        export(other, folder)
    assert paths[1].read_text() == made[1]


def test_a_damaged_file_among_the_kept_ones_is_named(tmp_path: Path) -> None:
    path = tmp_path / f"strongroom.r1-{9:012d}.checkpoint"
    path.write_bytes(b"\xff\xfe\x00")
    note = SIGNER.sign(checkpoint.write(SIGNER.name, Head(9, bytes(32))))
    with pytest.raises(CheckpointError, match=f"{path.name}: this is not a checkpoint"):
        newest_exported(tmp_path, SIGNER.name)
    with pytest.raises(CheckpointError, match=f"{path.name}: this is not a checkpoint"):
        export(note, tmp_path)


class Running:
    """A writer with a checkpointer beside it, as the gateway has them."""

    def __init__(self, folder: Path, **plan: Any) -> None:
        self.path = folder / "ledger.db"
        self.key = folder / "ledger.key"
        self.key.write_text(SIGNER.private)
        self.store = Store(SqliteStorage(self.path))
        self.store.open()
        self.writer = Writer(self.store, self.committed, lambda on, why: None)
        self.plan = Plan(self.key, **{"every_s": 3_600.0, "entries": 10, **plan})
        self.made = Checkpointer(self.path, self.plan, self.writer.append, lambda: NOW)
        self.reader = Reader(self.path)
        self.writer.start()

    def committed(self, works: Any, more: bool) -> None:
        self.made.grown(self.store.size)

    def grow(self, count: int) -> None:
        first = self.reader.head().size
        for n in range(first, first + count):
            self.writer.append(sealed.work(n, 1))
        wait_for(lambda: self.reader.head().size == first + count, what="the entries")

    def sizes(self) -> list[int]:
        return [one.size for one in self.reader.checkpoints()]

    def until(self, sizes: list[int]) -> None:
        wait_for(lambda: self.sizes() == sizes, what=lambda: f"{sizes}, there are {self.sizes()}")

    def stop(self) -> None:
        self.made.stop()
        self.writer.stop()
        self.reader.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Any]:
    made: list[Running] = []

    def begin(**plan: Any) -> Running:
        made.append(Running(tmp_path, **plan))
        return made[-1]

    yield begin
    for one in made:
        one.stop()


def test_it_signs_at_the_start_as_the_ledger_grows_on_request_and_at_the_end(running: Any) -> None:
    one = running()
    one.grow(3)
    one.made.start()
    one.until([3])
    one.grow(10)
    one.until([3, 13])
    one.grow(4)
    assert one.sizes() == [3, 13]
    one.made.request()
    one.until([3, 13, 17])
    one.grow(2)
    one.stop()
    assert Reader(one.path).checkpoints()[-1].size == 19
    for row in Reader(one.path).checkpoints():
        assert notes.checkpoint(row.note, SIGNER.public)[1] == row.size
    assert verify(one.path, [sealed.KEY]).problems == []


def test_it_signs_when_its_time_comes(running: Any) -> None:
    one = running(every_s=0.02, entries=1_000)
    one.made.start()
    one.until([0])
    one.grow(1)
    one.until([0, 1])
    one.grow(1)
    one.until([0, 1, 2])


def test_without_a_key_it_says_so_and_goes_on_when_there_is_one(
    running: Any, caplog: pytest.LogCaptureFixture
) -> None:
    one = running(every_s=0.02)
    one.key.rename(one.key.with_suffix(".away"))
    one.made.start()
    wait_for(lambda: "make" in one.made.troubles, what="the trouble")
    one.grow(25)
    assert one.sizes() == []
    assert len([r for r in caplog.records if "checkpoint, make" in r.message]) == 1
    one.key.with_suffix(".away").rename(one.key)
    one.until([25])
    wait_for(lambda: one.made.troubles == {}, what="no trouble")
    assert [r.levelname for r in caplog.records] == ["ERROR", "WARNING"]


def test_a_folder_that_is_away_gets_the_newest_when_it_is_back(
    running: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    one = running(every_s=0.02, export=folder)
    one.made.start()
    wait_for(lambda: "export" in one.made.troubles, what="the trouble")
    one.grow(12)
    wait_for(lambda: 12 in one.sizes(), what="a checkpoint in the ledger all the same")
    folder.mkdir()
    wait_for(lambda: one.made.troubles == {}, what="no trouble")
    kept = newest_exported(folder, SIGNER.name)
    assert kept is not None
    assert notes.checkpoint(kept, SIGNER.public)[1] == 12


def test_two_histories_are_never_signed_by_a_running_gateway(running: Any, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    lie = SIGNER.sign(checkpoint.write(SIGNER.name, Head(5, bytes(32))))
    export(lie, folder)
    one = running(every_s=0.02, export=folder)
    one.grow(7)
    one.made.start()
    wait_for(lambda: "not those" in one.made.troubles.get("make", ""), what="the refusal")
    assert one.sizes() == []


def test_a_hanging_folder_keeps_nobody_waiting(
    running: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang, released = threading.Event(), threading.Event()

    def hanging(note: str, folder: Path) -> None:
        hang.set()
        assert released.wait(30)

    monkeypatch.setattr("strongroom_gateway.ledger.checkpointer.export", hanging)
    one = running(export=tmp_path)
    one.made.start()
    assert hang.wait(10)
    one.grow(30)  # the writer goes on
    one.made.stop(0.1)
    assert one.writer.stop()
    released.set()


def test_the_command_signs_stores_and_exports(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "ledger.key"
    key.write_text(SIGNER.private)
    words = ["ledger", "checkpoint", str(path), "--key", str(key), "--export", str(tmp_path)]
    assert main(words) == 0
    note = capsys.readouterr().out
    assert notes.checkpoint(note, SIGNER.public)[1] == 40
    assert newest_exported(tmp_path, SIGNER.name) == note
    assert main(words) == 0  # nothing new: the same one again
    assert capsys.readouterr().out == note
    assert [one.size for one in Reader(path).checkpoints()] == [12, 25, 37, 40]
    assert main(["ledger", "checkpoint", str(path) + ".not", "--key", str(key)]) == 2
    key.write_text(Signer.make("strongroom/r2").private)
    assert main(words) == 2
    assert "the key signs for strongroom/r2" in capsys.readouterr().err


def test_a_ledger_of_the_first_version_gets_its_subtrees_and_proves_itself(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    build(path, (600,), more=2)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in (
            "DROP TABLE subtree",
            "DROP TABLE checkpoint",
            "DROP INDEX entry_corrected",
            "DELETE FROM meta WHERE key = 'tree'",
            "DROP TABLE words",
            "DROP TABLE worded",
            "PRAGMA user_version = 1",
        ):
            connection.execute(statement)
    old = verify(path)
    assert (old.problems, old.entries) == ([], 602)
    assert main(["ledger", "prove", str(path), "5", "-o", str(tmp_path / "p")]) == 2
    for _ in range(2):
        store = Store(SqliteStorage(path))
        store.open()
        assert store.size == 602
        store.close()
    sealed.sign(path)
    assert verify(path, [sealed.KEY]).problems == []
    assert Reader(path).inclusion(300).root.hex() == old.root


def test_the_tree_of_a_ledger_is_chosen_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    build(path, tree="sm3")
    Store(SqliteStorage(path)).open()
    Store(SqliteStorage(path), "sm3").open()
    with pytest.raises(LedgerError, match=r"made with sm3.*cannot become sha256"):
        Store(SqliteStorage(path), "sha256").open()
    with pytest.raises(LedgerError, match="no tree is made with 'md5'"):
        Store(SqliteStorage(tmp_path / "new.db"), "md5").open()
    assert Reader(path).tree() == "sm3"


def test_a_checkpoint_that_cannot_be_written_waits_with_the_entries(tmp_path: Path) -> None:
    """It goes the way of every work: nothing is lost, nothing stops, when the disk is full."""
    from gateway.ledger.disks import BadDisk

    disk = BadDisk(tmp_path / "ledger.db")
    store = Store(disk)
    store.open()
    store.commit([sealed.work(0, 4)])
    row = make(disk.path)
    recording: list[bool] = []
    writer = Writer(store, lambda works, more: None, lambda on, why: recording.append(on))
    disk.trouble = sqlite3.OperationalError("database or disk is full")
    writer.start()
    writer.append(Work(checkpoints=[row]))
    wait_for(lambda: recording == [False], what="the disk's refusal")
    disk.trouble = None
    wait_for(lambda: recording == [False, True], what="the disk's return")
    assert [one.note for one in Reader(disk.path).checkpoints()] == [row.note]
    assert writer.stop()
