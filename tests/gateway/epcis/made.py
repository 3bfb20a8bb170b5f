"""A small ledger of custody to export, and the site whose names it is told in."""

import json
from zoneinfo import ZoneInfo

from strongroom_gateway.epcis.events import Teller
from strongroom_gateway.epcis.export import Export, Span
from strongroom_gateway.epcis.naming import Naming
from strongroom_gateway.epcis.reading import Ledger
from strongroom_gateway.epcis.section import EpcisSection
from strongroom_gateway.ledger.canonical import canonical
from strongroom_gateway.ledger.storage import SqliteStorage
from strongroom_gateway.ledger.store import Store
from strongroom_gateway.ledger.work import EntryRow, Work

T0 = 1_800_000_000_000  # 2027-01-15 16:00:00 in Shanghai
BASE = "https://archive.example.com/"
OWN = EpcisSection(base=BASE)
GS1 = EpcisSection(
    base=BASE,
    company_prefix="6901234",
    box_type="00012",
    document_type="00034",
    location="00011",
    party="00000",
)
SHANGHAI = ZoneInfo("Asia/Shanghai")
ITEMS = {"HX-H-01": "box", "HX-H-02": "box", "QZ-7": "certificate", "K-1": "key"}


def write(path, entries, items=ITEMS, tree=None):
    """Make a ledger, or add to one. Entries are (kind, body), a second apart."""
    store = Store(SqliteStorage(path), tree)
    store.open()
    first = store.size
    rows = [
        EntryRow(T0 + 1_000 * (first + n), kind, "r1", None, None, None, canonical(body))
        for n, (kind, body) in enumerate(entries)
    ]
    states = {
        f"r/item/{item}": json.dumps(
            {"id": item, "name": item} | ({} if kind == "box" else {"kind": kind})
        )
        for item, kind in items.items()
    }
    store.commit([Work(entries=rows, states=states)])
    store.close()
    return path


class Told:
    """An export, taken whole: its events, its report, the names that were given."""

    def __init__(self, path, site=OWN, span=None):
        ledger = Ledger(path)
        try:
            self.naming = Naming(site, ledger.kind_of)
            self.teller = Teller(self.naming, SHANGHAI, ledger.tree)
            export = Export(ledger, self.teller, span or Span())
            self.events = list(export)
            self.report = export.report
        finally:
            ledger.close()


def why(at, **more):
    return {"rule": "test", "at": at, **more}


LIFE = [
    ("item.registered", {"by": "li.wen", "item": {"id": "HX-H-01", "name": "one"}}),
    (
        "item.registered",
        {"by": "li.wen", "item": {"id": "HX-H-01", "tags": ["3315a537c8000300000003e9"]}},
    ),
    ("tag.bound", {"by": "li.wen", "item": "HX-H-02", "tag": "e2801160600002084c1a2b3c"}),
    ("item.packed", {"by": "li.wen", "item": "QZ-7", "parent": "HX-H-01"}),
    ("item.filed", {"by": "li.wen", "item": "HX-H-01", "place": "a-03-2-14"}),
    ("slip.approved", {"by": "zhang", "slip": "S-2027-1", "items": ["HX-H-01", "HX-H-02"]}),
    (
        "movement.check_out",
        {
            "item": "HX-H-01",
            "holder": "zhang",
            "place": "@holder",
            "desk": "front",
            "slip": "S-2027-1",
            "why": why(T0 + 5_500),
        },
    ),
    (
        "movement.exit",
        {
            "item": "HX-H-01",
            "holder": "zhang",
            "place": "@outside",
            "gate": "exit",
            "why": why(T0 + 6_700, leave={"slip": "S-2027-1"}),
        },
    ),
    (
        "movement.exit_without_leave",
        {
            "item": "HX-H-02",
            "holder": None,
            "place": "@outside",
            "gate": "exit",
            "last_holder": "wang",
            "why": why(T0 + 7_700),
        },
    ),
    (
        "movement.return_pending",
        {
            "item": "HX-H-01",
            "holder": "zhang",
            "place": "@returning",
            "gate": "exit",
            "why": why(T0 + 8_700),
        },
    ),
    (
        "movement.return",
        {
            "item": "HX-H-01",
            "holder": None,
            "place": "a-03-2-14",
            "desk": "front",
            "why": why(T0 + 9_700),
        },
    ),
    ("movement.handed_in", {"item": "HX-H-01", "place": "@inspection", "desk": "front"}),
    ("movement.missing", {"item": "QZ-7", "holder": None, "place": "@missing"}),
    (
        "return.inspected",
        {
            "by": "li.wen",
            "item": "HX-H-01",
            "items": ["HX-H-01"],
            "complete": False,
            "damaged": True,
        },
    ),
    (
        "safe.reconciled",
        {"safe": "deeds", "complete": True, "items": ["QZ-7"], "missing": ["K-1"], "extra": []},
    ),
    ("stocktake.signed", {"by": "li.wen", "found": [], "missing": ["HX-H-02"]}),
    (
        "movement.accepted",
        {"item": "QZ-7", "holder": "zhang", "place": "@holder", "safe": "deeds", "why": {}},
    ),
]
