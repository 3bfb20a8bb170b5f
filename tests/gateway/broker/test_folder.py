"""The folder that `strongroom broker init` makes, and what the other actions do with it."""

import os
import pwd
import ssl
import stat
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from strongroom_gateway.broker import authority
from strongroom_gateway.broker.check import problems
from strongroom_gateway.broker.folder import BrokerFolder
from strongroom_gateway.cli import main
from support.needs import program

from .conftest import init

Refusal = Callable[..., str]


@pytest.fixture
def refusal(capsys: pytest.CaptureFixture[str]) -> Refusal:
    """Return a function that runs a command that must be refused and returns what it says."""

    def run(*words: object) -> str:
        capsys.readouterr()
        assert main([str(word) for word in words]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("strongroom: ")
        assert said.err.count("\n") == 1
        return said.err

    return run


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_keys_are_for_their_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        init(tmp_path / "open")
        os.umask(0o077)
        init(tmp_path / "closed")
    finally:
        os.umask(before)
    for folder in (tmp_path / "open", tmp_path / "closed"):
        keys = sorted(folder.rglob("key.*"))
        assert len(keys) == 3 + 2 * 2
        assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
        for name in ("ca", "nodes", "gateway", "nodes/a"):
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o700


def test_every_key_is_its_own_and_fits_its_certificate(folder: Path) -> None:
    keys = set()
    for home in ("ca", "server", "gateway", "nodes/a", "nodes/b"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_cert_chain(folder / home / "cert.pem", folder / home / "key.pem")
        certificate = x509.load_pem_x509_certificate((folder / home / "cert.pem").read_bytes())
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert isinstance(key.curve, ec.SECP256R1)
        keys.add(key.public_numbers())
    assert len(keys) == 5


@pytest.mark.needs("openssl")
@pytest.mark.parametrize(("home", "purpose"), [("server", "sslserver"), ("nodes/a", "sslclient")])
def test_openssl_accepts_each_certificate_for_its_purpose_and_no_other(
    folder: Path, home: str, purpose: str
) -> None:
    def verify(wanted: str) -> int:
        command = [program("openssl"), "verify", "-x509_strict", "-purpose", wanted]
        command += ["-CRLfile", folder / "server" / "revoked.pem", "-crl_check"]
        command += ["-CAfile", folder / "ca" / "cert.pem", folder / home / "cert.pem"]
        return subprocess.run(command, capture_output=True, check=False).returncode

    other = {"sslserver": "sslclient", "sslclient": "sslserver"}[purpose]
    assert verify(purpose) == 0
    assert verify(other) != 0


@pytest.mark.needs("openssl")
def test_the_binary_files_hold_the_same_as_the_text_files(folder: Path) -> None:
    node = folder / "nodes" / "a"

    def der(command: str, file: str) -> bytes:
        words = [program("openssl"), command, "-in", node / file, "-outform", "DER"]
        return subprocess.run(words, capture_output=True, check=True).stdout

    assert der("x509", "cert.pem") == (node / "cert.der").read_bytes()
    assert der("x509", "ca.pem") == (node / "ca.der").read_bytes()
    key = subprocess.run(
        [program("openssl"), "pkey", "-inform", "DER", "-in", node / "key.der"],
        capture_output=True,
        check=True,
    )
    assert key.stdout == (node / "key.pem").read_bytes()


def test_a_certificate_is_good_before_any_clock_is_set_and_for_decades(folder: Path) -> None:
    for path in folder.rglob("cert.pem"):
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        assert certificate.not_valid_before_utc <= datetime(2000, 1, 1, tzinfo=UTC)
        assert certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=29 * 365)


def test_the_server_is_known_under_every_host_it_was_given(tmp_path: Path) -> None:
    init(tmp_path / "broker", "--host", "10.0.0.5", "--host", "fd00::5", "--host", "room.lan")
    certificate = x509.load_pem_x509_certificate(
        (tmp_path / "broker" / "server" / "cert.pem").read_bytes()
    )
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in names} == {
        "10.0.0.5",
        "fd00::5",
        "room.lan",
        "localhost",
        "127.0.0.1",
    }


