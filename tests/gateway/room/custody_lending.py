"""Slips, loans and returns at random: steps of the machine in test_custody_machine.py.

Each step says what has to come of it by the model's rules, before the room is asked.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from support.custody_judge import KEEPERS, LENT
from support.custody_world import BADGES, EPC, SECOND, TAGS, World

PERSON = st.sampled_from(sorted([*BADGES, "audit"]))
BORROWER = st.sampled_from(["han", "hu", "arch", "cora", "gao", "deng"])
LEADER = st.sampled_from(["gao", "chen", "deng", "dong", "han"])
ITEM = st.sampled_from(sorted(TAGS))
BOX = st.sampled_from(sorted(EPC))
SOON = st.integers(1, 3).map(lambda n: n * SECOND)


class Base(RuleBasedStateMachine):
    """The room, and whether the network of the desk is away."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.model = self.world.model
        self.held_back: list[tuple[Any, Any]] | None = None

    def moved(self, told: list[tuple[str, Any]] | None) -> list[tuple[str, str]]:
        return [
            (kind.removeprefix("movement."), body["item"])
            for kind, body in told or []
            if kind.startswith("movement.")
        ]

    def some(self, data: Any, names: Any) -> Any:
        return data.draw(st.sampled_from(sorted(names)))


class Slips(Base):
    """Slips and loans: asked for, decided on, prolonged, inspected, settled."""

    @rule(
        by=st.none() | st.none() | PERSON, person=BORROWER,
        items=st.lists(ITEM, min_size=1, max_size=3, unique=True),
        external=st.booleans(), reason=st.sampled_from(["legal", "work"]), days=st.none() | st.just(3),
    )  # fmt: skip
    def request(self, by, person, items, external, reason, days):
        by = by or person
        body = {"items": items, "purpose": "to see", "person": person, "reason": reason}
        body |= {"external": external, "days": days}
        if external:
            body["recipient"] = "the court"
        model = self.model
        fits = by == person or "archivist" in model.roles(by)
        fits = fits and model.is_active(by) and model.is_active(person)
        fits = fits and (not external or reason == "legal")
        for item in items:
            fits = fits and model.kind(item) in LENT and not model.items[item].get("closed")
            last = [s for s in model.slips.values() if s.person == person and item in s.items][-1:]
            fits = fits and not any(
                s.state in ("requested", "approved") and item not in s.taken for s in last
            )
        assert (self.world.act("slip.request", by, body) is not None) == fits

    @precondition(lambda self: self.model.slips)
    @rule(data=st.data(), by=LEADER, yes=st.booleans())
    def decide(self, data, by, yes):
        slip = self.model.slips[self.some(data, self.model.slips)]
        fits = slip.state == "requested" and self.model.may_decide(by, slip)
        fits = fits and (not yes or self.model.is_active(slip.person))
        body = {"slip": slip.id} | ({} if yes else {"reason": "not now"})
        kind = "slip.approve" if yes else "slip.refuse"
        assert (self.world.act(kind, by, body) is not None) == fits

    @precondition(lambda self: any(s.state == "requested" for s in self.model.slips.values()))
    @rule()
    def approve_all(self):
        """Or the tests would mostly see refusals."""
        for slip in self.model.slips.values():
            if slip.state == "requested" and self.model.is_active(slip.person):
                by = next((p for p in ("gao", "chen") if self.model.may_decide(p, slip)), None)
                if by is not None:
                    assert self.world.act("slip.approve", by, {"slip": slip.id}) is not None

    @precondition(lambda self: self.model.slips)
    @rule(data=st.data(), by=PERSON)
    def withdraw(self, data, by):
        slip = self.model.slips[self.some(data, self.model.slips)]
        fits = slip.state in ("requested", "approved", "expired") and not slip.is_over
        if by in (slip.person, slip.by):
            fits = fits and not slip.out and self.model.is_active(by)
        else:
            fits = fits and self.model.may_decide(by, slip)
        told = self.world.act("slip.withdraw", by, {"slip": slip.id, "reason": "over"})
        assert (told is not None) == fits

    @precondition(lambda self: self.model.loans)
    @rule(data=st.data(), by=PERSON)
    def renew(self, data, by):
        loan = self.model.loans[self.some(data, self.model.loans)]
        self.world.act("loan.renew", by, {"loan": loan.id})

    @precondition(lambda self: self._given_back())
    @rule(
        data=st.data(), by=PERSON, fault=st.sampled_from(["none", "none", "page", "seal", "gone"])
    )
    def inspect(self, data, by, fault):
        item = self.some(data, self._given_back())
        loan = self.model.loan_of(item)
        things = {item} if loan is None else self.model.waiting(loan)
        pages = {i: p for i in things if (p := self.model.items[i].get("pages")) is not None}
        missing = sorted(things)[-1:] if fault == "gone" and len(things) > 1 else []
        pages = {i: n for i, n in pages.items() if i not in missing}
        if fault == "page" and pages:
            pages[min(pages)] -= 1
        body = {"item": item, "condition": "good", "pages": pages, "missing": missing}
        body["seal"] = "broken" if fault == "seal" else "intact"
        fits = bool(self.model.roles(by) & KEEPERS) and (loan is None or loan.person != by)
        told = self.world.act("return.inspect", by, body)
        if item not in missing:
            assert (told is not None) == fits
        if told is not None and fault == "none" and (loan is None or not loan.lacks):
            for thing in things:
                assert self.model.where[thing][0] is None, "home again"

    def _given_back(self):
        return [item for item, (_, place) in self.model.where.items() if place == "@inspection"]

    @precondition(lambda self: any(not loan.closed for loan in self.model.loans.values()))
    @rule(data=st.data(), by=LEADER, outcome=st.sampled_from(["made_good", "accepted", "lost"]))
    def settle(self, data, by, outcome):
        loans = {loan.id for loan in self.model.loans.values() if not loan.closed}
        body = {"loan": self.some(data, loans), "outcome": outcome, "reason": "agreed"}
        self.world.act("return.settle", by, body)
