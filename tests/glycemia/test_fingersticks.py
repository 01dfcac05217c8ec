"""What fingersticks can say: slots, pairs, the seven points, patterns, and what they cannot."""

from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.glucose import Unit
from telehealth.glycemia import fingersticks
from telehealth.glycemia.bands import ADULT, PREGNANCY, Band, Ranges
from telehealth.glycemia.fingersticks import Sticks, sticks
from telehealth.glycemia.panel import Reason, panel
from telehealth.glycemia.series import Source, series
from telehealth.glycemia.slots import NO_SLOT, SLOTS, Slot, by_time, slot_of

HOME = ZoneInfo("Europe/Ljubljana")
MG, MMOL = Unit.MG_DL, Unit.MMOL_L

Row = tuple[datetime, int, Unit, str]


def _at(day: int, clock: str, month: int = 1) -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, month, day, int(hour), int(minute), tzinfo=HOME)


def _sticks(
    rows: list[Row], ranges: Ranges = ADULT, beyond: dict[int, int] | None = None
) -> Sticks:
    def array(values: Iterable[int]):
        return np.asarray(list(values), dtype=np.int64)

    return sticks(
        array(int(at.timestamp()) for at, *_ in rows),
        array(int(at.utcoffset().total_seconds()) for at, *_ in rows),
        {
            unit: array(tick if own is unit else 0 for _, tick, own, _ in rows)
            for unit in (MG, MMOL)
        },
        array(slot_of(mark, 60 * at.hour + at.minute) for at, *_, mark in rows),
        beyond=array((beyond or {}).get(n, 0) for n in range(len(rows))),
        ranges=ranges,
    )


@pytest.mark.parametrize(
    ("mark", "clock", "slot"),
    [
        ("fasting", "07:00", Slot.BEFORE_BREAKFAST),
        ("fasting", "13:00", Slot.BEFORE_BREAKFAST),
        ("before_lunch", "09:00", Slot.BEFORE_LUNCH),
        ("night", "02:00", Slot.NIGHT),
        ("before_meal", "04:00", Slot.BEFORE_BREAKFAST),
        ("before_meal", "10:29", Slot.BEFORE_BREAKFAST),
        ("before_meal", "10:30", Slot.BEFORE_LUNCH),
        ("after_meal", "15:59", Slot.AFTER_LUNCH),
        ("after_meal", "16:00", Slot.AFTER_DINNER),
        ("after_meal", "21:59", Slot.AFTER_DINNER),
        ("after_meal", "22:00", None),
        ("before_meal", "03:59", None),
        ("other", "12:00", None),
        ("", "12:00", None),
    ],
)
def test_what_was_said_decides_the_slot_and_the_time_only_names_the_meal(
    mark: str, clock: str, slot: Slot | None
):
    hour, minute = map(int, clock.split(":"))

    place = slot_of(mark, 60 * hour + minute)

    assert place == (NO_SLOT if slot is None else SLOTS.index(slot))


def test_every_minute_of_a_day_has_one_slot_by_time_in_the_order_of_the_day():
    slots = [SLOTS[place] for place in by_time(np.arange(1440))]

    assert slots[0] is Slot.NIGHT
    assert slots[239] is Slot.NIGHT
    assert slots[240] is Slot.BEFORE_BREAKFAST
    assert slots[1290] is Slot.BEDTIME
    assert list(dict.fromkeys(slots)) == [Slot.NIGHT, *SLOTS[:7]]


def test_both_units_meet_in_one_diary_each_classified_in_its_own():
    found = _sticks([(_at(5, "07:00"), 100, MMOL, ""), (_at(5, "12:00"), 180, MG, "")])

    told = fingersticks.summary(found)

    assert told.shares_pct[Band.IN_RANGE] == 100
    assert told.counts["above_180"] == 0
    assert told.results["mean"].value == pytest.approx((180.156 + 180) / 2)
    assert told.results["mean"].n == 2


