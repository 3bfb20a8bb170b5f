"""Readings that can be trusted: each one is judged before anything goes by it."""

from .family import fused, judged_together
from .judge import Reading, Verdict, judge
from .limits import Correction, Trust
from .tally import Tally, tallied
from .track import Track

__all__ = [
    "Correction",
    "Reading",
    "Tally",
    "Track",
    "Trust",
    "Verdict",
    "fused",
    "judge",
    "judged_together",
    "tallied",
]
