"""Alarms: what a person must know, until a person has known it (ISA-18.2 / IEC 62682)."""