def test_hi_and_lo_count_in_the_bands_and_never_in_the_mean():
    rows = [(_at(5, f"{hour:02}:00"), 0, MG, "") for hour in (7, 12)]
    found = _sticks([*rows, (_at(5, "18:00"), 100, MG, "")], beyond={0: 1, 1: -1})

    told = fingersticks.summary(found)

    assert (told.n, told.n_beyond) == (3, 2)
    assert told.counts == {"below_54": 1, "below_70": 1, "above_180": 1, "above_250": 1}
    assert told.shares_pct[Band.VERY_HIGH] == pytest.approx(100 / 3)
    assert told.results["mean"].value == 100
    assert (told.lowest, told.highest) == (100, 100)


def test_only_hi_has_a_band_and_no_mean():
    told = fingersticks.summary(_sticks([(_at(5, "07:00"), 0, MG, "")], beyond={0: 1}))

    assert told.results["mean"].reason is Reason.NO_READINGS
    assert told.shares_pct[Band.VERY_HIGH] == 100
    assert told.lowest is None


def test_an_empty_window_says_so():
    told = fingersticks.summary(_sticks([]))

    assert (told.n, told.per_day, told.shares_pct) == (0, None, {})
    assert told.results["cv_pct"].reason is Reason.NO_READINGS
    assert fingersticks.by_slot(_sticks([])) == {}
    assert fingersticks.pairs(_sticks([])) == {}
    assert fingersticks.patterns(_sticks([]), 20_000) == []


def test_a_pair_is_one_meal_one_to_three_hours_apart():
    found = _sticks(
        [
            (_at(5, "07:00"), 100, MG, "before_breakfast"),
            (_at(5, "07:59"), 300, MG, "after_breakfast"),  # 59 minutes: too early
            (_at(5, "08:00"), 150, MG, "after_breakfast"),  # 60: taken
            (_at(5, "09:00"), 160, MG, "after_breakfast"),  # the meal has its pair
            (_at(6, "07:00"), 110, MG, "before_breakfast"),
            (_at(6, "10:00"), 140, MG, "after_breakfast"),  # 180: taken
            (_at(7, "07:00"), 120, MG, "before_breakfast"),
            (_at(7, "10:01"), 290, MG, "after_breakfast"),  # 181: too late
            (_at(7, "12:00"), 90, MG, "after_lunch"),  # nothing before it
        ]
    )

    meals = fingersticks.pairs(found)

    assert set(meals) == {"breakfast"}
    breakfast = meals["breakfast"]
    assert (breakfast.n, breakfast.median_before, breakfast.median_after) == (2, 105, 145)
    assert breakfast.median_delta == 40


def test_the_median_of_the_differences_is_not_the_difference_of_the_medians():
    rows = []
    for day, (before, after) in enumerate([(100, 200), (150, 160), (110, 115)], start=5):
        rows += [
            (_at(day, "12:00"), before, MG, "before_lunch"),
            (_at(day, "14:00"), after, MG, "after_lunch"),
        ]

    lunch = fingersticks.pairs(_sticks(rows))["lunch"]

    assert lunch.median_delta == 10
    assert lunch.median_after - lunch.median_before == 50


def test_a_pair_across_the_change_of_the_clock_counts_elapsed_time():
    found = _sticks(
        [
            (_at(29, "01:30", month=3), 100, MG, "before_breakfast"),
            (_at(29, "03:15", month=3), 150, MG, "after_breakfast"),  # 45 elapsed minutes
        ]
    )

    assert fingersticks.pairs(found) == {}


def test_a_point_of_the_seven_needs_three_days():
    rows = [(_at(day, "07:00"), 100 + day, MG, "fasting") for day in (5, 6, 7)]
    rows += [(_at(day, "12:00"), 120, MG, "before_lunch") for day in (5, 6)]
    rows += [(_at(5, f"22:0{minute}"), 150, MG, "bedtime") for minute in (0, 1, 2)]

    points = {point.slot: point for point in fingersticks.seven_points(_sticks(rows))}

    assert len(points) == 7
    assert points[Slot.BEFORE_BREAKFAST].mean.value == 106
    assert points[Slot.BEFORE_LUNCH].mean.reason is Reason.NOT_ENOUGH_DATA
    assert points[Slot.BEDTIME].n_days == 1
    assert points[Slot.BEDTIME].mean.value is None
    assert points[Slot.AFTER_DINNER].mean.reason is Reason.NO_READINGS
    assert fingersticks.fasting_mean(_sticks(rows)).value == 106


