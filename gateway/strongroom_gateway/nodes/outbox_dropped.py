"""outbox.dropped: a node had to give up records before they reached the gateway."""

from ..contract import OutboxDropped, Sensed
from ..room.context import Context, evidence
from ..room.effects import NONE, Effects, Raise, Start, Tick
from ..room.registry import RuleState, rule

CODE = "outbox.dropped"


class Nothing(RuleState, frozen=True):
    """Remembers nothing: the latched alarm does."""


def _node(_: Context, event: Sensed) -> str | None:
    return event.node if isinstance(event.body, OutboxDropped) else None


@rule("outbox.dropped", state=Nothing, on=("event/node",), key=_node)
def outbox_dropped(
    state: Nothing | None, event: Sensed | Start | Tick, now: int, ctx: Context
) -> tuple[Nothing | None, Effects]:
    """Raise for every report; lost events weigh more than lost readings."""
    if not isinstance(event, Sensed) or not isinstance(event.body, OutboxDropped):
        return state, NONE
    body = event.body
    why = {
        "rule": CODE,
        "reads": [evidence(event)],
        "lane": body.lane,
        "boot": body.of_boot,
        "from": body.first,
        "to": body.last,
        "count": body.count,
        "cause": body.why,
    }
    params = {"node": event.node, "count": body.count, "lane": body.lane, "cause": body.why}
    severity = 1 if body.lane == "event" else 0
    return state, [Raise(CODE, event.node, why, params, severity)]
