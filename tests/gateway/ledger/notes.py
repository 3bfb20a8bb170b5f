"""A reader of signed notes written from the text of C2SP signed-note and tlog-checkpoint alone."""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def opened(note: str, vkey: str) -> list[str]:
    """Return the lines of a note's text; AssertionError or InvalidSignature when it is not good."""
    name, number, typed = vkey.split("+", 2)
    key = base64.b64decode(typed)
    assert key[0] == 1
    assert hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() == number
    assert not any(ord(sign) < 32 and sign != "\n" for sign in note)
    split = note.rindex("\n\n")
    text, rest = note[: split + 1], note[split + 2 :]
    assert rest.endswith("\n")
    checked = 0
    for line in rest[:-1].split("\n"):
        dash, signer, encoded = line.split(" ")
        assert dash == "\u2014"
        raw = base64.b64decode(encoded, validate=True)
        if signer == name and raw[:4].hex() == number:
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(raw[4:], text.encode())
            checked += 1
    assert checked
    return text[:-1].split("\n")


def checkpoint(note: str, vkey: str) -> tuple[str, int, bytes]:
    """Return origin, size and root of a signed checkpoint."""
    lines = opened(note, vkey)
    assert len(lines) >= 3
    assert all(lines)
    origin, size, root = lines[:3]
    assert str(int(size)) == size
    return origin, int(size), base64.b64decode(root, validate=True)
