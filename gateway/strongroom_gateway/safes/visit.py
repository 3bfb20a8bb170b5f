"""What is known of a safe: its door, who badged at it, and which tags its reader hears."""

from typing import Any, Final

import msgspec

from ..contract import Booted, Contact, DriverFault, DriverOk, Sensed, SensorBack, SensorLost, Tag
from ..room.context import Context, evidence, sensed_at
from ..room.model import Person
from ..room.registry import RuleState
from ..safes.section import SafeSection

MOST_TAPS: Final = 20
_KEPT_TAPS: Final = 5
MOST_EARLIER: Final = 20
LATE_MS: Final = 2_000
"""What a node held back arrives in one go; a decision waits so long for the rest of it."""


class Opening(msgspec.Struct, frozen=True, omit_defaults=True):
    """One opening of the door: since when, by which message, until when."""

    since: int
    heard: int
    """When the gateway heard of it: what a node held back arrives together."""
    read: dict[str, Any]
    shut: int | None = None
    judged: bool = False
    """Whether it was decided who opened it."""
    company: tuple[str, ...] = ()
    """Who was at the safe just before, when what they left in it could not be compared any more."""


class Safe(RuleState, frozen=True):
    """A safe. Times are Unix ms as sensed; `taps` are the last badges of each person at its reader,
    `inside` the boot of the node that last reported each tag, `boot` the newest of that node, whose
    reader has told of everything inside by `known`. `earlier` openings are not judged yet.
    """

    opening: Opening | None = None
    earlier: tuple[Opening, ...] = ()
    taps: dict[str, tuple[int, ...]] = msgspec.field(default_factory=dict)
    inside: dict[str, int] = msgspec.field(default_factory=dict)
    boot: int = 0
    known: int = 0
    deaf: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    reconcile_at: int | None = None
    waiting: tuple[str, ...] = ()
    """What lay in it for its inspection when it was last compared."""
    reconciled: int | None = None
    agrees: bool = True
    """Whether the last comparison found nothing missing and nothing extra."""

    def present(self, section: SafeSection, ctx: Context) -> tuple[str, ...]:
        """Return the authorised people of this opening, in the order of their badges."""
        opening = self.opening
        return () if opening is None else self.present_at(opening, section, ctx)

    def present_at(self, opening: Opening, section: SafeSection, ctx: Context) -> tuple[str, ...]:
        """Return the authorised people of an opening, in the order of their badges."""
        first = opening.since - int(section.together_s * 1000)
        last = opening.shut if opening.shut is not None else opening.since
        last = max(last, opening.since + int(section.together_s * 1000))
        found = [
            (min(there), person)
            for person, times in self.taps.items()
            if (there := [at for at in times if first <= at <= last])
        ]
        return tuple(
            p for _, p in sorted(found) if (known := ctx.person(p)) and may_open(known, section)
        )

    def responsible(self, section: SafeSection, ctx: Context) -> tuple[str, ...]:
        """Return who may have changed what is inside: those of this opening, and their company."""
        here = self.present(section, ctx)
        company = () if self.opening is None else self.opening.company
        return (*here, *(person for person in company if person not in here))

    def tags(self) -> frozenset[str]:
        """Return the tags inside by the reports of the node's present boot."""
        return frozenset(tag for tag, boot in self.inside.items() if boot == self.boot)


def may_open(person: Person, section: SafeSection) -> bool:
    """Return whether a person is authorised at a safe: named, or by a role."""
    return person.active and (
        person.id in section.people or bool(set(person.roles) & set(section.roles))
    )


def heard(state: Safe, event: Sensed, section: SafeSection, ctx: Context) -> Safe:
    """Return what is known after a message of the safe's own devices; the door is not among them."""
    body = event.body
    replace = msgspec.structs.replace
    if event.boot > state.boot:
        known = sensed_at(event) + max(int(section.settle_s * 1000), LATE_MS)
        state = replace(state, boot=event.boot, known=known if state.boot else 0)
    if isinstance(body, Booted):
        return replace(state, deaf=())
    if isinstance(body, SensorLost | DriverFault):
        return (
            state if body.device in state.deaf else replace(state, deaf=(*state.deaf, body.device))
        )
    if isinstance(body, SensorBack | DriverOk):
        return replace(state, deaf=tuple(d for d in state.deaf if d != body.device))
    if isinstance(body, Tag):
        return _tag(state, event, body, ctx)
    return state


def _tag(state: Safe, event: Sensed, body: Tag, ctx: Context) -> Safe:
    replace = msgspec.structs.replace
    if body.act == "gone":
        if body.id not in state.inside:
            return state
        return replace(state, inside={t: b for t, b in state.inside.items() if t != body.id})
    person = ctx.person_by_badge(body.id)
    if person is None:
        if state.inside.get(body.id) == event.boot:
            return state
        return replace(state, inside={**state.inside, body.id: event.boot})
    taps = {p: times for p, times in state.taps.items() if p != person.id}
    # Several, for the one that counts may be followed by that of the next visit.
    taps[person.id] = (*state.taps.get(person.id, ()), sensed_at(event))[-_KEPT_TAPS:]
    return replace(state, taps=dict(list(taps.items())[-MOST_TAPS:]))


def moved_door(
    state: Safe, event: Sensed, body: Contact, now: int, company: tuple[str, ...] = ()
) -> Safe:
    """Return what is known after the door's contact changed; `company` is that of a new opening."""
    at = sensed_at(event)
    opening = state.opening
    replace = msgspec.structs.replace
    if body.open:
        if opening is not None and opening.shut is None:
            return state
        fresh = Opening(at, now, evidence(event), company=company)
        return replace(state, opening=fresh, reconcile_at=None)
    if opening is None or opening.shut is not None:
        return state
    return replace(state, opening=replace(opening, shut=max(at, opening.since)))
