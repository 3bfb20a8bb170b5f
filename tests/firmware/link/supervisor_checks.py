"""Checks of heartbeats, restarts and safe mode, for both interpreters."""

import asyncio
import os

from strongroom_node import supervisor
from strongroom_node.boots import BootGuard
from strongroom_node.compat import IS_MICROPYTHON, sleep_ms
from strongroom_node.store import FileStore
from strongroom_node.supervisor import Supervisor


class Dog:
    """Counts."""

    feeds = 0

    def feed(self):
        """Count."""
        self.feeds += 1


class Hurry:
    """Makes the supervisor's minutes short while a check runs."""

    def __init__(self, **values):
        self.values = values

    def __enter__(self):
        self.old = {name: getattr(supervisor, name) for name in self.values}
        for name, value in self.values.items():
            setattr(supervisor, name, value)

    def __exit__(self, *_):
        for name, value in self.old.items():
            setattr(supervisor, name, value)


async def watched(factories, ms, on_good=None, **spawn):
    """Supervise for a while; return what was reported and how often the dog was fed."""
    reports, dog = [], Dog()
    boss = Supervisor(dog, lambda what, device=None, why=None: reports.append((what, device, why)))
    for name, factory in factories.items():
        boss.spawn(name, factory, **spawn)
    job = asyncio.create_task(boss.run(on_good))
    await sleep_ms(ms)
    job.cancel()
    await boss.stop()
    return reports, dog.feeds


def mute(function):
    """Keep the trace of a crash that is wanted off the console."""

    async def quiet():
        old, supervisor.print_exc = supervisor.print_exc, lambda error: None
        try:
            await function()
        finally:
            supervisor.print_exc = old

    return quiet


async def alive(beat):
    """Live."""
    while True:
        beat()
        await sleep_ms(5)


async def check_healthy_tasks_feed_the_dog():
    good = []
    with Hurry(ROUND_MS=10, GOOD_MS=100):
        reports, feeds = await watched(
            {"a": alive, "b": alive}, 300, lambda: good.append(1), deadline_ms=100
        )
    assert reports == []
    assert feeds > 10
    assert good == [1], "said once"


async def crash_and_recover():
    """Two crashes, then health."""
    tries = []

    async def shaky(beat):
        tries.append(1)
        beat()
        if len(tries) < 3:
            raise ValueError("broken wire")
        await alive(beat)

    with Hurry(ROUND_MS=5, GOOD_MS=200, LONGEST_PAUSE_MS=20):
        reports, feeds = await watched({"t1": shaky, "t2": alive}, 900, deadline_ms=400)
    assert len(tries) == 3
    assert reports[0] == ("driver.fault", "t1", "ValueError: broken wire")
    assert reports[1][:2] == ("driver.ok", "t1"), reports
    assert len(reports) == 2, "each said once"
    assert feeds > 10, "a crash is no reason to reset"


async def check_crashed_task_is_restarted():
    await mute(crash_and_recover)()


async def check_task_that_ends_is_restarted():
    async def short(beat):
        beat()

    with Hurry(ROUND_MS=5, LONGEST_PAUSE_MS=10):
        reports, _ = await watched({"x": short}, 100, deadline_ms=1000)
    assert reports[0] == ("driver.fault", "x", "ended")


async def check_stuck_task_starves_the_dog():
    async def stuck(beat):
        beat()
        await sleep_ms(100000)

    with Hurry(ROUND_MS=10):
        reports, _ = await watched({"x": stuck, "y": alive}, 150, deadline_ms=5000)
        assert reports == []
        reports, late = await watched({"x": stuck, "y": alive}, 600, deadline_ms=200)
    assert [report[:2] for report in reports] == [("task.stuck", "x")]
    assert late < 30, "fed on after a task was stuck: %d" % late


def folder():
    """Return an empty folder."""
    if IS_MICROPYTHON:
        import vfs

        class Ram:
            """A block device."""

            def __init__(self):
                self.data = bytearray(64 * 512)

            def readblocks(self, n, buf, off=0):
                buf[:] = self.data[n * 512 + off : n * 512 + off + len(buf)]

            def writeblocks(self, n, buf, off=None):
                at = n * 512 + (off or 0)
                self.data[at : at + len(buf)] = buf

            def ioctl(self, op, arg):
                return {4: 64, 5: 512}.get(op, 0)

        device = Ram()
        vfs.VfsLfs2.mkfs(device)
        try:
            vfs.umount("/guard")
        except OSError:
            pass
        vfs.mount(vfs.VfsLfs2(device), "/guard")
        return "/guard"
    import tempfile

    return tempfile.mkdtemp()


def check_safe_mode_after_failed_boots():
    store = FileStore(folder())
    for number in range(5):
        guard = BootGuard(store)
        assert guard.begin() is False
        assert guard.failed == number
    guard = BootGuard(store)
    assert guard.begin() is True
    assert guard.failed == 5
    assert BootGuard(store).begin() is True, "safe mode does not count itself"
    guard.good()
    assert BootGuard(store).begin() is False


def check_a_good_boot_forgets_failures():
    store = FileStore(folder())
    for _ in range(4):
        BootGuard(store).begin()
    BootGuard(store).good()
    for _ in range(5):
        assert BootGuard(store).begin() is False


def check_garbage_in_the_counter_is_no_failure():
    place = folder()
    with open(place + "/boots", "wb") as file:
        file.write(b"\xff\x00rubbish")
    assert BootGuard(FileStore(place)).begin() is False
    assert os.listdir(place)
