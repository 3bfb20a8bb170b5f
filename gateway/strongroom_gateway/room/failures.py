"""Mistakes in rules: recorded, counted, and never in the way of the alarms of the other rules."""

from collections.abc import Sequence
from typing import Any, Final

from ..ingest.port import Decision, Entry
from .context import Context
from .effects import Record

_MOST: Final = 100
"""Failures that are recorded; all are counted."""


def note_failure(
    ctx: Context,
    rule: str,
    what: str,
    error: Exception,
    out: Decision,
    lost: Sequence[Record] = (),
) -> None:
    """Record that a rule could not decide on `what`, with the entries that are lost by it.

    What could not be entered as it should have been is evidence still.
    """
    ctx.count("room.rule_failed")
    if ctx.counters["room.rule_failed"] > _MOST:
        return
    body: dict[str, Any] = {"input": what, "why": {"rule": rule, "error": ascii(error)[:300]}}
    if lost:
        body["not_kept"] = [{"kind": r.kind, "body": ascii(dict(r.body))[:1000]} for r in lost]
    out.entries.append(Entry("gateway.rule_failed", body))
