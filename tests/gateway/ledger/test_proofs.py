"""Proofs from a stored ledger against the definition, and the check of proofs against forgeries."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from gateway.ledger.rfc6962 import Oracle, sm3
from gateway.ledger.rows import opened, work
from gateway.ledger.test_merkle import LEAVES, ROOTS
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.errors import LedgerError, OutsideTreeError
from strongroom_gateway.ledger import schema
from strongroom_gateway.ledger.hashing import PLAIN, tree_hash
from strongroom_gateway.ledger.merkle import Frontier, leaf_hash
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.tree import Prover, store_subtrees
from strongroom_gateway.ledger.verify.note import UnprovenError
from strongroom_gateway.ledger.verify.tree import Tree, check_consistency, check_inclusion

HASHES = {"sha256": hashlib.sha256, "sm3": sm3}


def planted(leaves: Sequence[bytes], name: str = "sha256") -> sqlite3.Connection:
    """Return a ledger whose entries are nothing but leaves."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(connection)
    frontier = Frontier(tree=tree_hash(name))
    connection.execute("BEGIN")
    connection.execute("DROP TRIGGER entry_in_order")  # it makes plain rows slow to plant
    connection.executemany(
        "INSERT INTO entry VALUES (?, 0, 'k', 'r', NULL, NULL, NULL, '{}', ?)", enumerate(leaves)
    )
    for leaf in leaves:
        frontier.append(leaf)
    store_subtrees(connection, frontier.finished)
    rows = [("frontier", frontier.dump()), ("tree", name.encode())]
    connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
    connection.execute("COMMIT")
    return connection


def made_leaves(count: int, name: str) -> list[bytes]:
    return [HASHES[name](b"\x00%d" % n).digest() for n in range(count)]


class Planted:
    def __init__(self, name: str, count: int) -> None:
        self.connection = planted(made_leaves(count, name), name)
        self.prover = Prover(self.connection)
        self.oracle = Oracle(made_leaves(count, name), HASHES[name])
        self.new = HASHES[name]
        self.count = count


@pytest.fixture(scope="module", params=[("sha256", 1_300), ("sm3", 600), ("sha256", 70_000)])
def ledger(request: Any) -> Iterator[Planted]:
    made = Planted(*request.param)
    yield made
    made.connection.close()


