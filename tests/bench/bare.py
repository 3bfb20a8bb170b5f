"""The baselines: a paho subscriber that only counts, and one that only echoes. Run by `subjects.Bare`."""

import sys
import time
from typing import Any

import paho.mqtt.client as mqtt


def main() -> None:
    """Subscribe like the gateway, with QoS 1 and paho's own acknowledgements."""
    mode, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, f"bare-{mode}")
    received = 0

    def on_connect(*_: Any) -> None:
        client.subscribe([("strongroom/v1/+/+/event/+", 1), ("strongroom/v1/+/+/telemetry/+", 1)])

    def on_subscribe(*_: Any) -> None:
        print("ready", flush=True)

    def counting(_client: mqtt.Client, _data: Any, _message: mqtt.MQTTMessage) -> None:
        nonlocal received
        received += 1
        if received == count:
            print(time.perf_counter(), flush=True)

    def echoing(_client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic.endswith("event/tag"):
            client.publish("strongroom/v1/bench/alarm/echo", message.payload, qos=1)

    client.on_connect, client.on_subscribe = on_connect, on_subscribe
    client.on_message = counting if mode == "count" else echoing
    client.connect("127.0.0.1", port)
    client.loop_forever()


if __name__ == "__main__":
    main()
