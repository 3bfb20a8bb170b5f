"""The id of an event: the hash of what it says (CBV 2.0, section 8.9, "EPCIS Event Hash ID").

The same event has the same id whoever writes it and in whatever order, so an event that is sent
twice is known as one. When it was recorded, the id itself and an error declaration are no part of
it. Works for the events this gateway makes; a field it does not know is refused, for a hash that
left it out would be that of another event.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any, Final

from ..ledger.canonical import canonical
from .gs1 import read_urn

_CBV: Final = "https://ref.gs1.org/cbv/"
_NO_PART: Final = frozenset({"type", "recordTime", "eventID", "errorDeclaration"})
Spaces = Mapping[str, str]
"""Prefixes of extension fields, and the namespaces they stand for."""


def event_id(event: Mapping[str, Any], spaces: Spaces) -> str:
    """Return the hash id of an event; ValueError when it has a field that is not known here."""
    digest = sha256(prehash(event, spaces).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def prehash(event: Mapping[str, Any], spaces: Spaces) -> str:
    """Return the text whose hash is the id."""
    parts = [f"eventType={event['type']}"]
    parts += [write(name, event[name], spaces) for name, write in _FIELDS.items() if name in event]
    others = {k: v for k, v in event.items() if k not in _FIELDS and k not in _NO_PART}
    return "".join(parts) + _extensions(others, spaces)


def _extensions(fields: Mapping[str, Any], spaces: Spaces) -> str:
    """Return fields of other vocabularies: full names, sorted, a list as its members."""
    written = []
    for name, value in fields.items():
        prefix, colon, local = name.partition(":")
        if not colon or prefix not in spaces:
            raise ValueError(f"{name} is no field of an event that can be hashed here")
        full = f"{{{spaces[prefix]}}}{local}"
        for one in value if isinstance(value, list) else [value]:
            inner = _extensions(one, spaces) if isinstance(one, Mapping) else f"={_text(one)}"
            written.append(full + inner)
    return "".join(sorted(written))


def _text(value: Any) -> str:
    """Return a value: numbers without trailing zeros, GS1 keys as Digital Links."""
    if not isinstance(value, str):
        return canonical(value)
    key = read_urn(value)
    return value.strip() if key is None else key.link


def _time(name: str, value: str, _: Spaces) -> str:
    at = datetime.fromisoformat(value).astimezone(UTC)
    return f"{name}={at.strftime('%Y-%m-%dT%H:%M:%S')}.{at.microsecond // 1000:03d}Z"


def _plain(name: str, value: Any, _: Spaces) -> str:
    return f"{name}={_text(value)}"


def _word(vocabulary: str, name: str, value: str, _: Spaces) -> str:
    """Return a word of the Core Business Vocabulary as its URI; other vocabularies' as they are."""
    return f"{name}={value if ':' in value else f'{_CBV}{vocabulary}-{value}'}"


def _keys(name: str, value: Sequence[str], _: Spaces) -> str:
    return name + "".join(sorted(f"epc={_text(one)}" for one in value)) if value else ""


def _place(name: str, value: Mapping[str, Any], spaces: Spaces) -> str:
    others = {k: v for k, v in value.items() if k != "id"}
    return f"{name}id={_text(value['id'])}{_extensions(others, spaces)}"


def _lasting(name: str, value: Mapping[str, Sequence[str]], spaces: Spaces) -> str:
    both = [
        "".join(sorted(_word("Disp", act, one, spaces) for one in value.get(act, ())))
        for act in ("set", "unset")
    ]
    return name + "".join(both)


def _typed(
    vocabulary: str, member: str, name: str, value: Sequence[Mapping[str, str]], spaces: Spaces
) -> str:
    written = [
        _word(vocabulary, "type", one["type"], spaces) + f"{member}={_text(one[member])}"
        for one in value
    ]
    return name + "".join(sorted(written)) if written else ""


_FIELDS: Final[Mapping[str, Callable[[str, Any, Spaces], str]]] = {
    "eventTime": _time,
    "eventTimeZoneOffset": _plain,
    "parentID": _plain,
    "epcList": _keys,
    "childEPCs": _keys,
    "action": _plain,
    "bizStep": partial(_word, "BizStep"),
    "disposition": partial(_word, "Disp"),
    "persistentDisposition": _lasting,
    "readPoint": _place,
    "bizLocation": _place,
    "bizTransactionList": partial(_typed, "BTT", "bizTransaction"),
    "sourceList": partial(_typed, "SDT", "source"),
    "destinationList": partial(_typed, "SDT", "destination"),
}
"""In the canonical order, which is that of the standard and not of the document."""
