"""The cable between an emulated board and its broker, with a place to cut it.

`wire.wrap(dialer)` gives the runtime a dialler whose streams pass through here; nothing of the
runtime is changed. Cut like a pulled cable: what is under way stands still, new connections find
nobody, and when the cable is back what stood still goes on, unless one end gave up meanwhile.
`hang_up` ends the open connections, the way a restarted switch or broker does.
"""

import asyncio

LOOK_MS = 20
UNREACHABLE = 113  # EHOSTUNREACH of the host


class Wire:
    """One board's network connection; `is_up()` says whether its cable is whole."""

    def __init__(self, is_up):
        self.is_up = is_up
        self._open = []

    def hang_up(self):
        """End the open connections."""
        for hang_up in self._open:
            hang_up()
        self._open = []

    def wrap(self, dialer):
        """Return a dialler like `dialer` whose connections run over this wire."""

        def cuttable(host, port, tls=None):
            dial = dialer(host, port, tls)

            async def dial_over_wire():
                if not self.is_up():
                    # A dead network answers with nothing for a while, then with this.
                    await asyncio.sleep(0.5)
                    raise self._nobody()
                reader, writer, hang_up = await dial()
                del self._open[:-3]
                self._open.append(hang_up)
                return _Stream(self, reader), _Stream(self, writer), hang_up

            return dial_over_wire

        return cuttable

    async def mended(self):
        """Wait until the cable is whole."""
        while not self.is_up():
            await asyncio.sleep(LOOK_MS / 1000)

    def _nobody(self):
        from strongroom_node.dial import explain

        return explain(OSError(UNREACHABLE))


class _Stream:
    """One side of a stream; what is written while the cable is cut is kept, as in the sending
    buffer of a TCP stack."""

    def __init__(self, wire, stream):
        self._wire = wire
        self._stream = stream
        self._kept = []

    async def read(self, n=-1):
        data = await self._stream.read(n)
        await self._wire.mended()
        return data

    def write(self, data):
        if self._wire.is_up():
            self._stream.write(data)
        else:
            self._kept.append(bytes(data))

    async def drain(self):
        await self._wire.mended()
        for data in self._kept:
            self._stream.write(data)
        self._kept = []
        await self._stream.drain()

    def __getattr__(self, name):
        return getattr(self._stream, name)
