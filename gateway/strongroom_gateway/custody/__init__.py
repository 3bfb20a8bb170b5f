"""Custody: who holds which item, and by what leave it may go."""
