"""Each day a safe is summed up, or it is said why it cannot be (C9). T0 is 16:00 in Shanghai."""

from support.safes import AN, BO, DEED1, Strongbox

TO_THE_END = 100 * 60_000  # past 17:00


def test_C9_a_day_that_agrees():
    there = Strongbox(day_end="17:00").visit(AN, BO).wait(TO_THE_END)
    body = there.last("safe.day_end")
    assert (body["agrees"], body["expected"], body["out"]) == (True, ["d1", "d2"], [])
    assert there.codes() == set()
    there.wait(24 * 3_600_000)
    assert len(there.out.entries("safe.day_end")) == 2


def test_C9_what_is_out_is_named_with_who_has_it():
    there = Strongbox(day_end="17:00")
    there.tag(AN).tag(BO).door(True).tag(DEED1, act="gone").wait(5_000).door(False).wait(20_000)
    there.wait(TO_THE_END)
    (row,) = there.last("safe.day_end")["out"]
    assert (row["item"], row["holder"]) == ("d1", "an")
    assert "safe.day_end_open" in there.codes(), "without a slip the day is not in order"


def test_C9_an_open_safe_or_a_lost_reader_cannot_be_summed_up():
    there = Strongbox(day_end="17:00").tag(AN).tag(BO).door(True)
    there.node("sensor.lost", device="inside").wait(TO_THE_END)
    body = there.last("safe.day_end")
    assert body["because"] == ["it is open", "its reader is lost"]
    assert "it is open" in next(
        a.text for a in there.out.alarms().values() if a.code == "safe.day_end_open"
    )
