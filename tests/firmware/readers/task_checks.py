"""The tasks of card and UHF readers: what their looks come to, in events and in sound and light."""

import asyncio

from strongroom_node.errors import DriverError
from strongroom_node.presence import Presence
from strongroom_node.tasks import hf, uhf

LOOK_MS = 100


class Over(Exception):  # noqa: N818 - nothing went wrong
    """The story has been told."""


class Node:
    """Takes what the tasks report; flash fails while `broken`."""

    def __init__(self):
        self.clock = self
        self.now = 1000
        self.told = []  # (ms, what)
        self.writes = []  # number of events of each write that was kept
        self.broken = False
        self.link = True
        self.acked = 0
        self.answer_ms = 2000
        self.rules = {}
        self._shared = {}

    def mono(self):
        return self.now

    def emit_many(self, items):
        if self.broken:
            return 0
        self.writes.append(len(items))
        for kind, fields in items:
            assert kind == "tag"
            self.told.append((self.now, fields))
        return sum(self.writes)

    def answered(self):
        return self.acked

    def is_linked(self):
        return self.link

    def complain(self, signal, name, rule):
        self.rules[(signal, name)] = rule

    def emit(self, kind, fields):
        assert kind == "node"
        self.told.append((self.now, fields))

    def report(self, what, device=None, why=None):
        self.emit("node", {"what": what, "device": device, "why": why})

    def signal(self, device, pattern):
        self.told.append((self.now, (device, pattern)))

    def shared(self, name, make):
        if name not in self._shared:
            self._shared[name] = make()
        return self._shared[name]

    def tags(self, act=None):
        found = [f for _, f in self.told if isinstance(f, dict) and "act" in f]
        return [f for f in found if act is None or f["act"] == act]

    def said(self):
        found = [f for _, f in self.told if isinstance(f, dict) and "what" in f]
        return [(f["what"], f["device"]) for f in found]

    def signals(self):
        return [f for _, f in self.told if not isinstance(f, dict)]


class Times:
    """A look that is repeated."""

    def __init__(self, count, look):
        self.left = count
        self.look = look

    def side(self, n):
        """The looks of one of two readers."""
        return Times(self.left, self.look[n])


class Reader:
    """Answers from a list: ids, (ids, "unsure"), an error's kind, or a function to call first."""

    def __init__(self, looks):
        self.looks = list(looks)
        self.polls = 0
        self.unsure = False
        self.sound = True
        self.resets = self.restarts = 0

    async def poll(self):
        while self.looks and callable(self.looks[0]):
            self.looks.pop(0)()
        if not self.looks:
            raise Over
        self.polls += 1
        look = self.looks[0]
        if isinstance(look, Times):
            look.left -= 1
            if not look.left:
                self.looks.pop(0)
            look = look.look
        else:
            self.looks.pop(0)
        if isinstance(look, str):
            self.sound = False
            self.unsure = True
            raise DriverError(look, "r")
        self.unsure = isinstance(look, tuple)
        self.sound = not self.unsure
        return look[0] if isinstance(look, tuple) else look


async def desk(looks, node=None, **settings):
    """Return the node after an HF reader saw all this."""
    node = node or Node()
    beats = [0]

    def life():
        beats[0] += 1

    async def rest(ms, beat):
        node.now += ms
        beat()

    real, hf.rest = hf.rest, rest
    cfg = {"id": "desk", "feedback": "lamp", "poll_ms": LOOK_MS}
    cfg.update(settings)
    reader = looks if isinstance(looks, Reader) else Reader(looks)
    before = reader.polls
    try:
        await hf.run(node, "desk", reader, cfg, life)
    except Over:
        pass
    finally:
        hf.rest = real
    assert beats[0] == reader.polls - before
    return node


def acts(node):
    return [(f["act"], f["id"], f["n"], f["span"]) for f in node.tags()]


async def check_a_tap_is_an_arrival_and_a_departure():
    node = await desk([[], ["aa"], ["aa"], ["aa"], [], [], [], []])
    assert acts(node) == [("seen", "aa", 1, 0), ("gone", "aa", 3, 200)]
    for fields in node.tags():
        assert (fields["reader"], fields["tech"], fields["ant"], fields["rssi"]) == (
            "desk",
            "hf",
            None,
            None,
        )
    assert [at for at, f in node.told if isinstance(f, dict)] == [1100, 1600]


async def check_a_card_that_lies_there_all_day_is_told_of_once():
    node = await desk([Times(2000, ["aa"])])
    assert acts(node) == [("seen", "aa", 1, 0)]


