"""node.description: what a node says it is, kept for those who look."""

from typing import Any

import msgspec

from ..contract import Info
from ..room.context import Context
from ..room.effects import NONE, Effects, Start
from ..room.registry import RuleState, rule


class Description(RuleState, frozen=True):
    """The lasting part of a node's info message."""

    firmware: str
    board: str
    boot: int
    cause: str
    config: int
    capabilities: list[dict[str, Any]]


def _node(_: Context, event: Info) -> str:
    return event.node


@rule("node.description", state=Description, on=("info",), key=_node)
def node_description(
    state: Description | None, event: Info | Start, now: int, ctx: Context
) -> tuple[Description | None, Effects]:
    """Keep the description; one that says the same changes nothing."""
    if isinstance(event, Start):
        return state, NONE
    body = event.body
    new = Description(
        firmware=body.firmware,
        board=body.board,
        boot=body.boot,
        cause=body.cause,
        config=body.config,
        capabilities=[msgspec.structs.asdict(c) for c in body.capabilities],
    )
    return (state if new == state else new), NONE
