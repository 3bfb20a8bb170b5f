"""Start the node on an ESP32."""

from strongroom_esp32.hal import Board
from strongroom_esp32.start import start
from strongroom_node.app import main

start(Board(), main)
