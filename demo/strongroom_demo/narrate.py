"""Turns ledger entries into lines for the onlooker: what was sensed, what was decided, and why.
Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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
    """Knows who wears which badge and which box carries which tag."""

    def __init__(self, who: Cast) -> None:
        self._names = {person.badge: person.name for person in who.people}
        for box in who.boxes:
            self._names[box.hf] = self._names[box.uhf] = box.id

    def line(self, entry: Mapping[str, Any]) -> Line:
        """Return the line of one ledger entry."""
        kind = str(entry["kind"]).rpartition("/")[2]
        body: Mapping[str, Any] = entry["body"]
        if entry.get("boot") is not None:
            tell = _SENSED.get(kind, _unknown)
            return Line(
                entry["at"], "sensed", str(entry["node"]), tell(self, body), record=entry["idx"]
            )
        why = short(body.get("why"))
        if kind.startswith("alarm."):
            return self._alarm(entry, kind, body, why)
        text = f"{kind}: {_rest(body)}"
        where = str(body.get("node") or entry.get("node") or "")
        return Line(entry["at"], "decided", where, text, why, entry["idx"])

    def name(self, tag: str) -> str:
        """Return whose tag this is, or the tag itself."""
        return self._names.get(tag, tag)

    def _alarm(
        self, entry: Mapping[str, Any], kind: str, body: Mapping[str, Any], why: str
    ) -> Line:
        what = f"{body['code']} {body['subject']}".strip()
        if kind == "alarm.raised":
            text = _("ALARM {alarm} ({priority})", alarm=what, priority=body["priority"])
        elif kind == "alarm.cleared":
            text = _("alarm over: {alarm}", alarm=what)
        else:
            text = f"{kind.partition('.')[2]}: {what}"
        return Line(entry["at"], "alarm", "", text, why, entry["idx"])


def short(why: Any) -> str:
    """Return a reason as one short line."""
    if not why:
        return ""
    text = _flat(why) if isinstance(why, Mapping) else str(why)
    return text if len(text) <= WHY_MAX else text[: WHY_MAX - 1] + "…"


def _flat(why: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={_compact(value)}" for key, value in why.items() if value is not None)


def _compact(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _rest(body: Mapping[str, Any]) -> str:
    return _flat({key: value for key, value in body.items() if key not in ("why", "node")})


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
    rest = _flat({key: value for key, value in body.items() if key not in _ENVELOPE | {"what"}})
    return f"{body['what']} {rest}".strip()


def _command(_narrator: Narrator, body: Mapping[str, Any]) -> str:
    if body["ok"]:
        return _("command {id} carried out", id=body["id"])
    return _("command {id} refused: {why}", id=body["id"], why=body["why"])


def _unknown(_narrator: Narrator, body: Mapping[str, Any]) -> str:
    return _flat({key: value for key, value in body.items() if key not in _ENVELOPE})


_ENVELOPE = {"boot", "seq", "mono", "ts", "clk"}
_SENSED: dict[str, Callable[[Narrator, Mapping[str, Any]], str]] = {
    "tag": _tag,
    "contact": _contact,
    "shelf": _shelf,
    "node": _node,
    "command": _command,
}
