"""The excursions of the register with cause and action, and the notes that people wrote."""

from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from ...climate.compliance.excursions import Excursion
from ..levels import LEVELS
from .cells import Cell, Say, Table, heads, hours, local, said
from .facts import Told, Written
from .model import Part, Register
from .stretches import Fact

_MOST: Final = 6
"""Facts that are listed; of more the number is told."""
ABOUT: Final = (
    "side",
    "start",
    "end",
    "duration",
    "extreme",
    "extreme_at",
    "limit",
    "remark",
    "cause",
    "action",
    "written_by",
)
"""The columns of an excursion."""


def excursions_table(part: Part, register: Register, say: Say) -> Table:
    """Return the table of excursions: first what people wrote, then what the ledger knows."""
    zone = ZoneInfo(register.time_zone)
    rows = [
        [said(say, f"quantity.{name}"), *excursion_row(one, told, zone, say)]
        for name, one, told in part.told
    ]
    title = said(say, "title.excursions", sensor=part.sensor)
    return Table("excursions", part.sensor, title, heads(say, "quantity", *ABOUT), rows)


def excursion_row(one: Excursion, told: Told, zone: tzinfo, say: Say) -> list[Cell]:
    """Return the cells about an excursion, as ABOUT names them."""
    return [
        said(say, "side.high" if one.side > 0 else "side.low"),
        local(one.start, zone),
        local(one.end, zone),
        hours(one.ms),
        one.extreme,
        local(one.extreme_at, zone),
        one.limit,
        _marks(one, say),
        _lines([_cause(note, say) for note in told.notes], told.causes, zone, say),
        _lines([note.action for note in told.notes], told.actions, zone, say),
        "; ".join(_who(note, zone, say) for note in told.notes),
    ]


def notes_table(register: Register, say: Say) -> Table:
    """Return the table of all notes of the time, with how many excursions each is about."""
    zone = ZoneInfo(register.time_zone)
    about: dict[str, int] = {}
    lists = [part.told for part in register.parts] + [part.told for part in register.air]
    for _, _, told in (one for found in lists for one in found):
        for note in told.notes:
            about[note.note] = about.get(note.note, 0) + 1
    rows: list[list[Cell]] = [
        [
            note.note,
            note.where,
            _quantity(note.quantity, say),
            local(note.start, zone),
            "" if note.end is None else local(note.end, zone),
            _cause(note, say),
            note.action,
            _who(note, zone, say),
            note.entry,
            about.get(note.note, 0),
            said(say, "replaced", note=note.replaced_by) if note.replaced_by else "",
        ]
        for note in register.notes
    ]
    head = heads(
        say,
        "note",
        "where",
        "quantity",
        "start",
        "end",
        "cause",
        "action",
        "written_by",
        "entry",
        "about",
        "remark",
    )
    return Table("notes", "", said(say, "title.notes"), head, rows)


def _quantity(name: str, say: Say) -> str:
    return say(f"air.{name}", {}) if name in LEVELS else said(say, f"quantity.{name}")


def _marks(one: Excursion, say: Say) -> str:
    found = [(one.cut_start, "cut_start"), (one.cut_end, "cut_end"), (one.open, "open")]
    return "; ".join(said(say, f"mark.{word}") for holds, word in found if holds)


def _cause(note: Written, say: Say) -> str:
    kind = said(say, f"cause.{note.cause}")
    return f"{kind}: {note.text}" if note.text else kind


def _who(note: Written, zone: tzinfo, say: Say) -> str:
    params = {"by": note.by_name, "at": local(note.at, zone), "note": note.note}
    return said(say, "written_note", **params, entry=note.entry)


def _lines(notes: list[str], facts: list[Fact], zone: tzinfo, say: Say) -> str:
    """Return what people wrote, and behind it what is on record, marked as that."""
    found = [note for note in notes if note]
    known = [_fact(fact, zone, say) for fact in facts[:_MOST]]
    if len(facts) > _MOST:
        known.append(said(say, "fact.more", count=len(facts) - _MOST))
    if known:
        found.append(said(say, "fact.recorded", facts="; ".join(known)))
    return "; ".join(found)


def _fact(fact: Fact, zone: tzinfo, say: Say) -> str:
    """Return a fact in words: moments as local times, texts within in the same language."""
    params = {}
    for name, value in fact.params.items():
        if isinstance(value, Fact):
            params[name] = _fact(value, zone, say)
        elif name.endswith("_at") and isinstance(value, int):
            params[name] = local(value, zone)
        else:
            params[name] = value
    return say(fact.key, params)
