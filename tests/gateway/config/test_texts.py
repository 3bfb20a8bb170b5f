"""The catalogues: complete, current, and never failing for want of a parameter."""

import re
import string
from pathlib import Path
from typing import get_args

import pytest
import strongroom_gateway
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from strongroom_gateway.alarms.catalogue import CATALOGUE
from strongroom_gateway.alarms.isa182 import State
from strongroom_gateway.i18n import LANGUAGES, negotiate, text
from strongroom_gateway.room.model import Role

HOME = Path(strongroom_gateway.__file__).parent
KEY = re.compile(r'"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)"')
COMPOSED = re.compile(r'f"([a-z][a-z0-9_]*\.(?:[a-z0-9_]+\.)*)\{')
"""Beginnings of keys whose last word the code fills in."""
SAID = ("config.", "desk.", "health.", "alarm.refused.", "act.")
"""Keys that begin so are texts wherever they stand in the code."""


def files(language, kind):
    found = sorted((HOME / "locale" / language / "LC_MESSAGES").glob(f"*.{kind}"))
    assert found
    return found


def catalogue(language):
    messages = []
    for path in files(language, "po"):
        with path.open("rb") as file:
            messages += [m for m in read_po(file) if m.id]
    return messages


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogues_are_current(language):
    for path in files(language, "po"):
        with path.open("rb") as file:
            wanted = {m.id: m.string for m in read_po(file) if m.id}
        with path.with_suffix(".mo").open("rb") as file:
            compiled = {m.id: m.string for m in read_mo(file) if m.id}
        command = f"pybabel compile -d gateway/strongroom_gateway/locale -D {path.stem}"
        assert compiled == wanted, f"run: {command}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_said_twice(language):
    keys = [m.id for m in catalogue(language)]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_written(language):
    assert [m.id for m in catalogue(language) if not m.string or m.fuzzy] == []


def test_both_languages_say_the_same_things_with_the_same_parameters():
    def parameters(language):
        return {
            m.id: {name for _, name, _, _ in string.Formatter().parse(m.string) if name}
            for m in catalogue(language)
        }

    assert parameters("zh_CN") == parameters("en")


def test_every_alarm_and_state_has_a_text():
    needed = {kind.text_key for kind in CATALOGUE.values()} | {f"state.{s.value}" for s in State}
    assert needed <= {m.id for m in catalogue("en")}


def test_every_text_the_code_names_exists_and_every_text_is_named():
    """Keys that the code composes (alarm.<code>, state.<state>, role.<role>) are left to their own."""
    code = "".join(f.read_text() for f in HOME.rglob("*.py"))
    named, families = set(KEY.findall(code)), tuple(set(COMPOSED.findall(code)))
    known = {m.id for m in catalogue("en")}
    composed = {kind.text_key for kind in CATALOGUE.values()} | {f"state.{s.value}" for s in State}
    composed |= {f"role.{role}" for role in get_args(Role)}
    assert composed <= known
    composed |= {key for key in known if key.startswith(families)}
    assert known - named - composed == set(), "texts nobody says"
    texts = {k for k in named if k.startswith(SAID)}
    entries = {"desk.refused", "desk.session_closed", "config.applied", "config.refused"}
    others = {"desk.id", *entries}
    assert texts - known - others == set(), "said without a text"


def test_a_missing_parameter_or_text_fails_nothing():
    assert text("alarm.node.silent", {}, "en") == "Node ? is silent"
    assert text("no.such.key", {}, "en") == "no.such.key"
    assert text("alarm.node.silent", {"node": "{evil}"}, "en") == "Node {evil} is silent"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"),
        ("en-GB;q=0.9, zh;q=0.2", "en"),
        ("de, zh-Hans;q=0.5", "zh_CN"),
        ("de", "en"),
        ("zh;q=oops, en;q=0.1", "en"),
        ("zh;q=0", "en"),
    ],
)
def test_the_language_that_is_asked_for(header, language):
    assert negotiate(header) == language
