"""Holding a zone inside its band: pure decisions over what is measured, machine by machine."""

from .decide import decide, lapsed
from .plan import KINDS, Machine, Plan, Tolerance
from .state import Air, Control, Inputs, Order, Override, Run

__all__ = [
    "KINDS",
    "Air",
    "Control",
    "Inputs",
    "Machine",
    "Order",
    "Override",
    "Plan",
    "Run",
    "Tolerance",
    "decide",
    "lapsed",
]