async def check_a_stack_is_one_write():
    node = await desk([["aa", "bb", "cc"], ["aa", "bb", "cc"], [], [], []])
    assert node.writes == [3, 3]
    assert [f["act"] for f in node.tags()] == ["seen"] * 3 + ["gone"] * 3
    assert node.signals() == [("lamp", "ok")], "one beep"


async def check_a_look_without_the_card_is_not_yet_a_departure():
    node = await desk([["aa"], [], [], ["aa"], [], [], ["aa"]])
    assert acts(node) == [("seen", "aa", 1, 0)]
    node = await desk([["aa"], [], [], []], misses=4)
    assert acts(node) == [("seen", "aa", 1, 0)]


async def check_garbled_looks_and_failures_count_for_nobody_s_departure():
    garbled = ([], "unsure")
    node = await desk([["aa"], [], [], garbled, garbled, "deaf", "absent", "deaf", garbled, ["aa"]])
    assert acts(node) == [("seen", "aa", 1, 0)]
    node = await desk([["aa"], [], "deaf", [], garbled, []])
    assert acts(node)[-1][0] == "gone", "three clean looks without it"


async def check_a_card_that_can_never_be_read_holds_nobody_for_ever():
    garbled = ([], "unsure")
    node = await desk([["aa"]] + [garbled] * 70 + [[]])
    assert [f["act"] for f in node.tags()] == ["seen", "gone"]
    assert node.said() == [("driver.fault", "desk"), ("driver.ok", "desk")]


async def check_a_reader_that_fails_is_told_of_once():
    node = await desk([[]] + ["deaf"] * 20 + [[]] * 3)
    assert node.said() == [("driver.fault", "desk"), ("driver.ok", "desk")]
    assert node.told[0][1]["why"] == "deaf"


async def check_fresh_starts_are_told_of_when_they_pile_up():
    reader = Reader([])

    def again(times=1):
        reader.resets += times

    reader.looks = [[], again, [], again, []]
    assert (await desk(reader)).said() == [], "that is what the watchdog is for"
    reader.looks = [[], again, [], lambda: again(4), [], Times(6000, []), lambda: again(3), []]
    node = await desk(reader)
    assert node.said() == [("driver.fault", "desk"), ("driver.ok", "desk")] * 2
    faults = [f["why"] for _, f in node.told if f["what"] == "driver.fault"]
    assert [why[-2:] for why in faults] == [" 3", " 4"]


async def check_fresh_starts_of_a_fault_that_was_told_are_not_told_again():
    reader = Reader([])

    def again():
        reader.resets += 1

    reader.looks = [
        [],
        again,
        "deaf",
        again,
        "deaf",
        again,
        "deaf",
        again,
        "deaf",
        again,
        "deaf",
        [],
    ]
    node = await desk(reader)
    assert node.said() == [("driver.fault", "desk"), ("driver.ok", "desk")]
    assert node.told[0][1]["why"] == "deaf"


async def check_the_beep_comes_after_the_event():
    node = await desk([["aa"]])
    assert [type(f) for _, f in node.told] == [dict, tuple]
    assert node.signals() == [("lamp", "ok")]
    node = await desk([["aa"]], feedback=None)
    assert node.signals() == []


async def check_no_beep_of_success_before_flash_has_it():
    node = Node()

    def broken(value):
        node.broken = value

    await desk(
        [lambda: broken(True), ["aa"], ["aa"], lambda: broken(False), ["aa"], ["aa"], [], [], []],
        node,
    )
    assert node.signals() == [("lamp", "deny"), ("lamp", "deny"), ("lamp", "ok")]
    assert [f["act"] for f in node.tags()] == ["seen", "gone"]
    assert node.told[1][0] - node.told[0][0] >= 1000, "not at every look"


async def check_a_card_that_the_gateway_does_not_answer_for():
    node = await desk([["aa"]])
    rule = node.rules[("lamp", "desk")]
    came = node.told[0][0]
    assert [rule.wanted(came + ms) for ms in (0, 1999, 2000)] == [None, None, "attention"]
    node.acked = 1
    assert rule.wanted(came + 2100) is None
    assert (await desk([["aa"]], feedback=None)).rules == {}


async def gate(looks, node=None, **settings):
    """Return the node after the gate's two UHF readers heard all this, [(inner, outer)]."""
    node = node or Node()
    inner, outer = [
        Reader([look.side(n) if isinstance(look, Times) else look[n] for look in looks])
        for n in (0, 1)
    ]
    turn = asyncio.Event()

    class Steps:
        def __init__(self, _every):
            pass

        async def next(self, beat):
            beat()
            await asyncio.sleep(0)

    real, uhf.Cadence = uhf.Cadence, Steps

    async def run(name, ant, reader):
        cfg = {"id": name, "reader": "gate", "ant": ant}
        cfg.update(settings)
        try:
            await uhf.run(node, name, reader, cfg, lambda: None)
        except Over:
            turn.set()

    async def clock():
        while not turn.is_set():
            node.now += 50
            await asyncio.sleep(0)

    try:
        await asyncio.gather(
            run("gate-in", "inner", inner), run("gate-out", "outer", outer), clock()
        )
    finally:
        uhf.Cadence = real
    return node


