"""One file per chip or reader; the bus is passed in."""
