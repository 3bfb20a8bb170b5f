"""Compliance over time: how long a store was inside its limits, and of how much time that is known.

Everything here is weighted by time and streams: readings go in once, in order, and memory does not
grow with their number. docs/climate-formulas.md has the definitions.
"""
