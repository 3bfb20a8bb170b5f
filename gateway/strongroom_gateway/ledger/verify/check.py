"""Recomputes a ledger from its raw rows: every entry, the whole tree, and what was signed of it.

This folder shares nothing with the writer but the file format, so that a mistake of the one is not
a mistake of the other. Leaf and tree are those of RFC 6962: HASH(0x00 || entry) and
HASH(0x01 || left || right); the entry is the canonical JSON of its columns.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from .canonical import read
from .format import application_problem, guard_problems, has_table, type_problems
from .heads import Heads
from .note import Key
from .projections import Rows
from .report import Report
from .tree import TREES, Tree, hash_named

Progress = Callable[[int, int], None]
"""Called now and then with how many entries are done, of how many."""
_EVERY = 20_000
_NO_ROOM = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH}
_ENTRIES = (
    "SELECT idx, at, kind, room, node, boot, seq, body, leaf FROM entry NOT INDEXED ORDER BY idx"
)


def verify(
    path: Path,
    keys: Sequence[Key] | None = None,
    since: Sequence[tuple[str, bytes]] = (),
    progress: Progress | None = None,
) -> Report:
    """Read the whole ledger at ``path`` and return what is wrong with it.

    With ``keys`` the signature of every checkpoint is checked too. ``since`` are checkpoints kept
    elsewhere, as (name, content): the ledger must have grown from them. Raises sqlite3.Error when
    the file is no database, UnprovenError when its tree cannot be computed on this machine.
    """
    report = Report()
    connection = _opened(path)
    try:
        _recompute(connection, report, keys, since, progress)
    except UnicodeDecodeError:
        # SQLite's own message quoted something that is no text.
        report.complain(f"the database is damaged at or behind entry {report.entries}")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in _DAMAGED:
            raise
        report.complain(
            f"the database is damaged at or behind entry {report.entries}: {error}", report.entries
        )
    finally:
        connection.close()
    return report


def _opened(path: Path) -> sqlite3.Connection:
    """Open a ledger at one moment of it, though the gateway goes on writing.

    A ledger at rest on a medium that cannot be written to, where SQLite finds no room for its
    helper files, is opened as one that nobody changes.
    """
    modes = ["mode=ro", "mode=ro&immutable=1"]
    while True:
        uri = f"{path.absolute().as_uri()}?{modes.pop(0)}"
        connection = sqlite3.connect(uri, uri=True)
        connection.text_factory = bytes
        try:
            connection.execute("BEGIN")
            connection.execute("PRAGMA schema_version").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            log = path.with_name(f"{path.name}-wal")
            at_rest = not log.exists() or log.stat().st_size == 0
            if error.sqlite_errorcode & 0xFF not in _NO_ROOM or not at_rest or not modes:
                raise
        else:
            return connection


def _recompute(
    connection: sqlite3.Connection,
    report: Report,
    keys: Sequence[Key] | None,
    since: Sequence[tuple[str, bytes]],
    progress: Progress | None,
) -> None:
    for problem in (*application_problem(connection), *guard_problems(connection)):
        report.complain(problem)
    report.tree = _tree_name(connection)
    if report.tree not in TREES:
        report.complain(f"the ledger says that its tree is made with {report.tree!r}")
        return
    tree = Tree(hash_named(report.tree))
    for text, idx in type_problems(connection):
        report.complain(text, idx)
    heads = Heads(connection, report, keys, since)
    rows = Rows()
    _entries(connection, report, tree, heads, rows, progress or (lambda done, total: None))
    report.root = tree.root().hex()
    heads.compare()
    _edge(connection, report)
    _marks(connection, report)
    rows.compare(connection, report)
    for (found,) in connection.execute("PRAGMA integrity_check(5)"):
        if found != b"ok":
            report.complain(f"the database is damaged: {_shown(found)}")


def _tree_name(connection: sqlite3.Connection) -> str:
    found = connection.execute("SELECT value FROM meta WHERE key = 'tree'").fetchone()
    return _shown(found[0]) if found else "sha256"


def _entries(
    connection: sqlite3.Connection,
    report: Report,
    tree: Tree,
    heads: Heads,
    rows: Rows,
    progress: Progress,
) -> None:
    """Walk through the entries; stop at a gap, for what follows has no place."""
    new = hash_named(report.tree)
    total = connection.execute("SELECT coalesce(max(idx) + 1, 0) FROM entry").fetchone()[0]
    stored = _subtrees(connection)
    names: dict[bytes | None, bytes] = {None: b"null"}
    wanted = rows.wanted
    stop = heads.next(0, tree)
    for row in connection.execute(_ENTRIES):
        idx, at, kind, room, node, boot, seq, body, leaf = row
        expected = report.entries
        if idx != expected:
            report.complain(f"entry {expected} is missing: the next is {idx}", expected)
            break
        if expected == stop:
            stop = heads.next(expected, tree)
        problem, value = read(body) if type(body) is bytes else ("its body is no text", None)
        if problem is not None:
            report.complain(f"entry {idx} is not what was recorded: {problem}", idx)
        elif wanted[kind]:
            rows.take(idx, at, kind, value)
        for name in (kind, room, node):
            if name not in names:
                names[name] = _quoted(name)
        text = b'{"at":%b,"body":%b,"boot":%b,"idx":%d,"kind":%b,"node":%b,"room":%b,"seq":%b}' % (
            _number(at),
            body if type(body) is bytes else _number(body),
            b"null" if boot is None else _number(boot),
            idx,
            names[kind],
            names[node],
            names[room],
            b"null" if seq is None else _number(seq),
        )
        computed = new(b"\x00" + text).digest()
        if computed != leaf:
            report.complain(
                f"entry {idx} is not what was recorded: its leaf does not fit its columns", idx
            )
        for level, index, root in tree.add(computed):
            if stored is not None and stored.pop((level, index), None) != root:
                first = index << level
                report.complain(
                    f"the stored subtree of entries {first} to {first + (1 << level) - 1} does not"
                    " fit them"
                )
        report.entries += 1
        if not report.entries % _EVERY:
            progress(report.entries, total)
    heads.next(report.entries, tree)
    for level, index in sorted(stored or ()):
        report.complain(f"there is a stored subtree {level}/{index}, but not the entries of it")


def _number(value: object) -> bytes:
    """Return a column as JSON; one of a wrong type as what never was in an entry."""
    return b"%d" % value if type(value) is int else repr(value).encode()


def _quoted(name: object) -> bytes:
    if type(name) is not bytes:
        return repr(name).encode()
    return json.dumps(name.decode("utf-8", "surrogateescape"), ensure_ascii=False).encode(
        "utf-8", "surrogateescape"
    )


def _shown(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _subtrees(connection: sqlite3.Connection) -> dict[tuple[int, int], bytes] | None:
    """Return the stored subtrees; None of a ledger from before they were stored."""
    if not has_table(connection, "subtree"):
        return None
    rows = connection.execute("SELECT level, idx, hash FROM subtree")
    return {(level, idx): stored for level, idx, stored in rows}


def _edge(connection: sqlite3.Connection, report: Report) -> None:
    """Compare with the tree's edge that the writer stored: size, then the roots of full trees."""
    found = connection.execute("SELECT value FROM meta WHERE key = 'frontier'").fetchone()
    if found is None:
        if report.entries:
            report.complain("the stored tree is missing")
        return
    stored = found[0]
    if not isinstance(stored, bytes):
        report.complain("the stored tree is no tree")
        return
    size = int.from_bytes(stored[:8], "big")
    if size != report.entries:
        report.complain(f"the stored tree has {size} entries, the ledger {report.entries}")
        return
    new = hash_named(report.tree)
    hashes = [stored[at : at + 32] for at in range(8, len(stored), 32)]
    root = hashes.pop() if hashes else new(b"").digest()
    while hashes:
        root = new(b"\x01" + hashes.pop() + root).digest()
    if root.hex() != report.root:
        report.complain(f"the stored tree has root {root.hex()}, the entries give {report.root}")


