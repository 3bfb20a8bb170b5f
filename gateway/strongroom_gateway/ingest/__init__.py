"""MQTT in, decided at once, committed, acknowledged."""
