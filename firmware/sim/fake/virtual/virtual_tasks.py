"""The two classes MicroPython's asyncio takes from its built-in `_asyncio`, on the virtual clock.

The built-in queue stamps tasks with the real clock and compares ticks with a period of 2**62 on a PC. Here
the ticks are those of `time`, wrap included. A node has few tasks, so a sorted list does.
"""

import time


class TaskQueue:
    """Tasks in the order they are due; equal times keep the order of their arrival."""

    def __init__(self):
        self.tasks = []

    def peek(self):
        return self.tasks[0] if self.tasks else None

    def push(self, task, due=None):
        task.data = None
        task.ph_key = time.ticks_ms() if due is None else due
        at = len(self.tasks)
        while at and time.ticks_diff(task.ph_key, self.tasks[at - 1].ph_key) < 0:
            at -= 1
        self.tasks.insert(at, task)

    def pop(self):
        return self.tasks.pop(0)

    def remove(self, task):
        self.tasks.remove(task)


class Task:
    """A coroutine under way.

    state: True running | a TaskQueue of the tasks that wait for it | None ended, nobody waited | False ended
    and seen | a function to call at the end. data: the queue or task it waits on, or how it ended.
    """

    def __init__(self, coro, core=None):
        self.coro = coro
        self.core = core
        self.data = None
        self.state = True
        self.ph_key = 0

    def __iter__(self):
        if self.state is True:
            self.state = TaskQueue()
        elif not self.state:
            self.state = False
        elif not isinstance(self.state, TaskQueue):
            raise RuntimeError("can't wait")
        return self

    def __next__(self):
        if not self.state:
            raise self.data
        waiting = self.core["cur_task"]
        self.state.push(waiting)
        waiting.data = self

    def done(self):
        return not self.state

    def cancel(self):
        if not self.state:
            return False
        task = self
        if task is self.core["cur_task"]:
            raise RuntimeError("can't cancel self")
        while isinstance(task.data, Task):
            task = task.data
        ready = self.core["_task_queue"]
        if hasattr(task.data, "remove"):
            task.data.remove(task)
            ready.push(task)
        elif time.ticks_diff(task.ph_key, time.ticks_ms()) > 0:
            ready.remove(task)
            ready.push(task)
        task.data = self.core["CancelledError"]
        return True
