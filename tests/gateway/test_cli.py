"""The command line as people meet it: quick, and in one line when something is wrong."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from strongroom_gateway import cli
from strongroom_gateway.errors import ConfigError

HEAVY = ("fastapi", "uvicorn", "cryptography", "paho", "msgspec")
ASK = "import sys; from strongroom_gateway.cli import main; code = main(sys.argv[1:]);"


def python(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_version_needs_none_of_the_libraries() -> None:
    answer = python(ASK + f"print([m for m in {HEAVY} if m in sys.modules])", "version")
    assert answer.stdout.startswith("strongroom 0.")
    assert answer.stdout.endswith("\n[]\n"), answer.stdout + answer.stderr


def test_the_overview_names_every_command_as_the_command_names_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as done:
        cli.main(["--help"])
    assert done.value.code == 0
    overview = capsys.readouterr().out
    full = cli.build_parser().format_help()
    for name, command in cli.BUILT_IN.items():
        for text in (overview, full):
            assert name in text
            assert command.summary in " ".join(text.split())
    assert "demo" in overview


def refuse(_arguments: object) -> int:
    raise ConfigError("room.nmae is not known;\n  did you mean room.name?")


def interrupt(_arguments: object) -> int:
    raise KeyboardInterrupt


def unreadable(_arguments: object) -> int:
    Path("/no/such/file").read_bytes()
    return 0


def broken(_arguments: object) -> int:
    raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize(
    ("run", "code", "said"),
    [
        (refuse, 2, "strongroom: room.nmae is not known; did you mean room.name?\n"),
        (unreadable, 2, "strongroom: /no/such/file: No such file or directory\n"),
        (interrupt, 130, ""),
    ],
)
def test_a_mistake_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    run: object,
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr("strongroom_gateway.version_command.run", run)
    assert cli.main(["version"]) == code
    assert capsys.readouterr().err == said


def test_a_pipe_that_is_not_our_output_is_no_reason_to_be_quiet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("strongroom_gateway.version_command.run", broken)
    with pytest.raises(BrokenPipeError):
        cli.main(["version"])


def test_a_reader_that_leaves_early_is_no_mistake() -> None:
    many = (
        "import strongroom_gateway.version_command as v; v.run = lambda _: print('x\\n' * 99999);"
    )
    with subprocess.Popen(
        [sys.executable, "-c", many + ASK + "sys.exit(code)", "version"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_broken_package_takes_no_other_command_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken_one = EntryPoint("weather", "no_such_package:register", cli.ENTRY_POINT_GROUP)
    monkeypatch.setattr(cli, "entry_points", lambda group: [broken_one])
    with pytest.raises(SystemExit) as done:
        cli.main(["--help"])
    assert done.value.code == 0
    said = capsys.readouterr()
    assert "gateway" in said.out
    assert said.err == "strongroom: no command 'weather': No module named 'no_such_package'\n"


def test_an_unknown_command_is_refused_with_those_that_exist(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as refused:
        cli.main(["brokr"])
    assert refused.value.code == 2
    assert "broker" in capsys.readouterr().err
