"""One file per role: the loop that turns a device's readings into events or telemetry."""
