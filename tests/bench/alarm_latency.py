"""From the tap of an unknown badge to its alarm at a subscriber, under load, on a normal and a slow disk.

The baseline is a bare paho client that answers each tap at once and does nothing else: what remains is the
cost of deciding. Both clocks are this process's own.
"""

import re
import threading
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from support.needs import program
from support.waiting import wait_for

from bench import load
from bench.figures import latency, percentile
from bench.subjects import DESK, ROOM, Bare, Gateway, quick_broker

NODES = 20


class Alarms:
    """Notes when an alarm that speaks of a tag first arrived."""

    def __init__(self, port: int) -> None:
        """Subscribe to all alarms of the room."""
        self.at: dict[str, float] = {}
        ready = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "alarms")
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(f"strongroom/v1/{ROOM}/alarm/+", 1)
        self._client.loop_start()
        assert ready.wait(10)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        now = time.perf_counter()
        if found := re.search(rb'"reader":"(r[0-9]+)"', message.payload):
            self.at.setdefault(found[1].decode(), now)

    def close(self) -> None:
        """Stop listening."""
        self._client.loop_stop()
        self._client.disconnect()


def measure(port: int, rate: float, seconds: float, boot: int) -> list[float]:
    """Return the seconds from tap to alarm of every unknown badge in a stream of readings."""
    total = int(rate * seconds)
    every = max(2, int(rate / 20))
    packets: list[bytes] = []
    taps: dict[int, str] = {}
    for n in range(total):
        if n % every == 0:
            reader = f"r{len(taps)}"
            taps[n] = reader
            fields = load.tag(reader, f"04ba{n:010x}")
            packets.append(load.message(ROOM, DESK, "event/tag", boot, n // every + 1, fields))
        else:
            fields = {"sensor": "t1", "t": 20.5, "rh": 50.2}
            node, seq = f"load-{n % NODES}", n + 1
            packets.append(load.message(ROOM, node, "telemetry/climate", boot, seq, fields))
    alarms, loader = Alarms(port), load.Loader(port, "load", window=10**9)
    sent = loader.send_at(packets, rate)
    wait_for(
        lambda: len(alarms.at) == len(taps),
        30,
        lambda: f"every alarm arriving: {len(alarms.at)} of {len(taps)}",
    )
    loader.close()
    alarms.close()
    return [alarms.at[reader] - sent[n] for n, reader in taps.items()]


def run(folder: Path, seconds: float) -> dict[str, Any]:
    """Measure every rate and disk; print and return the figures."""
    figures: dict[str, Any] = {}
    boot = 100
    disks = ["normal", "slow"] if program("strace") else ["normal"]
    for rate in (200, 2000):
        with quick_broker(folder / f"echo-{rate}") as broker:
            bare = Bare("echo", broker.port)
            _note(figures, f"bare paho echo, {rate}/s", measure(broker.port, rate, seconds, boot))
            bare.stop()
        for disk in disks:
            for transport in ("paho", "lean"):
                boot += 1
                name = f"{transport}-{rate}-{disk}"
                with quick_broker(folder / f"broker-{name}") as broker:
                    gateway = Gateway(folder / name, broker.port, transport, disk == "slow")
                    gateway.start()
                    values = measure(broker.port, rate, seconds, boot)
                    gateway.stop()
                _note(figures, f"gateway with {transport}, {rate}/s, {disk} disk", values)
    if "slow" not in disks:
        print("slow disk: not measured, strace is not installed")
    return figures


def _note(figures: dict[str, Any], label: str, values: list[float]) -> None:
    print(f"{label:44} p50/p99/p99.9 {latency(values)}", flush=True)
    figures[label] = {f"p{p}": percentile(values, p / 100) for p in (50, 99, 99.9)}
