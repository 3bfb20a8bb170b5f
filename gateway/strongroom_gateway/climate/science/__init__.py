"""Formulas of air, paper and mould: pure functions, each with its units, its range and its source.

A value outside the range of a formula raises OutOfRangeError; nothing is clipped in silence.
docs/climate-formulas.md explains what each figure can and cannot tell.
"""
