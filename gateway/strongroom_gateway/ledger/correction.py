"""Corrections: nothing is rewritten. A new entry says what of an earlier one is wrong, who says so
and why.

The body of an entry of kind `correction`:
{"supersedes": idx, "who": name, "why": text, "changes": {field: {"was": value, "is": value}}}.
It always names the entry that was first recorded; a later correction of the same entry takes
effect over an earlier one, field by field.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..errors import CorrectionError
from .canonical import canonical

KIND: Final = "correction"
TIME: Final = "time"
"""May be corrected though it is no field of a body: when it happened, Unix ms."""
ENVELOPE: Final = frozenset({"boot", "clk", "mono", "seq", "ts"})
"""What a node sent with its message; a fact, not a statement that could be wrong."""


def correction(
    idx: int,
    kind: str,
    recorded: Mapping[str, Any],
    changes: Mapping[str, Any],
    who: str,
    why: str,
    before: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the body of a correction of the entry ``idx``.

    ``recorded`` is the entry's body, with ``time`` if that may be corrected; ``changes`` the fields
    with their right values; ``before`` the bodies of earlier corrections of it, oldest first.
    Raises CorrectionError when the entry is a correction itself, when nobody or no reason is named,
    or when nothing would change.
    """
    if kind == KIND:
        raise CorrectionError(
            f"entry {idx} is a correction: correct entry {recorded['supersedes']} once more"
        )
    if not who.strip() or not why.strip():
        raise CorrectionError("a correction names who makes it, and why")
    now = corrected(recorded, before)
    said = {}
    for field, value in changes.items():
        if field in ENVELOPE:
            raise CorrectionError(f"{field} was sent by the node with its message and stays")
        if field not in now:
            raise CorrectionError(f"entry {idx} has no {field}; it has {', '.join(sorted(now))}")
        try:
            same = canonical(now.get(field)) == canonical(value)
        except ValueError as error:
            raise CorrectionError(f"{field}: {error}") from error
        if not same:
            said[field] = {"was": now.get(field), "is": value}
    if not said:
        raise CorrectionError("the correction changes nothing")
    return {"changes": said, "supersedes": idx, "who": who.strip(), "why": why.strip()}


def corrected(
    recorded: Mapping[str, Any], corrections: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the body of an entry as it stands after its corrections, given oldest first."""
    body = dict(recorded)
    for one in corrections:
        body.update({field: change["is"] for field, change in one["changes"].items()})
    return body
