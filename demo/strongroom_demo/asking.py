"""What people of the story ask the gateway for: slips, inspections. Through its admin socket, as
`strongroom act` does."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from strongroom_gateway.errors import StrongroomError
from strongroom_gateway.local import ask
from strongroom_sim.world.scenes import Ask

PATIENCE_MS = 15_000  # what a tap at a node needs at most until the gateway knows of it
AGAIN_MS = 500


class Asking:
    """Asks in the order of the story. What is refused is asked again for a while: an inspection
    may come before the tap it is about has arrived."""

    def __init__(self, socket: Path, language: str, complain: Callable[[str], None]) -> None:
        self._where = argparse.Namespace(socket=socket, config=None, language=language)
        self._complain = complain
        self._waiting: list[Ask] = []
        self._not_before = 0
        self._spoken_of: dict[str, str] = {}

    def add(self, asks: list[Ask]) -> None:
        """Take what is to be asked for from now on."""
        self._waiting += asks

    @property
    def done(self) -> bool:
        """Whether nothing waits any more."""
        return not self._waiting

    def go_on(self, now_ms: int) -> None:
        """Ask for what is waiting, up to the first that is refused for now."""
        while self._waiting and now_ms >= self._not_before:
            first = self._waiting[0]
            try:
                self._ask(first)
            except StrongroomError as refusal:
                if now_ms - first.at < PATIENCE_MS:
                    self._not_before = now_ms + AGAIN_MS
                    return
                self._complain(f"{first.kind}: {refusal}")
            del self._waiting[0]

    def _ask(self, one: Ask) -> None:
        body = {
            key: self._spoken_of.get(value.removeprefix("$"), value)
            if isinstance(value, str) and value.startswith("$")
            else value
            for key, value in one.body.items()
        }
        path = f"/api/v1/acts/{one.kind}"
        answer = ask(self._where, "POST", path, {"by": one.by, "body": body})
        said: dict[str, Any] = answer["entries"][0]["body"]
        for word in ("slip", "loan"):
            if isinstance(said.get(word), str):
                self._spoken_of[word] = said[word]
