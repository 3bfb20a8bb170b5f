"""Told of every entry, says whether it may be, by the rules of the model."""

from typing import Any

from .custody_model import AWAY, DAY, KEEPERS, LATE, LENT, Lent, Model, Slip, end_of_day

__all__ = ["AWAY", "KEEPERS", "LENT", "Judge"]


class Judge(Model):
    """Follows the entries; AssertionError for one that must not be."""

    # -- entries -------------------------------------------------------------------------------

    def told(self, kind: str, body: dict[str, Any], at: int, raised: set[str]) -> None:
        """Take an entry; AssertionError when it must not be."""
        family, _, what = kind.partition(".")
        if what == "registered":
            self._registered(family, body[family], at)
            return
        take = getattr(self, f"_{family}_{what}", None)
        if family == "movement":
            before = self.where[body["item"]]
            if take is not None:
                take(body, before, at, raised)
            self.where[body["item"]] = (body["holder"], body["place"])
        elif family in ("slip", "loan", "return") and take is not None:
            take(body, at)

    def _registered(self, family: str, row: dict[str, Any], at: int) -> None:
        if family == "person":
            self.people[row["id"]] = row
        if family == "item":
            was = self.items.get(row["id"])
            assert was is None or was.get("number") in (None, row.get("number")), "G6"
            self.items[row["id"]] = row
            self.where.setdefault(row["id"], (None, row.get("home", "@unfiled")))

    def _slip_requested(self, body: dict[str, Any], at: int) -> None:
        by, person = body["by"], body["person"]
        assert by == person or "archivist" in self.roles(by)
        assert not body["external"] or (body["reason"] in ("litigation", "legal")), "G15"
        self.slips[body["slip"]] = Slip(
            body["slip"], person, by, body["items"], body["external"],
            self.people[person].get("department"), body["days"],
        )  # fmt: skip

    def _slip_approved(self, body: dict[str, Any], at: int) -> None:
        slip = self.slips[body["slip"]]
        assert slip.state == "requested" and self.may_decide(body["by"], slip), "D2, D4"
        assert self.is_active(slip.person), "not for somebody who has left"
        assert body["until"] == end_of_day(at, 7)
        slip.state, slip.decided, slip.until = "approved", at, body["until"]

    def _slip_refused(self, body: dict[str, Any], at: int) -> None:
        slip = self.slips[body["slip"]]
        assert slip.state == "requested" and self.may_decide(body["by"], slip)
        slip.state = "refused"

    def _slip_withdrawn(self, body: dict[str, Any], at: int) -> None:
        slip = self.slips[body["slip"]]
        own = body["by"] in (slip.person, slip.by)
        assert not slip.out if own else self.may_decide(body["by"], slip)
        slip.state, slip.ended = "withdrawn", at
        for loan in self.loans.values():
            if loan.slip == slip.id and not loan.closed:
                loan.recalled, loan.due = True, min(loan.due, at)
                loan.nudged = at - DAY  # called back, they are reminded at once

    def _slip_expired(self, body: dict[str, Any], at: int) -> None:
        slip = self.slips[body["slip"]]
        assert slip.state == "approved" and at >= slip.until
        slip.state, slip.ended = "expired", at

    def _loan_opened(self, body: dict[str, Any], at: int) -> None:
        assert body["loan"] not in self.loans
        things = [body["item"], *body["contents"]]
        loan = Lent(
            body["loan"], body["item"], body["person"], things, body["slip"], body["external"],
            body["due"], body["at"],
        )  # fmt: skip
        for thing in things:
            assert self.loan_of(thing) is None, "never two loans of one thing"
            assert self.where[thing] == (loan.person, "@holder"), "what is lent is in their hands"
        allowed, slips = self.may_take(loan.person, loan.item, body["at"])
        assert allowed and (loan.slip is None or loan.slip in slips), "C14: no loan without a slip"
        days = 1 if self.kind(loan.item) == "key" else 30
        if loan.slip is not None:
            slip = self.slips[loan.slip]
            slip.taken.append(loan.item)
            days = slip.days or days
            if slip.state == "withdrawn" and slip.ended is not None:
                loan.due = min(loan.due, slip.ended)
        assert loan.due <= end_of_day(body["at"], days)
        self.loans[loan.id] = loan

    def _loan_renewed(self, body: dict[str, Any], at: int) -> None:
        loan = self.loans[body["loan"]]
        assert not loan.recalled and at <= loan.due and loan.away
        own = body["by"] == loan.person or "archivist" in self.roles(body["by"])
        slip = self.slips.get(loan.slip or "")
        leads = body["by"] != loan.person and self.leads(
            body["by"], loan.external, slip.department if slip is not None else None
        )
        assert leads or (own and loan.renewals < 1)
        assert body["due"] == end_of_day(loan.due, 30)
        loan.due, loan.renewals = body["due"], loan.renewals + 1

    def _loan_expedited(self, body: dict[str, Any], at: int) -> None:
        loan = self.loans[body["loan"]]
        assert not loan.closed and loan.away and at >= loan.due, "E5"
        assert loan.nudges == 0 or at >= loan.nudged + DAY
        loan.nudges, loan.nudged = loan.nudges + 1, at

    def _loan_away_again(self, body: dict[str, Any], at: int) -> None:
        loan, item = self.loans[body["loan"]], body["item"]
        assert not loan.closed and item not in loan.gone
        holder, place = self.where[item]
        assert place in ("@outside", "@holder", "@inspection") and holder is not None
        if item in loan.handed:
            loan.gone.add(item)
        loan.nudged = at - DAY  # what is overdue is reminded of at once

    def _loan_closed(self, body: dict[str, Any], at: int) -> None:
        loan = self.loans[body["loan"]]
        key = self.kind(loan.item) == "key"
        assert not loan.closed and (key or loan.id in self.closing), "G16: inspected, or settled"
        for thing in loan.things:
            holder, place = self.where[thing]
            assert thing in loan.back or holder is None or self.loan_of(thing) is not loan
            assert place not in ("@holder", "@outside", "@inspection") or thing in loan.back
        loan.closed = True
        if loan.slip is not None:
            self.slips[loan.slip].back.append(loan.item)

    def _return_inspected(self, body: dict[str, Any], at: int) -> None:
        assert self.roles(body["by"]) & KEEPERS
        for item in body["items"]:
            assert self.where[item][1] == "@inspection"
        loan = self.loans.get(body["loan"] or "")
        if loan is None:
            return
        assert body["by"] != loan.person and set(body["items"]) == self.waiting(loan)
        if body["finding"] is None:
            loan.back |= set(body["items"])
            loan.handed -= loan.back
            loan.gone -= loan.back
            loan.deficient = False
            if loan.back == set(loan.things):
                self.closing.add(loan.id)
            return
        loan.deficient = True
        loan.missing = set(body["finding"].get("missing", []))
        loan.handed -= loan.missing
        loan.gone &= loan.handed

    def _return_settled(self, body: dict[str, Any], at: int) -> None:
        loan = self.loans.get(body["loan"] or "")
        if loan is None:
            return
        slip = self.slips.get(loan.slip or "")
        department = self.people[loan.person].get("department") if slip is None else slip.department
        assert body["by"] != loan.person and self.leads(body["by"], loan.external, department)
        self.closing.add(loan.id)

    # -- movements -----------------------------------------------------------------------------

    def _movement_check_out(self, body: dict[str, Any], before: Any, at: int, raised: Any) -> None:
        item, person = body["item"], body["person"]
        stolen = "safe" in body and f"safe.taken_without_slip:{item}" in raised
        if not (stolen and before[1] == "@inspection"):  # it waited for its inspection in the safe
            assert before[0] is None and before[1] not in AWAY, "it rested in the room"
            assert self.loan_of(item) is None
        assert (body["holder"], body["place"]) == (person, "@holder")
        assert self.is_active(person)
        made = body["why"]["at"]
        moment = made if at - made > LATE or "safe" in body else at
        if "with" in body:
            assert self.items[item].get("parent") == body["with"]
            return
        allowed, slips = self.may_take(person, item, moment)
        if "safe" in body and not body.get("loan"):
            assert stolen and (not allowed or self.loan_of(item) is not None)
            return
        assert allowed, "C14"
        assert body["slip"] in slips or (body["slip"] is None and not slips)

    def _movement_handed_in(self, body: dict[str, Any], before: Any, at: int, raised: Any) -> None:
        item, loan = body["item"], self.loan_of(body["item"])
        assert body["place"] == "@inspection"
        assert (loan.id if loan is not None else None) == body["loan"]
        owner = before[0] if loan is None else loan.person
        assert body["holder"] == owner, "whoever had it answers for it until it is inspected"
        if "desk" in body:
            keeper = bool(self.roles(body["person"]) & KEEPERS)
            assert owner in (None, body["person"]) or keeper
            assert before[0] is not None or before[1] in AWAY
        if loan is not None:
            loan.handed.add(item)
            loan.gone.discard(item)

    def _movement_return(self, body: dict[str, Any], before: Any, at: int, raised: Any) -> None:
        loan = self.loans.get(body["loan"] or "")
        key = self.kind(body["item"]) == "key"
        assert body["holder"] is None
        if loan is None:
            return
        assert key or body["item"] in loan.back or loan.id in self.closing, "G16"
        if key or loan.id in self.closing:
            loan.back.add(body["item"])

    def _movement_missing(self, body: dict[str, Any], before: Any, at: int, raised: Any) -> None:
        assert body["place"] == "@missing"

    def _movement_exit(self, body: dict[str, Any], before: Any, at: int, raised: Any) -> None:
        assert self.has_leave(body["item"], body["why"]["at"]), "nobody leaves with one unnoticed"
        assert body["holder"] == before[0]

    def _movement_exit_without_leave(
        self, body: dict[str, Any], before: Any, at: int, raised: Any
    ) -> None:
        assert not self.has_leave(body["item"], body["why"]["at"])
        assert f"exit.no_leave:{body['item']}" in raised

    def _movement_filed(self, body: dict[str, Any], before: Any, at: int, raised: Any) -> None:
        item, slot = body["item"], body["place"]
        assert self.loan_of(item) is None and before[1] not in ("@inspection", "@outside")
        others = {i: w for i, w in self.where.items() if i != item}
        assert not any(place == slot for _, place in others.values()), "one slot, one box"
        assert not any(self.items[i].get("home") == slot for i in others)
        self.items[item] = self.items[item] | {"home": slot}

    # -- what must be true ---------------------------------------------------------------------

    def check(self, now: int, alarms: dict[str, str]) -> None:
        """What holds at any time."""
        for item, (holder, place) in self.where.items():
            loan = self.loan_of(item)
            if loan is not None:
                assert holder == loan.person or place == "@outside" or item in loan.handed, item
            if place == "@holder":
                assert holder is not None
        for loan in self.loans.values():
            stands = alarms.get(f"loan.overdue:{loan.id}") in ("UNACK", "ACKED")
            overdue = not loan.closed and bool(loan.away) and now >= loan.due and not loan.deficient
            assert stands == overdue or (loan.deficient and not loan.closed), (loan, now)
