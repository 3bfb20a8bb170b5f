"""A history with a ledger beside it, as the gateway has them, without the gateway."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from strongroom_gateway.climate.validity.limits import Correction
from strongroom_gateway.history.keeper import Keeper, Retention
from strongroom_gateway.history.query import HistoryReader
from strongroom_gateway.history.store import History
from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.storage import SqliteStorage
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.ledger.work import EntryRow, ReadingRow, Work

HOUR = 3_600_000
DAY = 24 * HOUR


class Shop:
    """Readings go into the ledger, the keeper takes them; entries wait until `commit`."""

    def __init__(
        self, folder: Path, zone: str = "UTC", hold: int = HOUR, retention: Retention | None = None
    ) -> None:
        self.path = folder / "history.db"
        self.ledger_path = folder / "ledger.db"
        self.store = Store(SqliteStorage(self.ledger_path))
        self.store.open()
        self.ledger = Reader(self.ledger_path)
        self.history = History(self.path, zone, hold)
        self.retention = retention or Retention()
        self.waiting: list[tuple[str, Mapping[str, Any]]] = []
        self.corrections: dict[str, Correction] = {}
        self.keeper = self.new_keeper()
        self._seq = 0

    def new_keeper(self) -> Keeper:
        return Keeper(
            self.history,
            self.ledger,
            lambda kind, body: self.waiting.append((kind, body)),
            self.retention,
            grace=0,
            corrections=self.corrections,
        )

    def receive(self, rows: Sequence[tuple[int, float, float]], sensor: str = "t1") -> None:
        """Write readings of node n1 into the ledger as the gateway does."""
        readings = []
        for at, t, rh in rows:
            self._seq += 1
            body = canonical({"sensor": sensor, "t": t, "rh": rh})
            readings.append(
                ReadingRow(at, "climate", "n1", 1, self._seq, self._seq, at, "ntp", body)
            )
        self.store.commit([Work(readings=readings)])

    def commit(self, at: int = 0) -> None:
        """Let what waits for the ledger become durable."""
        rows = [
            EntryRow(at, kind, "room", None, None, None, canonical(body))
            for kind, body in self.waiting
        ]
        self.waiting.clear()
        self.store.commit([Work(entries=rows)])

    def seal_all(self) -> None:
        self.keeper.seal()
        self.commit()
        self.keeper.seal()

    def reader(self) -> HistoryReader:
        return HistoryReader(self.path)

    def __enter__(self) -> "Shop":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.history.close()
        self.ledger.close()
        self.store.close()


def series(
    start: int, count: int, step: int, t: float = 20.0, rh: float = 50.0
) -> list[tuple[int, float, float]]:
    """Return readings that drift a little, every `step` ms."""
    return [
        (start + n * step, round(t + 0.01 * (n % 37), 2), round(rh + 0.1 * (n % 11), 1))
        for n in range(count)
    ]
