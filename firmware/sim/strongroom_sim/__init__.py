"""Emulated boards: chips at byte level, a simulated room, faults on demand."""
