"""A ledger of a million entries: what verification, a proof and an append cost.

Judged by processor time, which does not depend on what else the machine does; all of it is work of
one thread on a file in the page cache.
"""

import statistics
import time
from pathlib import Path

import pytest
from bench.ledger_size import rows
from gateway.ledger.sealed import NOW
from strongroom_gateway.ledger import checkpoint
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.signing import Signer
from strongroom_gateway.ledger.storage import SqliteStorage, open_reader
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.ledger.verify import verify
from strongroom_gateway.ledger.verify.note import read_key
from strongroom_gateway.ledger.work import Work

ENTRIES = 1_000_000
SIGNER = Signer("strongroom/bench", bytes(32))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_million_entries(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    store = Store(SqliteStorage(path))
    store.open()
    seconds = []
    while store.size < ENTRIES:
        first, count = store.size, 2_000
        marks = {(f"load-{n}", 1, "event"): ((first + count) // 20, "[]") for n in range(20)}
        began = time.process_time()
        store.commit([Work(entries=rows(first, count), marks=marks)])
        seconds.append(time.process_time() - began)
        if first % 10_000 == 0:
            connection = open_reader(path)
            row = checkpoint.make(connection, SIGNER, NOW)
            connection.close()
            assert row is not None
            store.commit([Work(checkpoints=[row])])
    store.close()
    early, late = statistics.median(seconds[5:105]), statistics.median(seconds[-100:])
    print(
        f"append: {early / 2_000 * 1e6:.1f} us at the beginning, {late / 2_000 * 1e6:.1f} us at the end"
    )
    assert late < early * 2

    reader = Reader(path)
    proofs = []
    for idx in range(3, ENTRIES, 9_973):
        for ask in (lambda: reader.inclusion_view(idx), lambda: reader.consistency(idx, ENTRIES)):  # noqa: B023  # called at once
            began = time.process_time()
            ask()
            proofs.append(time.process_time() - began)
    reader.close()
    print(
        f"a proof: median {statistics.median(proofs) * 1e3:.1f} ms,"
        f" longest {max(proofs) * 1e3:.1f} ms"
    )
    assert max(proofs) < 0.05

    began = time.process_time()
    report = verify(path, [read_key(SIGNER.public)])
    took = time.process_time() - began
    print(
        f"verified {report.entries} entries and {report.checkpoints} checkpoints in {took:.1f} s of processor time"
    )
    assert report.problems == []
    assert report.checkpoints == 100
    assert took < 60
