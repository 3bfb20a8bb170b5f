"""The pure core: states and events in, decisions out. No clock, no I/O."""
