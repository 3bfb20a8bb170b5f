"""The broker behind a port: paho, a lean client of our own, and a fake for tests."""
