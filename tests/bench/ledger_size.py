"""What the length of the ledger costs: an append at 10,000 and at 10,000,000 entries, and the start of the gateway.

Both ledgers are open at once and are written to in turn, so that what else the machine does hits both.
"""

import statistics
import time
from pathlib import Path
from typing import Any

from strongroom_gateway.ledger.storage import SqliteStorage
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.ledger.work import EntryRow, Work

from bench.subjects import Gateway, quick_broker

BODY = (
    '{"act":"seen","ant":null,"boot":%d,"clk":"ntp","id":"04a1b2c3d4e5f6","mono":%d,"n":1,"reader":"desk",'
    '"rssi":null,"seq":%d,"span":0,"tech":"hf","ts":1795000000000}'
)
NODES = 20
FILL_BATCH = 2000


def rows(first: int, count: int) -> list[EntryRow]:
    """Return ``count`` events spread over the nodes, as they are stored."""
    return [
        EntryRow(
            1_795_000_000_000 + n,
            "event.tag",
            "bench",
            f"load-{n % NODES}",
            1,
            n // NODES + 1,
            BODY % (1, n * 10, n // NODES + 1),
        )
        for n in range(first, first + count)
    ]


def fill(path: Path, entries: int) -> Store:
    """Return a ledger with so many entries, open; says how far it is."""
    store = Store(SqliteStorage(path))
    store.open()
    done, began = store.head.size, time.perf_counter()
    while done < entries:
        store.commit([Work(entries=rows(done, min(FILL_BATCH, entries - done)))])
        done = store.head.size
        if done % 1_000_000 == 0:
            rate = done / (time.perf_counter() - began)
            print(f"  filling {path.name}: {done:,} entries, {rate:,.0f}/s", flush=True)
    return store


def run(folder: Path, large: int, rounds: int, batch: int = 100) -> dict[str, Any]:
    """Measure; print and return the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    small = 10_000
    ledgers = {small: fill(folder / "small.db", small), large: fill(folder / "large.db", large)}
    times: dict[int, list[float]] = {small: [], large: []}
    for store in ledgers.values():
        store.commit([Work(entries=rows(store.head.size, batch))])  # the first one reads pages in
    for _ in range(rounds):
        for size, store in ledgers.items():
            work = [Work(entries=rows(store.head.size, batch))]
            began = time.perf_counter()
            store.commit(work)
            times[size].append((time.perf_counter() - began) / batch * 1e6)
    medians = {size: statistics.median(values) for size, values in times.items()}
    ratio = medians[large] / medians[small]
    for size, store in ledgers.items():
        store.close()
        mega = (folder / ("small.db" if size == small else "large.db")).stat().st_size / 1e6
        quarters = statistics.quantiles(times[size], n=4)
        print(
            f"append at {size:>10,} entries: {medians[size]:.1f} us (quartiles {quarters[0]:.1f} .. {quarters[2]:.1f},"
            f" batches of {batch}), {mega:,.0f} MB"
        )
    print(f"cost of an append at {large:,} to that at {small:,}: {ratio:.2f}", flush=True)
    return {"append_us": {str(k): v for k, v in medians.items()}, "ratio": ratio}


def starts(folder: Path, entries: int, rounds: int) -> dict[str, Any]:
    """Measure the start of the gateway, until it is healthy, on an empty ledger and on a long one."""
    figures: dict[str, Any] = {}
    with quick_broker(folder / "broker") as broker:
        for name, size in (("empty", 0), (f"{entries:,} entries", entries)):
            values = []
            gateway = Gateway(folder / f"start-{size}", broker.port, "paho")
            if size:
                fill(gateway.folder / "ledger.db", size).close()
            for _ in range(rounds):
                if not size:
                    for old in gateway.folder.glob("ledger.db*"):
                        old.unlink()
                values.append(gateway.start())
                memory = gateway.memory()
                gateway.stop()
            figures[name] = {"seconds": values, "memory_mb": memory}
            print(
                f"start on {name:>18}: {statistics.median(values):.2f} s until healthy,"
                f" {memory[0]:.0f} MB resident",
                flush=True,
            )
    return figures
