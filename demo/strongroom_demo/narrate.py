"""Turns ledger entries into lines for the onlooker: what was sensed, what was decided, and why.
Pure."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from strongroom_gateway.i18n import text as gateway_text
from strongroom_sim.world.cast import Cast

from .words import _

WHY_MAX = 160


@dataclass(frozen=True)
class Line:
    """One line: `kind` is room, sensed, decided, alarm or system; `at` Unix ms; `record` its
    ledger index."""

    at: int
    kind: str
    where: str
    text: str
    why: str = ""
    record: int | None = None


class Narrator:
    """Knows who wears which badge and which box carries which tag, and what was told already."""

    def __init__(self, who: Cast, language: str) -> None:
        self._language = language
        self._names = {person.badge: person.name for person in who.people}
        self._moving: set[tuple[str, str, int]] = set()
        self._registered = False
        for box in who.boxes:
            self._names[box.hf] = self._names[box.uhf] = box.id

    def line(self, entry: Mapping[str, Any]) -> Line | None:
        """Return the line of one ledger entry; None for one that only continues what was told."""
        kind = str(entry["kind"]).rpartition("/")[2]
        body: Mapping[str, Any] = entry["body"]
        if entry.get("boot") is not None:
            if self._continues(str(entry["node"]), kind, body):
                return None
            tell = _SENSED.get(kind, _unknown)
            return Line(
                entry["at"], "sensed", str(entry["node"]), tell(self, body), record=entry["idx"]
            )
        if kind.endswith(".registered") and body.get("by") == "configuration":
            if self._registered:
                return None
            self._registered = True
            said = _("people, boxes and places of the configuration are on record")
            return Line(entry["at"], "decided", "", said, record=entry["idx"])
        why = short(body.get("why"))
        if kind.startswith("alarm."):
            return Line(entry["at"], "alarm", "", self._alarm(kind, body), why, entry["idx"])
        text = f"{kind}: {_flat(body, leave_out={'why', 'node'})}"
        where = str(body.get("node") or entry.get("node") or "")
        return Line(entry["at"], "decided", where, text, why, entry["idx"])

    def name(self, tag: str) -> str:
        """Return whose tag this is, or the tag itself."""
        return self._names.get(tag, tag)

    def _alarm(self, kind: str, body: Mapping[str, Any]) -> str:
        code = str(body["code"])
        what = f"{code} {body['subject']}".strip()
        if kind == "alarm.raised":
            said = gateway_text(f"alarm.{code}", body.get("params"), self._language)
            return _(
                "ALARM {alarm} ({priority}): {text}",
                alarm=what,
                priority=body["priority"],
                text=said,
            )
        if kind == "alarm.cleared":
            return _("alarm over: {alarm}", alarm=what)
        return f"{kind.partition('.')[2]}: {what}"

    def _continues(self, node: str, kind: str, body: Mapping[str, Any]) -> bool:
        """Whether this says only that a tag stays or a carriage goes on rolling."""
        if kind == "tag":
            return bool(body["act"] == "more")
        if kind != "shelf":
            return False
        carriage = (node, body["bank"], body["carriage"])
        going_on = body["state"] == "moving" and carriage in self._moving
        (self._moving.add if body["state"] == "moving" else self._moving.discard)(carriage)
        return going_on


def short(why: Any) -> str:
    """Return a reason as one short line; the whole of it is in the ledger."""
    if not why:
        return ""
    text = _flat(why, _PLUMBING) if isinstance(why, Mapping) else str(why)
    return text if len(text) <= WHY_MAX else text[: WHY_MAX - 1] + "…"


def _flat(body: Mapping[str, Any], leave_out: Collection[str] = ()) -> str:
    return ", ".join(
        f"{key}={_compact(value, leave_out)}"
        for key, value in body.items()
        if value is not None and key not in leave_out
    )


def _compact(value: Any, leave_out: Collection[str] = ()) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return f"({_flat(value, leave_out)})"
    if isinstance(value, list):
        return "[" + "; ".join(_compact(one, leave_out) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _tag(narrator: Narrator, body: Mapping[str, Any]) -> str:
    seen = narrator.name(str(body["id"]))
    where = body["reader"] + (f"/{body['ant']}" if body.get("ant") else "")
    if body["act"] == "gone":
        return _("{tag} left {reader} after {n} reads", tag=seen, reader=where, n=body["n"])
    level = f" {body['rssi']} dBm" if body.get("rssi") is not None else ""
    said = _("{tag} at {reader}", tag=seen, reader=where)
    return said + level


def _contact(_narrator: Narrator, body: Mapping[str, Any]) -> str:
    if body["open"]:
        return _("{input} opened", input=body["input"])
    return _("{input} closed", input=body["input"])


def _shelf(_narrator: Narrator, body: Mapping[str, Any]) -> str:
    if body["state"] == "moving":
        return _("carriage {carriage} moves", carriage=body["carriage"])
    return _("carriage {carriage} stands at {mm} mm", carriage=body["carriage"], mm=body["mm"])


def _node(_narrator: Narrator, body: Mapping[str, Any]) -> str:
    rest = _flat(body, _ENVELOPE | {"what"})
    return f"{body['what']} {rest}".strip()


def _command(_narrator: Narrator, body: Mapping[str, Any]) -> str:
    if body["ok"]:
        return _("command {id} carried out", id=body["id"])
    return _("command {id} refused: {why}", id=body["id"], why=body["why"])


def _unknown(_narrator: Narrator, body: Mapping[str, Any]) -> str:
    return _flat(body, _ENVELOPE)


_ENVELOPE = {"boot", "seq", "mono", "ts", "clk"}
_PLUMBING = _ENVELOPE | {"at", "at_source", "lane", "rule"}
_SENSED: dict[str, Callable[[Narrator, Mapping[str, Any]], str]] = {
    "tag": _tag,
    "contact": _contact,
    "shelf": _shelf,
    "node": _node,
    "command": _command,
}
