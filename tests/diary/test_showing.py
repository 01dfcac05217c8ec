from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.core.clock import HOME_ZONE
from telehealth.core.errors import NotFound
from telehealth.diary import service as diary
from telehealth.diary.models import Activity, Illness
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import Meal, SourceKind
from tests import make
from tests.make import diary as make_diary
from tests.make.readings import diary as make_readings
from tests.make.readings import own_actor, reading, sensor_days

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


def show(session: Session, person: Person, topic: str = "", before: date | None = None):
    view = diary.View(diary.Topic(topic), before)
    return diary.show(session, own_actor(person), person.id, view, now=make.NOW)


def said(shown: diary.Shown) -> list[list[str]]:
    return [
        [
            str(item.digits) if isinstance(item, readings.Entry) else f"{item.content.carbs_g} g"
            for item in day.items
        ]
        for day in shown.days
    ]


def test_glucose_and_meals_stand_together_newest_first(session: Session, ana: Person):
    make_readings(session, ana, [reading("7.2 mmol/L", make.NOW - n * HOUR) for n in (1, 3)])
    make_diary.entry(session, ana, make.NOW - 2 * HOUR, carbs_g=60)
    make_diary.entry(session, ana, make.NOW - DAY, carbs_g=45)

    assert said(show(session, ana)) == [["7.2", "60 g", "7.2"], ["45 g"]]


def test_a_sensor_does_not_drown_the_diary(session: Session, ana: Person):
    make_readings(session, ana, [*sensor_days(make.NOW - DAY, 1), reading("7.2 mmol/L")])

    assert said(show(session, ana)) == [["7.2"]]


@pytest.mark.parametrize(
    ("topic", "found"),
    [
        ("", {"glucose", "meal", "insulin", "walk", "fever", "note"}),
        ("glucose", {"glucose"}),
        ("meals", {"meal"}),
        ("insulin", {"insulin"}),
        ("activity", {"walk"}),
        ("wellbeing", {"fever"}),
        ("notes", {"note", "glucose"}),
    ],
)
def test_the_diary_can_be_narrowed(session: Session, ana: Person, topic: str, found: set[str]):
    names = {}
    (place,) = make_readings(session, ana, [reading("7.2 mmol/L", note="po teku")]).new
    names[str(place)] = "glucose"
    for name, content in {
        "meal": {"carbs_g": 60},
        "insulin": {"long": Decimal(14)},
        "walk": {"activity": Activity.WALK},
        "fever": {"illness": Illness.FEVER},
        "note": {"note": "slabo spala"},
    }.items():
        names[make_diary.entry(session, ana, **content).id] = name

    items = [item for day in show(session, ana, topic).days for item in day.items]

    assert {names[item.id] for item in items} == found


def test_pages_walk_back_through_weeks_and_over_long_gaps(session: Session, ana: Person):
    for back in (0, 3, 6, 7, 200, 201, 209):
        make_diary.entry(session, ana, make.NOW - back * DAY, carbs_g=back + 1)

    seen, before = [], None
    for _ in range(10):
        page = show(session, ana, before=before)
        seen.append([item.content.carbs_g - 1 for day in page.days for item in day.items])
        before = page.older
        if before is None:
            break

    assert seen == [[0, 3, 6], [7], [200, 201], [209]]


def test_a_busy_week_is_cut_after_whole_days_and_nothing_is_lost(session: Session, ana: Person):
    for n in range(100):
        make_diary.entry(session, ana, make.NOW - n * HOUR, carbs_g=n + 1)

    pages, before = [], None
    while True:
        page = show(session, ana, before=before)
        pages.append([item.content.carbs_g for day in page.days for item in day.items])
        before = page.older
        if before is None:
            break

    assert [grams for page in pages for grams in page] == list(range(1, 101))
    assert all(len(page) < 65 for page in pages)


def test_an_hour_that_comes_twice_keeps_both_entries_on_its_day(session: Session, ana: Person):
    first = datetime(2026, 10, 25, 2, 30, tzinfo=HOME_ZONE)
    for fold in (0, 1):
        make_diary.entry(session, ana, first.replace(fold=fold), carbs_g=fold + 1)

    (day,) = show(session, ana).days

    assert (day.day_on, len(day.items)) == (date(2026, 10, 25), 2)


def test_an_empty_diary_is_an_empty_page(session: Session, ana: Person):
    assert show(session, ana) == diary.Shown([], {}, None)
    assert show(session, ana, "insulin") == diary.Shown([], {}, None)


def test_a_look_is_in_the_trail_of_whom_it_is_about(session: Session, ana: Person):
    make_diary.entry(session, ana)
    doctor = make.doctor(session, [ana])

    view = diary.View(diary.Topic.MEALS)
    caring = make_diary.team_actor(doctor, ana)
    diary.show(session, caring, ana.id, view, now=make.NOW)

    told = session.scalars(select(AuditEvent).where(AuditEvent.action == "diary.read")).one()
    assert (told.actor_person_id, told.subject_id) == (doctor.id, ana.id)
    eva = make.patient(session, "Eva", "Kos")
    with pytest.raises(NotFound):
        diary.show(session, own_actor(eva), ana.id, view, now=make.NOW)


def at(hour: int, minute: int = 0, back: int = 0) -> datetime:
    day = make.NOW.astimezone(HOME_ZONE).date() - back * DAY
    return datetime.combine(day, datetime.min.time(), HOME_ZONE).replace(hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("hour", "meal"),
    [(3, Meal.NIGHT), (7, Meal.BEFORE_BREAKFAST), (9, Meal.AFTER_BREAKFAST), (22, Meal.BEDTIME)],
)
def test_the_clock_chooses_the_meal_until_there_is_a_habit(
    session: Session, ana: Person, hour: int, meal: Meal
):
    assert diary.usual_meal(session, ana.id, now=at(hour)) is meal


def test_a_habit_of_three_days_is_chosen_at_its_hour_only(session: Session, ana: Person):
    late = [reading(at=at(11, 40, back), meal=Meal.BEFORE_BREAKFAST) for back in (1, 2, 3)]
    make_readings(session, ana, late)

    assert diary.usual_meal(session, ana.id, now=at(12, 30)) is Meal.BEFORE_BREAKFAST
    assert diary.usual_meal(session, ana.id, now=at(14)) is Meal.AFTER_LUNCH


def test_two_days_a_sensor_and_old_times_make_no_habit(session: Session, ana: Person):
    make_readings(session, ana, [
        *[reading(at=at(12, 0, back), meal=Meal.BEDTIME) for back in (1, 2)],
        *[reading(at=at(12, 0, back), meal=Meal.BEDTIME) for back in (60, 61, 62)],
        *[
            reading(at=at(12, 0, back), meal=Meal.BEDTIME, kind=SourceKind.CGM, device="S")
            for back in (3, 4, 5)
        ],
    ])  # fmt: skip

    assert diary.usual_meal(session, ana.id, now=at(12)) is Meal.BEFORE_LUNCH


def test_a_habit_reaches_over_midnight(session: Session, ana: Person):
    make_readings(
        session, ana, [reading(at=at(23, 40, back), meal=Meal.BEDTIME) for back in (1, 2, 3)]
    )

    assert diary.usual_meal(session, ana.id, now=at(0, 20)) is Meal.BEDTIME
