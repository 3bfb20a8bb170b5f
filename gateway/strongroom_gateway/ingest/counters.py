"""How messages ended, since the start."""

import msgspec


class Counters(msgspec.Struct):
    """How messages ended: each received one is counted in exactly one of the next six."""

    received: int = 0
    events: int = 0
    readings: int = 0
    duplicates: int = 0
    quarantined: int = 0
    shed: int = 0
    presence: int = 0
    """Status and info messages, and the room's own alarms coming back from the broker."""
    rule_failures: int = 0
    unkept_decisions: int = 0
    """Decisions on shed messages that were taken back; the message comes again, and is decided on."""
