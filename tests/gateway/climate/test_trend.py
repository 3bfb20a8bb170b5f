"""Swing, change, dew point and forecast of a zone."""

from gateway.climate.test_air import HOUR, MINUTE, S, Story


def course(story, minutes, t, rh, every=60 * S):
    """Let both go in a straight line, one reading of one sensor a minute: (from, to) each."""
    steps = round(minutes * MINUTE / every)
    for n in range(1, steps + 1):
        share = n / steps
        story.now += every
        story.out.feed(
            story.nodes.climate(
                "c1/t1", t[0] + share * (t[1] - t[0]), rh[0] + share * (rh[1] - rh[0]), story.now
            )
        )
    return story


def test_a_day_that_swings_further_than_allowed_is_an_alarm_that_says_how_it_was_counted():
    # 16:00 in Shanghai: eight hours are left of the day.
    story = course(Story(), 150, (19.0, 21.0), (50.0, 50.0))
    course(story, 30, (21.0, 21.0), (50.0, 50.0))
    assert story.standing("climate.swing") == set()
    course(story, 240, (21.0, 16.5), (50.0, 50.0))
    alarm = story.out.alarms()["climate.swing:store.temperature"]
    assert alarm.why["limit"] == {
        "value": 2.0,
        "unit": "K",
        "measure": "plus-minus",
        "window": "calendar-day",
        "source": "JGJ 25-2010, 5.2.3; DA/T 87-2021, 5.1.2",
    }
    assert "±" not in alarm.text and "allowed 2 K" in alarm.text
    course(story, 90, (16.5, 16.5), (50.0, 50.0))
    assert story.out.states("climate.swing")[-1][1] == "RTNUN", "after midnight"


def test_a_room_whose_kind_has_no_swing_has_no_such_alarm():
    story = course(Story(store="copying"), 300, (19.0, 27.0), (55.0, 55.0))
    assert story.standing("climate.swing") == set()


def test_a_quick_change_is_told_and_ends():
    story = course(Story(), 70, (16.0, 16.0), (52.0, 52.0))
    course(story, 60, (16.0, 20.0), (52.0, 52.0))
    alarm = story.out.alarms()["climate.rate:store.temperature"]
    assert alarm.priority == "low"
    assert alarm.why["limit"]["source"] == "climate.trend.rate_t"
    course(story, 70, (20.0, 20.0), (52.0, 52.0))
    assert story.out.states("climate.rate")[-1] == ("climate.rate:store.temperature", "RTNUN")


def test_the_coming_of_a_limit_is_told_in_time():
    """1 % in 10 minutes, 53 % at the start: 60 % is reached after 70 minutes."""
    story = Story(zone={"machine": [], "control": {}})
    course(story, 35, (20.0, 20.0), (53.0, 53.0))
    began = story.now
    told = None
    for _ in range(70):
        passed = story.now - began
        course(story, 1, (20.0, 20.0), (53 + passed / 600_000, 53 + (passed + MINUTE) / 600_000))
        if told is None and story.standing("climate.forecast"):
            told = (story.now - began) / MINUTE
            minutes = story.out.alarms()["climate.forecast:store.humidity"].why["reads"][0]["value"]
    assert told is not None
    assert 35 <= told <= 55
    assert abs(minutes - (70 - told)) <= 12, "the smoothing lags by ten minutes"
    course(story, 60, (20.0, 20.0), (59.5, 55.0))
    assert story.out.states("climate.forecast")[-1][1] == "RTNUN"


def test_nothing_is_foretold_from_noise_or_over_a_gap():
    story = Story(zone={"machine": [], "control": {}})
    for n in range(120):
        course(story, 1, (20.0, 20.0), (58.5 + n % 2, 58.5 + n % 2))
    assert story.standing("climate.forecast") == set()
    story.now += HOUR
    course(story, 20, (20.0, 20.0), (50.0, 54.0))
    story.now += HOUR
    course(story, 20, (20.0, 20.0), (54.0, 58.0))
    assert story.standing("climate.forecast") == set()


def test_a_wall_near_the_dew_point_is_an_alarm_before_it_is_wet():
    """22 °C and 58 % have a dew point of 13.4 °C (tables: 13.4)."""
    story = Story(zone={"machine": [], "control": {}})
    story.go(5, t1=(22.0, 58.0), wall=(16.0, 80.0))
    assert story.standing("climate.condensation") == set()
    story.go(5, t1=(22.0, 58.0), wall=(15.0, 88.0))
    alarm = story.out.alarms()["climate.condensation:store.surface"]
    assert "c1/wall is at 15.0 °C, the dew point at 13.4 °C" in alarm.text
    story.go(5, t1=(22.0, 58.0), wall=(16.1, 80.0))
    assert story.standing("climate.condensation"), "not a kelvin further yet"
    story.go(5, t1=(22.0, 58.0), wall=(16.8, 80.0))
    assert story.out.states("climate.condensation")[-1][1] == "RTNUN"
