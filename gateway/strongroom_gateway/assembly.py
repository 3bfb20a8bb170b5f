"""Puts a room together from its settings: the rules, the book of alarms, the texts."""

from collections.abc import Mapping

from .alarms.book import AlarmBook
from .config import Settings
from .i18n import speaker
from .room.context import Context
from .room.core import Room
from .room.registry import discover


def open_room(settings: Settings, states: Mapping[str, str] | None = None) -> Room:
    """Return the room as it was when the rows in `states` were committed."""
    say = speaker(settings.config.room.language)
    return Room(Context(settings, say), discover(), AlarmBook(say), states)
