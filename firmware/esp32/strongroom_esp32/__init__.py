"""Board support for the ESP32: pins, buses, network and storage behind the ports of the runtime."""
