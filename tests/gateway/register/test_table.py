"""Lists as people write them."""

import csv
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongroom_gateway.register.table import COLUMNS, TableError, read, write
from strongroom_gateway.room.model import Item


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
    csv.writer(out).writerows([COLUMNS["item"], write("item", row)])
    (line,) = lines("item", out.getvalue())
    given = dict.fromkeys(("kind", "tags", "closed")) | line.row
    wanted = {"kind": "box", "tags": None, "closed": False} | row
    if wanted["tags"]:
        wanted["tags"] = list(wanted["tags"])
    given["kind"] = given["kind"] or "box"
    given["closed"] = bool(given["closed"])
    assert given == wanted
