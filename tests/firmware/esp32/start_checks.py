"""A node that cannot run must not lie dead at a console nobody looks at."""

import os

from strongroom_esp32 import start

HERE = __file__


class Board:
    resets = 0

    def reset(self):
        self.resets += 1
        raise SystemExit(75)


class NoTime:
    """Stands in for the time module: waiting is noted, not done."""

    slept = 0

    def sleep(self, seconds):
        self.slept += seconds


def play(run, settings=HERE):
    """Return (board, seconds waited)."""
    board, clock = Board(), NoTime()
    saved, start.time = start.time, clock
    try:
        start.start(board, run, settings)
    except SystemExit:
        pass
    finally:
        start.time = saved
    return board, clock.slept


def check_a_crash_resets_the_board_after_a_pause():
    def crash(board):
        raise ValueError("bad luck")

    board, slept = play(crash)
    assert board.resets == 1
    assert slept >= 5, "no time for Ctrl-C"


def check_a_node_that_ends_is_started_again():
    board, _ = play(lambda board: None)
    assert board.resets == 1


def check_ctrl_c_leads_to_the_console():
    def stop(board):
        raise KeyboardInterrupt

    try:
        board, _ = play(stop)
    except KeyboardInterrupt:
        return
    raise AssertionError("Ctrl-C was swallowed, %d resets" % board.resets)


def check_a_board_without_settings_waits_for_them():
    ran = []
    board, _ = play(ran.append, os.getcwd() + "/no-such-node.json")
    assert (ran, board.resets) == ([], 0)
