"""`strongroom climate` on the command line: refusals, dry runs, imports, verification, registers."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from gateway.history.shop import Shop
from strongroom_gateway.cli import main

CONFIG = """
[room]
id = "r1"
name = "一号档案库"
time_zone = "UTC"
language = "en"
[ledger]
path = "ledger.db"
[history]
path = "history.db"
[[climate.zone]]
id = "stacks"
name = "Stacks"
sensors = ["climate-1/t1"]
[[climate.sensor]]
id = "climate-1/t1"
certificate = "C-2026-17"
due = "2027-01-31"
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "gateway.toml").write_text(CONFIG, encoding="utf-8")
    lines = [f"2026-03-{1 + n // 24:02} {n % 24:02}:00,{20 + n % 5},50" for n in range(96)]
    lines[50] = "2026-03-03 02:00,wet,50"
    (tmp_path / "old.csv").write_text("\n".join(["time,°C,RH", *lines]) + "\n", encoding="utf-8")
    return tmp_path


def climate(site: Path, act: str, *words: str) -> int:
    return main(["climate", act, *words, "--config", str(site / "gateway.toml")])


def brought(site: Path, *words: str) -> int:
    return climate(
        site,
        "import",
        str(site / "old.csv"),
        "--sensor",
        "climate-1/t1",
        "--time-zone",
        "UTC",
        *words,
    )


def test_what_is_not_certain_is_one_line_that_says_what_to_do(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(site / "old.csv")
    assert climate(site, "import", file, "--sensor", "climate-1/t1") == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "--time-zone" in said
    assert not (site / "history.db").exists()


def test_a_dry_run_tells_everything_and_changes_nothing(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert brought(site, "--dry-run") == 1, "a row is faulty"
    said = capsys.readouterr().out
    assert "95 rows read" in said
    assert "NOT TAKEN: 1 rows with something else than a number (lines 52)" in said
    assert "1 gaps" in said and "Nothing was changed" in said
    assert not (site / "history.db").exists()


def test_an_import_is_told_of_and_a_second_one_changes_nothing(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brought(site)
    assert "95 readings added to 4 days, 0 were there already" in capsys.readouterr().out
    brought(site, "--language", "zh_CN")
    assert "新增 0 个读数" in capsys.readouterr().out
    climate(site, "status")
    said = capsys.readouterr().out
    assert "climate-1/t1: from 2026-03-01T00:00:00Z to 2026-03-04T23:00:00Z" in said
    assert "old.csv" in said and "2 entries wait" in said


def test_layouts_are_listed_without_a_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["climate", "import", "--formats"]) == 0
    assert "onset-hobo" in capsys.readouterr().out


def test_a_configuration_without_history_is_told(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = CONFIG.replace('[history]\npath = "history.db"\n', "")
    (site / "gateway.toml").write_text(text, encoding="utf-8")
    assert climate(site, "status") == 2
    assert "[history]" in capsys.readouterr().err


def sealed(site: Path) -> None:
    with Shop(site) as shop:
        shop.seal_all()


def test_an_altered_reading_is_found_on_the_command_line(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brought(site)
    sealed(site)
    assert climate(site, "verify") == 0
    assert "4 days compared reading by reading" in capsys.readouterr().out
    with closing(sqlite3.connect(site / "history.db")) as thief:
        thief.execute(
            "UPDATE raw SET data = (SELECT data FROM raw WHERE day = '2026-03-01')"
            " WHERE day = '2026-03-02'"
        )
        thief.commit()
    assert climate(site, "verify") == 1
    assert "ALTERED: climate-1/t1, 2026-03-02" in capsys.readouterr().out
    out = site / "r.csv"
    assert climate(site, "register", "--from", "2026-03-01", "--out", str(out)) == 1


@pytest.mark.parametrize(
    "kind", ["csv", "xlsx", pytest.param("pdf", marks=pytest.mark.needs("font"))]
)
def test_a_register_is_written_in_the_form_of_its_name(site: Path, kind: str) -> None:
    brought(site)
    sealed(site)
    out = site / f"march.{kind}"
    span = ["--from", "2026-03-01", "--to", "2026-03-31"]
    assert climate(site, "register", *span, "--out", str(out), "--language", "zh_CN") == 0
    marks = {"csv": b"\xef\xbb\xbf", "xlsx": b"PK", "pdf": b"%PDF"}
    assert out.read_bytes().startswith(marks[kind])
    assert not list(site.glob(".*.part"))
    if kind == "csv":
        text = out.read_text(encoding="utf-8-sig")
        assert "温湿度登记表" in text and "C-2026-17" in text and "不是任何机构的认证" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "x.doc"], ".pdf"),
        (["--out", "x.csv", "--to", "2026-02-01"], "before"),
        (["--out", "x.csv", "--sensor", "attic"], "climate-1/t1"),
        (["--out", "x.pdf", "--font", "nowhere.ttf"], "nowhere.ttf"),
    ],
)
def test_a_register_that_cannot_be_made_says_why(
    site: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    brought(site)
    capsys.readouterr()
    assert climate(site, "register", "--from", "2026-03-01", *words) == 2
    assert said in capsys.readouterr().err


def test_a_kind_of_store_that_the_profile_lacks_is_refused(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    climate(site, "import", str(site / "old.csv"), "--sensor", "old", "--time-zone", "UTC")
    capsys.readouterr()
    words = ["--from", "2026-03-01", "--out", str(site / "r.csv"), "--store", "attic"]
    assert climate(site, "register", *words) == 2
    assert "paper" in capsys.readouterr().err
