"""Checks a ledger without trusting, or importing, what wrote it."""

from .check import Report, verify

__all__ = ["Report", "verify"]
