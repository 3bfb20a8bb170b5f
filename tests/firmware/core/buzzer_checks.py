"""What a node says by itself: when it complains, for how long, and when it keeps quiet."""

from strongroom_node.buzzer import ALARM, ATTENTION, NOTICE, Flag, OpenRule, Voice
from strongroom_node.exits import ExitRule, Recent
from strongroom_node.unanswered import AnswerRule


class Gateway:
    """Acknowledges up to `acked`; `up` is the link to it."""

    def __init__(self):
        self.acked = 0
        self.up = True

    def answered(self):
        return self.acked

    def linked(self):
        return self.up


def check_a_door_may_be_open_for_a_while():
    rule = OpenRule(60000)
    assert rule.wanted(10**9) is None, "nobody knows yet whether it is open"
    rule.feed(False, 0)
    assert rule.wanted(10**9) is None
    rule.feed(True, 1000)
    rule.feed(True, 50000)  # told again: it has been open since the first time
    assert rule.wanted(60999) is None
    assert rule.wanted(61000) == ATTENTION
    rule.feed(False, 70000)
    assert rule.wanted(10**9) is None
    rule.feed(True, 80000)
    assert rule.wanted(139999) is None and rule.wanted(140000) == ATTENTION


def check_a_card_that_nobody_answers_for():
    gateway = Gateway()
    rule = AnswerRule(ATTENTION, 5000, gateway.answered)
    assert rule.wanted(0) is None
    rule.asked(7, 1000, 2000)
    assert rule.wanted(2999) is None
    assert rule.wanted(3000) == ATTENTION
    gateway.acked = 6
    assert rule.wanted(3500) == ATTENTION
    gateway.acked = 7
    assert rule.wanted(3600) is None
    rule.asked(8, 10000, 2000)
    assert rule.wanted(16999) == ATTENTION
    assert rule.wanted(17000) is None, "it does not go on for ever"


def check_an_answer_in_time_is_silence():
    gateway = Gateway()
    rule = AnswerRule(ATTENTION, 5000, gateway.answered)
    for n in range(1, 50):
        rule.asked(n, n * 1000, 2000)
        gateway.acked = n - 1  # each answer is a second late: in time
        assert rule.wanted(n * 1000 + 999) is None, n


def check_cards_in_a_row_do_not_put_off_the_complaint():
    rule = AnswerRule(ATTENTION, 5000, Gateway().answered)
    heard = []
    for n in range(1, 40):
        rule.asked(n, n * 500, 2000)
        heard.append(rule.wanted(n * 500 + 499) == ATTENTION)
    assert heard == [False] * 4 + [True] * 35, heard
    rule = AnswerRule(ATTENTION, 5000, Gateway().answered)
    for n in range(1, 101):
        rule.asked(n, n * 20, 2000)
    assert rule.wanted(2019) is None and rule.wanted(2020) == ATTENTION


def check_an_event_that_is_not_on_flash_is_never_answered_for():
    gateway = Gateway()
    gateway.acked = 10**6
    rule = AnswerRule(ALARM, 5000, gateway.answered)
    rule.asked(0, 0, 2000)
    assert rule.wanted(2000) == ALARM


def seen(ant, rssi, act="seen", tag="e200"):
    return (act, tag, ant, rssi, 1, 0)


def gate():
    gateway = Gateway()
    return ExitRule(gateway.answered, gateway.linked, 2000), gateway


OUT = (seen("inner", -60), seen("inner", -45, "more"), seen("outer", -44, "more"))


def check_a_box_carried_out_with_the_link_down():
    rule, gateway = gate()
    gateway.up = False
    for n, report in enumerate(OUT):
        assert rule.wanted(n * 300) is None
        rule.heard([report], n + 1, n * 300)
    assert rule.wanted(600) == ALARM, "at once: the box is on its way"
    assert rule.wanted(10599) == ALARM and rule.wanted(10600) is None


def check_a_box_that_is_louder_outside_only_later():
    rule, gateway = gate()
    gateway.up = False
    for at, report in ((0, OUT[0]), (200, OUT[1]), (400, seen("outer", -58, "more"))):
        rule.heard([report], 1, at)
        assert rule.wanted(at) is None
    rule.heard([seen("inner", -57, "more"), seen("outer", -43, "more")], 2, 900)
    assert rule.wanted(900) == ALARM


def check_a_box_that_is_lost_inside_first():
    rule, gateway = gate()
    gateway.up = False
    rule.heard([OUT[0], OUT[1], seen("outer", -58, "more")], 3, 0)
    rule.heard([seen("inner", None, "gone")], 4, 4000)
    assert rule.wanted(4000) is None
    rule.heard([seen("outer", None, "gone")], 5, 4500)
    assert rule.wanted(4500) == ALARM


