import ast
import sqlite3
from pathlib import Path

import pytest
import strongroom_gateway.ledger.verify
from gateway.ledger.rows import opened, work
from strongroom_gateway.cli import main
from strongroom_gateway.ledger.verify import verify


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def filled(path: Path) -> str:
    store = opened(path)
    for first in range(1, 60, 7):
        store.commit([work(first, 7)])
    root = store.head.root.hex()
    store.close()
    return root


def tamper(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_an_honest_ledger_proves_itself(path: Path) -> None:
    root = filled(path)
    report = verify(path)
    assert (report.entries, report.root, report.problems) == (63, root, [])


def test_an_empty_ledger_proves_itself(path: Path) -> None:
    opened(path).close()
    assert verify(path).problems == []


UNGUARD = ("DROP TRIGGER entry_no_update", "DROP TRIGGER entry_no_delete")


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        (
            "UPDATE entry SET body = replace(body, '\"mono\":9', '\"mono\":8') WHERE idx = 8",
            "entry 8",
        ),
        ("UPDATE entry SET at = at + 1 WHERE idx = 8", "entry 8"),
        ("UPDATE entry SET kind = 'event/shelf' WHERE idx = 8", "entry 8"),
        ("UPDATE entry SET node = 'n2' WHERE idx = 8", "entry 8"),
        ("UPDATE entry SET node = 'n2, 5' WHERE idx = 8", "entry 8"),
        ("UPDATE entry SET seq = 999 WHERE idx = 8", "entry 8"),
        ("UPDATE entry SET leaf = x'00' WHERE idx = 8", "entry 8"),
        ('UPDATE entry SET body = \'{"b":1,"a":2}\' WHERE idx = 8', "canonical"),
        ("DELETE FROM entry WHERE idx = 8", "entry 8 is missing"),
        ("DELETE FROM entry WHERE idx = 62", "62"),
        ("UPDATE meta SET value = zeroblob(length(value)) WHERE key = 'frontier'", "stored tree"),
        ("DELETE FROM meta WHERE key = 'frontier'", "missing"),
        ("UPDATE mark SET high = 62", "does not count"),
    ],
)
def test_every_tampering_is_found(path: Path, statement: str, word: str) -> None:
    filled(path)
    tamper(path, *UNGUARD, statement)
    problems = [one for one in verify(path).problems if "guard" not in one]
    assert any(word in one for one in problems), problems


def test_a_rewritten_history_has_another_root(path: Path, tmp_path: Path) -> None:
    root = filled(path)
    other = tmp_path / "other.db"
    store = opened(other)
    store.commit([work(1, 62), work(1, 1, node="n2")])
    store.close()
    assert verify(other).problems == []
    assert verify(other).root != root


def test_removed_guards_are_found(path: Path) -> None:
    filled(path)
    tamper(path, *UNGUARD)
    assert len(verify(path).problems) == 2


def test_the_verifier_imports_nothing_of_the_writer() -> None:
    """Its folder, copied elsewhere, works with nothing else of Strongroom around."""
    folder = Path(strongroom_gateway.ledger.verify.__file__).parent
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= 1, file
                assert "strongroom" not in (node.module or ""), file
            elif isinstance(node, ast.Import):
                assert not any("strongroom" in name.name for name in node.names), file


def test_the_command_says_whether_the_record_proves_itself(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = filled(path)
    assert main(["ledger", "verify", str(path)]) == 0
    assert root in capsys.readouterr().out
    tamper(path, *UNGUARD, "UPDATE entry SET at = 0 WHERE idx = 3")
    assert main(["ledger", "verify", str(path)]) == 1
    assert "entry 3" in capsys.readouterr().out
    assert main(["ledger", "verify", str(path) + ".not"]) == 2
    path.write_bytes(b"no database at all" * 100)
    assert main(["ledger", "verify", str(path)]) == 2
