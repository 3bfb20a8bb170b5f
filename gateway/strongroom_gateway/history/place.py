"""Where the history and the ledger lie, by the configuration."""

import argparse
from pathlib import Path
from typing import NamedTuple

from ..config import Settings, load
from ..i18n import DEFAULT, text
from .days import HistoryError


class Place(NamedTuple):
    """Where history and ledger are, by the configuration."""

    settings: Settings
    history: Path
    ledger: Path


def where(arguments: argparse.Namespace) -> Place:
    """Return what the configuration says of the history. Raises when it says nothing."""
    settings = load(arguments.config)
    history = settings.config.history
    if history is None:
        said = text("climate.no_history", {}, arguments.language or DEFAULT)
        raise HistoryError(f"{arguments.config}: {said}")
    return Place(settings, history.path, settings.config.ledger.path)
