"""Medians, spreads and percentiles, and how they are written down."""

import statistics
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` (0..1) of the values lie: nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def spread(values: Sequence[float]) -> str:
    """Return ``median (lowest .. highest)``."""
    return f"{statistics.median(values):,.0f} ({min(values):,.0f} .. {max(values):,.0f})"


def latency(values: Sequence[float]) -> str:
    """Return p50 / p99 / p99.9 of seconds, in ms, with how many were measured."""
    p50, p99, p999 = (percentile(values, share) * 1000 for share in (0.5, 0.99, 0.999))
    return f"{p50:.1f} / {p99:.1f} / {p999:.1f} ms (n={len(values)})"
