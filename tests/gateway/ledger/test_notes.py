"""Keys and signed notes, against another implementation and a reader written from the text."""

import base64
import stat
from pathlib import Path

import pytest
from gateway.ledger import notes
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.cli import main
from strongroom_gateway.errors import CheckpointError
from strongroom_gateway.ledger.checkpoint import origin, read, write
from strongroom_gateway.ledger.signing import Signer, make_key
from strongroom_gateway.ledger.tree import Head
from strongroom_gateway.ledger.verify.note import UnprovenError, read_checkpoint, read_key

# Made with golang.org/x/mod/sumdb/note v0.42.0 from the seed 00 01 .. 1f.
NAME = "strongroom/archive-1"
SEED = bytes(range(32))
SKEY = f"PRIVATE+KEY+{NAME}+3cc33706+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
VKEY = f"{NAME}+3cc33706+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
TEXT = f"{NAME}\n5\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n"
NOTE = (
    f"{TEXT}\n— {NAME} PMM3Bl6W8FcBAD9+M5eCPrPDJwCoWVvPoDUsF4egCklSoXZ6rM/wCMzRhF4HFD5bCc29gjqvlk0q"
    "Hw67VvMPIhS3IQs=\n"
)
ROOT = bytes([7] * 32)


def test_keys_and_notes_are_those_of_another_implementation() -> None:
    signer = Signer(NAME, SEED)
    assert (signer.private, signer.public) == (SKEY, VKEY)
    assert write(NAME, Head(5, ROOT)) == TEXT
    assert signer.sign(TEXT) == NOTE
    assert signer.signed(NOTE)
    assert read_checkpoint(NOTE.encode(), [read_key(VKEY)])[:3] == (NAME, 5, ROOT)
    assert read(NOTE).head == Head(5, ROOT)


@given(
    st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True),
    st.sampled_from(["sha256", "sm3"]),
    st.integers(0, 2**62),
    st.binary(min_size=32, max_size=32),
)
def test_every_checkpoint_is_read_by_a_reader_written_from_the_text(
    room: str, tree: str, size: int, root: bytes
) -> None:
    name = origin(room, tree)
    signer = Signer.make(name)
    note = signer.sign(write(name, Head(size, root)))
    assert notes.checkpoint(note, signer.public) == (name, size, root)
    said = read_checkpoint(note.encode(), [read_key(signer.public)])
    assert (said.origin, said.size, said.root, said.tree) == (name, size, root, tree)


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
def test_a_note_with_any_byte_changed_is_refused(at: int, by: int) -> None:
    changed = bytearray(NOTE.encode())
    changed[at] ^= by
    with pytest.raises(UnprovenError):
        read_checkpoint(bytes(changed), [read_key(VKEY)])


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_whatever_is_no_note_is_refused_in_words(data: bytes) -> None:
    for keys in (None, [read_key(VKEY)]):
        with pytest.raises(UnprovenError):
            read_checkpoint(data, keys)


def signed(text: str) -> bytes:
    return Signer(NAME, SEED).sign(text).encode()


@pytest.mark.parametrize(
    "text",
    [
        f"{NAME}\n05\n{TEXT.split()[2]}\n",
        f"{NAME}\n-5\n{TEXT.split()[2]}\n",
        f"{NAME}\n5\n{TEXT.split()[2][:-4]}\n",
        f"{NAME}\n5\n",
        f"{NAME}\n5\n\n{TEXT.split()[2]}\n",
        f"{NAME}\n5\n{TEXT.split()[2]}\n\nmore\n",
        f"{NAME}\t\n5\n{TEXT.split()[2]}\n",
        f"strongroom/archive-2\n5\n{TEXT.split()[2]}\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_of_its_key_is_refused(text: str) -> None:
    with pytest.raises(UnprovenError):
        read_checkpoint(signed(text), [read_key(VKEY)])


def test_extension_lines_and_other_signatures_are_let_be() -> None:
    other = Signer.make("witness.example")
    note = signed(TEXT + "something else\n").decode()
    line = other.sign(TEXT + "something else\n").split("\n")[-2]
    assert read_checkpoint(f"{note}{line}\n".encode(), [read_key(VKEY)])[1] == 5


def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    wrong = base64.b64encode(bytes.fromhex("3cc33706") + bytes(64)).decode()
    with pytest.raises(UnprovenError, match="forged"):
        read_checkpoint(f"{NOTE}— {NAME} {wrong}\n".encode(), [read_key(VKEY)])


def test_another_key_of_the_same_name_is_not_trusted() -> None:
    forged = Signer.make(NAME).sign(TEXT)
    assert not Signer(NAME, SEED).signed(forged)
    with pytest.raises(UnprovenError, match="not signed by a key that is trusted"):
        read_checkpoint(forged.encode(), [read_key(VKEY)])
    assert read_checkpoint(forged.encode(), None)[1] == 5  # without a key nothing is said of it


@pytest.mark.parametrize(
    "vkey",
    ["", "x", VKEY[:-4], VKEY.replace("3cc33706", "3cc33707"), SKEY, VKEY.replace("AQO", "AgO")],
)
def test_what_is_no_public_key_is_refused(vkey: str) -> None:
    with pytest.raises(UnprovenError, match="public key"):
        read_key(vkey)


def test_a_key_is_made_once_and_read_by_its_owner_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "keys"
    assert main(["ledger", "key", str(folder), "--room", "archive-1"]) == 0
    public = capsys.readouterr().out.strip()
    private = folder / "ledger.key"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / "ledger.vkey").read_text().strip() == public == Signer.load(private).public
    assert public.startswith("strongroom/archive-1+")
    before = private.read_bytes()
    assert main(["ledger", "key", str(folder), "--room", "archive-1"]) == 2
    assert "not overwritten" in capsys.readouterr().err
    assert private.read_bytes() == before
    (folder / "ledger.vkey").unlink()
    with pytest.raises(CheckpointError, match="not overwritten"):
        make_key(folder, NAME)


def test_a_room_without_a_proper_id_gets_no_key(tmp_path: Path) -> None:
    assert main(["ledger", "key", str(tmp_path), "--room", "a b"]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "line",
    ["", "no key", VKEY, SKEY[:-4], SKEY.replace("+3cc", "+3cd"), SKEY.replace("archive", "a")],
)
def test_a_damaged_private_key_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "ledger.key"
    path.write_text(line)
    with pytest.raises(CheckpointError, match="key"):
        Signer.load(path)
    path.write_text(SKEY + "\n")
    assert Signer.load(path).public == VKEY
