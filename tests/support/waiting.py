"""Waiting for something to become true, with a deadline that fails and says what did not happen."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def wait_for(
    condition: Callable[[], Answer],
    seconds: float = 30,
    what: str | Callable[[], str] = "the condition",
    every: float = 0.01,
) -> Answer:
    """Ask `condition` until its answer is true and return that answer.

    Raises AssertionError naming `what` after `seconds`. `what` may be a function, so that the
    message can show the state at the end. The condition is asked at least once, and once more
    after the deadline, so a machine that stalls does not fail a test whose condition has long come.
    """
    deadline = time.monotonic() + seconds
    while True:
        late = time.monotonic() >= deadline
        answer = condition()
        if answer:
            return answer
        if late:
            missed = what() if callable(what) else what
            raise AssertionError(f"did not happen within {seconds:g} s: {missed}")
        time.sleep(every)
