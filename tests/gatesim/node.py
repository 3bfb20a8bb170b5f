"""The node's own presence code, polled as its reader task polls it: reads in, reports out."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from strongroom_gateway.gate.log import ReportLine
from strongroom_node.presence import Presence

from gatesim.radio import Read

POLL_MS = 50
AGE_OUT_MS = 1_000


class Report(NamedTuple):
    """One report of the node: ms, act, tag, antenna, strongest dBm, reads, span in ms."""

    at: int
    act: str
    tag: str
    ant: str
    rssi: int | None
    n: int
    span: int


def reports(
    reads: Iterable[Read],
    ants: tuple[str, ...] = ("inner", "outer"),
    age: int = AGE_OUT_MS,
    most: int = 500,
) -> Iterator[Report]:
    """Yield what a node with a reader per antenna reports of these reads, in the order of time.

    The readers are polled in turn; a read is known at the first poll of its reader after it. While
    nobody is in the field the clock jumps to the next read.
    """
    presence = Presence(most)
    step = POLL_MS // len(ants)
    waiting = iter(reads)
    coming = next(waiting, None)
    heard: dict[str, list[Read]] = {ant: [] for ant in ants}
    now = 0
    turn = 0
    while coming is not None or len(presence) or any(heard.values()):
        if coming is not None and not len(presence) and not any(heard.values()):
            now = max(now, coming.at // step * step)
        now += step
        turn = (turn + 1) % len(ants)
        while coming is not None and coming.at < now:
            heard[coming.ant].append(coming)
            coming = next(waiting, None)
        ant = ants[turn]
        for read in heard[ant]:
            for report in presence.read(read.tag, ant, read.rssi, now):
                yield Report(now, *report)
        heard[ant].clear()
        for report in presence.tick(now, age):
            yield Report(now, *report)


def lines(told: Iterable[Report], start: int = 0, boot: int = 1) -> Iterator[ReportLine]:
    """Yield reports as lines of a log that begins at `start` (Unix ms)."""
    for one in told:
        yield ReportLine(
            at=start + one.at,
            node="gate-1",
            boot=boot,
            mono=one.at,
            reader="gate",
            id=one.tag,
            act=one.act,
            n=one.n,
            ant=one.ant,
            rssi=one.rssi,
            span=one.span,
        )
