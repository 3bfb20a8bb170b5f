"""The cable between an emulated board and its broker, with a place to cut it.

`wire.wrap(dialer)` gives the runtime a dialler whose streams pass through here; nothing of the
runtime is changed. Cut like a pulled cable: what is under way stands still, new connections find
nobody, and when the cable is back what stood still goes on, unless one end gave up meanwhile.
`how="reset"` ends the open connections at once, the way a restarted switch or broker does.
"""

import asyncio

from .bench import bench

LOOK_MS = 20
UNREACHABLE = 113  # EHOSTUNREACH of the host


class Wire:
    """One board's network connection."""

    def __init__(self):
        self.cut = False
        self._open = []

    def do_network_cut(self, on=True, how="stall"):
        """Cut the cable (on) or mend it; `how` is "stall" or "reset"."""
        self.cut = on
        bench.air.up = not on
        if on and how == "reset":
            for hang_up in self._open:
                hang_up()
            self._open = []

    def wrap(self, dialer):
        """Return a dialler like `dialer` whose connections run over this wire."""

        def cuttable(host, port, tls=None):
            dial = dialer(host, port, tls)

            async def dial_over_wire():
                if self.cut:
                    # A dead network answers with nothing for a while, then with this.
                    await asyncio.sleep(0.5)
                    raise self._nobody()
                reader, writer, hang_up = await dial()
                del self._open[:-3]
                self._open.append(hang_up)
                return _Reader(self, reader), _Writer(self, writer), hang_up

            return dial_over_wire

        return cuttable

    async def mended(self):
        """Wait until the cable is whole."""
        while self.cut:
            await asyncio.sleep(LOOK_MS / 1000)

    def _nobody(self):
        from strongroom_node.dial import explain

        return explain(OSError(UNREACHABLE))


class _Reader:
    def __init__(self, wire, stream):
        self._wire = wire
        self._stream = stream

    async def read(self, n=-1):
        data = await self._stream.read(n)
        await self._wire.mended()
        return data


class _Writer:
    """Keeps what is written while the cable is cut, as the sending buffer of a TCP stack does."""

    def __init__(self, wire, stream):
        self._wire = wire
        self._stream = stream
        self._kept = []

    def write(self, data):
        if self._wire.cut:
            self._kept.append(bytes(data))
        else:
            self._stream.write(data)

    async def drain(self):
        await self._wire.mended()
        for data in self._kept:
            self._stream.write(data)
        self._kept = []
        await self._stream.drain()

    def __getattr__(self, name):
        return getattr(self._stream, name)
