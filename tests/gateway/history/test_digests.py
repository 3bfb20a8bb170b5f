"""Digests of days that closed while the ledger took nothing: told of, and written when it can."""

import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from gateway.history.shop import DAY, HOUR, Shop, series
from strongroom_gateway.cli import main
from strongroom_gateway.history.days import DIGEST
from strongroom_gateway.history.keeper import Keeper
from strongroom_gateway.history.store import IMPORT
from strongroom_gateway.history.verify import Verified, together, verify
from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.work import EntryRow, Work

D0 = 20_000 * DAY  # 2024-10-04


class Refusing(Shop):
    """A shop whose ledger takes nothing while it `refuses`, as a writer with a full disk: what is
    handed over waits in memory, and is gone when the gateway is.
    """

    refuses = True

    def step(self, now: int) -> None:
        """Do what the gateway does in a while."""
        self.keeper.take()
        self.keeper.close(now)
        self.keeper.seal()
        if not self.refuses:
            self.commit(now)

    def killed(self) -> None:
        """The gateway ends without a word and starts again."""
        self.waiting.clear()
        self.keeper = self.new_keeper()

    def compared(self) -> Verified:
        with closing(self.reader()) as reader:
            return verify(reader, self.ledger)

    def digests(self) -> list[tuple[str, int]]:
        entries = self.ledger.entries(kind=DIGEST, limit=500)
        return [(one["day"], one["revision"]) for e in entries for one in e.body["days"]]


def test_days_that_close_while_the_ledger_refuses_are_told_and_written_later(
    tmp_path: Path,
) -> None:
    with Refusing(tmp_path) as shop:
        for day in range(4):
            shop.receive(series(D0 + day * DAY, 24, HOUR))
            shop.step(D0 + (day + 1) * DAY)
        found = shop.compared()
        assert found.waiting == [("n1/t1", f"2024-10-0{n}") for n in (4, 5, 6, 7)]
        assert (found.unsealed, found.findings) == (4, []), "late is no fault"
        shop.refuses = False
        for n in range(3):
            shop.step(D0 + 4 * DAY + n)
        assert shop.digests() == [(f"2024-10-0{n}", 1) for n in (4, 5, 6, 7)], "each once"
        assert (shop.compared().waiting, shop.compared().findings) == ([], [])


def test_what_waited_in_memory_when_the_gateway_was_killed_is_handed_over_again(
    tmp_path: Path,
) -> None:
    with Refusing(tmp_path) as shop:
        shop.receive(series(D0, 24, HOUR))
        shop.history.import_readings("old", [(D0, 20.0, 50.0)], "a.csv", "aa", {}, 1, HOUR)
        shop.step(D0 + DAY)
        assert len(shop.waiting) == 3, "a day, an import and its day"
        shop.killed()
        shop.refuses = False
        for n in range(3):
            shop.step(D0 + DAY + n)
        assert sorted(shop.digests()) == [("2024-10-04", 1), ("2024-10-04", 1)]
        assert len(shop.ledger.entries(kind=IMPORT)) == 1
        assert shop.compared().waiting == []


def test_days_that_a_ledger_from_a_backup_has_lost_are_written_once_more(tmp_path: Path) -> None:
    with Refusing(tmp_path) as shop:
        shop.refuses = False
        backup = tmp_path / "backup.db"
        for day in range(3):
            shop.receive(series(D0 + day * DAY, 24, HOUR))
            for n in range(3):
                shop.step(D0 + (day + 1) * DAY + n)
            if day == 0:
                with closing(sqlite3.connect(shop.ledger_path)) as live:
                    live.execute("VACUUM INTO ?", (str(backup),))
        assert len(shop.digests()) == 3
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.move(backup, tmp_path / "ledger.db")
    with Refusing(tmp_path) as shop:
        lost = shop.compared()
        assert [one.what for one in lost.findings] == ["undigested", "undigested"]
        assert lost.unsealed == 2
        shop.refuses = False
        for n in range(3):
            shop.step(D0 + 3 * DAY + n)
        assert shop.digests() == [("2024-10-04", 1), ("2024-10-05", 1), ("2024-10-06", 1)]
        assert (shop.compared().findings, shop.compared().unsealed) == ([], 0)


def test_a_day_that_nobody_will_write_is_a_finding(tmp_path: Path) -> None:
    with Refusing(tmp_path) as shop:
        shop.receive(series(D0, 24, HOUR))
        shop.step(D0 + DAY)
        with closing(sqlite3.connect(shop.path)) as thief:
            thief.execute("DELETE FROM seal")
            thief.commit()
        assert [one.what for one in shop.compared().findings] == ["undigested"]


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ([], []),
        (["a 2024-02-28", "a 2024-02-29", "a 2024-03-01"], ["a 2024-02-28 2024-03-01 3"]),
        (
            ["a 2024-01-01", "a 2024-01-03"],
            ["a 2024-01-01 2024-01-01 1", "a 2024-01-03 2024-01-03 1"],
        ),
        (
            ["a 2024-01-01", "b 2024-01-02"],
            ["a 2024-01-01 2024-01-01 1", "b 2024-01-02 2024-01-02 1"],
        ),
    ],
)
def test_days_in_a_row_are_told_together(days: list[str], found: list[str]) -> None:
    pairs: Iterable[Any] = [tuple(one.split()) for one in days]
    assert [" ".join(map(str, one)) for one in together(pairs)] == found


def test_the_command_says_which_days_wait(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gateway.toml").write_text(
        '[room]\nid = "r1"\nname = "r"\ntime_zone = "UTC"\n[ledger]\npath = "ledger.db"\n'
        '[history]\npath = "history.db"\n'
    )
    with Refusing(tmp_path) as shop:
        shop.receive(series(D0, 48, HOUR))
        shop.step(D0 + 2 * DAY)
    config = str(tmp_path / "gateway.toml")
    assert main(["climate", "verify", "--config", config]) == 0
    said = capsys.readouterr().out
    assert "n1/t1, 2024-10-04 to 2024-10-05 (2 days)" in said


def test_a_ledger_that_refuses_the_hand_over_itself_gets_it_at_the_next_step(
    tmp_path: Path,
) -> None:
    with Shop(tmp_path) as shop:
        shop.receive(series(D0, 24, HOUR))
        full, given = True, []

        def submit(kind: str, body: Mapping[str, Any]) -> None:
            if full:
                raise OSError("the disk is full")
            given.append((kind, canonical(body)))

        keeper = Keeper(shop.history, shop.ledger, submit, grace=0)
        keeper.take()
        keeper.close(D0 + DAY)
        for _ in range(2):
            with pytest.raises(OSError, match="full"):
                keeper.seal()
        full = False
        assert keeper.seal() == 1 and keeper.seal() == 0
        rows = [EntryRow(0, kind, "r1", None, None, None, body) for kind, body in given]
        shop.store.commit([Work(entries=rows)])
        with closing(Reader(shop.ledger_path)) as ledger, closing(shop.reader()) as reader:
            assert verify(reader, ledger).findings == []
