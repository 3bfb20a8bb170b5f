"""Figures for /metrics in the Prometheus text format; each is read when it is asked for."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

Labels = tuple[tuple[str, str], ...]
Value = float | Mapping[Labels, float]


class Figure(NamedTuple):
    """One name with its help and where its value comes from."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    read: Callable[[], Value]


class Metrics:
    """All figures of the gateway, in the order in which they were added."""

    def __init__(self) -> None:
        self._figures: dict[str, Figure] = {}

    def counter(self, name: str, text: str, read: Callable[[], Value]) -> None:
        """Add a figure that only grows; its name ends in _total."""
        self._add(Figure(name, "counter", text, read))

    def gauge(self, name: str, text: str, read: Callable[[], Value]) -> None:
        """Add a figure that goes up and down."""
        self._add(Figure(name, "gauge", text, read))

    def names(self) -> list[str]:
        """Return the names of all figures."""
        return list(self._figures)

    def render(self) -> str:
        """Return all figures as Prometheus reads them."""
        lines = []
        for figure in self._figures.values():
            lines.append(f"# HELP {figure.name} {figure.help}")
            lines.append(f"# TYPE {figure.name} {figure.kind}")
            value = figure.read()
            values = value if isinstance(value, Mapping) else {(): value}
            lines += [f"{figure.name}{_labels(key)} {_number(one)}" for key, one in values.items()]
        return "\n".join(lines) + "\n"

    def _add(self, figure: Figure) -> None:
        if figure.name in self._figures:
            raise ValueError(f"{figure.name} is there already")
        self._figures[figure.name] = figure


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(value)


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
