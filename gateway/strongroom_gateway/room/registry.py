"""Rules and how they are found: one file each, put into the registry by its decorator."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec

from .context import Context
from .effects import Effects

PACKAGES: Final = (
    "alarms",
    "climate",
    "custody",
    "history",
    "loans",
    "nodes",
    "rounds",
    "shelves",
    "register",
    "safes",
)
"""Folders whose modules may hold rules."""

EVERY_MESSAGE: Final = "*"


class RuleState(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Base of what a rule remembers for one key. At `due` (Unix ms) the rule is asked with a Tick."""

    due: int | None = None


S = TypeVar("S", bound=RuleState)


class Apply(Protocol[S]):
    """A rule: state and input in, state and effects out. The same object back means nothing
    changed.
    """

    def __call__(
        self, state: S | None, event: Any, now: int, ctx: Context, /
    ) -> tuple[S | None, Effects]:
        """Decide."""
        ...


KeyOf = Callable[[Context, Any], str | None]


class Rule(msgspec.Struct, Generic[S], frozen=True):
    """A registered rule. `keys` names the keys that exist by configuration, to be told of a start."""

    name: str
    apply: Apply[S]
    state: type[S]
    on: tuple[str, ...]
    key: KeyOf
    keys: Callable[[Context], Iterable[str]]


_rules: dict[str, Rule[Any]] = {}


def no_keys(_: Context) -> Iterable[str]:
    """Return that configuration names none."""
    return ()


def rule(
    name: str,
    *,
    state: type[S],
    on: tuple[str, ...],
    key: KeyOf,
    keys: Callable[[Context], Iterable[str]] = no_keys,
) -> Callable[[Apply[S]], Apply[S]]:
    """Register a rule.

    `on` lists what it hears: "telemetry/climate", "event/tag", "status", "info", "fault:<kind>",
    "tell:<kind>" (what another rule tells of a key), "unkept" (see `effects.Unkept`) or "*" for
    every message of both lanes. `key`
    returns whose state a message concerns, None for nobody's. A rule is told of its deadlines
    (Tick) and, for each key it has or configuration names, of a Start.
    """

    def register(apply: Apply[S]) -> Apply[S]:
        if name in _rules:
            raise ValueError(f"two rules are called {name}")
        _rules[name] = Rule(name, apply, state, on, key, keys)
        return apply

    return register


def discover() -> tuple[Rule[Any], ...]:
    """Import every module that may hold a rule; return all rules in the order of their names.

    By name and not by import statement: the room knows no domain, the domains know the room.
    """
    root = __package__.rpartition(".")[0]
    for package in PACKAGES:
        home = importlib.import_module(f"{root}.{package}")
        for module in pkgutil.iter_modules(home.__path__):
            if module.name not in ("command", "__main__"):
                importlib.import_module(f"{root}.{package}.{module.name}")
    return tuple(_rules[name] for name in sorted(_rules))
