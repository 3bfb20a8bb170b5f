"""Small works for tests of the ledger."""

from pathlib import Path

from strongroom_gateway.ledger.storage import SqliteStorage
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.ledger.work import EntryRow, Work


def entry(seq: int, node: str = "n1", boot: int = 1, body: str | None = None) -> EntryRow:
    text = f'{{"boot":{boot},"clk":"none","mono":{seq},"seq":{seq},"ts":null}}'
    return EntryRow(1_800_000_000_000 + seq, "event/tag", "r1", node, boot, seq, body or text)


def work(first: int, count: int = 1, node: str = "n1", boot: int = 1) -> Work:
    """Return a work of events first.. of a node whose earlier ones are all there."""
    last = first + count - 1
    return Work(
        entries=[entry(seq, node, boot) for seq in range(first, last + 1)],
        marks={(node, boot, "event"): (last, "[]")},
    )


def opened(path: Path) -> Store:
    store = Store(SqliteStorage(path))
    store.open()
    return store
