"""Whatever is done to a ledger is found: with its columns, its file, its order, its end."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from gateway.ledger import sealed
from gateway.ledger.sealed import KEY, SIGNER, build, copied, recorded, rewritten, unguarded
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strongroom_gateway.cli import main
from strongroom_gateway.ledger import checkpoint
from strongroom_gateway.ledger.signing import Signer
from strongroom_gateway.ledger.tree import Head
from strongroom_gateway.ledger.verify import verify

ENTRIES = 40
COLUMNS = ["idx", "at", "kind", "room", "node", "boot", "seq", "body", "leaf"]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("honest") / "ledger.db"
    build(path)
    return path


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where copies are spoilt, one after the other."""
    return tmp_path_factory.mktemp("spoilt") / "ledger.db"


def test_the_honest_one_proves_itself(honest: Path) -> None:
    report = verify(honest, [KEY])
    assert report.problems == []
    assert (report.entries, report.checkpoints, report.covered) == (ENTRIES, 3, 37)


def changed(value: Any, at: int, by: int) -> Any:
    """Return a value of the same type with one byte changed."""
    if value is None:
        return by
    if isinstance(value, int):
        number = bytearray(value.to_bytes(8, "big", signed=True))
        number[at % 8] ^= by
        return int.from_bytes(number, "big", signed=True)
    data = bytearray(value if isinstance(value, bytes) else value.encode())
    data[at % len(data)] ^= by
    return bytes(data)


@settings(max_examples=300)
@given(
    st.integers(0, ENTRIES - 1),
    st.sampled_from(COLUMNS),
    st.integers(0, 400),
    st.integers(1, 255),
)
def test_any_byte_changed_in_any_column_of_an_entry_is_found(
    honest: Path, bench: Path, idx: int, column: str, at: int, by: int
) -> None:
    path = copied(honest, bench)
    with unguarded(path) as connection:
        value = connection.execute(f"SELECT {column} FROM entry WHERE idx = ?", (idx,)).fetchone()[
            0
        ]
        new = changed(value, at, by)
        place = "CAST(? AS TEXT)" if isinstance(value, str) or column == "node" else "?"
        try:
            connection.execute(f"UPDATE entry SET {column} = {place} WHERE idx = ?", (new, idx))
        except sqlite3.IntegrityError:
            assume(False)  # there is an entry of this index, or message, already
    report = verify(path)
    assert report.problems
    if column == "idx":
        assert report.first_bad is not None
        assert report.first_bad <= idx
    else:
        assert report.first_bad == idx


