"""Hypothesis strategies for messages that keep the contract, made from the structs' own types."""

from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect
from strongroom_gateway.contract.kinds import KINDS

Message = tuple[str, str, dict[str, Any]]
"""(lane, kind, the whole object)"""


def _of(kind: inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.Metadata():
            return _of(kind.type)
        case inspect.IntType():
            return st.integers(kind.ge, kind.le)
        case inspect.FloatType():
            return st.floats(kind.ge, kind.le, allow_nan=False, allow_infinity=False) | st.integers(
                *_whole(kind)
            )
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.LiteralType():
            return st.sampled_from(sorted(kind.values))
        case inspect.StrType():
            if kind.pattern:
                return st.from_regex(kind.pattern, fullmatch=True).filter(
                    lambda text: kind.max_length is None or len(text) <= kind.max_length
                )
            letters = st.characters(exclude_categories=["Cs"])
            return st.text(letters, min_size=kind.min_length or 0, max_size=kind.max_length)
        case inspect.UnionType():
            return st.one_of([_of(one) for one in kind.types if not _is_unset(one)])
        case inspect.StructType():
            return struct(kind.cls)
        case inspect.ListType():
            return st.lists(_of(kind.item_type), max_size=4)
        case _:
            raise NotImplementedError(f"no strategy for {kind}")


def _is_unset(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.CustomType) or "Unset" in type(kind).__name__


def _whole(kind: inspect.FloatType) -> tuple[int, int]:
    low = -(2**53) if kind.ge is None else int(kind.ge)
    high = 2**53 if kind.le is None else int(kind.le)
    return low, high


@st.composite
def struct(draw: st.DrawFn, cls: type) -> dict[str, Any]:
    """An object that decodes into this struct."""
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    found: dict[str, Any] = {}
    if info.tag_field is not None:
        found[info.tag_field] = info.tag
    optional = [field.name for field in info.fields if not field.required]
    chosen = draw(st.sets(st.sampled_from(optional), min_size=1)) if optional else set()
    for field in info.fields:
        if field.required or field.name in chosen:
            found[field.encode_name] = draw(_of(field.type))
    if "clk" in found:
        found["clk"] = draw(st.sampled_from(["rtc", "ntp", "gateway"]))
        if found["ts"] is None:
            found["clk"] = "none"
    if found.get("what") == "outbox.dropped":
        found["from"], found["to"] = sorted([found["from"], found["to"]])
        found["count"] = min(found["count"], found["to"] - found["from"] + 1)
    return found


def _structs(target: Any) -> list[type]:
    info = inspect.type_info(target)
    kinds = info.types if isinstance(info, inspect.UnionType) else (info,)
    return [kind.cls for kind in kinds if isinstance(kind, inspect.StructType)]


@st.composite
def message(draw: st.DrawFn) -> Message:
    """Any event or telemetry message that keeps the contract, size aside."""
    lane, kind = draw(st.sampled_from(sorted(KINDS)))
    cls = draw(st.sampled_from(_structs(KINDS[lane, kind])))
    return lane, kind, draw(struct(cls))


def payload(found: dict[str, Any]) -> bytes:
    return msgspec.json.encode(found)
