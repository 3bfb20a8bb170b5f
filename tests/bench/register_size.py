"""A register of 600,000 boxes: how long the list takes to come in, how fast a box is found,
and how long it takes to verify it all.

The names are made of words that archives use, so that common fragments hit many boxes, as they do
in life. The baseline of the import is the same number of entries of the same bytes put into the
same kind of ledger, without a register; that of finding is the same request for one box by id.
"""

import csv
import http.client
import itertools
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.storage import SqliteStorage
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.ledger.work import EntryRow, Work

from bench.figures import percentile
from bench.subjects import Gateway, quick_broker

SEED = 20261122
PLACES = ["峨山", "新平", "元江", "澄江", "通海", "华宁", "易门", "江川", "红塔", "玉溪"]
OWNERS = [
    "水泥厂",
    "纺织公司",
    "第一中学",
    "人民医院",
    "自来水公司",
    "烟草公司",
    "化肥厂",
    "供电所",
]
PAPERS = ["供用电合同", "业扩报装", "变更用电", "电费协议", "竣工图纸", "用户申请", "设备清单"]


def rows(count: int) -> list[dict[str, str]]:
    """Return boxes with numbers, names and tags, the same for the same count."""
    pick = random.Random(SEED)
    made = []
    for n in range(count):
        number = f"HX-{'HL'[n % 2]}-{n // 5_000:02d}-{n % 5_000 + 1:04d}"
        name = f"{pick.choice(PLACES)}{pick.choice(OWNERS)}{pick.choice(PAPERS)}{n % 997}号卷"
        made.append(
            {
                "id": number,
                "name": name,
                "number": number,
                "tags": f"e2801160{n:016x}",
                "pages": str(n % 300),
            }
        )
    return made


def run(folder: Path, count: int, finds: int) -> dict[str, Any]:
    """Import, find, print and return the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    boxes = rows(count)
    bare = _bare(folder / "bare.db", boxes)
    with quick_broker(folder / "broker") as broker:
        gateway = Gateway(folder / "gateway", broker.port, "lean")
        config = folder / "gateway" / "gateway.toml"
        config.write_text(
            config.read_text().replace("[api]\n", '[api]\nadmin_socket = "admin.sock"\n')
        )
        gateway.start()
        seconds = _import(folder, boxes, config)
        resident, highest = gateway.memory()
        figures = {
            "boxes": count,
            "import_seconds": seconds,
            "bare_seconds": bare,
            "resident_mb": resident,
            "highest_mb": highest,
            "ledger_mb": (folder / "gateway" / "ledger.db").stat().st_size / 1e6,
        }
        print(
            f"import of {count:,} boxes: {seconds:.0f} s, {count / seconds:,.0f}/s, {seconds / bare:.1f}"
            f" of bare entries; {highest:.0f} MB at most, {figures['ledger_mb']:.0f} MB on the disk"
        )
        figures["find"] = _find(gateway.api_port, boxes, finds)
        gateway.stop()
        figures["verify"] = _verify(folder / "gateway" / "ledger.db")
    return figures


def _bare(path: Path, boxes: list[dict[str, str]]) -> float:
    store = Store(SqliteStorage(path))
    store.open()
    began = time.perf_counter()
    for start in range(0, len(boxes), 500):
        entries = [
            EntryRow(
                0, "item.registered", "bench", None, None, None, canonical({"by": "x", "item": b})
            )
            for b in boxes[start : start + 500]
        ]
        store.commit([Work(entries=entries)])
    seconds = time.perf_counter() - began
    store.close()
    return seconds


def _import(folder: Path, boxes: list[dict[str, str]], config: Path) -> float:
    path = folder / "boxes.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(boxes[0]))
        writer.writeheader()
        writer.writerows(boxes)
    command = [str(Path(sys.executable).parent / "strongroom"), "register", "import", "item"]
    began = time.perf_counter()
    said = subprocess.run(
        [*command, str(path), "--config", str(config)], check=True, capture_output=True, text=True
    )
    assert said.stdout.startswith(f"{len(boxes)} registered"), said.stdout
    return time.perf_counter() - began


def _verify(ledger: Path) -> dict[str, float]:
    """Check the record and every row that follows from it, as an auditor would."""
    command = [str(Path(sys.executable).parent / "strongroom"), "ledger", "verify"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([*command, str(ledger)], check=True, capture_output=True)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"  verify of entries and rows: {seconds:.0f} s, {busy:.0f} s of processor time")
    return {"seconds": seconds, "cpu_seconds": busy}


def _find(port: int, boxes: list[dict[str, str]], finds: int) -> dict[str, dict[str, float]]:
    pick = random.Random(SEED)
    some: Callable[[], dict[str, str]] = lambda: pick.choice(boxes)  # noqa: E731  # a name for the draw
    asked: dict[str, Callable[[], str]] = {
        "number": lambda: some()["number"],
        "beginning of a number": lambda: some()["number"][:10],
        "tag": lambda: some()["tags"],
        "two characters": lambda: pick.choice(PLACES + OWNERS)[:2],
        "one character": lambda: pick.choice(PLACES + OWNERS)[:1],
        "a rare pair across words": lambda: some()["name"][1:5],
        "name and number of a volume": lambda: some()["name"],
        "two fragments": lambda: f"{pick.choice(PLACES)} {pick.choice(PAPERS)}",
        "nothing there": lambda: "不存在的档案",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port)
    figures = {}
    base = _times(
        connection, (f"/api/v1/items/{some()['id']}" for _ in itertools.repeat(None)), finds
    )
    print(f"  {'baseline: one item by its id':32} p50/p95 {base['p50']:.1f} / {base['p95']:.1f} ms")
    for label, word in asked.items():
        paths = (f"/api/v1/find?q={quote(word())}" for _ in itertools.repeat(None))
        figures[label] = _times(connection, paths, finds)
        print(f"  {label:32} p50/p95 {figures[label]['p50']:.1f} / {figures[label]['p95']:.1f} ms")
    connection.close()
    return figures | {"baseline": base}


def _times(connection: http.client.HTTPConnection, paths: Any, count: int) -> dict[str, float]:
    values = []
    for path in itertools.islice(paths, count):
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said
        values.append((time.perf_counter() - began) * 1000)
    return {"p50": percentile(values, 0.5), "p95": percentile(values, 0.95)}
