"""certificate.not_accepted: originals go to their custodian at once (C10), and who waits is named."""

from collections.abc import Iterable
from typing import Any, Final

from ..loans.lending import day
from ..room.context import Context
from ..room.effects import Clear, Effect, Effects, Raise, Start, Tick
from ..room.registry import RuleState, rule
from .acceptance import OPEN, OVERDUE, ROOM, Transfer

_MANY: Final = 100  # done in one go; the next ones right after
_SOON_MS: Final = 1_000


class Waiting(RuleState, frozen=True):
    """Which lists were open when their day was over."""

    lists: tuple[str, ...] = ()


def _once(_: Context) -> Iterable[str]:
    return [ROOM]


def _never(_: Context, event: Any) -> str | None:
    return None


@rule(OVERDUE, state=Waiting, on=(), key=_never, keys=_once)
def certificate_not_accepted(
    state: Waiting | None, event: Start | Tick, now: int, ctx: Context
) -> tuple[Waiting | None, Effects]:
    """Raise for each list that is open when it should have been accepted; clear when it is accepted
    or sent back.
    """
    was = () if state is None else state.lists
    named = [name for name, _ in ctx.rows.scan(OPEN)]
    found = [transfer for name in named if (transfer := ctx.rows.get(Transfer, name)) is not None]
    over = {"rule": OVERDUE, "because": "accepted or sent back", "at": now}
    effects: list[Effect] = [Clear(OVERDUE, name, over) for name in was if name not in named]
    lists = [name for name in was if name in named]
    coming: list[int] = []
    for transfer in found:
        if transfer.due is None or transfer.id in was:
            continue
        if now <= transfer.due:
            coming.append(transfer.due + 1)
        elif len(effects) >= _MANY:
            coming.append(now + _SOON_MS)
        else:
            effects.append(_raised(transfer, transfer.due, now, ctx))
            lists.append(transfer.id)
    due = min(coming, default=None)
    return (Waiting(lists=tuple(lists), due=due) if lists or due else None), effects


def _raised(transfer: Transfer, due: int, now: int, ctx: Context) -> Effect:
    waits_for_b = transfer.signed_b is None
    section = ctx.safes.get(transfer.safe)
    params = {
        "transfer": transfer.id,
        "count": len(transfer.certificates),
        "person": ctx.person_name(transfer.handler_a),
        "due": day(due, ctx),
        "next": ctx.person_name(transfer.handler_b) if waits_for_b else _custodian(ctx),
    }
    why = {
        "rule": OVERDUE,
        "transfer": transfer.id,
        "handler_a": transfer.handler_a,
        "handler_b": transfer.handler_b,
        "signed_b": transfer.signed_b,
        "due": due,
        "at": now,
        "limit": {
            "accept_days": None if section is None else section.accept_days,
            "source": f"safe.{transfer.safe}",
        },
    }
    return Raise(OVERDUE, transfer.id, why, params)


def _custodian(ctx: Context) -> str:
    return ctx.say("role.certificate_custodian", {})
