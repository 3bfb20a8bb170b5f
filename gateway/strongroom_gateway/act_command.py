"""`strongroom act`: ask the gateway on this machine for an act in somebody's name."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import msgspec

from .errors import ActError
from .i18n import text
from .local import add_socket, ask
from .room.acts import known_acts
from .room.registry import discover

NOT_YET = 75
"""Exit status of an act that is not on the disk yet (sysexits.h: EX_TEMPFAIL, try again)."""


def register(subparsers: Any) -> None:
    """Add the command to the parser of `strongroom`."""
    parser = subparsers.add_parser("act", help="ask for an act in somebody's name")
    parser.add_argument("kind", metavar="KIND", help="see: strongroom acts")
    parser.add_argument("values", nargs="*", metavar="KEY=VALUE", help="lists as KEY=A,B")
    parser.add_argument("--by", required=True, metavar="PERSON", help="id of who asks for it")
    parser.add_argument("--json", metavar="BODY", help="instead of KEY=VALUE: an object in JSON")
    parser.add_argument(
        "--id", metavar="ID", help="asked for again with the same ID, an act is not done again"
    )
    add_socket(parser)
    parser.set_defaults(run=run)
    plain = parser.parse_known_args

    def in_any_order(words: Sequence[str], namespace: Any = None) -> Any:
        return plain(ordered(words), namespace)

    # argparse takes positional arguments in one row only; people write them where they like.
    parser.parse_known_args = in_any_order


def run(arguments: argparse.Namespace) -> int:
    """Ask, and print the entries it led to; NOT_YET when they are not on the disk yet."""
    if arguments.json is not None:
        body = _object(arguments)
    else:
        body = from_words(arguments.kind, arguments.values, arguments.language)
    path = f"/api/v1/acts/{quote(arguments.kind, safe='')}"
    asked = {"by": arguments.by, "body": body, "id": arguments.id}
    answer = ask(arguments, "POST", path, asked)
    for entry in answer["entries"]:
        sys.stdout.write(f"{entry['kind']}  {_said(entry['body'])}\n")
    if not answer["recorded"]:
        sys.stderr.write(answer["detail"] + "\n")
    return 0 if answer["recorded"] else NOT_YET


def ordered(words: Sequence[str]) -> list[str]:
    """Return the words of this command with the options, each with its value, behind the rest."""
    plain: list[str] = []
    options: list[str] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            plain.append(word)
            continue
        options.append(word)
        if "=" not in word and word not in ("-h", "--help"):
            options += [value for value in [next(rest, None)] if value is not None]
    return [*plain, *options]


def from_words(kind: str, words: Sequence[str], language: str) -> dict[str, Any]:
    """Return the body of an act from words KEY=VALUE, each value read as the act's field wants it.

    Raises ActError for a word without "=". What does not fit is sent as it is: the gateway says
    what is wrong with it.
    """
    body: dict[str, Any] = {}
    fields = _fields(kind)
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise ActError(text("act.no_value", {"word": word}, language))
        body[key] = _read(value, fields.get(key, str))
    return body


def _fields(kind: str) -> Mapping[str, Any]:
    discover()
    found = known_acts().get(kind)
    if found is None:
        return {}
    return {field.encode_name: field.type for field in msgspec.structs.fields(found.body)}


def fields_of(kind: str) -> list[str]:
    """Return the fields of an act's body, those that may be left out in brackets."""
    discover()
    found = known_acts().get(kind)
    if found is None:
        return []
    return [
        field.encode_name if field.required else f"[{field.encode_name}]"
        for field in msgspec.structs.fields(found.body)
    ]


def _read(value: str, wanted: Any) -> Any:
    """Return a value in the form its field wants: text, number, list, object."""
    tries: list[Any] = [value, [part.strip() for part in value.split(",")]]
    if value[:1] in ("{", "["):
        with suppress(ValueError):  # a text may begin with a bracket too
            tries.insert(0, json.loads(value))
    for one in tries:
        try:
            return msgspec.to_builtins(msgspec.convert(one, wanted, strict=False))
        except msgspec.ValidationError:
            pass  # then perhaps in another form
    return value


def _object(arguments: argparse.Namespace) -> dict[str, Any]:
    try:
        body = json.loads(arguments.json)
    except ValueError:
        body = None
    if not isinstance(body, dict) or arguments.values:
        raise ActError(text("act.not_json", {}, arguments.language))
    return body


def _said(body: Mapping[str, Any]) -> str:
    parts = [
        f"{key}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in body.items()
        if value is not None and key != "why"
    ]
    return " ".join(parts)
