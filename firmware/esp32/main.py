"""Start the node on an ESP32."""

from strongroom_esp32.hal import Board
from strongroom_node.app import main

main(Board())
