"""Imports run one way: web to domains to room to contract; the ledger knows none of them."""

import ast
from pathlib import Path

import pytest
import strongroom_gateway

HOME = Path(strongroom_gateway.__file__).parent
DOMAINS = {
    "alarms",
    "climate",
    "custody",
    "loans",
    "nodes",
    "register",
    "rounds",
    "safes",
    "shelves",
}
EDGES = {"api", "service", "running", "surface", "transports", "cli"}

FORBIDDEN = {
    "contract": {"ingest", "ledger", "room", "transport", *DOMAINS, *EDGES},
    "ledger": {"ingest", "room", "transport", *DOMAINS, *EDGES},
    "transport": {"ingest", "ledger", "room", *DOMAINS, *EDGES},
    "ingest": {"room", *DOMAINS, *EDGES},
    "room": {"ledger", "transport", *DOMAINS, *EDGES},
    **{domain: {"ledger", "transport", *EDGES} for domain in DOMAINS},
    "loans": {"ledger", "transport", "custody", *EDGES},
}
PURE = [
    "room",
    "alarms/isa182.py",
    "alarms/book.py",
    "climate",
    "custody",
    "loans",
    "nodes",
    "shelves",
    "hours.py",
]
OUTSIDE = {
    "time",
    "socket",
    "sqlite3",
    "threading",
    "logging",
    "os",
    "random",
    "asyncio",
    "subprocess",
}


def imported(path):
    """Yield what a module imports, our own as the first part below the package."""
    package = path.relative_to(HOME.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            if not node.level:
                yield node.module
                continue
            base = package[: -node.level]
            module = ".".join([*base, *(node.module or "").split(".")]).rstrip(".")
            yield from (f"{module}.{n.name}" for n in node.names)


def ours(path):
    """Yield the parts of our own that a module imports; a part's section is configuration."""
    for name in imported(path):
        parts = [p for p in name.split(".") if p]
        if parts[0] == "strongroom_gateway" and len(parts) > 1:
            yield "config" if parts[2:3] == ["section"] else parts[1]


@pytest.mark.parametrize("folder", sorted(FORBIDDEN))
def test_one_way(folder):
    files = [f for f in (HOME / folder).rglob("*.py") if f.name != "command.py"]
    assert files
    wrong = {
        f"{f.relative_to(HOME)} -> {o}" for f in files for o in set(ours(f)) & FORBIDDEN[folder]
    }
    assert wrong == set()


@pytest.mark.parametrize("path", sorted(HOME.glob("*/section.py")), ids=lambda p: p.parent.name)
def test_a_section_is_configuration_and_knows_no_code(path):
    """What lets everybody import a part's section: it brings along words, and no code of a part."""
    parts = [name.split(".") for name in imported(path) if name.startswith("strongroom_gateway.")]
    assert parts
    wrong = [
        part
        for part in parts
        if part[1] not in {"section", "config_check"} and part[2] not in {"section", "model"}
    ]
    assert wrong == []


@pytest.mark.parametrize("part", PURE)
def test_the_core_is_pure(part):
    path = HOME / part
    files = [f for f in (path.rglob("*.py") if path.is_dir() else [path]) if f.name != "command.py"]
    wrong = {f"{f.name}: {m}" for f in files for m in imported(f) if m.split(".")[0] in OUTSIDE}
    assert wrong == set()
