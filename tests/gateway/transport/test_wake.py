"""Waking the thread of a socket: no wake-up is lost, however it falls in with the others."""

import threading

import pytest
from strongroom_gateway.transport.wake import Waker

PATIENCE = 10.0


class Meanwhile:
    """The waker's own end of the pair; something happens elsewhere just before it is read."""

    def __init__(self, reader, happens):
        self._reader = reader
        self._happens = happens

    def fileno(self):
        return self._reader.fileno()

    def recv(self, size):
        elsewhere = threading.Thread(target=self._happens)
        elsewhere.start()
        elsewhere.join(PATIENCE)
        return self._reader.recv(size)

    def close(self):
        self._reader.close()


@pytest.fixture
def waker():
    waker = Waker()
    yield waker
    waker.close()


def ends(waker, *, after):
    """Return whether a wait ends when `after` is called from another thread."""
    ended = threading.Event()

    def wait():
        waker.own()
        waker.wait(None, PATIENCE * 2)
        ended.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    after()
    return ended.wait(PATIENCE)


def test_a_wake_up_ends_the_wait(waker):
    assert ends(waker, after=waker.wake)


def test_a_wake_up_before_the_wait_ends_it_too(waker):
    waker.wake()
    assert ends(waker, after=lambda: None)


def test_a_wake_up_while_another_is_taken_leaves_the_next_one_working(waker):
    reader = waker._reader
    waker._reader = Meanwhile(reader, waker.wake)
    waker.wake()
    waker.wait(None, PATIENCE)
    waker._reader = reader
    assert ends(waker, after=waker.wake)
