"""Profiles: the numbers of the rules, their sources, and faults named with line and reason."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strongroom_gateway.cli import main
from strongroom_gateway.config_check import ConfigProblemsError
from strongroom_gateway.profiles import (
    bands,
    built_in,
    load_profile,
    parse_profile,
    swings,
    written,
)

# Read from the published tables by hand, apart from the file: store -> low, high °C, low, high %RH.
PUBLISHED = {
    "paper": (14, 24, 45, 60),
    "special": (14, 20, 45, 55),
    "magnetic": (14, 24, 40, 60),
    "disc": (15, 20, 25, 45),
    "film-copy": (14, 24, 40, 60),
    "film-master": (13, 15, 35, 45),
    "repair": (18, 28, 50, 70),
    "laboratory": (18, 28, 40, 60),
    "copying": (18, 28, 50, 65),
    "av-reading": (20, 25, 50, 60),
    "exhibition": (18, 28, 45, 60),
    "receiving": (18, 28, 40, 60),
    "service": (18, 28, 30, 65),
}
STORES = {"paper", "special", "magnetic", "disc", "film-copy", "film-master"}


@pytest.fixture
def grade1(tmp_path):
    return load_profile("cn-grade1", tmp_path)


@pytest.mark.parametrize("store", sorted(PUBLISHED))
def test_the_bands_are_those_of_the_rules_and_each_names_a_clause(grade1, store):
    t, rh = bands(grade1, store)
    assert (t.low, t.high, rh.low, rh.high) == PUBLISHED[store]
    for band in (t, rh):
        assert re.search(r"JGJ 25-2010, table 5\.2\.1|DA/T 87-2021, table 1", band.source)


def test_a_limit_without_a_lower_end_is_open_below(grade1):
    t, rh = bands(grade1, "colour-negative")
    assert t.high == 2.0
    assert t.low < -273
    assert (rh.low, rh.high) == (20.0, 30.0)


@pytest.mark.parametrize("store", sorted(STORES))
def test_stores_have_a_daily_swing_with_its_definition_and_clause(grade1, store):
    swing = swings(grade1, store)
    assert (swing.temperature.limit, swing.humidity.limit) == (2.0, 5.0)
    assert (swing.temperature.span, swing.humidity.span) == (4.0, 10.0)
    assert swing.temperature.measure == "plus-minus"
    assert swing.temperature.window == "calendar-day"
    assert "JGJ 25-2010, 5.2.3" in swing.temperature.source


def test_work_rooms_have_no_swing(grade1):
    assert {s for s in PUBLISHED if swings(grade1, s) is None} == PUBLISHED.keys() - STORES


def test_air_limits_say_whose_they_are(grade1):
    assert grade1.air["co2"].high == 1000.0
    assert grade1.air["uv"].high == 75.0
    assert grade1.air["hcho"].high == pytest.approx(0.10)
    assert all(limit.source for limit in grade1.air.values())
    assert "pm25" not in grade1.air, "no number for archives was seen; the site sets its own"


@pytest.mark.parametrize("name", built_in())
def test_no_profile_claims_a_certificate(name, tmp_path):
    profile = load_profile(name, tmp_path)
    claims = re.compile(r"certif|认证|达标", re.IGNORECASE)
    assert not claims.search(profile.title)
    for store in profile.stores.values():
        assert not claims.search(" ".join([store.source or "", *store.name.values()]))


def edited(find, put):
    text = written("cn-grade1", Path())
    assert text.count(find) >= 1
    return text.replace(find, put, 1)


def faults(text):
    with pytest.raises(ConfigProblemsError) as bad:
        parse_profile(text, "site.toml")
    return [p.say("en") for p in bad.value.problems]


def test_a_copy_can_be_edited(tmp_path):
    text = edited(
        "temperature = { low = 14.0, high = 24.0 }", "temperature = { low = 16, high = 20 }"
    )
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    t, _ = bands(load_profile("site.toml", tmp_path), "paper")
    assert (t.low, t.high) == (16.0, 20.0)


@pytest.mark.parametrize(
    ("find", "put", "key", "reason"),
    [
        (
            "humidity = { low = 45.0, high = 60.0 }",
            "humidity = { low = 60.0, high = 45.0 }",
            "stores.paper.humidity",
            "the lower limit 60.0 is not below the upper limit 45.0",
        ),
        (
            "humidity = { low = 45.0, high = 60.0 }",
            "humidity = { low = 45.0, high = 160.0 }",
            "stores.paper.humidity.high",
            "160.0 %RH is not between 0.0 and 100.0",
        ),
        (
            "temperature = { low = 14.0, high = 24.0 }",
            "temperature = { low = 14.0, hihg = 24.0 }",
            "stores.paper.temperature.hihg",
            "is not known here; did you mean high?",
        ),
        (
            "temperature = { low = 14.0, high = 24.0 }",
            'temperature = { low = 14.0, high = "warm" }',
            "stores.paper.temperature.high",
            "should be float | nothing, is string",
        ),
        (
            "temperature = { low = 14.0, high = 24.0 }",
            "temperature = { }",
            "stores.paper.temperature",
            "needs low, high or both",
        ),
        (
            'source = "JGJ 25-2010, table 5.2.1; DA/T 87-2021, table 1; 1987 interim rules, article 7"',
            "",
            "stores.paper.temperature",
            "has no source",
        ),
        ("deadband = 0.5", "deadband = 6", "stores.paper.temperature.deadband", "a deadband of 6"),
        (
            'measure = "plus-minus"',
            'measure = "about"',
            "defaults.swing.temperature.measure",
            "canno",
        ),
        ("limit = 2.0", "limit = 0", "defaults.swing.temperature.limit", "cannot be used"),
        ('title = "', 'title = "Certified ', "title", "cannot certify"),
        ('title = "', 'title = "认证 ', "title", "cannot certify"),
        ("[air.co2]", "[air.co3]", "air.co3", "is not known here; known: co2, pm25"),
        ("high = 1000.0 ", "high = -1 ", "air.co2.high", "cannot be used"),
        ("[stores.special]", "[[stores.special]]", "stores.special", "should be table, is array"),
    ],
)
def test_a_wrong_profile_is_refused_with_line_and_reason(find, put, key, reason):
    text = edited(find, put)
    said = faults(text)
    place, _, why = said[0].partition(f": {key}: ")
    assert why.startswith(reason) or reason in why, said
    name, _, line = place.partition(":")
    assert name == "site.toml"
    at = text.splitlines()[int(line) - 1]
    last = key.rpartition(".")[2]
    assert last in at or key.rpartition(".")[0].rpartition(".")[2] in at, f"line {line}: {at}"


def test_the_line_is_the_one_that_was_changed():
    text = edited(
        "humidity = { low = 45.0, high = 60.0 }", "humidity = { low = 60.0, high = 45.0 }"
    )
    changed = text.splitlines().index("humidity = { low = 60.0, high = 45.0 }") + 1
    assert faults(text)[0].startswith(f"site.toml:{changed}: ")


def test_a_fault_of_syntax_names_its_line():
    (said,) = faults('id = "x"\ntitle = \n')
    assert "line 2" in said


def test_all_faults_are_named_at_once():
    text = edited("low = 14.0, high = 24.0", "low = 34.0, high = 24.0")
    text = text.replace("low = 45.0, high = 55.0", "low = 65.0, high = 55.0", 1)
    assert len(faults(text)) == 2


def test_the_command_shows_copies_and_checks(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["profile", "list"]) == 0
    assert "cn-grade1" in capsys.readouterr().out
    assert main(["profile", "show", "cn-grade1"]) == 0
    copy = capsys.readouterr().out
    (tmp_path / "site.toml").write_text(copy, encoding="utf-8")
    assert main(["profile", "check", "site.toml"]) == 0
    said = capsys.readouterr().out
    assert "which is not a certificate" in said
    assert "paper (paper): 14–24 °C, 45–60 %RH, ±2 K in a calendar day" in said
    assert main(["profile", "check", "site.toml", "--language", "zh_CN"]) == 0
    assert "不代表认证" in capsys.readouterr().out
    (tmp_path / "bad.toml").write_text(copy.replace("high = 24.0", "high = 4.0"), encoding="utf-8")
    assert main(["profile", "check", "bad.toml"]) == 1
    assert "bad.toml:" in capsys.readouterr().err


LINES = written("cn-grade1", Path()).splitlines()
changes = st.lists(
    st.tuples(
        st.integers(0, len(LINES) - 1),
        st.one_of(
            st.none(),
            st.sampled_from(LINES),
            st.text(max_size=30),
            st.sampled_from(
                ["stores = 5", "[air]", "swing = 7", "name = 3", '"a b" = 1', '"""', "x"]
            ),
        ),
    ),
    min_size=1,
    max_size=4,
)


@given(changes)
@settings(deadline=None)
def test_whatever_is_done_to_a_profile_it_is_read_or_refused_in_words(edits):
    lines = list(LINES)
    for at, new in edits:
        lines[at] = "" if new is None else new
    try:
        profile = parse_profile("\n".join(lines), "site.toml")
    except ConfigProblemsError as bad:
        assert bad.problems
        assert all(p.say("zh_CN").startswith("site.toml") for p in bad.problems)
    else:
        for store in profile.stores:
            for band in bands(profile, store):
                assert band.low < band.high
                assert band.source
