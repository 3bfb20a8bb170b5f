"""Emulated chips: registers and bytes as the datasheets give them, faults on demand."""
