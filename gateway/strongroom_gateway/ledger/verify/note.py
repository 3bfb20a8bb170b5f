"""Signed notes and checkpoints (C2SP signed-note and tlog-checkpoint, Ed25519), read strictly."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MOST_BYTES = 1_000_000
MOST_SIGNATURES = 100
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_DASH = "\N{EM DASH} "


class UnprovenError(ValueError):
    """Something does not prove what it should; the text says why."""


class Key(NamedTuple):
    """A public key with the name it signs for."""

    name: str
    number: bytes
    public: Ed25519PublicKey


class Checkpoint(NamedTuple):
    """A tree head: whose log, how many entries, the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def tree(self) -> str:
        """The hash of the tree: the third word of the origin, SHA-256 without one."""
        words = self.origin.split("/")
        return words[2] if len(words) > 2 else "sha256"


def read_key(vkey: str) -> Key:
    """Read a public key, `<name>+<number>+<base64>`; UnprovenError when it is none."""
    name, _, rest = vkey.strip().partition("+")
    number, _, encoded = rest.partition("+")
    data = _decoded(encoded)
    if not _NAME.fullmatch(name) or data is None or len(data) != 33 or data[0] != 1:
        raise UnprovenError("this is not a public key of a ledger")
    expected = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    if expected.hex() != number:
        raise UnprovenError("the public key was damaged: its name and number do not fit it")
    return Key(name, expected, Ed25519PublicKey.from_public_bytes(data[1:]))


def read_note(data: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text of a note and its signatures as (name, number and signature)."""
    if len(data) > MOST_BYTES:
        raise UnprovenError("the note is too long")
    try:
        note = data.decode()
    except UnicodeDecodeError:
        raise UnprovenError("the note is not UTF-8") from None
    if _CONTROL.search(note):
        raise UnprovenError("the note has control characters")
    text, blank, rest = note.rpartition("\n\n")
    lines = rest.split("\n")
    if not blank or not text or lines.pop() != "":
        raise UnprovenError("the note has no signatures")
    if len(lines) > MOST_SIGNATURES:
        raise UnprovenError("the note has too many signatures")
    signatures = []
    for line in lines:
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        signature = _decoded(encoded)
        if not line.startswith(_DASH) or not _NAME.fullmatch(name) or not signature:
            raise UnprovenError("a signature line of the note is malformed")
        if len(signature) < 5:
            raise UnprovenError("a signature of the note is too short")
        signatures.append((name, signature))
    if not signatures:
        raise UnprovenError("the note has no signatures")
    return text + "\n", signatures


def read_checkpoint(data: bytes, keys: Sequence[Key] | None) -> Checkpoint:
    """Read a checkpoint and check that one of the keys signed it for its own origin.

    With ``keys`` None signatures are not looked at. Raises UnprovenError.
    """
    text, signatures = read_note(data)
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or "" in lines:
        raise UnprovenError("this is not a checkpoint")
    origin, size, encoded = lines[:3]
    root = _decoded(encoded)
    if not _SIZE.fullmatch(size) or root is None or len(root) != 32:
        raise UnprovenError("this is not a checkpoint")
    if keys is not None:
        _check_signed(text, origin, signatures, keys)
    return Checkpoint(origin, int(size), root)


def _check_signed(
    text: str, origin: str, signatures: Sequence[tuple[str, bytes]], keys: Sequence[Key]
) -> None:
    good = False
    for name, signature in signatures:
        for key in keys:
            if (key.name, key.number) != (name, signature[:4]) or key.name != origin:
                continue
            try:
                key.public.verify(signature[4:], text.encode())
            except InvalidSignature:
                raise UnprovenError("the signature is wrong: somebody forged it") from None
            good = True
    if not good:
        raise UnprovenError(f"it is not signed by a key that is trusted for {origin}")


def _decoded(encoded: str) -> bytes | None:
    """Return what base64 stands for, None when it is not the one way to write it."""
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == encoded else None