NOBODY = ([], [])
INSIDE, OUTSIDE = ([("e200", -50)], []), ([], [("e200", -60)])


async def check_both_antennas_of_a_gate_share_what_they_know():
    node = await gate([INSIDE, INSIDE, OUTSIDE, OUTSIDE] + [Times(80, NOBODY)])
    tags = node.tags()
    assert {f["reader"] for f in tags} == {"gate"} and {f["tech"] for f in tags} == {"uhf"}
    assert [(f["act"], f["ant"]) for f in tags[:3]] == [
        ("seen", "inner"),
        ("more", "inner"),
        ("more", "outer"),
    ]
    assert [(f["act"], f["ant"], f["n"]) for f in tags[-2:]] == [
        ("gone", "inner", 2),
        ("gone", "outer", 2),
    ]
    assert sum(f["n"] for f in tags if f["act"] != "gone") == 4
    assert [f["rssi"] for f in tags[:3]] == [-50, -50, -60]


async def check_an_antenna_that_is_deaf_has_lost_nobody():
    node = await gate([INSIDE] + [Times(200, ("timeout", []))])
    assert node.tags("gone") == []
    assert node.said() == [("driver.fault", "gate-in")]
    node = await gate([INSIDE] + [Times(200, ("timeout", []))] + [Times(90, NOBODY)])
    assert [f["ant"] for f in node.tags("gone")] == ["inner"]
    assert node.said() == [("driver.fault", "gate-in"), ("driver.ok", "gate-in")]


async def check_a_silent_reader_is_not_well_before_it_is_heard():
    quiet = (([], "not sound yet"), [])
    node = await gate([NOBODY] + [Times(3, ("timeout", []))] + [quiet] * 5)
    assert node.said() == [("driver.fault", "gate-in")]
    node = await gate([NOBODY] + [Times(3, ("timeout", []))] + [quiet] * 5 + [Times(2, NOBODY)])
    assert node.said() == [("driver.fault", "gate-in"), ("driver.ok", "gate-in")]


async def check_the_gate_beeps_for_who_comes_and_not_for_who_lies_there():
    came_and_went = [INSIDE, OUTSIDE] + [Times(80, NOBODY)]
    node = await gate(came_and_went * 5, feedback="siren")
    assert len(node.tags("seen")) == 5
    assert node.signals() == [("siren", "ok")]
    places = [n for n, (_, what) in enumerate(node.told) if not isinstance(what, dict)]
    assert places == [1], "after the event"
    node.broken = True
    other = ([("e201", -50)], [])
    await gate([other], node, feedback="siren")
    assert node.signals()[1:] == [("siren", "deny")]
    assert (await gate(came_and_went)).signals() == []


async def check_the_gate_calls_when_a_box_goes_out_unjudged():
    out = [INSIDE, INSIDE] + [([], [("e200", -40)])] * 8
    node = Node()
    node.link = False
    await gate(out, node, alarm="siren")
    assert node.rules[("siren", "exit/gate")].wanted(node.now) == "alarm"
    node = await gate(out, alarm="siren")
    node.acked = 100
    assert node.rules[("siren", "exit/gate")].wanted(node.now + 3000) is None
    assert (await gate(out)).rules == {}


class Counting(Node):
    """Counts tags instead of keeping them: many are too much for a node's heap."""

    def __init__(self):
        super().__init__()
        self.count = {}

    def emit_many(self, items):
        assert len(items) <= 6
        for _, fields in items:
            self.count[fields["act"]] = self.count.get(fields["act"], 0) + 1
        return sum(self.count.values())


async def check_a_crowd_is_said_to_be_one():
    crowd = ([("%08x" % n, -50) for n in range(30)], [])
    node = Counting()
    node.shared("uhf/gate", lambda: Presence(most=20))
    await gate([Times(2, crowd), Times(1300, NOBODY)], node)
    assert node.count == {"seen": 20, "more": 20, "gone": 20}
    whys = [(f["what"], f["why"]) for _, f in node.told if "what" in f]
    assert [what for what, _ in whys] == ["driver.fault", "driver.fault", "driver.ok"]
    assert whys[1][1].startswith("20 reads")
