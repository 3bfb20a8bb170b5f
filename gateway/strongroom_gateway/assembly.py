"""Puts a room together from its settings: the rules, the book of alarms, the texts."""

from collections.abc import Mapping

from .alarms.book import AlarmBook
from .config import Settings
from .i18n import speaker
from .ingest.taking import writable
from .room.context import Context
from .room.core import Room
from .room.registry import discover
from .room.row_source import MemoryRows, RowSource
from .room.rows import PREFIX, Rows


def open_room(
    settings: Settings,
    states: Mapping[str, str] | None = None,
    book: AlarmBook | None = None,
    rows: RowSource | None = None,
) -> Room:
    """Return the room as it was when what `states` holds was committed.

    `book` is the book of alarms to use, where the caller wants to keep hold of it; see `open_book`.
    `rows` is where rows are read from; without it from `states`.
    """
    memory = {key: row for key, row in (states or {}).items() if not key.startswith(PREFIX)}
    if rows is None:
        rows = MemoryRows({k: r for k, r in (states or {}).items() if k.startswith(PREFIX)})
    context = Context(settings, speaker(settings.config.room.language), Rows(rows))
    return Room(context, discover(), book or open_book(settings), memory, writable)


def open_book(settings: Settings) -> AlarmBook:
    """Return an empty book of alarms that speaks the language of the room."""
    return AlarmBook(speaker(settings.config.room.language))
