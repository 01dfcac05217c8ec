"""Which slots offered hours make, also on the two days a year that are not 24 hours long."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telehealth.booking.service.availability import Hours, Span, days_between, free_on, slots_on

LJUBLJANA = ZoneInfo("Europe/Ljubljana")
SPRING = date(2026, 3, 29)
AUTUMN = date(2026, 10, 25)


def hours(day: date, starts: str, ends: str, slot_min: int = 20, **more: int) -> Hours:
    wall = time.fromisoformat
    return Hours(day, day, wall(starts), wall(ends), LJUBLJANA.key, slot_min, **more)


def walls(offered: Hours, day: date) -> list[str]:
    return [f"{slot.starts_at.astimezone(LJUBLJANA):%H:%M%z}" for slot in slots_on(offered, day)]


def test_hours_are_cut_into_slots_and_a_rest_too_short_is_left_over():
    assert walls(hours(SPRING - timedelta(1), "08:00", "09:10"), SPRING - timedelta(1)) == [
        "08:00+0100",
        "08:20+0100",
        "08:40+0100",
    ]


def test_buffers_lie_between_slots():
    offered = hours(AUTUMN, "08:00", "09:30", before_min=5, after_min=10)

    assert walls(offered, AUTUMN) == ["08:00+0100", "08:35+0100", "09:10+0100"]


def test_weekly_hours_come_on_their_weekday_until_the_last_day():
    weekly = Hours(
        date(2026, 11, 2), date(2026, 11, 16), time(8), time(8, 20), LJUBLJANA.key, slot_min=20
    )

    days = [
        day for day in days_between(date(2026, 10, 20), date(2026, 12, 1)) if weekly.are_on(day)
    ]

    assert days == [date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)]


def test_weekly_hours_keep_their_wall_time_across_the_change():
    weekly = Hours(date(2026, 10, 18), None, time(8), time(8, 20), LJUBLJANA.key, slot_min=20)

    before, after = (next(slots_on(weekly, day)) for day in (AUTUMN - timedelta(7), AUTUMN))

    assert before.starts_at.hour == 6
    assert after.starts_at.hour == 7
    assert after.starts_at - before.starts_at == timedelta(days=7, hours=1)


def test_in_spring_no_slot_begins_at_a_time_the_clock_skips():
    assert walls(hours(SPRING, "01:00", "04:00", 30), SPRING) == [
        "01:00+0100",
        "01:30+0100",
        "03:00+0200",
        "03:30+0200",
    ]


def test_in_spring_hours_that_begin_in_the_gap_begin_when_it_is_over():
    assert walls(hours(SPRING, "02:15", "03:40"), SPRING) == ["03:00+0200", "03:20+0200"]


def test_in_spring_hours_wholly_in_the_gap_make_no_slot():
    assert walls(hours(SPRING, "02:10", "02:50"), SPRING) == []


def test_in_autumn_the_hour_that_comes_twice_is_offered_twice():
    assert walls(hours(AUTUMN, "02:00", "03:20", 30), AUTUMN) == [
        "02:00+0200",
        "02:30+0200",
        "02:00+0100",
        "02:30+0100",
    ]


def test_a_taken_time_hides_every_slot_whose_buffers_touch_into_it():
    offered = hours(AUTUMN, "08:00", "10:00", 20, after_min=10)
    starts = datetime(2026, 10, 25, 8, 0, tzinfo=UTC)  # nine o'clock

    free = free_on(offered, AUTUMN, [Span(starts, starts + timedelta(minutes=5))])

    assert [f"{slot.starts_at.astimezone(LJUBLJANA):%H:%M}" for slot in free] == [
        "08:00",
        "08:30",
        "09:30",
    ]


def test_the_patients_own_time_is_compared_without_buffers():
    offered = hours(AUTUMN, "08:00", "09:00", 20, after_min=10)
    starts = datetime(2026, 10, 25, 7, 20, tzinfo=UTC)  # where the first slot ends

    free = free_on(offered, AUTUMN, [], own=[Span(starts, starts + timedelta(minutes=10))])

    assert len(free) == 2


minutes_of_day = st.integers(0, 24 * 60 - 1)
walls_of_day = minutes_of_day.map(lambda minute: time(minute // 60, minute % 60))
days = st.one_of(
    st.sampled_from([SPRING, AUTUMN, SPRING + timedelta(1), AUTUMN - timedelta(1)]),
    st.dates(date(2025, 1, 1), date(2028, 12, 31)),
)


@st.composite
def any_hours(draw: st.DrawFn) -> Hours:
    starts, ends = sorted(draw(st.lists(walls_of_day, min_size=2, max_size=2, unique=True)))
    first_on = draw(days)
    return Hours(
        first_on=first_on,
        last_on=draw(st.none() | st.just(first_on)),
        starts_wall=starts,
        ends_wall=ends,
        zone="Europe/Ljubljana",
        slot_min=draw(st.integers(5, 120)),
        before_min=draw(st.integers(0, 30)),
        after_min=draw(st.integers(0, 30)),
    )


@given(any_hours(), st.integers(0, 3))
def test_every_slot_is_as_long_as_it_says_within_its_hours_and_clear_of_the_next(
    offered: Hours, weeks: int
):
    day = offered.first_on + timedelta(weeks=weeks)
    slots = list(slots_on(offered, day))
    blocked = [offered.blocked(slot) for slot in slots]

    for slot in slots:
        assert slot.ends_at - slot.starts_at == timedelta(minutes=offered.slot_min)
        shown = slot.starts_at.astimezone(LJUBLJANA)
        assert shown.date() == day
        assert offered.starts_wall <= shown.time() < offered.ends_wall or day == AUTUMN
        assert slot.starts_at.tzinfo is UTC
    assert all(one.ends_at <= other.starts_at for one, other in pairwise(blocked))
    assert bool(slots) <= offered.are_on(day)


@given(any_hours(), st.lists(st.tuples(st.integers(-600, 2000), st.integers(1, 300)), max_size=4))
def test_free_slots_are_exactly_the_offered_ones_that_nothing_taken_overlaps(
    offered: Hours, taken: list[tuple[int, int]]
):
    day = offered.first_on
    midnight = datetime.combine(day, time(), LJUBLJANA).astimezone(UTC)
    busy = [
        Span(midnight + timedelta(minutes=start), midnight + timedelta(minutes=start + length))
        for start, length in taken
    ]

    free = free_on(offered, day, busy)

    for slot in slots_on(offered, day):
        touches = any(
            offered.blocked(slot).starts_at < other.ends_at
            and other.starts_at < offered.blocked(slot).ends_at
            for other in busy
        )
        assert (slot in free) != touches


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_whole_day_of_slots_is_as_long_as_the_day(day: date):
    slots = list(slots_on(hours(day, "00:00", "23:00", 60), day))

    assert len(slots) == {SPRING: 22, AUTUMN: 24}[day]
