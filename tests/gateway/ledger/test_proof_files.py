"""One file that proves one entry to somebody with nothing but the public key."""

import base64
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import strongroom_gateway.ledger.verify
from gateway.ledger import notes, sealed
from gateway.ledger.rfc6962 import Oracle
from gateway.ledger.sealed import KEY, SIGNER, build, unguarded
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.cli import main
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.signing import Signer
from strongroom_gateway.ledger.verify.note import UnprovenError, read_key
from strongroom_gateway.ledger.verify.proof import check_proof


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("proofs") / "ledger.db"
    build(path)
    return path


def test_the_file_holds_entry_proof_and_checkpoint_as_the_format_says(ledger: Path) -> None:
    """Read here by the text of C2SP tlog-proof."""
    reader = Reader(ledger)
    rows = reader.entries(limit=100)
    oracle = Oracle([bytes.fromhex(one.leaf) for one in rows])
    for idx in (0, 13, 19, 36):
        head, note = reader.proof(idx).split("\n\n", 1)
        header, extra, index, *hashes = head.split("\n")
        assert (header, index) == ("c2sp.org/tlog-proof@v1", f"index {idx}")
        assert [base64.b64decode(one) for one in hashes] == oracle.path(idx, 0, 37)
        assert notes.checkpoint(note, SIGNER.public) == ("strongroom/r1", 37, oracle.mth(0, 37))
        entry = base64.b64decode(extra.removeprefix("extra "))
        assert hashlib.sha256(b"\x00" + entry).hexdigest() == rows[idx].leaf
        assert json.loads(entry)["body"] == rows[idx].body
        proven = check_proof(reader.proof(idx).encode(), [KEY])
        assert (proven.entry, proven.checkpoint.size) == (json.loads(entry), 37)
    reader.close()


@pytest.fixture(scope="module")
def proof(ledger: Path) -> bytes:
    return Reader(ledger).proof(19).encode()


