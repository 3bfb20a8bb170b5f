"""Topic names of the wire contract, version 1."""

from typing import Final

ROOT: Final = "strongroom/v1"


def subscriptions(room: str) -> list[str]:
    """Return the topic filters of everything nodes of ``room`` publish."""
    return [f"{ROOT}/{room}/+/{level}" for level in ("event/+", "telemetry/+", "status", "info")]


def status(room: str, node: str) -> str:
    """Return the node's retained status topic."""
    return f"{ROOT}/{room}/{node}/status"


def info(room: str, node: str) -> str:
    """Return the node's retained info topic."""
    return f"{ROOT}/{room}/{node}/info"


def lane(room: str, node: str, lane: str, kind: str) -> str:
    """Return the topic of an event or telemetry kind."""
    return f"{ROOT}/{room}/{node}/{lane}/{kind}"


def command(room: str, node: str, what: str) -> str:
    """Return the topic of a command to a node."""
    return f"{ROOT}/{room}/{node}/command/{what}"


def config(room: str, node: str) -> str:
    """Return the node's retained configuration topic."""
    return f"{ROOT}/{room}/{node}/config"


def ack(room: str, node: str) -> str:
    """Return the topic on which the gateway acknowledges what it has committed."""
    return f"{ROOT}/{room}/{node}/ack"


def state(room: str, thing: str) -> str:
    """Return a retained view of the room."""
    return f"{ROOT}/{room}/state/{thing}"


def alarm(room: str, alarm_id: str) -> str:
    """Return the topic an alarm stands on."""
    return f"{ROOT}/{room}/alarm/{alarm_id}"


def alarms(room: str) -> str:
    """Return the topic filter of all alarms of a room."""
    return f"{ROOT}/{room}/alarm/+"
