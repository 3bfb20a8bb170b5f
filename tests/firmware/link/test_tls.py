"""TLS with a client certificate, on both interpreters: what gets through, and the word for what does not."""

from pathlib import Path

import pytest
from support.certificates import DAY, NOW, Authority
from support.interpreters import BOTH, Program
from support.mosquitto import Mosquitto
from support.waiting import wait_for

PROGRAM = Path(__file__).with_name("client_program.py")
pytestmark = [pytest.mark.needs("mosquitto"), pytest.mark.parametrize("interpreter", BOTH)]
HOSTS = ("localhost", "127.0.0.1")


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


def broker(folder, authority, server):
    lines = [
        f"cafile {authority.pem}",
        f"certfile {server['cert']}",
        f"keyfile {server['key']}",
        "require_certificate true",
        "use_identity_as_username true",
    ]
    return Mosquitto(folder, extra=lines)


def start(interpreter, port, tls, steps, host="localhost"):
    task = {"host": host, "port": port, "id": "n1", "tls": tls, "steps": steps}
    task["settings"] = {"timeout_ms": 5000}
    return Program(interpreter, PROGRAM, task)


ROUND = [
    ["connect"],
    ["subscribe", ["t"]],
    ["publish", "t", "x" * 3000],
    ["flood", "t", 300],
    ["until", 301],
    ["close"],
]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("form", ["pem", "der", "sec1"])
def test_client_certificate(interpreter, authority, tmp_path, host, form):
    mine = authority.issue("n1")
    tls = {
        "pem": {"ca": authority.pem, "cert": mine["cert"], "key": mine["key"]},
        "der": {"ca": authority.der, "cert": mine["cert_der"], "key": mine["key_der"]},
        "sec1": {"ca": authority.der, "cert": mine["cert_der"], "key": mine["key_sec1_der"]},
    }[form]
    tls = {part: str(path) for part, path in tls.items()}
    with broker(tmp_path / "b", authority, authority.issue("broker", HOSTS)) as running:
        with start(interpreter, running.port, tls, ROUND, host) as program:
            lines = program.end()
        assert not [line for line in lines if "kind" in line], lines
        assert lines[-1]["count"] == 301
        assert "u'n1'" in running.log.read_text(), "the certificate's name is the user"


def refused(interpreter, port, tls, host="localhost"):
    with start(interpreter, port, tls, [["connect"]], host) as program:
        return program.end()[0]


@pytest.mark.parametrize(
    ("how", "word"),
    [
        ("another authority", "tls_untrusted"),
        ("another host", "tls_host"),
        ("expired", "tls_expired"),
        ("not yet valid", "tls_early"),
        ("client of another authority", "tls_refused"),
        ("no certificate at all", "tls"),
        ("plain broker", "tls"),
    ],
)
def test_refusals_have_a_word(interpreter, authority, tmp_path, how, word):
    other = Authority(tmp_path / "other", "another authority")
    mine = authority.issue("n1")
    tls = {"ca": str(authority.pem), "cert": mine["cert"], "key": mine["key"]}
    server = authority.issue("broker", HOSTS)
    if how == "another authority":
        tls["ca"] = str(other.pem)
    elif how == "another host":
        server = authority.issue("broker", ("elsewhere.lan",))
    elif how == "expired":
        server = authority.issue("broker", HOSTS, starts=NOW - 9 * DAY, ends=NOW - DAY)
    elif how == "not yet valid":
        server = authority.issue("broker", HOSTS, starts=NOW + DAY)
    elif how == "client of another authority":
        theirs = other.issue("n1")
        tls |= {"cert": theirs["cert"], "key": theirs["key"]}
    elif how == "no certificate at all":
        (tmp_path / "empty").write_bytes(b"")
        tls["cert"] = str(tmp_path / "empty")
    running = (
        Mosquitto(tmp_path / "b")
        if how == "plain broker"
        else broker(tmp_path / "b", authority, server)
    )
    with running:
        line = refused(interpreter, running.port, tls)
    # A plain port hangs up on a handshake it cannot read; and a broker that does not like our
    # certificate says so and hangs up at once, which can overtake its own words.
    hangs_up = how in ("plain broker", "client of another authority")
    assert line["kind"] in ((word, "closed") if hangs_up else (word,)), line


def test_failed_handshakes_leave_nothing_open(interpreter, authority, tmp_path):
    """A node that is refused tries for months: sockets must not pile up."""
    mine = authority.issue("n1")
    other = Authority(tmp_path / "other", "another authority")
    tls = {"ca": str(other.pem), "cert": mine["cert"], "key": mine["key"]}
    steps = [["connect"]] * 30 + [["sleep", 5]]
    server = authority.issue("broker", HOSTS)
    with (
        broker(tmp_path / "b", authority, server) as running,
        start(interpreter, running.port, tls, steps) as program,
    ):
        program.line("connect", 30)
        folder = Path(f"/proc/{program.pid}/fd")
        wait_for(lambda: len(list(folder.iterdir())) < 12, 4, "few open files")


def test_tls_broker_dies(interpreter, authority, tmp_path):
    mine = authority.issue("n1")
    tls = {"ca": str(authority.pem), "cert": mine["cert"], "key": mine["key"]}
    steps = [["connect"], ["lost"], ["retry", 100], ["publish", "t", "x"], ["close"]]
    with broker(tmp_path / "b", authority, authority.issue("broker", HOSTS)) as running:
        with start(interpreter, running.port, tls, steps) as program:
            program.line("connect")
            running.restart()
            lines = program.end()
        assert program.line("lost")["kind"] in ("closed", "tls")
        assert "kind" not in lines[-1]
