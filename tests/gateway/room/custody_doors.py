"""The desk and the gate at random: steps of the machine in test_custody_machine.py."""

from gateway.room.custody_lending import BOX, ITEM, PERSON, SOON, Base, Slips
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from support.custody_judge import AWAY, KEEPERS
from support.custody_world import BADGES, DONE, EPC, MINUTE, SECOND, TAGS


class Gate(Base):
    """The gate: boxes are carried out and in."""

    @rule(box=BOX, out=st.booleans(), doubt=st.booleans())
    def cross(self, box, out, doubt):
        world, model = self.world, self.model
        world.wait(2 * MINUTE)
        at = world.now + SECOND
        sides = ("inner", "outer") if out else ("outer", "inner")
        reads = [
            world.nodes.read(
                EPC[box], side, at + 300 * n + 100 * m, rssi=-50 + m,
                act="seen" if m == 0 else "more", mono=at + 300 * n + 100 * m - 10**12,
            )
            for n, side in enumerate(sides)
            for m in range(3)
        ]  # fmt: skip
        outside = model.where[box][1] == "@outside"
        leave = model.has_leave(box, at)
        alarm = f"exit.no_leave:{box}"
        raised = sum(k == "alarm.raised" and b["alarm"] == alarm for _, k, b in world.entries)
        told = world.hear(*reads, doubt=doubt)
        for side in sides:
            gone = world.nodes.read(
                EPC[box], side, world.now + SECOND, act="gone", mono=world.now + SECOND - 10**12
            )
            told += world.hear(gone)
        before = len(world.entries)
        world.wait(2 * MINUTE)
        told += [(kind, body) for _, kind, body in world.entries[before:]]
        moved = [m for m in self.moved(told) if m[1] == box]
        if out and not outside:
            assert moved == [("exit" if leave else "exit_without_leave", box)], moved
            now = sum(k == "alarm.raised" and b["alarm"] == alarm for _, k, b in world.entries)
            assert now > raised or leave, "nobody leaves with one unnoticed"
            assert now == raised or not leave, "and nobody is stopped who may"
        if not out and outside:
            assert moved == [("return_pending", box)]


