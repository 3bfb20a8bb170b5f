"""Checks one proof file (C2SP tlog-proof), with nothing but a public key."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from .canonical import problem_of
from .note import Checkpoint, Key, UnprovenError, read_checkpoint
from .tree import check_inclusion, hash_named

HEADER = "c2sp.org/tlog-proof@v1"
MEMBERS = {"at", "body", "boot", "idx", "kind", "node", "room", "seq"}
_INDEX = re.compile(r"0|[1-9][0-9]{0,18}")
_MOST_HASHES = 63
_LATEST = 253_402_300_799_999  # the end of the year 9999


class Proven(NamedTuple):
    """An entry, and the signed head of the ledger that it is in."""

    entry: dict[str, Any]
    checkpoint: Checkpoint


def check_proof(data: bytes, keys: Sequence[Key]) -> Proven:
    """Return what a proof file proves; UnprovenError when it proves nothing."""
    head, blank, note = data.partition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    if not blank or lines[0] != HEADER:
        raise UnprovenError("this is not a proof file")
    if len(lines) < 3 or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise UnprovenError("the proof file does not hold its entry")
    checkpoint = read_checkpoint(note, keys)
    text = _bytes(lines[1].removeprefix("extra "))
    index = lines[2].removeprefix("index ")
    if not _INDEX.fullmatch(index) or len(lines) > 3 + _MOST_HASHES:
        raise UnprovenError("the proof file is malformed")
    path = [_bytes(line) for line in lines[3:]]
    if any(len(one) != 32 for one in path):
        raise UnprovenError("the proof file is malformed")
    new = hash_named(checkpoint.tree)
    leaf = new(b"\x00" + text).digest()
    check_inclusion(new, int(index), checkpoint.size, leaf, path, checkpoint.root)
    return Proven(_entry(text, int(index), checkpoint), checkpoint)


def _entry(text: bytes, idx: int, checkpoint: Checkpoint) -> dict[str, Any]:
    """Return the entry. Its hash was signed, so what is wrong here was signed like that."""
    problem = problem_of(text)
    if problem is not None:
        raise UnprovenError(f"the entry: {problem}")
    entry = json.loads(text)
    if not isinstance(entry, dict) or set(entry) != MEMBERS or entry["idx"] != idx:
        raise UnprovenError("the entry is not one of a ledger at this place")
    if type(entry["at"]) is not int or not 0 <= entry["at"] <= _LATEST:
        raise UnprovenError("the entry has no time")
    if checkpoint.origin.split("/")[1:2] != [entry["room"]]:
        raise UnprovenError(f"the entry is of room {entry['room']}, not of {checkpoint.origin}")
    return entry


def _bytes(encoded: str) -> bytes:
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise UnprovenError("the proof file is malformed") from None
    if base64.b64encode(data).decode() != encoded:
        raise UnprovenError("the proof file is malformed")
    return data
