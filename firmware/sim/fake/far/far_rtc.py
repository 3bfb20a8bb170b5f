"""Part of `machine`, loaded by boards that use it."""

from machine import _ask


class RTC:
    def datetime(self, when):
        _ask("C", 0, 0, ",".join([str(number) for number in when]).encode())
