"""Puts a room together from its settings: the rules, the book of alarms, the texts."""

from collections.abc import Mapping

from .alarms.book import AlarmBook
from .config import Settings
from .i18n import speaker
from .room.context import Context
from .room.core import Room
from .room.registry import discover


def open_room(
    settings: Settings, states: Mapping[str, str] | None = None, book: AlarmBook | None = None
) -> Room:
    """Return the room as it was when the rows in `states` were committed.

    `book` is the book of alarms to use, where the caller wants to keep hold of it; see `open_book`.
    """
    say = speaker(settings.config.room.language)
    return Room(Context(settings, say), discover(), book or open_book(settings), states)


def open_book(settings: Settings) -> AlarmBook:
    """Return an empty book of alarms that speaks the language of the room."""
    return AlarmBook(speaker(settings.config.room.language))
