"""Lists as people write them."""

import csv
import io
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.i18n import text
from strongroom_gateway.register.table import COLUMNS, TableError, decoded, read, write
from strongroom_gateway.room.model import Item, Role


def lines(kind, text):
    return list(read(kind, io.StringIO(text)))


def test_chinese_headers_and_several_tags():
    (line,) = lines("item", "\ufeff编号,名称,标签,页数,密封\nb1,合同卷,e2000001;e2000002,86,是\n")
    assert line.row == {
        "id": "b1",
        "name": "合同卷",
        "tags": ["e2000001", "e2000002"],
        "pages": 86,
        "sealed": True,
    }


def test_a_bad_cell_is_the_fault_of_its_row_alone():
    found = lines("item", "id,name,pages\nb1,One,many\n\nb2,Two,3\nb3\n")
    assert [(f.number, f.problem and f.problem.key) for f in found] == [
        (2, "register.number"),
        (4, None),
        (5, "register.cells"),
    ]


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("", "register.no_header"),
        ("id,colour", "register.column"),
        ("id,名称,name", "register.column_twice"),
    ],
)
def test_a_header_that_says_something_unknown_is_refused(header, key):
    with pytest.raises(TableError) as refused:
        lines("item", f"{header}\n" if header else "")
    assert refused.value.key == key


label = (
    st.text(st.characters(exclude_categories=["C"], exclude_characters=";;"), min_size=1)
    .map(str.strip)
    .filter(lambda s: s and not s.startswith("'"))
)


@given(
    st.builds(
        Item,
        id=label,
        name=label,
        number=st.none() | label,
        pages=st.none() | st.integers(0, 999),
        sealed=st.none() | st.booleans(),
        tags=st.lists(st.sampled_from(["e2000001", "e2000002"]), unique=True).map(tuple),
    )
)
def test_what_is_written_is_read_again(item):
    row = msgspec.to_builtins(item)
    out = io.StringIO()
    csv.writer(out).writerows([COLUMNS["item"], write("item", item)])
    (line,) = lines("item", out.getvalue())
    given = dict.fromkeys(("kind", "tags", "closed")) | line.row
    wanted = {"kind": "box", "tags": None, "closed": False} | row
    if wanted["tags"]:
        wanted["tags"] = list(wanted["tags"])
    assert given == wanted


def test_words_of_people_are_taken_and_tags_as_any_reader_writes_them():
    (line,) = lines(
        "item", "编号,名称,类型,权证类别,标签\nc1,房产证,权证,他项权证原件,E2:80:11 22\n"
    )
    assert line.row == {
        "id": "c1",
        "name": "房产证",
        "kind": "certificate",
        "certificate": "other_right",
        "tags": ["e2801122"],
    }
    (line,) = lines("person", "编号,姓名,角色\np,柜,档案管理员;项目经理A角;king\n")
    assert line.row == {"id": "p", "name": "柜", "roles": ["archivist", "handler_a", "king"]}


def test_the_words_for_roles_are_those_the_program_says():
    for role in get_args(Role):
        said = text(f"role.{role}", {}, "zh_CN")
        (line,) = lines("person", f"id,name,roles\np,P,{said}\n")
        assert line.row["roles"] == [role]


TEXT = "编号,名称\r\nb1,张家界\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_files_of_spreadsheets_are_read(encoding):
    (line,) = read("item", decoded(TEXT.encode(encoding)))
    assert line.row == {"id": "b1", "name": "张家界"}


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (b"\xff\xff\x00\x81", "register.encoding"),
        (b"\xff\xfe\x00", "register.encoding"),
        (b"id,name\nb1," + b"x" * 200_000 + b"\n", "register.no_csv"),
    ],
)
def test_what_is_no_list_is_refused_in_words(raw, key):
    with pytest.raises(TableError) as refused:
        list(read("item", decoded(raw)))
    assert refused.value.key == key


def test_a_cell_keeps_the_signs_that_are_no_line_of_a_spreadsheet():
    (line,) = read("item", decoded("id,name\nb1,one\u2028two\n".encode()))
    assert line.row["name"] == "one\u2028two"
