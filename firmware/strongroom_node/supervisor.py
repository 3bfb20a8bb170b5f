"""Keeps the node's tasks alive, and lets the watchdog bite when it cannot.

    supervisor = Supervisor(board.wdt(8000), report)
    supervisor.spawn("t1", make, deadline_ms=10000)     # make(beat) -> coroutine
    await supervisor.run(on_good)

Three ways to fail, three answers. A task that raises is started again after a pause, and reported.
A task that stops calling `beat` is reported as stuck and the watchdog gets no more food: the board
resets. A call that never returns stops this loop too, and the watchdog bites without a report.
"""

import asyncio
import gc

from strongroom_node.compat import print_exc, sleep_ms, ticks_diff, ticks_ms

ROUND_MS = 1000
GOOD_MS = 60000  # a boot, or a restarted task, that lasts this long is well
LONGEST_PAUSE_MS = 60000


class _Job:
    """One task and its signs of life."""

    def __init__(self, name, make, deadline_ms):
        self.name = name
        self.make = make
        self.deadline_ms = deadline_ms
        self.last = ticks_ms()
        self.started = self.last
        self.crashes = 0
        self.told = False  # that it failed
        self.task = None
        self.stuck = False

    def beat(self):
        """Say that the task is alive."""
        self.last = ticks_ms()


class Supervisor:
    """Starts tasks, watches their heartbeats and feeds the watchdog.

    wdt      an object with feed()
    report   report(what, device, why): puts an event into the outbox; must not raise
    """

    def __init__(self, wdt, report):
        self._wdt = wdt
        self._report = report
        self._jobs = []
        self.starving = False  # a task is stuck: the reset is coming
        self.worst_gap = 0  # ms, longest time between two rounds since `take_worst_gap`

    def spawn(self, name, make, deadline_ms=10000):
        """Start the coroutine `make(beat)`; it must call beat() at least once per `deadline_ms`."""
        job = _Job(name, make, deadline_ms)
        self._jobs.append(job)
        job.task = asyncio.create_task(self._keep(job))

    async def stop(self):
        """Cancel everything that was started."""
        for job in self._jobs:
            job.task.cancel()
        self._jobs = []
        await sleep_ms(0)

    def take_worst_gap(self):
        """Return the longest time the loop was kept waiting since the last call, in ms."""
        worst = self.worst_gap
        self.worst_gap = 0
        return worst

    async def run(self, on_good=None):
        """Watch for ever; `on_good()` is called once when everything has lived for a minute."""
        start = last = ticks_ms()
        while True:
            await sleep_ms(ROUND_MS)
            now = ticks_ms()
            self.worst_gap = max(self.worst_gap, ticks_diff(now, last) - ROUND_MS)
            last = now
            try:
                self._check(now)
            except (
                MemoryError
            ):  # what it had to say is said in the next round, or the watchdog says it
                gc.collect()
            if not self.starving:
                self._wdt.feed()
                if on_good is not None and ticks_diff(now, start) >= GOOD_MS:
                    on_good()
                    on_good = None

    def _check(self, now):
        for job in self._jobs:
            late = ticks_diff(now, job.last)
            if late > job.deadline_ms and not job.stuck:
                job.stuck = True
                self.starving = True
                self._report("task.stuck", job.name, "no sign of life for %d ms" % late)
            elif job.crashes and ticks_diff(now, job.started) >= GOOD_MS:
                if job.told:
                    self._report("driver.ok", job.name, None)
                job.told = False
                job.crashes = 0

    async def _keep(self, job):
        while True:
            job.beat()
            job.started = job.last
            try:
                await job.make(job.beat)
                why = "ended"
            except MemoryError as error:
                gc.collect()
                print_exc(error)
                why = "MemoryError"
            # Whatever a task dies of, the others must go on, and it is said out loud.
            except Exception as error:  # noqa: BLE001
                print_exc(error)
                why = "%s: %s" % (type(error).__name__, error)
            job.crashes += 1
            if not job.told:
                try:
                    self._report("driver.fault", job.name, why)
                    job.told = True
                except MemoryError:  # at its next end, if it is not well by then
                    gc.collect()
            pause = min(LONGEST_PAUSE_MS, 1000 << min(job.crashes - 1, 6))
            while pause > 0:
                job.beat()
                job.started = ticks_ms()
                await sleep_ms(min(pause, ROUND_MS))
                pause -= ROUND_MS
