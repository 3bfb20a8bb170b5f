"""Keys and signed notes (C2SP signed-note, Ed25519).

A key has a name: the origin of the log it signs. Its identifier is the first four bytes of
SHA-256(name || newline || 0x01 || public key). The private key is one line,
`PRIVATE+KEY+<name>+<id>+<base64 of 0x01 and the seed>`, the public one `<name>+<id>+<base64 of 0x01
and the public key>`: the form that other programs for signed notes read.
"""

import base64
import binascii
import os
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ..errors import CheckpointError

KEY_FILE: Final = "ledger.key"
PUBLIC_FILE: Final = "ledger.vkey"
_ED25519: Final = b"\x01"
_BEGINNING: Final = "PRIVATE+KEY+"


class Signer:
    """Signs notes with one key."""

    def __init__(self, name: str, seed: bytes) -> None:
        self.name = name
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key().public_bytes_raw()
        typed = _ED25519 + self._public
        self._id = sha256(name.encode() + b"\n" + typed).digest()[:4]

    @classmethod
    def make(cls, name: str) -> "Signer":
        """Return a signer with a new key."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def load(cls, path: Path) -> "Signer":
        """Read a private key; CheckpointError when the file is none, OSError when unreadable."""
        words = path.read_text(encoding="utf-8", errors="replace").strip()
        name, _, rest = words.removeprefix(_BEGINNING).partition("+")
        number, _, encoded = rest.partition("+")
        data = _bytes(encoded)
        if not words.startswith(_BEGINNING) or len(data) != 33 or data[:1] != _ED25519:
            raise CheckpointError(f"{path}: not a ledger key")
        signer = cls(name, data[1:])
        if signer._id.hex() != number:
            raise CheckpointError(f"{path}: the key was damaged: its name and number do not fit")
        return signer

    @property
    def public(self) -> str:
        """The public key as others need it (the `vkey` of a note)."""
        return f"{self.name}+{self._id.hex()}+{_text(_ED25519 + self._public)}"

    @property
    def private(self) -> str:
        """The line that `load` reads."""
        return f"{_BEGINNING}{self.name}+{self._id.hex()}+{_text(_ED25519 + self._seed)}"

    def sign(self, text: str) -> str:
        """Return the signed note of a text, which must end with a newline."""
        signature = self._key.sign(text.encode())
        return f"{text}\n\N{EM DASH} {self.name} {_text(self._id + signature)}\n"

    def signed(self, note: str) -> bool:
        """Return whether a note carries a signature by the name and number of this key."""
        start = f"\N{EM DASH} {self.name} "
        words = [line.removeprefix(start) for line in note.split("\n") if line.startswith(start)]
        return any(_bytes(word)[:4] == self._id for word in words)


def make_key(folder: Path, name: str) -> Signer:
    """Make a key in a folder: the private one readable by its owner alone, and the public one.

    Raises CheckpointError when there is a key already; a key is never overwritten.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    signer = Signer.make(name)
    private, public = folder / KEY_FILE, folder / PUBLIC_FILE
    for path in (private, public):
        if path.exists():
            raise CheckpointError(f"{path}: there is a key already, and it is not overwritten")
    try:
        _write_new(private, signer.private, 0o600)
        _write_new(public, signer.public, 0o644)
    except FileExistsError as error:
        path = Path(error.filename)
        raise CheckpointError(
            f"{path}: there is a key already, and it is not overwritten"
        ) from None
    return signer


def _write_new(path: Path, line: str, mode: int) -> None:
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    """Return what a base64 text stands for, nothing when it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
