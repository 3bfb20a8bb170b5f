"""Checks a ledger and its proofs without trusting, or importing, what wrote them.

The folder stands alone: copied anywhere, `python -m verify` runs with Python and the package
`cryptography`, and nothing else of Strongroom.
"""

from .check import verify
from .note import UnprovenError
from .report import Report

__all__ = ["Report", "UnprovenError", "verify"]