@given(data=st.data())
def test_a_file_with_any_byte_changed_proves_nothing(proof: bytes, data: st.DataObject) -> None:
    changed = bytearray(proof)
    changed[data.draw(st.integers(0, len(proof) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(UnprovenError):
        check_proof(bytes(changed), [KEY])


@given(data=st.data())
def test_a_file_with_a_line_lost_doubled_or_moved_proves_nothing(
    proof: bytes, data: st.DataObject
) -> None:
    lines = proof.split(b"\n")
    at = data.draw(st.integers(0, len(lines) - 2))
    line = lines.pop(at)
    for to in data.draw(st.sampled_from([[], [at, at], [at + 1]])):
        lines.insert(to, line)
    changed = b"\n".join(lines)
    if changed != proof and not changed.startswith(proof.rstrip(b"\n")):
        with pytest.raises(UnprovenError):
            check_proof(changed, [KEY])


@given(st.binary(max_size=200))
def test_whatever_is_no_proof_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(UnprovenError):
        check_proof(data, [KEY])


@pytest.mark.parametrize("signer", [Signer.make("strongroom/r1"), Signer.make("strongroom/r2")])
def test_another_key_proves_nothing(proof: bytes, signer: Signer) -> None:
    with pytest.raises(UnprovenError, match="trusted"):
        check_proof(proof, [read_key(signer.public)])
    assert check_proof(proof, [read_key(signer.public), KEY]).entry["idx"] == 19


def test_what_was_signed_but_is_no_entry_proves_nothing() -> None:
    """A signed head over leaves that are not entries of this place, room or form."""
    for entry in (
        b"no entry",
        b"[]",
        b'{"idx":0}',
        b'{"at":1,"body":{},"boot":null,"idx":1,"kind":"k","node":null,"room":"r1","seq":null}',
        b'{"at":1,"body":{},"boot":null,"idx":0,"kind":"k","node":null,"room":"r2","seq":null}',
        b'{"at":1,"body": {},"boot":null,"idx":0,"kind":"k","node":null,"room":"r1","seq":null}',
    ):
        root = hashlib.sha256(b"\x00" + entry).digest()
        note = SIGNER.sign(f"strongroom/r1\n1\n{base64.b64encode(root).decode()}\n")
        extra = base64.b64encode(entry).decode()
        with pytest.raises(UnprovenError, match="entry"):
            check_proof(f"c2sp.org/tlog-proof@v1\nextra {extra}\nindex 0\n\n{note}".encode(), [KEY])


def test_the_commands_prove_and_check(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "entry.tlog-proof"
    vkey = tmp_path / "ledger.vkey"
    vkey.write_text(SIGNER.public + "\n")
    assert main(["ledger", "prove", str(ledger), "7", "-o", str(file)]) == 0
    assert "entry 7" in capsys.readouterr().out
    for key in (SIGNER.public, str(vkey)):
        assert main(["ledger", "check", str(file), "--key", key]) == 0
        said = capsys.readouterr().out
        assert "entry 7 is in the ledger strongroom/r1" in said
        assert "权证 7" in said
    other = Signer.make("strongroom/r1").public
    assert main(["ledger", "check", str(file), "--key", other]) == 1
    assert "proves nothing" in capsys.readouterr().out
    assert main(["ledger", "check", str(file), "--key", "nonsense"]) == 2
    assert main(["ledger", "check", str(tmp_path / "none"), "--key", other]) == 2


@pytest.mark.parametrize(("idx", "word"), [("38", "no checkpoint covers"), ("40", "not within")])
def test_what_is_not_signed_yet_or_not_there_is_not_proven(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], idx: str, word: str
) -> None:
    file = tmp_path / "entry.tlog-proof"
    assert main(["ledger", "prove", str(ledger), idx, "-o", str(file)]) == 2
    assert word in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", ["at = at + 1", "leaf = zeroblob(32)"])
@pytest.mark.parametrize("idx", [20, 21])
def test_what_was_changed_is_not_proven(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str, idx: int
) -> None:
    """Neither the changed entry nor, when its leaf was changed, one whose way leads past it."""
    path = sealed.copied(ledger, tmp_path / "spoilt.db")
    with unguarded(path) as connection:
        connection.execute(f"UPDATE entry SET {change} WHERE idx = 20")
    code = main(["ledger", "prove", str(path), str(idx), "-o", str(tmp_path / "p")])
    if idx == 20 or change.startswith("leaf"):
        assert code == 2
        assert "changed since its checkpoint" in capsys.readouterr().err
    else:
        assert code == 0


def test_the_verifier_works_alone_with_its_folder_and_the_public_key(
    ledger: Path, tmp_path: Path, proof: bytes
) -> None:
    """As somebody would who does not trust the gateway's program."""
    shutil.copytree(Path(strongroom_gateway.ledger.verify.__file__).parent, tmp_path / "verify")
    (tmp_path / "entry.tlog-proof").write_bytes(proof)
    blocked = "raise ImportError('not here')\n"
    (tmp_path / "strongroom_gateway.py").write_text(blocked)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "verify", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    done = run("check", "entry.tlog-proof", "--key", SIGNER.public)
    assert (done.returncode, done.stderr) == (0, "")
    assert "entry 19 is in the ledger" in done.stdout
    done = run("verify", str(ledger), "--key", SIGNER.public)
    assert done.returncode == 0
    assert "3 checkpoints signed and fit" in done.stdout
    (tmp_path / "entry.tlog-proof").write_bytes(proof.replace(b"index 19", b"index 18"))
    assert run("check", "entry.tlog-proof", "--key", SIGNER.public).returncode == 1


def test_a_proof_of_an_sm3_tree(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    build(path, (12, 300), tree="sm3")
    signer = Signer("strongroom/r1/sm3", bytes(range(32)))
    proof = Reader(path).proof(260).encode()
    assert check_proof(proof, [read_key(signer.public)]).checkpoint.tree == "sm3"
    with sqlite3.connect(path) as connection:
        leaf = connection.execute("SELECT leaf FROM entry WHERE idx = 260").fetchone()[0]
    entry = base64.b64decode(proof.split(b"\n")[1].removeprefix(b"extra "))
    assert hashlib.new("sm3", b"\x00" + entry).digest() == leaf
