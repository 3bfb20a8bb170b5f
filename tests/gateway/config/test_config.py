"""Configuration files: what is good, and how each fault is named."""

import copy
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.cli import main
from strongroom_gateway.config import Config, load, settings
from strongroom_gateway.config_check import ConfigProblemsError, typed
from support.sensing import PLAIN


def problems(raw):
    with pytest.raises(ConfigProblemsError) as bad:
        settings(typed(raw, Config))
    return [p.say("en") for p in bad.value.problems]


def changed(path, value):
    raw = copy.deepcopy(PLAIN)
    at = raw
    *way, last = path
    for step in way:
        at = at.setdefault(step, {}) if isinstance(at, dict) else at[step]
    at[last] = value
    return raw


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["mqtt", "prot"], 1, "mqtt.prot: is not known here; did you mean port?"),
        (["climat"], {}, "climat: is not known here; did you mean climate?"),
        (
            ["gate", 0, "rssi_flor"],
            -70,
            "gate[0].rssi_flor: is not known here; did you mean rssi_floor?",
        ),
        (
            ["climate", "zone", 1, "dehumidifier", "relai"],
            "x",
            "climate.zone[1].dehumidifier.relai: is not known here; did you mean relay?",
        ),
        (["api", "zzz"], 1, "api.zzz: is not known here; known: host, port, admin_socket"),
        (["mqtt", "password"], "x", "mqtt.password: is not known here; known: "),
        (["mqtt", "port"], "8883", "mqtt.port: should be integer, is string"),
        (["nodes", "silent_after_s"], True, "nodes.silent_after_s: should be float, is boolean"),
        (["person", 0, "badges"], "04", "person[0].badges: should be array, is string"),
        (["person", 0, "badges"], ["04A1B2C3"], "person[0].badges[0]: must be a tag's id "),
        (["room", "id"], "Room 1", "room.id: must be a name of a-z, 0-9 and -, "),
        (["person", 0, "id"], "li wen", "person[0].id: must be letters, digits, "),
        (["climate", "zone", 0, "sensors"], ["t1"], "climate.zone[0].sensors[0]: must be node/"),
        (["room", "language"], "fr", "room.language: cannot be used: "),
        (["mqtt", "port"], 70_000, "mqtt.port: cannot be used: "),
        (
            ["room", "time_zone"],
            "Asia/Peking",
            "room.time_zone: no time zone is called Asia/Peking",
        ),
        (["room", "time_zone"], "../etc/passwd", "room.time_zone: no time zone is called "),
        (["safe", 0, "hours"], ["always"], "safe[0].hours: cannot read always; write it as "),
        (
            ["climate", "store"],
            "papper",
            "climate.store: the profile has no store papper; it has paper",
        ),
        (["climate", "zone", 0, "store"], "x", "climate.zone[0].store: the profile has no store x"),
        (["climate", "profile"], "nowhere", "climate.profile: no profile nowhere"),
        (["climate", "profile"], "../../etc", "climate.profile: no profile ../../etc"),
        (["gate", 0, "inner"], "outer", "gate[0].outer: both sides of the gate are called outer"),
        (["desk", 0, "node"], "g1", None),
        (["item", 1, "tags"], ["e2000001"], "tag: e2000001 is there twice"),
        (["item", 1, "tags"], ["04aabbccdd0001"], "tag: 04aabbccdd0001 is there twice"),
        (["item", 1, "id"], "HX-H-01", "item.id: HX-H-01 is there twice"),
        (
            ["climate", "zone", 1, "sensors"],
            ["c1/t1"],
            "climate.zone.sensors: c1/t1 is there twice",
        ),
        (
            ["climate", "zone", 1, "dehumidifier", "off_below"],
            58,
            "climate.zone[1].dehumidifier.off_below: must be below on_above (58.0)",
        ),
        (
            ["climate", "zone", 1, "dehumidifier", "sensor"],
            "c1/t1",
            "climate.zone[1].dehumidifier.sensor: c1/t1 is no sensor of this zone",
        ),
        (["mqtt", "host"], "broker.example", "mqtt.tls: broker broker.example is another machine"),
    ],
)
def test_a_fault_is_named(path, value, said):
    if said is None:
        settings(typed(changed(path, value), Config))
        return
    (line,) = problems(changed(path, value))
    assert line.startswith(said)