# The inclusion and consistency proofs of the eight well-known leaves that implementations of
# RFC 6962 are checked with: (leaf, size) and (size, size).
PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
GROWN = {
    (1, 1): [],
    (1, 8): PATHS[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


@pytest.fixture(scope="module")
def known() -> Prover:
    return Prover(planted([leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]))


@pytest.mark.parametrize(("place", "expected"), PATHS.items())
def test_inclusion_proofs_of_the_known_leaves(
    known: Prover, place: tuple[int, int], expected: list[str]
) -> None:
    proof = known.inclusion(*place)
    assert [one.hex() for one in proof.hashes] == expected
    assert proof.root.hex() == ROOTS[place[1]]
    check_inclusion(hashlib.sha256, *place, proof.leaf, proof.hashes, proof.root)


@pytest.mark.parametrize(("sizes", "expected"), GROWN.items())
def test_consistency_proofs_of_the_known_leaves(
    known: Prover, sizes: tuple[int, int], expected: list[str]
) -> None:
    proof = known.consistency(*sizes)
    assert [one.hex() for one in proof.hashes] == expected
    assert [proof.old.root.hex(), proof.new.root.hex()] == [ROOTS[size] for size in sizes]
    check_consistency(hashlib.sha256, tuple(proof.old), tuple(proof.new), proof.hashes)


@given(data=st.data())
def test_any_inclusion_proof_is_that_of_the_definition(
    ledger: Planted, data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, ledger.count))
    idx = data.draw(st.integers(0, size - 1))
    proof = ledger.prover.inclusion(idx, size)
    assert proof.hashes == ledger.oracle.path(idx, 0, size)
    assert proof.root == ledger.oracle.mth(0, size)
    check_inclusion(ledger.new, idx, size, proof.leaf, proof.hashes, proof.root)


@given(data=st.data())
def test_any_consistency_proof_is_that_of_the_definition(
    ledger: Planted, data: st.DataObject
) -> None:
    new = data.draw(st.integers(1, ledger.count))
    old = data.draw(st.integers(1, new))
    proof = ledger.prover.consistency(old, new)
    assert proof.hashes == ledger.oracle.proof(old, new)
    assert (proof.old.root, proof.new.root) == (
        ledger.oracle.mth(0, old),
        ledger.oracle.mth(0, new),
    )
    check_consistency(ledger.new, tuple(proof.old), tuple(proof.new), proof.hashes)


def test_every_proof_of_small_trees_is_that_of_the_definition() -> None:
    leaves = made_leaves(33, "sha256")
    prover, oracle = Prover(planted(leaves)), Oracle(leaves)
    for size in range(1, 34):
        assert prover.head(size).root == oracle.mth(0, size)
        for idx in range(size):
            assert prover.inclusion(idx, size).hashes == oracle.path(idx, 0, size)
        for old in range(1, size + 1):
            assert prover.consistency(old, size).hashes == oracle.proof(old, size)


Mutated = tuple[int, int, bytes, list[bytes], bytes]


@st.composite
def mutations(
    draw: st.DrawFn, size: int, idx: int, leaf: bytes, path: list[bytes], root: bytes
) -> Mutated:
    """Return a proof with one thing changed."""

    def flipped(data: bytes) -> bytes:
        at = draw(st.integers(0, len(data) * 8 - 1))
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        return bytes(changed)

    which = draw(st.sampled_from(["leaf", "root", "hash", "drop", "add", "swap", "idx"]))
    path = list(path)
    at = draw(st.integers(0, len(path) - 1))
    if which == "leaf":
        leaf = flipped(leaf)
    elif which == "root":
        root = flipped(root)
    elif which == "hash":
        path[at] = flipped(path[at])
    elif which == "drop":
        del path[at]
    elif which == "add":
        path.insert(at, draw(st.sampled_from([root, leaf, *path])))
    elif which == "swap" and len(path) > 1:
        other = (at + draw(st.integers(1, len(path) - 1))) % len(path)
        path[at], path[other] = path[other], path[at]
    else:
        idx = draw(st.integers(0, size - 1).filter(lambda one: one != idx))
    return idx, size, leaf, path, root


@given(data=st.data())
def test_a_changed_inclusion_proof_proves_nothing(data: st.DataObject) -> None:
    leaves = made_leaves(40, "sha256")
    oracle = Oracle(leaves)
    size = data.draw(st.integers(2, 40))
    idx = data.draw(st.integers(0, size - 1))
    right = (size, idx, leaves[idx], oracle.path(idx, 0, size), oracle.mth(0, size))
    idx, size, leaf, path, root = data.draw(mutations(*right))
    with pytest.raises(UnprovenError):
        check_inclusion(hashlib.sha256, idx, size, leaf, path, root)


@given(data=st.data())
def test_a_changed_consistency_proof_proves_nothing(data: st.DataObject) -> None:
    oracle = Oracle(made_leaves(40, "sha256"))
    new = data.draw(st.integers(2, 40))
    old = data.draw(st.integers(1, new - 1))
    path = oracle.proof(old, new)
    right = (new, old, oracle.mth(0, old), path, oracle.mth(0, new))
    changed, new, old_root, path, new_root = data.draw(mutations(*right))
    if changed == 0:
        changed = new  # of no entries there is no proof at all
    with pytest.raises(UnprovenError):
        check_consistency(hashlib.sha256, (changed, old_root), (new, new_root), path)


@pytest.mark.parametrize("sizes", [(0, 5), (6, 5), (-1, 5)])
def test_nothing_grows_from_nothing_or_backwards(sizes: tuple[int, int]) -> None:
    oracle = Oracle(made_leaves(8, "sha256"))
    roots = [(size, oracle.mth(0, max(size, 0))) for size in sizes]
    with pytest.raises(UnprovenError):
        check_consistency(hashlib.sha256, roots[0], roots[1], [])


def test_two_roots_of_one_size_are_two_histories() -> None:
    with pytest.raises(UnprovenError, match="two histories"):
        check_consistency(hashlib.sha256, (3, bytes(32)), (3, b"\x01" * 32), [])


@pytest.mark.parametrize(("idx", "size"), [(0, 0), (5, 5), (-1, 5), (0, 1_301), (0, -1)])
def test_what_is_not_in_the_tree_has_no_proof(known: Prover, idx: int, size: int) -> None:
    with pytest.raises(OutsideTreeError):
        known.inclusion(idx, size)


@pytest.mark.parametrize("sizes", [(0, 5), (6, 5), (1, 9), (-1, 2)])
def test_what_is_no_tree_has_no_consistency(known: Prover, sizes: tuple[int, int]) -> None:
    with pytest.raises(OutsideTreeError):
        known.consistency(*sizes)


def test_a_proof_reads_some_hundred_rows_of_a_large_ledger() -> None:
    """Counted in steps of SQLite's machine; reading every leaf takes more than 70,000 * 5."""
    connection = planted(made_leaves(70_000, "sha256"))
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 100
        return 0

    connection.set_progress_handler(count, 100)
    prover = Prover(connection)
    prover.inclusion(12_345, 69_999)
    prover.consistency(40_001, 69_999)
    connection.set_progress_handler(None, 0)
    assert 0 < steps < 20_000


def test_a_hole_in_the_stored_tree_is_no_proof() -> None:
    connection = planted(made_leaves(600, "sha256"))
    connection.execute("DELETE FROM subtree WHERE idx = 0")
    with pytest.raises(LedgerError, match="entries 0 to 255 is not whole"):
        Prover(connection).inclusion(300, 600)


def test_the_writer_stores_the_subtrees_it_completes(tmp_path: Path) -> None:
    store = opened(tmp_path / "ledger.db")
    for first in range(1, 1_040, 13):
        store.commit([work(first, 13)])
    size, root = store.head
    store.close()
    reader = Reader(tmp_path / "ledger.db")
    leaves = [
        bytes.fromhex(one.leaf) for one in [*reader.entries(limit=1_000), *reader.entries(999)]
    ]
    oracle = Oracle(leaves)
    assert (len(leaves), oracle.mth(0, size)) == (size, root)
    assert reader.inclusion(777).hashes == oracle.path(777, 0, size)
    assert reader.consistency(300, 900).hashes == oracle.proof(300, 900)
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        rows = connection.execute("SELECT level, idx, hash FROM subtree ORDER BY idx").fetchall()
    assert rows == [(8, n, oracle.mth(n * 256, n * 256 + 256)) for n in range(4)]


def test_a_failed_commit_stores_no_subtree(tmp_path: Path) -> None:
    store = opened(tmp_path / "ledger.db")
    store.commit([work(1, 250)])
    with pytest.raises(sqlite3.IntegrityError):
        store.commit([work(251, 20), work(1)])
    store.commit([work(251, 3)])
    store.commit([work(254, 20)])
    store.close()
    reader = Reader(tmp_path / "ledger.db")
    oracle = Oracle([bytes.fromhex(one.leaf) for one in reader.entries(limit=1_000)])
    assert reader.inclusion(260).hashes == oracle.path(260, 0, 273)


@given(st.lists(st.binary(max_size=4), max_size=600))
def test_the_verifiers_tree_is_that_of_the_definition(data: list[bytes]) -> None:
    leaves = [hashlib.sha256(b"\x00" + one).digest() for one in data]
    oracle, tree = Oracle(leaves), Tree(hashlib.sha256)
    done = [one for leaf in leaves for one in tree.add(leaf)]
    assert (tree.size, tree.root()) == (len(leaves), oracle.mth(0, len(leaves)))
    assert done == [(8, n, oracle.mth(n << 8, (n + 1) << 8)) for n in range(len(leaves) >> 8)]


def test_the_verifiers_tree_hands_out_every_eighth_level() -> None:
    leaves = made_leaves(65_536 * 2, "sha256")
    oracle, tree = Oracle(leaves), Tree(hashlib.sha256)
    done = [one for leaf in leaves for one in tree.add(leaf)]
    assert [one for one in done if one[0] != 8] == [
        (16, n, oracle.mth(n << 16, (n + 1) << 16)) for n in range(2)
    ]
    assert tree.root() == oracle.mth(0, len(leaves))


def test_sm3_is_that_of_the_standard() -> None:
    """GB/T 32905-2016, appendix A.1: the hash of "abc"."""
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert tree_hash("sm3").new(b"abc").hexdigest() == expected


def test_a_machine_without_sm3_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str, *_: object, **__: object) -> None:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(hashlib, "new", without)
    with pytest.raises(LedgerError, match="OpenSSL of this machine has no SM3"):
        tree_hash("sm3")
    assert tree_hash("sha256") is PLAIN