def test_two_low_days_or_three_high_days_of_one_slot_are_a_pattern_shown_with_its_readings():
    rows = [
        (_at(5, "07:00"), 60, MG, "fasting"),
        (_at(9, "07:00"), 65, MG, "fasting"),
        (_at(5, "18:00"), 200, MG, "before_dinner"),
        (_at(6, "18:00"), 200, MG, "before_dinner"),
        (_at(6, "18:30"), 210, MG, "before_dinner"),  # the same day twice is one day
    ]
    last = int(_at(9, "12:00").timestamp()) // 86_400

    seen = fingersticks.patterns(_sticks(rows), last)
    with_third = fingersticks.patterns(
        _sticks([*rows, (_at(8, "18:00"), 190, MG, "before_dinner")]), last
    )

    assert [(pattern.slot, pattern.is_low) for pattern in seen] == [(Slot.BEFORE_BREAKFAST, True)]
    assert len(seen[0].places) == 2
    assert [pattern.slot for pattern in with_third] == [Slot.BEFORE_BREAKFAST, Slot.BEFORE_DINNER]
    assert fingersticks.patterns(_sticks(rows), last + 11) == []


def test_in_pregnancy_a_pattern_uses_the_narrow_range():
    rows = [(_at(day, "14:00"), 150, MG, "after_lunch") for day in (5, 6, 7)]
    last = int(_at(7, "15:00").timestamp()) // 86_400

    assert fingersticks.patterns(_sticks(rows), last) == []
    assert len(fingersticks.patterns(_sticks(rows, PREGNANCY), last)) == 1


def test_saturday_and_sunday_are_told_apart_on_the_local_calendar():
    friday_late, saturday = _at(9, "23:30"), _at(10, "00:30")  # both Friday in UTC
    found = _sticks([(friday_late, 100, MG, ""), (saturday, 200, MG, "")])

    weekdays, weekends = fingersticks.weekdays_and_weekends(found)

    assert weekdays.results["mean"].value == 100
    assert weekends.results["mean"].value == 200


def test_the_daily_risk_range_asks_for_fourteen_days_of_three():
    rows = [
        (_at(day, clock), 100 + 10 * n, MG, "")
        for day in range(1, 15)
        for n, clock in enumerate(("07:00", "12:00", "18:00"))
    ]

    full = fingersticks.summary(_sticks(rows)).results["adrr"]
    short = fingersticks.summary(_sticks(rows[:-1])).results["adrr"]

    assert full.is_sufficient
    assert full.n == 14
    assert short.value is None
    assert short.reason is Reason.NOT_ENOUGH_DATA


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40 * 24 * 60),
            st.integers(10, 600),
            st.sampled_from(["", "fasting", "before_lunch", "after_lunch", "after_meal"]),
        ),
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_and_repetition_of_readings_change_nothing(
    drawn: list[tuple[int, int, str]], random: Random
):
    rows = [
        (datetime.fromtimestamp(1_760_000_000 + 60 * minute, UTC), tick, MG, mark)
        for minute, tick, mark in drawn
    ]
    mixed = rows + rows[: len(rows) // 2]
    random.shuffle(mixed)

    first, second = _sticks(rows), _sticks(mixed)

    assert fingersticks.summary(first) == fingersticks.summary(second)
    assert fingersticks.pairs(first) == fingersticks.pairs(second)
    assert fingersticks.by_slot(first) == fingersticks.by_slot(second)
    assert sum(slot.n for slot in fingersticks.by_slot(first).values()) <= len(first.t)


@given(st.lists(st.integers(10, 600), min_size=2, max_size=50))
def test_level_and_risk_are_those_of_the_panel(values: list[int]):
    t = np.arange(len(values), dtype=np.int64) * 7_200
    ticks, zero = np.asarray(values, dtype=np.int64), np.zeros(len(values), dtype=np.int64)

    ours = fingersticks.summary(sticks(t, zero, {MG: ticks}, zero)).results
    theirs = panel(series(t, zero, ticks, MG, Source.FINGERSTICK)).results

    for name in ("mean", "sd", "cv_pct", "lbgi", "hbgi", "bgri"):
        assert ours[name].value == pytest.approx(theirs[name].value)