class Desk(Gate, Slips):
    """The desk: whole visits, single taps, and a network that is away for a while."""

    @precondition(lambda self: self.held_back is None)
    @rule()
    def cut(self):
        self.held_back = []

    @precondition(lambda self: self.held_back is not None)
    @rule()
    def deliver(self):
        """All that was tapped meanwhile arrives in its order."""
        held, self.held_back = self.held_back, None
        for visit, taps in held:
            self._delivered(visit, [self._late(tap) for tap in taps])
        self.world.wait(30 * SECOND)

    def _late(self, tap):
        return self.world.nodes.tap(
            tap["tag"], self.world.now, ts=tap["at"], mono=tap["at"] - 10**12
        )

    @rule(
        person=PERSON, items=st.lists(ITEM, min_size=1, max_size=3),
        end=st.sampled_from(["badge", "card", "idle"]), doubt=st.booleans(), every=SOON,
    )  # fmt: skip
    def visit(self, person, items, end, doubt, every):
        """A badge, things one after the other, and the end; every thing has its due answer."""
        self.world.wait(30 * SECOND)
        tags = [BADGES.get(person, "04deadbeef00"), *(TAGS[item] for item in items)]
        at, taps = self.world.now, []
        for tag in tags:
            at += every
            taps.append({"tag": tag, "at": at})
        if end != "idle":
            at += 6 * SECOND
            taps.append({"tag": tags[0] if end == "badge" else DONE, "at": at})
        visit = (person, items, doubt)
        if self.held_back is not None:
            self.held_back.append((visit, taps))
            self.world.wait(at - self.world.now)
            return
        self._delivered(visit, [self._on_time(tap) for tap in taps])
        self.world.wait(30 * SECOND)

    def _on_time(self, tap):
        return self.world.nodes.tap(tap["tag"], tap["at"], mono=tap["at"] - 10**12)

    def _delivered(self, visit, messages):
        """Feed a visit tap by tap; what each leads to is known before."""
        person, items, doubt = visit
        hear = self.world.hear
        knows = self.model.is_active(person) and person in BADGES
        badges = self.model.people[person].get("badges", [])
        knows = knows and BADGES[person] in badges
        hear(messages[0], doubt=doubt)
        done: set[str] = set()
        for item, message in zip(items, messages[1:], strict=False):
            owner = self.world.room.ctx.rows.points("tag", TAGS[item])
            thing = owner.partition("/")[2] if owner else None
            wanted = self._wanted(person, thing, message, done) if knows and thing else None
            told = hear(message, doubt=doubt)
            moved = {(kind, name) for kind, name in self.moved(told) if name == thing}
            assert moved == ({wanted} if wanted else set()), (person, item, wanted, told)
            if wanted:
                done |= {name for _, name in self.moved(told)}
        for message in messages[1 + len(items) :]:
            hear(message, doubt=doubt)

    def _wanted(self, person, item, message, done):
        """What a tap of an item has to lead to, by the model."""
        model, world = self.model, self.world
        if item in done:
            return None
        now = max(world.now, message.received)
        made = message.ts if message.ts is not None else now
        (holder, place), loan = model.where[item], model.loan_of(item)
        if place == "@inspection":
            return None
        if loan is None and holder is None and place not in AWAY:
            moment = made if now - made > 30 * SECOND else now
            return ("check_out", item) if model.may_take(person, item, moment)[0] else None
        owner = holder if loan is None else loan.person
        if owner in (None, person) or model.roles(person) & KEEPERS:
            return ("return" if model.kind(item) == "key" else "handed_in", item)
        return None

    @precondition(lambda self: self.held_back is None)
    @rule(
        tag=st.sampled_from([*sorted(TAGS.values()), *sorted(BADGES.values()), DONE, "04deadbeef00"]),
        after=st.sampled_from([100, SECOND, 6 * SECOND, 25 * SECOND]),
        doubt=st.booleans(),
    )  # fmt: skip
    def tap(self, tag, after, doubt):
        """Anything, at any moment; the model judges what comes of it."""
        at = self.world.now + after
        self.world.hear(self.world.nodes.tap(tag, at, mono=at - 10**12), doubt=doubt)

    @rule(person=st.sampled_from(["han", "hu", "arch"]), item=ITEM, out=st.booleans())
    def borrow(self, person, item, out):
        """The whole way, as it should be: a slip, its approval, a visit; and out with it, or not."""
        world, model = self.world, self.model
        body = {"items": [item], "purpose": "to see"}
        told = world.act("slip.request", person, body)
        if told is not None:
            by = "gao" if model.leads("gao", False, None) and person != "gao" else "chen"
            assert world.act("slip.approve", by, {"slip": told[0][1]["slip"]}) is not None
        self.visit(person, [item], "badge", False, SECOND)
        if out and item in EPC and self.held_back is None:
            self.cross(item, True, False)

    @precondition(lambda self: self._given_back())
    @rule(data=st.data(), again=st.booleans())
    def close(self, data, again):
        """What was given back is counted by somebody who may, and taken home."""
        item = self.some(data, self._given_back())
        loan = self.model.loan_of(item)
        by = next((p for p in ("arch", "cora", "carl") if self.model.roles(p) & KEEPERS
                   and (loan is None or loan.person != p)), None)  # fmt: skip
        if by is None:
            return
        things = {item} if loan is None else self.model.waiting(loan)
        pages = {i: p for i in things if (p := self.model.items[i].get("pages")) is not None}
        body = {"item": item, "condition": "good", "pages": pages, "seal": "intact"}
        assert self.world.act("return.inspect", by, body) is not None
        for thing in things if loan is None or not loan.lacks else ():
            assert self.model.where[thing][0] is None, "home again"
