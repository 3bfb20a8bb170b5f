"""Every text of the demo and of the story has a Chinese form, and the compiled catalogue is
current."""

import io
import os
import string
from pathlib import Path

import pytest
import strongroom_demo
import strongroom_sim.world
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from strongroom_demo import words

DEMO = Path(strongroom_demo.__file__).parent
STORY = Path(strongroom_sim.world.__file__).parent
CATALOGUE = DEMO / "locale" / "zh_CN" / "LC_MESSAGES" / "strongroom_demo.po"
MARKS = {"_": None, "Beat": (2,)}


def chinese() -> Catalog:
    with CATALOGUE.open("rb") as source:
        return read_po(source, locale="zh_CN")


def texts() -> set[str]:
    return {
        message
        for folder in (DEMO, STORY)
        for _, _, message, _, _ in extract_from_dir(folder, keywords=MARKS)
    }


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_is_translated_with_the_same_values() -> None:
    assert len(texts()) > 40
    known = {message.id: message.string for message in chinese() if message.id}
    for text in texts():
        assert known.get(text), f"no Chinese for {text!r}"
        assert fields(known[text]) == fields(text), text


def test_no_translation_is_left_over() -> None:
    assert {message.id for message in chinese() if message.id} <= texts()


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    compiled = io.BytesIO()
    write_mo(compiled, chinese())
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled.getvalue()


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US"}, "zh_CN"),
        ({"LC_ALL": "C", "LANG": "zh_CN"}, "en"),
    ],
)
def test_the_language_is_that_of_the_environment_unless_asked(
    environment: dict, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setitem(os.environ, name, value)
    try:
        assert words.choose(None) == language
        assert words.choose("zh_CN") == "zh_CN"
        assert words._("{node} reset itself", node="n-1").startswith("n-1")
        assert "n-1 reset" not in words._("{node} reset itself", node="n-1")
        assert words.choose("en") == "en"
        assert words._("{node} reset itself", node="n-1") == "n-1 reset itself"
    finally:
        words.choose("en")
