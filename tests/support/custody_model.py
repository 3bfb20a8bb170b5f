"""Custody in the simplest words: who has what, and what people may do."""

from dataclasses import dataclass, field
from typing import Any

DAY = 86_400_000
SHANGHAI = 8 * 3_600_000
LATE = 30_000
AWAY = ("@outside", "@returning", "@inspection", "@missing")
LENT = ("box", "volume", "certificate")
DIRECT = {"chairman", "general_manager", "deputy_manager"}
APPROVERS = {"chairman", "general_manager"}
KEEPERS = {"archivist", "certificate_custodian"}
KEY_ROLES = {"archivist", "security", "facilities"}


def end_of_day(at: int, days: int) -> int:
    """The last ms of the day `days` after `at`, by the clock of Shanghai."""
    return ((at + SHANGHAI) // DAY + days + 1) * DAY - SHANGHAI - 1


@dataclass
class Slip:
    """A slip on its way."""

    id: str
    person: str
    by: str
    items: list[str]
    external: bool
    department: str | None
    days: int | None
    state: str = "requested"
    decided: int | None = None
    until: int = 0
    ended: int | None = None
    taken: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)

    def allows(self, item: str, at: int) -> bool:
        """Whether it lets its person take an item at a moment."""
        if item not in self.items or item in self.taken or self.decided is None:
            return False
        if self.state == "refused" or not self.decided <= at < self.until:
            return False
        return not (self.state == "withdrawn" and self.ended is not None and self.ended <= at)

    @property
    def out(self) -> list[str]:
        """What was taken on it and is not back."""
        return [item for item in self.taken if item not in self.back]

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to do with it."""
        return bool(self.taken) and not self.out and not self.can_be_used

    @property
    def can_be_used(self) -> bool:
        """Whether something on it was not taken yet and still may be."""
        return self.state == "approved" and any(item not in self.taken for item in self.items)


@dataclass
class Lent:
    """A loan."""

    id: str
    item: str
    person: str
    things: list[str]
    slip: str | None
    external: bool
    due: int
    opened: int
    handed: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    back: set[str] = field(default_factory=set)
    recalled: bool = False
    deficient: bool = False
    renewals: int = 0
    nudges: int = 0
    nudged: int = 0
    closed: bool = False

    @property
    def lacks(self) -> bool:
        """Whether what was missing at an inspection is still away."""
        return bool(self.missing & self.away)

    @property
    def away(self) -> set[str]:
        """What its borrower still has, or what was handed in and is not there any more."""
        return set(self.things) - (self.handed - self.gone) - self.back


class Model:
    """Who has what, and the rules. It reads no row and asks none of the gateway's code."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.items: dict[str, dict[str, Any]] = {}
        self.where: dict[str, tuple[str | None, str]] = {}
        self.slips: dict[str, Slip] = {}
        self.loans: dict[str, Lent] = {}
        self.closing: set[str] = set()
        """Loans that an inspection or a settlement ends."""

    # -- rules ---------------------------------------------------------------------------------

    def roles(self, person: str) -> set[str]:
        """The roles of somebody who is active."""
        known = self.people.get(person, {})
        return set(known.get("roles", [])) if known.get("active", True) else set()

    def is_active(self, person: str) -> bool:
        """Whether somebody is registered and active."""
        return person in self.people and bool(self.people[person].get("active", True))

    def kind(self, item: str) -> str:
        """What an item is."""
        return str(self.items[item].get("kind", "box"))

    def loan_of(self, item: str) -> Lent | None:
        """The loan an item is part of until it is back."""
        for loan in self.loans.values():
            if not loan.closed and item in loan.things and item not in loan.back:
                return loan
        return None

    def waiting(self, loan: Lent) -> set[str]:
        """What of a loan lies there to be inspected."""
        return {item for item in loan.handed if self.where[item][1] == "@inspection"}

    def may_take(self, person: str, item: str, at: int) -> tuple[bool, set[str]]:
        """Whether somebody may take an item, and by which slips."""
        if self.items[item].get("closed"):
            return False, set()
        if self.kind(item) == "key":
            return bool(self.roles(person) & KEY_ROLES), set()
        last = [s for s in self.slips.values() if s.person == person and item in s.items][-1:]
        slips = {s.id for s in last if s.allows(item, at)}
        return bool(slips or self.roles(person) & DIRECT), slips

    def may_decide(self, by: str, slip: Slip) -> bool:
        """Whether somebody may approve, refuse or call back."""
        return by not in (slip.person, slip.by) and self.leads(by, slip.external, slip.department)

    def leads(self, by: str, external: bool, department: str | None) -> bool:
        """Whether somebody leads those of a department, in this matter."""
        roles = self.roles(by)
        if roles & APPROVERS:
            return True
        scope = self.people.get(by, {}).get("scope", [])
        return not external and "deputy_manager" in roles and department in scope

    def has_leave(self, item: str, at: int) -> bool:
        """Whether an item may pass the gate."""
        holder, place = self.where[item]
        if holder is None or place in ("@inspection", "@missing"):
            return False
        loan = self.loan_of(item)
        if loan is None:
            return self.is_registered(holder) and self.may_take(holder, item, at)[0]
        slip = self.slips.get(loan.slip or "")
        withdrawn = slip is not None and slip.state == "withdrawn"
        over = loan.recalled or loan.deficient or item in loan.handed or withdrawn
        return not over and at <= loan.due

    def is_registered(self, person: str) -> bool:
        """Whether somebody is registered."""
        return person in self.people
