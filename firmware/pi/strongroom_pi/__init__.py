"""Board support for the Raspberry Pi."""
