"""The register as tables: rows of a CSV file to what the register takes, and back. Pure.

The first line names the columns, by the names of the fields or by those people write in Chinese.
Several values in one cell stand apart by ";".
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from ..errors import StrongroomError

Kind = Literal["person", "item", "place"]
COLUMNS: Final[dict[Kind, tuple[str, ...]]] = {
    "person": ("id", "name", "badges", "roles", "department", "scope", "active"),
    "item": (
        "id",
        "name",
        "kind",
        "number",
        "tags",
        "home",
        "parent",
        "certificate",
        "pages",
        "sealed",
        "department",
        "project",
        "closed",
    ),
    "place": ("id", "name", "kind", "parent", "custodian", "order", "capacity"),
}
_CHINESE: Final[Mapping[str, str]] = {
    "编号": "id",
    "名称": "name",
    "姓名": "name",
    "类型": "kind",
    "档案号": "number",
    "权证号": "number",
    "标签": "tags",
    "位置": "home",
    "所在盒": "parent",
    "上级": "parent",
    "权证类别": "certificate",
    "页数": "pages",
    "密封": "sealed",
    "部门": "department",
    "项目": "project",
    "停用": "closed",
    "工卡": "badges",
    "角色": "roles",
    "分管部门": "scope",
    "在岗": "active",
    "责任人": "custodian",
    "顺序": "order",
    "容量": "capacity",
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": {
        "档案盒": "box",
        "盒": "box",
        "案卷": "volume",
        "卷": "volume",
        "权证": "certificate",
        "钥匙": "key",
        "库房": "room",
        "保险柜": "safe",
        "柜": "cabinet",
        "密集架": "shelf",
        "架": "shelf",
        "格位": "slot",
        "借阅台": "desk",
        "区域": "area",
    },
    "certificate": {
        "客户财产权属证明原件": "customer_ownership",
        "保证人财产权属证明原件": "guarantor_ownership",
        "他项权证原件": "other_right",
        "动产抵押登记通知书": "chattel_mortgage",
        "股权出质设立登记通知书": "equity_pledge",
        "其他权属证明原件": "other_ownership",
    },
    "roles": {
        "档案管理员": "archivist",
        "权证管理人员": "certificate_custodian",
        "项目经理A角": "handler_a",
        "项目经理B角": "handler_b",
        "档案收集人员": "collector",
        "董事长": "chairman",
        "总经理": "general_manager",
        "副总经理": "deputy_manager",
        "保安": "security",
        "设施管理人员": "facilities",
        "审计人员": "auditor",
    },
}
_LISTS: Final = frozenset({"badges", "roles", "scope", "tags"})
_TAGS: Final = frozenset({"badges", "tags"})
_NUMBERS: Final = frozenset({"pages", "order", "capacity"})
_TRUTHS: Final = frozenset({"sealed", "active", "closed"})
_YES: Final = frozenset({"1", "true", "yes", "是", "y"})
_FORMULA: Final = ("=", "+", "-", "@", "\t")
_NO: Final = frozenset({"0", "false", "no", "否", "n"})


class TableError(StrongroomError):
    """A file is not a table of this kind; `key` and `params` say why."""

    def __init__(self, key: str, params: Mapping[str, Any]) -> None:
        self.key, self.params = key, dict(params)
        super().__init__(f"{key} {self.params}")


class Line(NamedTuple):
    """A row of the file: its number (the header is 1), and what it says, or why it says nothing."""

    number: int
    row: dict[str, Any]
    problem: TableError | None = None


def read(kind: Kind, lines: Iterable[str]) -> Iterator[Line]:
    """Yield the rows of a CSV file; a cell that is no number or no yes and no is that row's fault.

    Raises TableError when the header has a column the register does not know, or has one twice, and
    where the file is no CSV any more.
    """
    reader = csv.reader(lines)
    rows = _rows(reader)
    header = [_column(kind, name) for name in next(rows, [])]
    if not header:
        raise TableError("register.no_header", {})
    doubles = sorted({name for name in header if header.count(name) > 1})
    if doubles:
        raise TableError("register.column_twice", {"column": doubles[0]})
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            found = TableError("register.cells", {"found": len(cells), "wanted": len(header)})
            yield Line(reader.line_num, {}, found)
            continue
        try:
            row = {
                name: _value(name, _plain(cell))
                for name, cell in zip(header, cells, strict=True)
                if cell.strip()
            }
        except TableError as problem:
            yield Line(reader.line_num, {}, problem)
            continue
        yield Line(reader.line_num, row)


def write(kind: Kind, row: object) -> list[str]:
    """Return the cells of a row of the register in the order of COLUMNS."""
    return [_cell(getattr(row, name)) for name in COLUMNS[kind]]


def decoded(raw: bytes) -> list[str]:
    """Return the lines of a file as spreadsheets write them: UTF-8, UTF-16 with its mark, GB 18030.

    Raises TableError for what is none of these.
    """
    marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            # Not splitlines: it would part a cell at signs that no spreadsheet takes for a line.
            return list(io.StringIO(raw.decode(encoding), newline=""))
        except UnicodeDecodeError:
            pass  # then perhaps the next one
    raise TableError("register.encoding", {})


def _rows(reader: Any) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as bad:
        raise TableError("register.no_csv", {"row": reader.line_num, "reason": str(bad)}) from bad


def _column(kind: Kind, name: str) -> str:
    plain = name.strip().lstrip("\ufeff")
    found = _CHINESE.get(plain, plain.lower())
    if found not in COLUMNS[kind]:
        known = ", ".join(COLUMNS[kind])
        raise TableError("register.column", {"column": plain, "known": known})
    return found


def _value(name: str, cell: str) -> Any:
    if name in _LISTS:
        parts = [part.strip() for part in cell.replace(";", ";").split(";") if part.strip()]
        if name in _TAGS:
            return [_tag(part) for part in parts]
        return [_word(name, part) for part in parts]
    if name in _NUMBERS:
        if not cell.isascii() or not cell.isdigit():
            raise TableError("register.number", {"column": name, "cell": cell})
        return int(cell)
    if name in _TRUTHS:
        word = cell.casefold()
        if word not in _YES | _NO:
            raise TableError("register.truth", {"column": name, "cell": cell})
        return word in _YES
    return _word(name, cell)


def _tag(cell: str) -> str:
    """Return a tag as nodes report it: readers write E2:80:11 or E2 80 11 as well."""
    return cell.replace(":", "").replace(" ", "").lower()


def _word(name: str, cell: str) -> str:
    return _WORDS.get(name, {}).get(cell, cell)


def _plain(cell: str) -> str:
    """Return what a cell says, without the mark `write` sets before what looks like a formula."""
    said = cell.strip()
    return said[1:] if said[:1] == "'" and said[1:2] in _FORMULA else said


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | tuple):
        return ";".join(value)
    text = str(value)
    # A spreadsheet would take these for a formula.
    return f"'{text}" if text[:1] in _FORMULA else text
