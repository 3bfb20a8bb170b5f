"""Safe, stock-takes, shelves and register at random: steps of the machine in test_custody_machine.py."""

from gateway.room.custody_lending import BOX, ITEM, Base
from hypothesis import strategies as st
from hypothesis.stateful import rule
from strongroom_gateway.rounds.stocktake_report import Stocktake, report
from support.custody_judge import KEEPERS
from support.custody_world import BADGES, MINUTE, SECOND, SLOTS, TAGS


class Safe(Base):
    """The safe: opened by one, two or nobody, with things taken out or put in."""

    inside: set[str]

    def _heard(self, tag, act="seen", after=SECOND):
        self.world.now += after
        return self.world.hear(self.world.nodes.tag("s1/inside", tag, self.world.now, act))

    def _door(self, is_open):
        self.world.now += SECOND
        return self.world.hear(self.world.nodes.door(is_open, self.world.now))

    @rule(
        people=st.lists(st.sampled_from(["cora", "carl", "han"]), max_size=2, unique=True),
        things=st.lists(st.sampled_from(["C1", "C2", "S1"]), max_size=2, unique=True),
    )  # fmt: skip
    def open_safe(self, people, things):
        world = self.world
        if not hasattr(self, "inside"):
            self.inside = {"C1", "C2"}
            for thing in sorted(self.inside):
                self._heard(TAGS[thing])
        world.wait(2 * MINUTE)
        before = len(world.entries)
        for person in people:
            self._heard(BADGES[person])
            self._heard(BADGES[person], "gone")
        may = [p for p in people if "certificate_custodian" in self.model.roles(p)]
        may = [p for p in may if self.model.people[p].get("badges")]
        self._door(True)
        for thing in things:
            self._heard(TAGS[thing], "gone" if thing in self.inside else "seen")
        self.inside ^= set(things)
        world.wait(MINUTE)
        self._door(False)
        world.wait(2 * MINUTE)
        told = [(kind, body) for _, kind, body in world.entries[before:]]
        raised = {b["alarm"] for k, b in told if k == "alarm.raised"}
        assert ("safe.one_person:deeds" in raised) == (len(may) == 1)
        assert ("safe.nobody:deeds" in raised) == (not may)
        counted = [body for kind, body in told if kind == "safe.reconciled"]
        assert len(counted) == 1
        if not counted[0]["complete"]:
            assert "safe.not_reconciled:deeds" in raised or not self.inside
            return
        for item in sorted(TAGS):
            _, place = self.model.where[item]
            if item in self.inside:
                assert place in ("deeds", "@inspection"), "what is in it is on record in it"
            elif place == "deeds":
                assert not may and f"safe.item_missing:{item}" in world.alarms, "or it is an alarm"


