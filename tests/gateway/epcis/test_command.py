"""`strongroom epcis export`."""

import json

import pytest
from gateway.epcis.made import BASE, GS1, LIFE, T0, Told, write
from strongroom_gateway.cli import main
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import ConfigProblemsError, typed
from support.sensing import PLAIN


@pytest.fixture
def folder(tmp_path):
    config = """
        [room]
        id = "r1"
        name = "Room 1"
        [ledger]
        path = "ledger.db"
        [epcis]
        base = "https://archive.example.com/"
    """
    (tmp_path / "gateway.toml").write_text(config)
    write(tmp_path / "ledger.db", LIFE)
    return tmp_path


def export(folder, *words):
    return main(["epcis", "export", "--config", str(folder / "gateway.toml"), *words])


def test_a_document_on_standard_output_and_the_report_beside_it(folder, capsys):
    assert export(folder) == 0
    out, said = capsys.readouterr()
    events = Told(folder / "ledger.db").events
    assert json.loads(out)["epcisBody"]["eventList"] == events
    assert said == f"{len(events)} events of {len(events)} entries\n"


def test_a_file_is_there_whole(folder, capsys):
    out = folder / "movements.jsonld"
    assert export(folder, "--out", str(out)) == 0
    assert capsys.readouterr().out == ""
    assert (
        json.loads(out.read_text())["epcisBody"]["eventList"] == Told(folder / "ledger.db").events
    )
    assert sorted(p.name for p in folder.iterdir() if "part" in p.name) == []


def test_documents_that_can_be_captured_one_by_one(folder, capsys):
    assert export(folder, "--batch", "4") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [len(json.loads(line)["epcisBody"]["eventList"]) for line in lines] == [4, 4, 4, 4]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--from", "2027-01-15T16:00:08"], 9),
        (["--from", "2027-01-15T08:00:08+00:00"], 9),
        (["--to", "2027-01-15T16:00:08"], 7),
        (["--from", "2027-01-15", "--to", "2027-01-16"], 16),
        (["--from", "2027-01-16"], 0),
    ],
)
def test_a_stretch_of_time(folder, capsys, words, count):
    assert T0 == 1_800_000_000_000
    assert export(folder, *words) == 0
    assert len(json.loads(capsys.readouterr().out)["epcisBody"]["eventList"]) == count


def test_what_is_left_out_is_said_and_counts(folder, capsys):
    write(
        folder / "ledger.db",
        [("movement.teleported", {"item": "HX-H-01"}), ("movement.exit", {"why": {}})],
    )
    assert export(folder, "--language", "zh_CN") == 1
    said = capsys.readouterr().err.splitlines()
    assert said[1:] == [
        "未导出：1 条 movement.teleported 类记录，映射表中没有此类",
        "未导出：1 条 movement.exit 类记录没有写明物件，第一条是第 18 号记录",
    ]


def test_items_without_a_key_are_said(folder, capsys):
    with (folder / "gateway.toml").open("a") as file:
        file.write('company_prefix = "6901234"\nbox_type = "00012"\n')
    assert export(folder) == 0
    assert "go by an address of the site: 4 times, first QZ-7" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--from", "noon"], ["--to", "15.1.2027"]])
def test_a_time_that_is_none(folder, capsys, words):
    assert export(folder, *words) == 2
    assert "is no date or time" in capsys.readouterr().err


def test_without_the_section_it_says_what_to_set(folder, capsys):
    text = (folder / "gateway.toml").read_text()
    (folder / "gateway.toml").write_text(text.partition("[epcis]")[0])
    assert export(folder) == 2
    assert "epcis.base" in capsys.readouterr().err


def test_without_a_ledger_it_says_so(folder, capsys):
    (folder / "ledger.db").unlink()
    assert export(folder) == 2
    assert "no such file" in capsys.readouterr().err
    (folder / "ledger.db").write_text("something else altogether, and long enough" * 100)
    assert export(folder, "--out", str(folder / "out")) == 2
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ({"box_type": "00012"}, "epcis.box_type"),
        ({"company_prefix": "6901234", "party": "0000"}, "epcis.party"),
        ({"company_prefix": "690123412345", "location": "1"}, "epcis.location"),
    ],
)
def test_references_that_do_not_fit_the_prefix_are_refused(section, path):
    with pytest.raises(ConfigProblemsError) as refused:
        settings(typed(PLAIN | {"epcis": {"base": BASE, **section}}, Config))
    assert [problem.path for problem in refused.value.problems] == [path]


@pytest.mark.parametrize("base", ["archive.example.com/", "https://a.b", "https://a.b/?x=/", ""])
def test_a_base_is_an_address_that_can_be_written_on(base):
    with pytest.raises(ConfigProblemsError):
        settings(typed(PLAIN | {"epcis": {"base": base}}, Config))


def test_a_good_section_is_good():
    sections = {name: getattr(GS1, name) for name in GS1.__struct_fields__}
    assert settings(typed(PLAIN | {"epcis": sections}, Config)).config.epcis == GS1