def _marks(connection: sqlite3.Connection, report: Report) -> None:
    """Every recorded message must count as recorded, or it would be taken a second time."""
    covered: dict[tuple[bytes, int], tuple[int, list[list[int]]]] = {}
    for node, boot, high, beyond in connection.execute(
        "SELECT node, boot, high, beyond FROM mark WHERE lane = 'event'"
    ):
        try:
            ranges = [[int(first), int(end)] for first, end in json.loads(beyond)]
            covered[node, boot] = int(high), ranges
        except (TypeError, ValueError):
            report.complain(f"what counts as recorded of {_shown(node)} {boot} cannot be read")
    rows = connection.execute(
        "SELECT idx, node, boot, seq FROM entry WHERE boot IS NOT NULL ORDER BY node, boot, seq"
    )
    last: tuple[bytes, int, int] | None = None
    for idx, node, boot, seq in rows:
        if type(seq) is not int:
            continue  # found already, as a column of another type
        high, ranges = covered.get((node, boot), (0, []))
        if seq > high and not any(first <= seq <= end for first, end in ranges):
            report.complain(
                f"entry {idx} ({_shown(node)} {boot}/{seq}) does not count as recorded", idx
            )
        if (node, boot, seq) == last:
            report.complain(f"entry {idx} records {_shown(node)} {boot}/{seq} a second time", idx)
        last = (node, boot, seq)