class Rounds(Base):
    """Stock-takes and filing."""

    @rule(
        place=st.sampled_from(["hall", "A-1", "A-2"]),
        seen=st.lists(ITEM, min_size=1, max_size=8, unique=True),
        at=st.none() | st.sampled_from(["A-1", "A-2", *SLOTS[:1]]),
        signers=st.permutations(["arch", "audit", "cora"]), signed=st.integers(0, 2),
    )  # fmt: skip
    def stocktake(self, place, seen, at, signers, signed):
        """Begun, seen, signed by two or dropped: what the report says is then so."""
        world, model = self.world, self.model
        told = world.act("stocktake.begin", "arch", {"place": place})
        if told is None:
            return
        name = told[0][1]["stocktake"]
        tags = [(model.items[item].get("tags") or [item])[-1] for item in seen]
        body = {"stocktake": name, "tags": tags, "place": at}
        assert world.act("stocktake.seen", "arch", body) is not None
        scope = {place} | ({"A-1", "A-2", "A-3", "A-4", *SLOTS} if place == "hall" else set())
        there = {item for item, (_, where) in model.where.items() if where in scope}
        was = dict(model.where)
        done = 0
        for by in signers[:signed]:
            sign = {"stocktake": name, "digest": self._digest(name)}
            fits = bool(model.roles(by) & {*KEEPERS, "auditor"})
            assert (world.act("stocktake.sign", by, sign) is not None) == fits
            done += fits
        if done < 2:
            assert model.where == was, "nothing moves before"
            assert world.act("stocktake.drop", "arch", {"place": place}) is not None
            return
        for item in there - set(seen):
            assert model.where[item][1] == "@missing"
            assert f"stocktake.missing:{item}" in world.alarms
        for item in seen:
            loan = model.loan_of(item)
            if loan is not None:
                assert model.where[item][1] == "@inspection"
            elif item in there:
                assert model.where[item] == (None, at or was[item][1])
            else:
                assert model.where[item] == (None, at or place)

    def _digest(self, name):
        ctx = self.world.room.ctx
        return report(ctx.rows.get(Stocktake, name), ctx).digest

    @rule(
        item=st.sampled_from(["B1", "B2", "B3", "S1", "V1"]),
        slot=st.none() | st.sampled_from(SLOTS),
    )
    def file(self, item, slot):
        world, model = self.world, self.model
        if slot is None:
            told = world.act("shelf.propose", "arch", {"item": item})
            if told is None:
                return
        holder, place = model.where[item]
        fits = item != "V1" and model.loan_of(item) is None and holder in (None, "arch")
        fits = fits and place not in ("@inspection", "@outside")
        body = {"item": item} | ({} if slot is None else {"slot": slot})
        told = world.act("shelf.file", "arch", body)
        assert told is None or fits
        assert told is not None or not fits or slot is not None


class Register(Base):
    """The register changes under everybody's hands."""

    @rule(
        person=st.sampled_from(["han", "hu", "deng", "cora"]), active=st.booleans(),
        role=st.sampled_from(["handler_a", "archivist", "deputy_manager", "certificate_custodian"]),
        badge=st.booleans(),
    )  # fmt: skip
    def change_person(self, person, active, role, badge):
        row = dict(self.model.people[person]) | {"active": active, "roles": [role]}
        row["badges"] = [BADGES[person]] if badge else []
        assert self.world.act("person.register", "gao", {"row": row}) is not None

    @rule(item=ITEM, other=ITEM, by=st.sampled_from(["arch", "han", "local:root"]))
    def move_tag(self, item, other, by):
        """A tag is taken off one thing and put on another, the same act refusing what is taken."""
        model, world = self.model, self.world
        mine, theirs = dict(model.items[item]), dict(model.items[other])
        tags = mine.get("tags", [])
        if item == other or not tags:
            return
        fits = by == "local:root" or bool(model.roles(by) & KEEPERS)
        given = {"row": theirs | {"tags": [*theirs.get("tags", []), tags[-1]]}}
        assert world.act("item.register", by, given) is None, "it belongs to another"
        taken_off = world.act("item.register", by, {"row": mine | {"tags": tags[:-1]}})
        assert (taken_off is not None) == fits
        if fits:
            assert world.act("item.register", by, given) is not None
            assert world.room.ctx.item_by_tag(tags[-1]).id == other
            back = {"row": theirs}
            assert world.act("item.register", by, back) is not None
            assert world.act("item.register", by, {"row": mine}) is not None

    @rule(n=st.integers(1, 4), parent=st.none() | BOX, by=st.sampled_from(["arch", "local:root"]))
    def new_item(self, n, parent, by):
        item = f"N{n}"
        row = {"id": item, "name": f"New {n}", "kind": "volume", "parent": parent}
        row |= {"number": f"HX-H-01-000{n}", "pages": n}
        world = self.world
        fits = by == "local:root" or bool(self.model.roles(by) & KEEPERS)
        told = world.act(
            "item.register", by, {"row": {k: v for k, v in row.items() if v is not None}}
        )
        assert (told is not None) == fits
        wrong = row | {"number": "HX-H-01-0099"}
        if item in self.model.items:
            assert world.act("item.register", by, {"row": wrong}) is None, "G6"