def test_init_never_overwrites_anything(folder: Path, refusal: Refusal) -> None:
    before = contents(folder)
    said = refusal("broker", "init", folder, "--room", "r", "--node", "a", "--user", _me())
    assert "not empty" in said
    assert contents(folder) == before


def test_init_that_fails_leaves_nothing(
    tmp_path: Path, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "mosquitto.conf")

    monkeypatch.setattr("strongroom_gateway.broker.folder.access_list", full)
    said = refusal("broker", "init", tmp_path / "x", "--room", "r", "--user", _me())
    assert "No space left" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--room", "Archive 1"], "no name"),
        (["--room", "r", "--node", "A"], "no name"),
        (["--room", "r", "--node", "a/b"], "no name"),
        (["--room", "r", "--node", "+"], "no name"),
        (["--room", "r", "--node", "a\n"], "no name"),
        (["--room", "r", "--node", "a" * 33], "no name"),
        (["--room", "r", "--node", "gateway"], "uses that name"),
        (["--room", "r", "--node", "state"], "uses that name"),
        (["--room", "r", "--node", "alarm"], "uses that name"),
        (["--room", "r", "--node", "a", "--node", "a"], "twice"),
        (["--room", "r", "--host", "a b"], "neither a host name"),
        (["--room", "r", "--bind", "here"], "no IP address"),
        (["--room", "r", "--port", "70000"], "port 70000"),
        (["--room", "r", "--user", "nobody-of-that-name"], "nobody-of-that-name"),
    ],
)
def test_init_refuses_what_cannot_work_and_says_why(
    tmp_path: Path, refusal: Refusal, words: list[str], reason: str
) -> None:
    assert reason in refusal("broker", "init", tmp_path / "broker", *words)
    assert list(tmp_path.iterdir()) == []


def test_a_node_gets_no_second_certificate_and_an_unknown_one_cannot_be_revoked(
    folder: Path, refusal: Refusal
) -> None:
    before = contents(folder)
    assert "already" in refusal("broker", "add-node", folder, "a")
    assert "those that have: a, b" in refusal("broker", "revoke", folder, "c")
    assert "no name" in refusal("broker", "add-node", folder, "../x")
    assert contents(folder) == before


def test_commands_on_a_folder_that_is_none_say_so(tmp_path: Path, refusal: Refusal) -> None:
    for words in (["check"], ["add-node"], ["revoke"]):
        more = ["a"] if words != ["check"] else []
        assert "not a broker folder" in refusal("broker", *words, tmp_path, *more)


def test_revoking_needs_the_authoritys_key_which_may_be_kept_elsewhere(
    folder: Path, refusal: Refusal
) -> None:
    away = (folder / "ca" / "key.pem").rename(folder.parent / "key.pem")
    assert "bring the authority's key back" in refusal("broker", "revoke", folder, "a")
    assert "bring the authority's key back" in refusal("broker", "add-node", folder, "c")
    assert problems(BrokerFolder(folder)) == []
    away.rename(folder / "ca" / "key.pem")
    assert main(["broker", "revoke", str(folder), "a"]) == 0


def test_revoked_nodes_stay_revoked_and_their_keys_are_deleted(folder: Path) -> None:
    serials = set()
    for name in ("a", "b"):
        path = folder / "nodes" / name / "cert.pem"
        serials.add(x509.load_pem_x509_certificate(path.read_bytes()).serial_number)
        assert main(["broker", "revoke", str(folder), name]) == 0
    listed = x509.load_pem_x509_crl((folder / "server" / "revoked.pem").read_bytes())
    assert {entry.serial_number for entry in listed} == serials
    assert list((folder / "revoked").rglob("key.*")) == []
    assert BrokerFolder(folder).nodes() == []


def test_a_revocation_that_was_cut_off_is_completed_by_repeating_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", cut)
        assert main(["broker", "revoke", str(folder), "a"]) == 130
    assert "is revoked" in " ".join(problems(BrokerFolder(folder)))
    assert main(["broker", "revoke", str(folder), "a"]) == 0
    listed = x509.load_pem_x509_crl((folder / "server" / "revoked.pem").read_bytes())
    assert len(list(listed)) == 1
    assert problems(BrokerFolder(folder)) == []


def test_check_is_content_with_what_init_made(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["broker", "check", str(folder)]) == 0
    assert "nothing wrong" in capsys.readouterr().out


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return change


