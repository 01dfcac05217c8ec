"""Adherence: each slot once, each reading once, as many slots as possible."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telehealth.glycemia.adherence import (
    EVERY_DAY,
    Planned,
    Taken,
    Window,
    adherence_pct,
    done,
    windows,
)
from telehealth.glycemia.slots import Slot

LJUBLJANA = ZoneInfo("Europe/Ljubljana")
MONDAY = date(2026, 11, 23)
PLAN = (
    Planned(Slot.BEFORE_BREAKFAST, EVERY_DAY, 6 * 60, 8 * 60),
    Planned(Slot.AFTER_BREAKFAST, 0b000_0101, 8 * 60, 10 * 60),
    Planned(Slot.BEDTIME, EVERY_DAY, 21 * 60, 24 * 60),
)


def at(clock: str, mark: str = "", day: date = MONDAY) -> Taken:
    return Taken(datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=LJUBLJANA), mark)


def slots_done(*taken: Taken, day: date = MONDAY, tolerance_min: int = 30) -> list[str]:
    planned = windows(PLAN, day, tolerance_min=tolerance_min, zone=LJUBLJANA)
    found = done(planned, taken)
    return [one.slot for one, by in zip(planned, found, strict=True) if by is not None]


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ((), []),
        ((at("07:00"),), [Slot.BEFORE_BREAKFAST]),
        ((at("05:30"),), [Slot.BEFORE_BREAKFAST]),
        ((at("05:29"),), []),
        ((at("07:00"), at("07:05")), [Slot.BEFORE_BREAKFAST]),
        ((at("08:15"),), [Slot.BEFORE_BREAKFAST]),
        ((at("08:15"), at("08:20")), [Slot.BEFORE_BREAKFAST, Slot.AFTER_BREAKFAST]),
        ((at("08:15"), at("07:00")), [Slot.BEFORE_BREAKFAST, Slot.AFTER_BREAKFAST]),
        ((at("08:15", "after_breakfast"),), [Slot.AFTER_BREAKFAST]),
        ((at("07:00", "after_breakfast"),), []),
        ((at("07:00", "fasting"),), [Slot.BEFORE_BREAKFAST]),
        ((at("07:00", "before_meal"),), [Slot.BEFORE_BREAKFAST]),
        ((at("09:00", "after_meal"),), [Slot.AFTER_BREAKFAST]),
        ((at("22:00", "night"),), []),
        ((at("22:00", "other"),), [Slot.BEDTIME]),
        ((at("00:20", day=MONDAY + timedelta(days=1)),), [Slot.BEDTIME]),
    ],
)
def test_a_reading_does_the_slot_it_was_taken_for(taken: tuple[Taken, ...], expected: list[Slot]):
    assert slots_done(*taken) == expected


def test_a_slot_is_planned_only_on_its_days():
    tuesday = MONDAY + timedelta(days=1)

    assert [one.slot for one in windows(PLAN, tuesday, tolerance_min=0, zone=LJUBLJANA)] == [
        Slot.BEFORE_BREAKFAST,
        Slot.BEDTIME,
    ]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_windows_keep_to_the_wall_clock_when_the_clocks_change(day: date):
    planned = windows(PLAN, day, tolerance_min=0, zone=LJUBLJANA)

    shown = [one.opens_at.astimezone(LJUBLJANA).strftime("%H:%M") for one in planned]
    assert shown == ["06:00", "08:00", "21:00"] if day.weekday() in (0, 2) else ["06:00", "21:00"]


def test_adherence_of_nothing_planned_is_no_number():
    assert adherence_pct(0, 0) is None
    assert adherence_pct(3, 4) == 75


_START = datetime(2026, 11, 23, tzinfo=UTC)
_moments = st.integers(0, 12).map(lambda hour: _START + timedelta(hours=hour))
_windows = st.builds(
    lambda slot, opens, length: Window(slot, opens, opens + timedelta(hours=length)),
    st.sampled_from(list(Slot)[:4]),
    _moments,
    st.integers(0, 5),
)
_taken = st.builds(
    Taken, _moments, st.sampled_from(["", "other", "fasting", "before_meal", "after_breakfast"])
)


@settings(max_examples=300)
@given(st.lists(_windows, max_size=4), st.lists(_taken, max_size=4))
def test_as_many_slots_are_done_as_there_can_be(planned: list[Window], taken: list[Taken]):
    found = done(planned, taken)

    used = [place for place in found if place is not None]
    assert len(used) == len(set(used))
    assert all(
        taken[place].may_do(window)
        for window, place in zip(planned, found, strict=True)
        if place is not None
    )
    seats = [*range(len(taken)), *[None] * len(planned)]
    best = max(
        sum(
            place is not None and taken[place].may_do(window)
            for window, place in zip(planned, chosen, strict=True)
        )
        for chosen in set(permutations(seats, len(planned)))
    )
    assert len(used) == best


@given(st.lists(_windows, max_size=6), st.lists(_taken, max_size=8), st.randoms())
def test_the_order_of_the_readings_changes_no_count(
    planned: list[Window], taken: list[Taken], draw: object
):
    shuffled = list(taken)
    draw.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives random.Random

    def counted(readings: list[Taken]) -> int:
        return sum(place is not None for place in done(planned, readings))

    assert counted(shuffled) == counted(taken)
    assert counted([*taken, *taken]) >= counted(taken)
