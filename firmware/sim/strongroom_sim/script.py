"""Stimuli: what happens to an emulated board, as one JSON line each, and what of it stands until
it is undone.

A line is {"dev": device id, "do": verb, "with": {arguments}}; device "board" is the board itself.
A board that loses power forgets what was around it; `Standing` remembers, so that the door is
still open when the board is back.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stimulus:
    """One thing that happens to a device of a node, at some ms after the start of the script."""

    at: int
    node: str
    dev: str
    do: str
    args: Mapping[str, object] = field(default_factory=dict)

    def line(self) -> str:
        """Return the line a board reads."""
        return line(self.dev, self.do, self.args)


def line(dev: str, do: str, args: Mapping[str, object]) -> str:
    """Return one stimulus as the JSON line a board reads, with its newline."""
    return json.dumps({"dev": dev, "do": do, "with": dict(args)}, ensure_ascii=False) + "\n"


_UNDONE_BY = {"enter": "leave", "place": "remove"}
_SAME_THING = {"open": "door", "close": "door"}
_KEYS = ("uid", "epc", "channel", "kind")


class Standing:
    """The stimuli that still hold: the last value of each thing, without what was taken away
    again."""

    def __init__(self) -> None:
        self._lines: dict[tuple[object, ...], str] = {}

    def apply(self, dev: str, do: str, args: Mapping[str, object]) -> None:
        """Take one stimulus into account."""
        if dev == "board":
            return  # a board starts with power, network and without a clock, whatever was before
        ident = tuple(args.get(key) for key in _KEYS)
        for begins, ends in _UNDONE_BY.items():
            if do == ends:
                self._lines.pop((dev, begins, *ident), None)
                return
        if do == "fault" and not args.get("on", True):
            self._lines.pop((dev, do, *ident), None)
            return
        self._lines[(dev, _SAME_THING.get(do, do), *ident)] = line(dev, do, args)

    def lines(self) -> list[str]:
        """Return the lines that bring a fresh board to where things stand."""
        return list(self._lines.values())
