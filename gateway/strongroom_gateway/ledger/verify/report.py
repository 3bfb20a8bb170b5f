"""What a verification found, in words."""

from collections import Counter
from dataclasses import dataclass, field

MOST_PROBLEMS = 20


def printable(text: str) -> str:
    """Return a text that cannot steer a terminal, whatever somebody put into a ledger."""
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)


@dataclass
class Report:
    """What was found; ``problems`` is empty when the record proves itself."""

    entries: int = 0
    root: str = ""
    tree: str = "sha256"
    problems: list[str] = field(default_factory=list)
    more: int = 0
    """Problems beyond those that are listed."""
    first_bad: int | None = None
    """The first entry with a problem of its own."""
    checkpoints: int = 0
    """Stored checkpoints that fit."""
    covered: int = 0
    """Entries that a fitting checkpoint covers: with keys, a signed one."""

    rows: Counter[str] = field(default_factory=Counter)
    """Rows of the room that were compared with what the entries give, by kind."""
    unchecked: Counter[str] = field(default_factory=Counter)
    """Rows of kinds that are not known here."""

    def complain(self, text: str, entry: int | None = None) -> None:
        """Add a problem, up to a number that a person can read."""
        if entry is not None and (self.first_bad is None or entry < self.first_bad):
            self.first_bad = entry
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(printable(text))
        else:
            self.more += 1