def check_while_the_gateway_answers_the_gate_is_its_business():
    rule, gateway = gate()
    rule.heard(OUT, 3, 0)
    gateway.acked = 3
    assert [rule.wanted(at) for at in range(0, 20000, 100)] == [None] * 200
    rule.heard([seen(r[2], r[3], r[0], "e201") for r in OUT], 6, 30000)
    assert rule.wanted(31999) is None
    assert rule.wanted(32000) == ALARM, "the broker is there and nobody judges"


def check_who_comes_in_turns_back_or_lies_there_is_no_alarm():
    stories = (
        [seen("outer", -44), seen("outer", -40, "more"), seen("inner", -60, "more")]
        + [seen("outer", -45, "more"), seen("inner", -42, "more"), seen("outer", -60, "more")]
        + [seen("outer", None, "gone"), seen("inner", None, "gone")],
        [seen("inner", -50), seen("outer", -62, "more"), seen("inner", -49, "more")]
        + [seen("outer", None, "gone"), seen("inner", None, "gone")],
        [seen("inner", -60, act) for act in ["seen", "gone"] * 50],
        [seen(None, -50), seen("left", -50, "more")],
        [seen("outer", None, "gone"), seen("inner", None, "gone")],
    )
    for story in stories:
        rule, gateway = gate()
        gateway.up = False
        for n, report in enumerate(story):
            rule.heard([report], n + 1, n * 500)
            assert rule.wanted(n * 500) is None, story[: n + 1]


def check_a_box_that_lies_between_the_antennas_sounds_once():
    rule, gateway = gate()
    gateway.up = False
    alarms, before = 0, None
    for at in range(0, 8 * 3600000, 5000):  # a night
        stay = [seen("inner", -60), seen("outer", -59, "more")]
        stay += [seen("outer", None, "gone"), seen("inner", None, "gone")]
        rule.heard(stay, at + 1, at)
        now = rule.wanted(at)
        alarms += now is not None and before is None
        before = now
    assert alarms == 1


def check_more_tags_than_can_be_followed():
    rule, gateway = gate()
    gateway.up = False
    for n in range(200):
        rule.heard([seen("inner", -50, "seen", "e2%02x" % n)], n + 1, 0)
    rule.heard([seen("outer", -40, "more", "e200")], 300, 0)
    assert rule.wanted(0) == ALARM
    for n in range(200):
        rule.heard([seen("inner", None, "gone", "e2%02x" % n)], n + 1, 0)


def check_an_id_is_news_once():
    recent = Recent()
    assert recent.is_new("a", 0)
    for at in range(1, 10**7, 300000):
        assert not recent.is_new("a", at), at
    assert recent.is_new("a", at + 600000)
    for n in range(40):
        assert recent.is_new("b%d" % n, at + 600000 + n)
    assert not recent.is_new("b39", at + 600100)


def check_the_strongest_is_heard():
    voice, lamp, door, fire = Voice(60000), Flag(NOTICE), Flag(ATTENTION), Flag(ALARM)
    rules = [("a", door), ("b", fire), ("c", lamp)]
    assert voice.heard(rules, 0) is None
    lamp.on = True
    assert voice.heard(rules, 1) == NOTICE
    door.on = True
    assert voice.heard(rules, 2) == ATTENTION
    fire.on = True
    assert voice.heard(rules, 3) == ALARM
    fire.on = False
    assert voice.heard(rules, 4) == ATTENTION


def check_nothing_sounds_all_night():
    voice, door, fire = Voice(60000), Flag(ATTENTION), Flag(ALARM)
    rules = [("a", door), ("b", fire)]
    door.on = True
    assert voice.heard(rules, 1000) == ATTENTION
    assert voice.heard(rules, 60999) == ATTENTION
    assert voice.heard(rules, 61000) == NOTICE
    fire.on = True
    assert voice.heard(rules, 70000) == ALARM, "what is new is heard"
    assert voice.heard(rules, 130000) == NOTICE
    door.on = False
    voice.heard(rules, 140000)
    door.on = True
    assert voice.heard(rules, 150000) == ATTENTION, "and so is what comes again"
    assert Voice(0).heard(rules, 0) == NOTICE, "a room that must be quiet"


def check_off_leaves_it_to_the_lamp():
    voice, door, fire = Voice(60000), Flag(ATTENTION), Flag(ALARM)
    rules = [("a", door), ("b", fire)]
    door.on = True
    voice.heard(rules, 0)
    voice.hush(5000)
    assert voice.heard(rules, 5100) == NOTICE
    fire.on = True
    assert voice.heard(rules, 6000) == ALARM