def said(path: Path) -> list[Any] | None:
    """Return all that a ledger says, None when SQLite does not read it."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.text_factory = bytes
            entries = connection.execute(
                "SELECT *, typeof(at), typeof(body), typeof(leaf) FROM entry ORDER BY idx"
            ).fetchall()
            return [entries, connection.execute("SELECT id, size, note FROM checkpoint").fetchall()]
    except (sqlite3.Error, UnicodeDecodeError):  # the latter of a message that quotes the damage
        return None


@settings(max_examples=300)
@given(data=st.data())
def test_any_byte_changed_in_the_file_is_found_or_changes_nothing_that_is_said(
    honest: Path, bench: Path, data: st.DataObject
) -> None:
    path = copied(honest, bench)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    before, after = said(honest), said(path)
    assert before is not None
    try:
        report = verify(path, [KEY])
    except sqlite3.Error:
        return
    if after != before:
        assert report.problems


def test_a_tail_cut_off_is_found_by_a_checkpoint_kept_elsewhere(
    honest: Path, bench: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = copied(honest, tmp_path / "now.db")
    kept = sealed.exported(now, tmp_path)
    earlier = rewritten(honest, tmp_path / "cut.db", recorded(honest)[:30])
    assert verify(earlier, [KEY]).problems == []  # in itself it is whole
    report = verify(earlier, [KEY], [("kept", kept.read_bytes())])
    assert ["entries were cut off" in one for one in report.problems] == [True]
    assert verify(now, [KEY], [("kept", kept.read_bytes())]).problems == []
    words = ["ledger", "verify", str(earlier), "--key", SIGNER.public, "--since", str(kept)]
    assert main(words) == 1
    assert "of 40 entries, but the ledger has 30" in capsys.readouterr().out


def test_swapped_entries_are_found(honest: Path, bench: Path) -> None:
    path = copied(honest, bench)
    with unguarded(path) as connection:
        for old, new in ((8, -1), (9, 8), (-1, 9)):
            connection.execute("UPDATE entry SET idx = ? WHERE idx = ?", (new, old))
    assert verify(path).first_bad == 8


def test_swapped_entries_with_a_tree_made_anew_are_found_by_the_checkpoints(
    honest: Path, tmp_path: Path
) -> None:
    rows = recorded(honest)
    rows[13], rows[14] = rows[14], rows[13]
    report = verify(rewritten(honest, tmp_path / "swapped.db", rows), [KEY])
    assert "checkpoint 2 is not of these entries" in report.problems[0]
    assert "one of 12 to 24" in report.problems[0]
    assert (report.checkpoints, report.covered) == (1, 12)


def test_an_entry_changed_with_a_tree_made_anew_is_found_by_a_checkpoint_kept_elsewhere(
    honest: Path, tmp_path: Path
) -> None:
    kept = sealed.exported(copied(honest, tmp_path / "now.db"), tmp_path).read_bytes()
    rows = recorded(honest)
    rows[39] = rows[39]._replace(at=rows[39].at + 1)
    path = rewritten(honest, tmp_path / "other.db", rows)
    assert verify(path, [KEY]).problems == []  # behind the last stored checkpoint
    [problem] = verify(path, [KEY], [("kept", kept)]).problems
    assert "kept is not of these entries: the first that is not" in problem
    assert "37 to 39" in problem


def test_an_entry_taken_out_is_found_however_the_rest_is_numbered(
    honest: Path, tmp_path: Path
) -> None:
    rows = recorded(honest)
    del rows[5]
    report = verify(rewritten(honest, tmp_path / "less.db", rows), [KEY])
    assert "one of 0 to 11" in report.problems[0]


def put_note(path: Path, number: int, note: str) -> None:
    with unguarded(path) as connection:
        connection.execute("UPDATE checkpoint SET note = ? WHERE id = ?", (note, number))


@pytest.mark.parametrize(
    ("forge", "word"),
    [
        (lambda note: Signer.make("strongroom/r1").sign(note.split("\n\n")[0] + "\n"), "trusted"),
        (lambda note: note.replace("\n25\n", "\n24\n"), "forged"),
        (lambda note: note[:-9] + "AAAAAAA=\n", "forged"),
        (lambda note: "\n\n".join(note.split("\n\n")[:1]) + "\n", "no signatures"),
        (
            lambda note: Signer.make("strongroom/r2").sign("strongroom/r2\n1\nAA==\n"),
            "checkpoint 2",
        ),
        (
            lambda note: SIGNER.sign(checkpoint.write("strongroom/r1", Head(25, bytes(32)))),
            "not of these",
        ),
        (
            lambda note: SIGNER.sign(checkpoint.write("strongroom/r1", Head(26, bytes(32)))),
            "its row 25",
        ),
        (
            lambda note: SIGNER.sign(checkpoint.write("strongroom/r1", Head(99, bytes(32)))),
            "cut off",
        ),
    ],
)
def test_a_forged_checkpoint_is_refused(honest: Path, bench: Path, forge: Any, word: str) -> None:
    path = copied(honest, bench)
    with closing(sqlite3.connect(path)) as connection:
        note = connection.execute("SELECT note FROM checkpoint WHERE id = 2").fetchone()[0]
    put_note(path, 2, forge(note))
    assert any(word in one for one in verify(path, [KEY]).problems)


def test_a_checkpoint_taken_out_is_found(honest: Path, bench: Path) -> None:
    path = copied(honest, bench)
    with unguarded(path) as connection:
        connection.execute("DELETE FROM checkpoint WHERE id = 2")
    assert verify(path).problems == ["checkpoint 2 is missing: the next is 3"]


def test_a_forged_checkpoint_kept_elsewhere_is_refused(honest: Path) -> None:
    forged = Signer.make("strongroom/r1").sign("strongroom/r1\n0\nAA==\n").encode()
    assert "kept: " in verify(honest, [KEY], [("kept", forged)]).problems[0]


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TRIGGER entry_no_update", "CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT 1; END"],
        ["DROP TRIGGER checkpoint_no_delete"],
        ["CREATE TRIGGER extra AFTER INSERT ON entry BEGIN DELETE FROM meta; END"],
        ["PRAGMA application_id = 7"],
        ["UPDATE meta SET value = CAST('sm3' AS BLOB) WHERE key = 'tree'"],
        ["UPDATE meta SET value = CAST('md5' AS BLOB) WHERE key = 'tree'"],
        ["UPDATE meta SET value = x'00' WHERE key = 'frontier'"],
        ["INSERT INTO subtree VALUES (8, 0, zeroblob(32))"],
        ["UPDATE mark SET beyond = '[]', high = 3"],
    ],
)  # fmt: skip
def test_whatever_else_was_changed_is_found(
    honest: Path, bench: Path, statements: list[str]
) -> None:
    path = copied(honest, bench)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    assert verify(path, [KEY]).problems


def test_a_stored_subtree_that_does_not_fit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    build(path, (300, 600))
    assert verify(path, [KEY]).problems == []
    with unguarded(path) as connection:
        connection.execute("UPDATE subtree SET hash = zeroblob(32) WHERE idx = 1")
    assert verify(path).problems == ["the stored subtree of entries 256 to 511 does not fit them"]


@pytest.mark.parametrize(
    "body",
    [
        '{"a":1.0}', '{"a":1e2}', '{"a":-0}', '{"a":-0.0}', '{"a":01}', '{"a":1E400}', '{"a":NaN}', '{"b":1,"a":1}',
        '{"a":1,"a":1}', '{"a": 1}', '{"a":"\\u0041"}', '{"a":"\\/"}', '{"a":9007199254740993}', '{"a":"\\ud800"}',
        '{"\ufb33":1,"\U0001f511":1}', '{"a":1} ', "", "{", '{"a":[1,]}', '{"a":1000000000000000000000000}',
        '{"a":1e-07}', '{"a":0.0000001}', "\ufeff{}",
    ],
)  # fmt: skip
def test_a_body_that_is_not_canonical_is_found_though_its_leaf_fits(
    tmp_path: Path, body: str
) -> None:
    store = sealed.Store(sealed.SqliteStorage(tmp_path / "ledger.db"))
    store.open()
    store.commit([sealed.work(0, 3)])
    store.commit(
        [sealed.Work(entries=[sealed.EntryRow(7, "decision", "r1", None, None, None, body)])]
    )
    store.close()
    report = verify(tmp_path / "ledger.db")
    assert report.first_bad == 3
    assert len(report.problems) == 1


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), json_values, max_size=5))
def test_every_canonical_body_is_taken_as_one(body: dict[str, Any]) -> None:
    from strongroom_gateway.ledger.canonical import canonical
    from strongroom_gateway.ledger.verify.canonical import problem_of

    try:
        text = canonical(body).encode()
    except ValueError:
        assume(False)
    assert problem_of(text) is None
    for spoilt in (text[:1] + b" " + text[1:], text + b" "):
        assert problem_of(spoilt) is not None


LARGEST = 2**53  # RFC 8785: a number is that of a double, and is written as that one is


@pytest.mark.parametrize("text", ['{"a":%s}', '{"a":[1,%s]}', '{"a":[%s]}', "[%s]", "%s"])
def test_a_number_that_no_double_holds_is_not_canonical_wherever_it_stands(text: str) -> None:
    from strongroom_gateway.ledger.verify.canonical import problem_of

    for number in (LARGEST, -LARGEST):
        beyond = number + (1 if number > 0 else -1)
        assert problem_of((text % number).encode()) is None
        assert problem_of((text % beyond).encode()) is not None
        assert problem_of((text % f'"{beyond}"').encode()) is None


@pytest.mark.parametrize("inside", ["e2801160000000000000000012", ":9007199254740993", "[-,1" * 9])
def test_digits_in_a_text_are_no_number(inside: str) -> None:
    from strongroom_gateway.ledger.verify.canonical import problem_of

    assert problem_of(b'{"id":"%b"}' % inside.encode()) is None


@pytest.mark.parametrize("more", [b" ", b"x", b"{}", b"\n", b","])
def test_nothing_may_stand_behind_a_body_or_before_it(more: bytes) -> None:
    from strongroom_gateway.ledger.verify.canonical import problem_of

    assert problem_of(b'{"a":1}' + more) is not None
    assert problem_of(more + b'{"a":1}') is not None


def test_sm3_ledgers_prove_themselves_and_are_named_so(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    note = build(path, (12, 300), tree="sm3")[-1]
    assert note.startswith("strongroom/r1/sm3\n300\n")
    key = sealed.read_key(Signer("strongroom/r1/sm3", bytes(range(32))).public)
    report = verify(path, [key])
    assert (report.problems, report.tree, report.covered) == ([], "sm3", 300)
    assert any("trusted" in one for one in verify(path, [KEY]).problems)


def test_a_machine_without_sm3_refuses_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ledger.db"
    build(path, tree="sm3")

    def without(name: str, *_: object, **__: object) -> None:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr("hashlib.new", without)
    assert main(["ledger", "verify", str(path)]) == 2
    assert "SM3" in capsys.readouterr().out


def test_a_page_lost_below_the_rows_is_a_finding(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "ledger.db"
    build(path, (400,))
    with closing(sqlite3.connect(path)) as connection:
        page = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'entry'"
        ).fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = bytes(size)
    path.write_bytes(content)
    assert main(["ledger", "verify", str(path)]) == 1
    assert "damaged" in capsys.readouterr().out


def test_a_ledger_where_nothing_can_be_written_beside_it_is_verified(
    honest: Path, tmp_path: Path
) -> None:
    """As on an inspector's read-only medium."""
    path = copied(honest, tmp_path / "ledger.db")
    (tmp_path / "ledger.db-shm").symlink_to(tmp_path / "nowhere" / "at-all")
    with pytest.raises(sqlite3.OperationalError), closing(sealed.open_reader(path)) as connection:
        connection.execute("SELECT count(*) FROM entry").fetchone()
    assert verify(path, [KEY]).entries == ENTRIES
    (tmp_path / "ledger.db-wal").write_bytes(b"something newer")
    with pytest.raises(sqlite3.OperationalError):
        verify(path)  # it may not look past what lies in the log beside it


def test_a_finding_cannot_steer_the_terminal_it_is_shown_on(
    honest: Path, bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copied(honest, bench)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        name = "x\x1b[2J\x9b2J\u202e"
        connection.execute(f'CREATE TRIGGER "{name}" AFTER DELETE ON meta BEGIN SELECT 1; END')
    assert main(["ledger", "verify", str(path)]) == 1
    assert capsys.readouterr().out.replace("\n", "").isprintable()


def progress_lines(path: Path) -> Iterator[tuple[int, int]]:
    seen: list[tuple[int, int]] = []
    verify(path, progress=lambda done, total: seen.append((done, total)))
    yield from seen


def test_progress_is_told_of_a_long_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    build(path, (45_000,), more=1)
    assert list(progress_lines(path)) == [(20_000, 45_001), (40_000, 45_001)]