def test_a_missing_key_is_named():
    raw = copy.deepcopy(PLAIN)
    del raw["gate"][0]["reader"]
    assert problems(raw) == ["gate[0].reader: is missing"]


def test_all_unknown_keys_are_named_at_once():
    raw = changed(["mqtt", "prot"], 1) | {"rooom": {}}
    assert len(problems(raw)) == 2


def test_two_desks_on_one_reader():
    raw = copy.deepcopy(PLAIN)
    raw["desk"].append(raw["desk"][0] | {"id": "back"})
    assert problems(raw) == ["reader: d1/desk is there twice"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["room", "id", "name", "gate", "zone", "climate", "x", "port", "mqtt"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_is_in_a_file_it_is_refused_in_words(raw):
    """No input of any shape leads to another error."""
    if not isinstance(raw, dict):
        raw = {"room": raw}
    with pytest.raises(ConfigProblemsError) as bad:
        settings(typed(raw, Config))
    assert all(p.say("zh_CN") for p in bad.value.problems)


def test_the_example_is_good_and_says_everything(tmp_path, capsys):
    """The example has every key there is, so that nothing has to be looked up elsewhere."""
    assert main(["config", "example"]) == 0
    example = capsys.readouterr().out
    file = tmp_path / "gateway.toml"
    file.write_text(example, encoding="utf-8")
    assert main(["config", "check", str(file)]) == 0, "it needs no other file"
    assert "is good: room archive-1" in capsys.readouterr().out
    loaded = load(file).config
    assert loaded.ledger.path == tmp_path / "ledger.db"
    assert loaded.mqtt.tls.key == tmp_path / "broker" / "gateway" / "key.pem"
    missing = [key for key in keys(Config) if f"{key} =" not in example]
    assert missing == []


def keys(struct):
    import typing

    import msgspec

    for field in msgspec.structs.fields(struct):
        kind = field.type
        inner = [kind, *typing.get_args(kind)]
        inner += [a for k in inner for a in typing.get_args(k)]
        sections = [k for k in inner if isinstance(k, type) and issubclass(k, msgspec.Struct)]
        if sections:
            for section in sections:
                yield from keys(section)
        else:
            yield field.encode_name


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("room = [", "is not TOML"),
        ('[room]\nid = "r"\nname = "n"\n[ledger]\npath="x"\n[api]\nprot = 1', "did you mean port?"),
        (None, "cannot be read: No such file or directory"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_check_says_what_is_wrong(tmp_path, capsys, written, said):
    file = tmp_path / "gateway.toml"
    if written is not None:
        file.write_bytes(written if isinstance(written, bytes) else written.encode())
    assert main(["config", "check", str(file)]) == 1
    assert said in capsys.readouterr().err


def test_check_speaks_chinese(tmp_path, capsys):
    file = tmp_path / "gateway.toml"
    file.write_text('[room]\nid = "r"\nnname = "n"')
    assert main(["config", "check", str(file), "--language", "zh_CN"]) == 1
    assert "是否应为 name" in capsys.readouterr().err


def test_the_register_may_be_a_file_of_its_own(tmp_path):
    (tmp_path / "people.toml").write_text(
        '[[person]]\nid = "li"\nname = "Li"\nbadges = ["04aabbcc"]\n'
        '[[place]]\nid = "A-1"\nname = "Shelf"\n'
    )
    file = tmp_path / "gateway.toml"
    file.write_text(
        '[room]\nid = "r"\nname = "n"\n[ledger]\npath = "x"\n[register]\nfile = "people.toml"\n'
        '[[person]]\nid = "wang"\nname = "Wang"\n[[place]]\nid = "hall"\nname = "Hall"\n'
    )
    loaded = load(file)
    assert [p.id for p in loaded.people] == ["wang", "li"]
    assert [p.id for p in loaded.config.place] == ["hall", "A-1"]


def test_a_profile_of_the_site(tmp_path):
    (tmp_path / "ours.toml").write_text(
        'id = "ours"\ntitle = "House rules"\n'
        "[defaults.temperature]\ndeadband = 0.2\ndelay_s = 1\nworse_by = 1\n"
        "[defaults.humidity]\ndeadband = 1\ndelay_s = 1\nworse_by = 1\n"
        "[stores.paper]\ntemperature = { low = 16, high = 19 }\nhumidity = { low = 45, high = 44 }\n"
        'source = "House rule 7"\n'
    )
    file = tmp_path / "gateway.toml"
    file.write_text(
        '[room]\nid = "r"\nname = "n"\n[ledger]\npath = "x"\n[climate]\nprofile = "ours.toml"\n'
    )
    with pytest.raises(
        ConfigProblemsError, match=r"ours.toml:13: stores.paper.humidity: the lower limit 45"
    ):
        load(file)


SAFE = PLAIN["safe"][0]
POINT = {"id": "p1", "name": "Door", "node": "n1", "reader": "r"}
ROUND = {"id": "day", "name": "Day", "points": ["p1"], "times": ["09:00"]}
DEED = {"id": "d", "name": "Deed", "kind": "certificate", "certificate": "other_right"}


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        (
            {"safe": [SAFE | {"node": "d1", "readers": ["desk"]}]},
            "safe[0].readers: d1/desk is the reader of desk front already; a safe has a reader of its own",
        ),
        (
            {"safe": [SAFE | {"node": "g1", "readers": ["gate"]}]},
            "safe[0].readers: g1/gate is the reader of gate exit already",
        ),
        (
            {"safe": [SAFE | {"readers": ["a"]}, SAFE | {"id": "b", "input": "c", "readers": ["a"]}]},
            "safe[1].readers: s1/a is the reader of safe deeds already",
        ),
        (
            {"safe": [SAFE, SAFE | {"id": "b"}]},
            "safe.input: s1/door is there twice",
        ),
        (
            {"safe": [SAFE, SAFE | {"id": "b", "input": "c", "place": "deeds"}]},
            "safe.place: deeds is there twice",
        ),
        (
            {"patrol_point": [POINT], "patrol": [ROUND, ROUND | {"id": "night"}]},
            "patrol[1].points: p1 is a point of the patrol day already; nobody could say for which",
        ),
        ({"patrol": [ROUND]}, "patrol[0].points: there is no patrol_point p1"),
        (
            {"patrol_point": [POINT, POINT | {"id": "p2"}]},
            "patrol_point.reader: n1/r is there twice",
        ),
        (
            {"desk": [PLAIN["desk"][0] | {"done_tags": ["04aabbccdd0001"]}]},
            "desk[0].done_tags: 04aabbccdd0001 belongs to somebody or something",
        ),
        (
            {"item": [{"id": "box", "name": "Box"}, DEED | {"parent": "box"}]},
            "item[1].parent: d is a certificate; certificates lie in no box",
        ),
        (
            {"item": [DEED | {"number": "7"}, {"id": "box", "name": "Box", "number": "7"}]},
            "item.number: 7 is there twice",
        ),
    ],
)  # fmt: skip
def test_nothing_has_two_tasks(sections, said):
    found = problems(PLAIN | sections)
    assert len(found) == 1
    assert found[0].startswith(said)


WITH_DAYS = """
[room]
id = "r1"
name = "R"
[ledger]
path = "l.db"
[calendar]
file = "d.csv"
"""


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, "calendar.file: "),
        ("date,to,kind\n2027-02-30,,off\n", "calendar.file: line 2: 2027-02-30 is no date"),
        ("date,to,kind\n2027-02-03,,off\n2027-02-03,,work\n", "line 3: 2027-02-03 was said before"),
        (b"\xff\xff\x00\x81", "calendar.file: The file is no text"),
    ],
)
def test_a_list_of_working_days_that_cannot_be_read_is_named(tmp_path, capsys, written, said):
    file = tmp_path / "gateway.toml"
    file.write_text(WITH_DAYS)
    if written is not None:
        (tmp_path / "d.csv").write_bytes(
            written if isinstance(written, bytes) else written.encode()
        )
    assert main(["config", "check", str(file), "--language", "en"]) == 1
    assert said in capsys.readouterr().err


def test_the_printed_list_of_working_days_can_be_used(tmp_path, capsys):
    assert main(["config", "working-days"]) == 0
    (tmp_path / "d.csv").write_text(capsys.readouterr().out, encoding="utf-8")
    file = tmp_path / "gateway.toml"
    file.write_text(WITH_DAYS)
    days = load(file).working_days
    assert days.is_working(date(2026, 10, 10))
    assert not days.is_working(date(2026, 10, 1))


def test_a_week_has_a_working_day():
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    with pytest.raises(ConfigProblemsError):
        settings(typed(PLAIN | {"calendar": {"weekend": week}}, Config))
