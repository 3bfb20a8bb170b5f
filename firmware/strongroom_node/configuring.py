"""What a node does with its configuration and its count of boots, seldom: at a start, a minute later, and when
the gateway sends a configuration. Loaded for that and unloaded again (Node._rarely).
"""

from strongroom_node import devices
from strongroom_node.boots import BootGuard
from strongroom_node.trial import Trial


def _trial(node):
    return Trial(node.store, devices.Types(), node.try_flash)


def begin(node):
    """Count this boot and choose the configuration: sets `safe`, `failed_boots` and `config`.

    Returns the version that was given up, None when none was.
    """
    guard = BootGuard(node.store)
    node.safe = node.try_flash(guard.begin) or False
    node.failed_boots = guard.failed
    trial = _trial(node)
    node.config = trial.begin(guard.failed)
    return trial.given_up


def boot_is_good(node):
    """This boot is no failed one, whatever comes."""
    node.try_flash(BootGuard(node.store).good)


def lasted(node):
    """The node has lived for a minute, and so has its configuration."""
    boot_is_good(node)
    if _trial(node).passed():
        node.report("config.applied", version=node.version)


def take(node, payload):
    """Look at a configuration from the gateway; a good one is used from the next start, which comes soon."""
    version, why = _trial(node).offer(payload, node.version)
    if why is not None:
        node.report("config.refused", version=version, why=why)
    elif version is not None:
        node.reset_soon()  # pins and buses are claimed once: a new start is the clean way


def back_to_good(node, why):
    """Give up a configuration on trial and start anew; does nothing when none is."""
    version = _trial(node).give_up_trial()
    if version is not None:
        node.report("config.refused", version=version, why=why)
        boot_is_good(node)
        node.board.reset()