def other_authority(folder: Path) -> None:
    stranger = authority.Authority.create("elsewhere")
    identity = stranger.issue_client("a")
    (folder / "nodes" / "a" / "cert.pem").write_bytes(identity.certificate_pem)
    (folder / "nodes" / "a" / "key.pem").write_bytes(identity.key_pem)


def swapped_keys(folder: Path) -> None:
    a, b = (folder / "nodes" / name / "key.pem" for name in "ab")
    saved = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(saved)


def swapped_nodes(folder: Path) -> None:
    (folder / "nodes" / "a").rename(folder / "nodes" / "x")
    (folder / "nodes" / "b").rename(folder / "nodes" / "a")
    (folder / "nodes" / "x").rename(folder / "nodes" / "b")


def list_of_another_authority(folder: Path) -> None:
    stranger = authority.Authority.create("elsewhere")
    (folder / "server" / "revoked.pem").write_bytes(stranger.revocation_list([], 1))


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "anonymous": (
        replaced("mosquitto.conf", "allow_anonymous false", "allow_anonymous true"),
        "anybody gets in",
    ),
    "no certificate asked": (
        replaced("mosquitto.conf", "require_certificate true", ""),
        "without a certificate",
    ),
    "no revocation": (replaced("mosquitto.conf", "crlfile", "#crlfile"), "revoked nodes get in"),
    "second listener": (
        replaced("mosquitto.conf", "log_dest stderr", "listener 1883"),
        "a second listener",
    ),
    "limited window": (
        replaced("mosquitto.conf", "max_inflight_messages 0", "max_inflight_messages 20"),
        "alarms wait",
    ),
    "access widened": (replaced("acl", "read strongroom", "readwrite strongroom"), "allows more"),
    "deny removed": (replaced("acl", "topic deny", "# topic deny"), "no line 'topic deny"),
    "key readable": (
        lambda folder: (folder / "gateway" / "key.pem").chmod(0o644),
        "can be read by others",
    ),
    "key missing": (lambda folder: (folder / "server" / "key.pem").unlink(), "is missing"),
    "other authority": (other_authority, "not signed by the authority"),
    "keys swapped": (swapped_keys, "does not belong to"),
    "nodes swapped": (swapped_nodes, "not for 'a'"),
    "binary differs": (
        lambda folder: (folder / "nodes" / "a" / "cert.der").write_bytes(b"x"),
        "cert.der is not",
    ),
    "broken certificate": (
        lambda folder: (folder / "server" / "cert.pem").write_text("-----"),
        "holds no certificate",
    ),
    "foreign list": (list_of_another_authority, "nobody gets in"),
    "moved": (lambda folder: folder.rename(folder.with_name("moved")), "moved/server/ca.pem"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_check_names_what_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    change, said = DAMAGE[damage]
    change(folder)
    if not folder.exists():
        folder = folder.with_name("moved")
    capsys.readouterr()
    assert main(["broker", "check", str(folder)]) == 1
    assert said in capsys.readouterr().out


def test_check_warns_a_year_before_a_certificate_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authority, "VALID_FOR", timedelta(days=300))
    init(tmp_path / "broker")
    found = problems(BrokerFolder(tmp_path / "broker"))
    assert len([line for line in found if "in less than a year" in line]) == 5


@pytest.fixture
def account() -> Iterator[pwd.struct_passwd]:
    """Return an ordinary account that root can hand files to."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files to another account")
    yield pwd.getpwnam("nobody")


def test_root_gives_mosquittos_account_what_it_reads_and_nothing_else(
    tmp_path: Path, account: pwd.struct_passwd
) -> None:
    init(tmp_path / "broker", "--user", account.pw_name)
    folder = tmp_path / "broker"
    owned = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.stat().st_uid == account.pw_uid
    }
    files = {"server/ca.pem", "server/cert.pem", "server/key.pem", "server/revoked.pem"}
    assert owned == {"server", "data", "acl"} | files
    found = problems(BrokerFolder(folder))
    assert len(found) == 1
    assert f"{account.pw_name!r} cannot pass through" in found[0]
    assert main(["broker", "revoke", str(folder), "a"]) == 0
    assert (folder / "server" / "revoked.pem").stat().st_uid == account.pw_uid


def _me() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name
