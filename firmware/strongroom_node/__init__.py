"""The node runtime: one source for MicroPython and CPython."""
