"""shelf.bank: the rolling shelves of the room. Positions in; open aisles, alarms and a view out.

It raises shelf.aisle_open_too_long, shelf.aisle_open_outside_hours, shelf.moved_while_locked and
shelf.positions_contradict, and shows state/shelves. It sends nothing to any node.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ..contract import Booted, DriverFault, DriverOk, Sensed, Shelf, Status, Tag
from ..errors import RowsUnreadableError
from ..room.context import Context, evidence, sensed_at
from ..room.effects import NONE, Effect, Effects, Show, Start, Tick
from ..room.registry import RuleState, rule
from .model import ShelfLock, Tap
from .state import BankState
from .tables import tables
from .view import shown
from .watch import Turn, gone

RULE: Final = "shelf.bank"
KEY: Final = "room"
_TAPS = 3  # remembered of each reader: messages of two nodes may come in the wrong order
_CARRIAGE = re.compile(r"carriage (\d{1,3}): ")  # how a node names the part that fails


class Shelves(RuleState, frozen=True):
    """All banks of the room, and the last badges at their readers."""

    banks: dict[str, BankState] = msgspec.field(default_factory=dict)
    taps: dict[str, list[Tap]] = msgspec.field(default_factory=dict)


def _concerns(ctx: Context, event: Sensed | Status) -> str | None:
    known = tables(ctx)
    if not known.banks:
        return None
    if isinstance(event, Status):
        return KEY if event.node in known.nodes else None
    body: Any = event.body
    if isinstance(body, Shelf):
        concerns = (event.node, body.bank, body.carriage) in known.carriages
        if not concerns:
            ctx.count("shelves.unknown_carriage")
    elif isinstance(body, Tag):
        here = body.act == "seen" and f"{event.node}/{body.reader}" in known.badge_readers
        concerns = here and ctx.person_by_badge(body.id) is not None
    else:
        concerns = event.node in known.nodes
    return KEY if concerns else None


def _the_one(ctx: Context) -> Iterable[str]:
    return (KEY,) if ctx.config.shelf_bank else ()


@rule(
    RULE,
    state=Shelves,
    on=("event/shelf", "event/tag", "event/node", "status"),
    key=_concerns,
    keys=_the_one,
)
def shelf_bank(
    state: Shelves | None, event: Sensed | Status | Start | Tick, now: int, ctx: Context
) -> tuple[Shelves | None, Effects]:
    """Follow the carriages of every bank.

    What is stale or contradicts itself neither raises nor clears an alarm about an aisle: the loss
    of a node or sensor is an alarm of its own.
    """
    known = tables(ctx)
    was = state or Shelves()
    if isinstance(event, Start | Tick):
        return _again(state, event, now, ctx)
    if isinstance(event, Status):
        return _settle(was, _node_came(was, event, now, ctx), now, ctx)
    body: Any = event.body
    if isinstance(body, Tag):
        return _tapped(was, event, body, ctx), NONE
    if isinstance(body, Shelf):
        name, n = known.carriages[event.node, body.bank, body.carriage]
        turn = _turn(was, name, now, ctx)
        read = {**evidence(event), "carriage": n, "mm": body.mm, "state": body.state}
        turn.move(n, body.mm, body.state == "moving", sensed_at(event), read)
        return _settle(was, [turn], now, ctx)
    turns = _node_said(was, event, now, ctx)
    return _settle(was, turns, now, ctx) if turns else (state, NONE)


def _turn(state: Shelves, name: str, now: int, ctx: Context) -> Turn:
    return Turn(tables(ctx).banks[name], state.banks.get(name, BankState()), state.taps, now, ctx)


def _again(
    state: Shelves | None, event: Start | Tick, now: int, ctx: Context
) -> tuple[Shelves | None, Effects]:
    """Look at everything: a deadline came, a lock changed or the gateway started."""
    known, was = tables(ctx), state or Shelves()
    turns = [_turn(was, name, now, ctx) for name in known.banks]
    effects: list[Effect] = []
    for turn in turns:
        if isinstance(event, Start):
            turn.state = _locked(turn.state, turn.bank.id, ctx)
        turn.look(now, {})
    if isinstance(event, Start):
        left = {name: bank for name, bank in was.banks.items() if name not in known.banks}
        for name, bank in left.items():
            effects += gone(name, bank)
        if not known.banks:
            return None, effects
    new, more = _settle(was, turns, now, ctx)
    return new, [*effects, *more]


def _locked(state: BankState, name: str, ctx: Context) -> BankState:
    try:
        lock = ctx.rows.get(ShelfLock, name)
    except RowsUnreadableError:
        ctx.count("room.rows_unreadable")
        return state
    return msgspec.structs.replace(state, lock=lock)


def _tapped(state: Shelves, event: Sensed, body: Tag, ctx: Context) -> Shelves:
    person = ctx.person_by_badge(body.id)
    if person is None:
        return state
    reader = f"{event.node}/{body.reader}"
    taps = [*state.taps.get(reader, ()), Tap(person.id, sensed_at(event), reader)]
    taps.sort(key=lambda t: t.at)
    return msgspec.structs.replace(state, taps={**state.taps, reader: taps[-_TAPS:]})


def _node_came(state: Shelves, event: Status, now: int, ctx: Context) -> list[Turn]:
    """Its carriages are unknown while a node is away."""
    read = {"node": event.node, "status": "online" if event.online else "offline"}
    turns: dict[str, Turn] = {}
    for (node, _, _), (name, n) in tables(ctx).carriages.items():
        if node == event.node:
            turn = turns.setdefault(name, _turn(state, name, now, ctx))
            if event.online:
                turn.find(n, ("offline",), read)
            else:
                turn.lose(n, "offline", read)
    return list(turns.values())


def _node_said(state: Shelves, event: Sensed, now: int, ctx: Context) -> list[Turn]:
    body: Any = event.body
    if not isinstance(body, DriverFault | DriverOk | Booted):
        return []
    part = _CARRIAGE.match(body.why) if isinstance(body, DriverFault) else None
    turns: dict[str, Turn] = {}
    for (node, device, number), (name, n) in tables(ctx).carriages.items():
        if node != event.node or (not isinstance(body, Booted) and device != body.device):
            continue
        if part is not None and int(part[1]) != number:
            continue
        turn = turns.setdefault(name, _turn(state, name, now, ctx))
        if isinstance(body, DriverFault):
            turn.lose(n, "fault", evidence(event))
        else:
            # A node that starts again reports anew where its carriages stand and what is wrong.
            turn.find(n, ("fault",), evidence(event))
    return list(turns.values())


def _settle(was: Shelves, turns: list[Turn], now: int, ctx: Context) -> tuple[Shelves, Effects]:
    """Return the new state, and show it where it differs."""
    known = tables(ctx)
    banks = {name: bank for name, bank in was.banks.items() if name in known.banks}
    banks |= {turn.bank.id: turn.state for turn in turns}
    dues = [_turn(Shelves(banks=banks), name, now, ctx).due() for name in banks]
    due = min((d for d in dues if d is not None), default=None)
    new = Shelves(banks=banks, taps=was.taps, due=due)
    effects: list[Effect] = [effect for turn in turns for effect in turn.effects]
    effects.append(Show("shelves", shown(known, banks, now, ctx)))
    return new, effects
