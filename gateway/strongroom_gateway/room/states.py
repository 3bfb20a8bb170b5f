"""What the rules of a room remember, and when they want to be asked again."""

import heapq
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from ..ingest.port import Decision
from .journal import Journal
from .registry import Rule, RuleState

_encode = msgspec.json.Encoder(order="sorted").encode
_RULE: Final = "rule/"


class Bound:
    """A rule with the states it has, as the room uses them."""

    __slots__ = ("apply", "key", "rule", "table")

    def __init__(self, rule: Rule[Any]) -> None:
        self.rule = rule
        self.apply = rule.apply
        self.key = rule.key
        self.table: dict[str, RuleState] = {}


class States:
    """The states of all rules by rule and key, and the heap of their deadlines.

    Others note deadlines in the heap too, under names that no rule has.
    """

    def __init__(self, rules: Iterable[Rule[Any]], journal: Journal) -> None:
        self.bound = {rule.name: Bound(rule) for rule in rules}
        self._journal = journal
        self._hearing: dict[tuple[str, ...], tuple[Bound, ...]] = {}
        self._deadlines: list[tuple[int, str, str]] = []

    def hearing(self, *words: str) -> tuple[Bound, ...]:
        """Return the rules that hear one of these words, in their order."""
        found = self._hearing.get(words)
        if found is None:
            found = tuple(b for b in self.bound.values() if any(w in b.rule.on for w in words))
            self._hearing[words] = found
        return found

    def get(self, rule: str, key: str) -> RuleState | None:
        """Return what a rule remembers of a key; None when nothing, or when there is no such rule."""
        bound = self.bound.get(rule)
        return None if bound is None else bound.table.get(key)

    def number(self, rule: str) -> int:
        """Return of how many keys a rule remembers something."""
        bound = self.bound.get(rule)
        return 0 if bound is None else len(bound.table)

    def store(self, bound: Bound, key: str, new: RuleState | None, out: Decision) -> None:
        """Let a rule remember this of a key from now on; None: nothing."""
        row = f"{_RULE}{bound.rule.name}/{key}"
        old = bound.table.get(key)
        if new is None and old is None:
            return
        self._journal.note(bound.table, key)
        if new is None:
            del bound.table[key]
            out.states.append((row, None))
            return
        bound.table[key] = new
        out.states.append((row, _encode(new).decode()))
        if new.due is not None and (old is None or old.due != new.due):
            self.remind(new.due, bound.rule.name, key)

    # -- deadlines -------------------------------------------------------------------------------

    def remind(self, at: int, name: str, key: str) -> None:
        """Note a deadline (Unix ms)."""
        heapq.heappush(self._deadlines, (at, name, key))

    def remind_once(self, at: int, name: str, key: str) -> None:
        """Note a deadline that may be noted already."""
        if (at, name, key) not in self._deadlines:
            self.remind(at, name, key)

    def is_due(self, now: int) -> bool:
        """Return whether a deadline has come."""
        return bool(self._deadlines) and self._deadlines[0][0] <= now

    def due(self, now: int) -> list[tuple[int, str, str]]:
        """Return the deadlines that have come, each once. Those of rules may have been moved since."""
        found = []
        while self.is_due(now):
            found.append(heapq.heappop(self._deadlines))
        return found

    # -- rows ------------------------------------------------------------------------------------

    def rows(self) -> dict[str, str]:
        """Return everything as rows."""
        return {
            f"{_RULE}{name}/{key}": _encode(state).decode()
            for name, bound in self.bound.items()
            for key, state in bound.table.items()
        }

    def restore(self, rows: Mapping[str, str]) -> list[str]:
        """Take over rows; return the keys of those that mean nothing to this version.

        What those were about begins again, as on a first start.
        """
        unclaimed = []
        for key, row in rows.items():
            try:
                self._take_over(key, row)
            except (msgspec.DecodeError, KeyError):
                unclaimed.append(key)
        for name, bound in self.bound.items():
            for key, state in bound.table.items():
                if state.due is not None:
                    self.remind(state.due, name, key)
        return unclaimed

    def _take_over(self, key: str, row: str) -> None:
        if not key.startswith(_RULE):
            raise KeyError(key)
        name, _, rest = key[len(_RULE) :].partition("/")
        bound = self.bound[name]
        bound.table[rest] = msgspec.json.decode(row, type=bound.rule.state)
