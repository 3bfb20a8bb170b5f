"""Application acknowledgements: one message for a node and moment, however much was committed."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from .marks import Key

INTERVAL: Final = 0.05
"""Seconds between acknowledgements to a node while commits follow each other without a pause."""
MOST_PAIRS: Final = 16
"""Boots of a lane in one message: a node reads it with little memory."""


def ack_payloads(pairs: Iterable[tuple[Key, int]], ts: int) -> list[bytes]:
    """Return the messages that acknowledge these marks of one node: few boots in each."""
    lanes: dict[str, list[str]] = {"event": [], "telemetry": []}
    for (_, boot, lane), high in pairs:
        lanes[lane].append(f"[{boot},{high}]")
    rounds = range(0, max(map(len, lanes.values())), MOST_PAIRS)
    return [
        (
            f'{{"event":[{",".join(lanes["event"][at : at + MOST_PAIRS])}],'
            f'"telemetry":[{",".join(lanes["telemetry"][at : at + MOST_PAIRS])}],"ts":{ts}}}'
        ).encode()
        for at in rounds
    ]


class Acks:
    """Collects what was committed and says it to the nodes; keeps it while there is no link."""

    def __init__(self, send: Callable[[str, bytes], bool], clock: Callable[[], int]) -> None:
        self._send = send
        self._clock = clock
        self._due: dict[str, dict[Key, int]] = {}
        self._lock = threading.Lock()
        self._last = 0.0
        self.sent = 0

    def add(self, marks: Mapping[Key, int]) -> None:
        """Note committed marks; a mark without anything contiguous says nothing."""
        with self._lock:
            for key, high in marks.items():
                if high:
                    self._due.setdefault(key[0], {})[key] = high

    def flush(self, *, busy: bool = False) -> None:
        """Send what is due; while ``busy``, at most every ``INTERVAL``."""
        moment = time.monotonic()
        if not self._due or (busy and moment - self._last < INTERVAL):
            return
        with self._lock:
            self._last = moment
            due, self._due = self._due, {}
        ts = self._clock()
        for node, marks in due.items():
            sent = [self._send(node, payload) for payload in ack_payloads(marks.items(), ts)]
            self.sent += sum(sent)
            if not all(sent):
                with self._lock:
                    self._due[node] = marks | self._due.get(node, {})
