"""Roots of the eight test leaves that every implementation of RFC 6962 is checked with."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.ledger.merkle import Frontier, leaf_hash

LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree_hash(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_of_the_known_leaves(size: int) -> None:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf_hash(bytes.fromhex(leaf)))
    assert frontier.root().hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=8), max_size=70), st.integers(0, 70))
def test_any_tree_has_the_root_of_the_definition_also_when_reloaded(
    leaves: list[bytes], reload_at: int
) -> None:
    frontier = Frontier()
    for at, leaf in enumerate(leaves):
        if at == reload_at:
            frontier = Frontier.load(frontier.dump())
        frontier.append(leaf_hash(leaf))
    assert frontier.root() == tree_hash(leaves)


@pytest.mark.parametrize("data", [b"", b"1234567", bytes(9), (3).to_bytes(8, "big") + bytes(32)])
def test_what_is_no_frontier_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="frontier"):
        Frontier.load(data)
