"""Rolling shelves: which aisle is open, where a box belongs, how to reach it.

Nothing in here moves a shelf, or asks anything to move one. Positions are read, people are told.
"""
