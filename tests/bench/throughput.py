"""Messages a second from broker to durable commit, beside a bare paho subscriber, in the same run.

The clock starts with the first byte sent and stops, for the gateway, when its acknowledgement of the
last message of every node arrives (it is sent only after the commit), and for the bare subscriber
when it has counted the last message. Both have the same broker and the same load beside them.
"""

import json
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt

from bench import load
from bench.figures import spread
from bench.subjects import ROOM, Bare, Gateway, quick_broker

NODES = 20
Lanes = Callable[[int], dict[str, int]]
"""From how many messages a node sends, the number of the last one of each lane."""


class Acknowledged:
    """Listens for the gateway's acknowledgements and says when all of a boot is covered."""

    def __init__(self, port: int, lanes: Lanes, boot: int, count: int) -> None:
        """Wait for ``count`` messages spread over the nodes, each with its share of the ``lanes``."""
        self._boot = boot
        self._left = {
            (f"load-{n}", lane): last
            for n in range(min(NODES, count))
            for lane, last in lanes(len(range(n, count, NODES))).items()
            if last
        }
        self._done, self.at = threading.Event(), 0.0
        ready = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, f"ack-{boot}")
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(f"strongroom/v1/{ROOM}/+/ack", 1)
        self._client.loop_start()
        assert ready.wait(10)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        node = message.topic.split("/")[3]
        said = json.loads(message.payload)
        for lane in ("event", "telemetry"):
            for boot, seq in said[lane]:
                if boot == self._boot and seq >= self._left.get((node, lane), 2**31):
                    del self._left[node, lane]
        if not self._left:
            self.at = time.perf_counter()
            self._done.set()

    def wait(self, seconds: float) -> float:
        """Return when the last one came."""
        assert self._done.wait(seconds), f"not acknowledged in {seconds} s: {self._left}"
        self._client.loop_stop()
        self._client.disconnect()
        return self.at


def rate_bare(port: int, packets: list[bytes]) -> float:
    """Return the messages a second that a bare paho subscriber takes."""
    subscriber, loader = Bare("count", port, len(packets)), load.Loader(port, "load")
    began = time.perf_counter()
    loader.send(packets)
    rate = len(packets) / (subscriber.finished() - began)
    loader.close()
    subscriber.stop()
    return rate


def rate_gateway(port: int, packets: list[bytes], lanes: Lanes, boot: int) -> float:
    """Return the messages a second that the running gateway commits and acknowledges."""
    listener = Acknowledged(port, lanes, boot, len(packets))
    loader = load.Loader(port, "load")
    began = time.perf_counter()
    loader.send(packets)
    rate = len(packets) / (listener.wait(120) - began)
    loader.close()
    return rate


LOADS: dict[str, tuple[Lanes, Callable[..., list[bytes]]]] = {
    "readings": (lambda each: {"telemetry": each}, load.readings),
    "events": (lambda each: {"event": each}, load.taps),
    "mixed": (
        lambda each: {"event": each // load.EVENT_OF, "telemetry": each - each // load.EVENT_OF},
        load.mixed,
    ),
}


def run(folder: Path, rounds: int, count: int) -> dict[str, Any]:
    """Measure both transports and the bare subscriber, interleaved; print and return the figures."""
    rates: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    boot = 1
    with quick_broker(folder / "broker") as broker:
        gateways = {t: Gateway(folder / t, broker.port, t) for t in ("paho", "lean")}
        for _ in range(rounds):
            for name, (lanes, make) in LOADS.items():
                # Another room: the broker would keep these for the gateway, which is not there yet.
                packets = make("elsewhere", NODES, count, boot)
                rates.setdefault(f"bare paho, {name}", []).append(rate_bare(broker.port, packets))
                for transport, gateway in gateways.items():
                    boot += 1
                    gateway.start()
                    before = gateway.cpu()
                    packets = make(ROOM, NODES, count, boot)
                    label = f"gateway with {transport}, {name}"
                    rate = rate_gateway(broker.port, packets, lanes, boot)
                    rates.setdefault(label, []).append(rate)
                    cpu.setdefault(label, []).append((gateway.cpu() - before) / count * 1e6)
                    memory = gateway.memory()[1]
                    gateway.stop()
                    print(f"  {label}: {rate:,.0f}/s, highest memory {memory:.0f} MB", flush=True)
    figures: dict[str, Any] = {}
    for label, values in rates.items():
        baseline = statistics.median(rates[f"bare paho, {label.rsplit(', ', 1)[1]}"])
        ratio = statistics.median(values) / baseline
        own = f", {statistics.median(cpu[label]):.0f} us CPU each" if label in cpu else ""
        print(f"{label:32} {spread(values)} /s  {ratio:.2f} of bare paho{own}", flush=True)
        figures[label] = {"rates": values, "ratio": ratio, "cpu_us": cpu.get(label)}
    return figures
