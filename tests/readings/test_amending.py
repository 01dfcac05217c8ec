"""Changing an entry keeps what it said, who changed it and when; and can be taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.audit.models import AuditEvent
from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import Conflict, Invalid, NotAllowed, NotFound
from telehealth.core.outbox import OutboxEvent
from telehealth.glycemia.bands import Band
from telehealth.glycemia.entered import Digits
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond, Meal, SourceKind
from tests import make
from tests.make.readings import diary, own_actor, reading
from tests.readings.expected import stored_rows

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LATER = make.NOW + timedelta(minutes=5)


def entry_of(
    session: Session, patient: Person, place: readings.Reference, actor: Actor | None = None
) -> readings.Entry:
    who = actor or own_actor(patient)
    return readings.entry(session, who, patient.id, place, now=make.NOW)


def as_it_is(entry: readings.Entry) -> readings.Change:
    return readings.Change(
        entry.measured_at, entry.offset_min, entry.digits, entry.unit, entry.meal, entry.note
    )


def test_a_changed_entry_says_the_new_and_keeps_the_old_with_who_and_when(session: Session):
    ana, nurse = make.patient(session), make.patient(session, "Maja", "Kos")
    caring = Actor(nurse.id, ana.id, Basis.CARE_TEAM)
    (place,) = diary(
        session, ana, [reading("7.2 mmol/L", note="po kosilu", meal=Meal.AFTER_LUNCH)], actor=caring
    ).new
    first = as_it_is(entry_of(session, ana, place))

    readings.amend(
        session, own_actor(ana), ana.id, place,
        replace(first, digits=Digits(172, 1), note="", meal=Meal.BEDTIME,
                measured_at=make.NOW - 30 * HOUR),
        now=LATER,
    )  # fmt: skip

    now = entry_of(session, ana, place)
    assert (str(now.digits), now.meal, now.note, now.version) == ("17.2", Meal.BEDTIME, "", 2)
    assert (now.edited_at, now.measured_at) == (LATER, make.NOW - 30 * HOUR)
    old, new = readings.history(session, own_actor(ana), ana.id, place, now=LATER)
    assert (str(old.digits), old.note, old.meal, old.number) == (
        "7.2", "po kosilu", Meal.AFTER_LUNCH, 1,
    )  # fmt: skip
    assert (old.by.name, old.at, old.band) == ("Maja Kos", make.NOW, Band.IN_RANGE)
    assert (str(new.digits), new.by, new.at, new.band) == ("17.2", None, LATER, Band.VERY_HIGH)


def test_sums_leave_the_old_day_and_enter_the_new_one(session: Session):
    ana = make.patient(session)
    diary(session, ana, [reading("5.0 mmol/L", make.NOW - 2 * HOUR)])
    (place,) = diary(session, ana, [reading("7.2 mmol/L")]).new
    entry = entry_of(session, ana, place)

    moved = replace(as_it_is(entry), measured_at=entry.measured_at - 3 * DAY)
    readings.amend(session, own_actor(ana), ana.id, place, moved, now=LATER)

    assert {row.sums.total for row in stored_rows(session, ana).values()} == {50, 72}


def test_undo_brings_the_version_before_back_and_undo_of_undo_too(session: Session):
    ana = make.patient(session)
    (place,) = diary(session, ana, [reading("7.2 mmol/L", note="a")]).new
    before = stored_rows(session, ana)
    change = replace(as_it_is(entry_of(session, ana, place)), digits=Beyond.HI, note="b")
    readings.amend(session, own_actor(ana), ana.id, place, change, now=LATER)
    changed = stored_rows(session, ana)

    readings.revert(session, own_actor(ana), ana.id, place, now=LATER + HOUR)
    assert stored_rows(session, ana) == before
    assert entry_of(session, ana, place).note == "a"
    readings.revert(session, own_actor(ana), ana.id, place, now=LATER + 2 * HOUR)

    assert stored_rows(session, ana) == changed
    told = readings.history(session, own_actor(ana), ana.id, place, now=LATER)
    assert [str(version.digits) for version in told] == ["7.2", "HI", "7.2", "HI"]
    assert [version.number for version in told] == [1, 2, 3, 4]


def test_an_entry_without_a_change_has_nothing_to_take_back(session: Session):
    ana = make.patient(session)
    (place,) = diary(session, ana).new
    same = as_it_is(entry_of(session, ana, place))

    readings.amend(session, own_actor(ana), ana.id, place, same, now=LATER)

    assert entry_of(session, ana, place).version == 1
    with pytest.raises(NotFound):
        readings.revert(session, own_actor(ana), ana.id, place, now=LATER)


def test_who_looked_at_an_older_version_is_asked_to_look_again(session: Session):
    ana = make.patient(session)
    (place,) = diary(session, ana).new
    first = replace(as_it_is(entry_of(session, ana, place)), version=1)
    readings.amend(session, own_actor(ana), ana.id, place, replace(first, note="prva"), now=LATER)

    with pytest.raises(Conflict):
        readings.amend(
            session, own_actor(ana), ana.id, place, replace(first, note="druga"), now=LATER
        )

    assert entry_of(session, ana, place).note == "prva"


def test_of_a_meters_reading_only_meal_and_note_change(session: Session):
    ana, nurse = make.patient(session), make.patient(session, "Maja")
    (place,) = diary(session, ana, [reading("8.0 mmol/L", kind=SourceKind.METER)]).new
    entry = entry_of(session, ana, place)
    same = as_it_is(entry)
    assert entry.may_amend
    assert not entry.may_remove

    with pytest.raises(Conflict):
        readings.amend(
            session, own_actor(ana), ana.id, place, replace(same, digits=Digits(81, 1)), now=LATER
        )
    caring = Actor(nurse.id, ana.id, Basis.CARE_TEAM)
    told = replace(same, meal=Meal.FASTING, note="zjutraj")
    with pytest.raises(NotAllowed):
        readings.amend(session, caring, ana.id, place, told, now=LATER)
    readings.amend(session, own_actor(ana), ana.id, place, told, now=LATER)

    after = entry_of(session, ana, place)
    assert (after.meal, after.note, str(after.digits)) == (Meal.FASTING, "zjutraj", "8.0")


def test_nobody_changes_what_is_not_theirs(session: Session):
    ana, bor, nurse = (make.patient(session, name) for name in ("Ana", "Bor", "Maja"))
    caring = Actor(nurse.id, ana.id, Basis.CARE_TEAM)
    (place,) = diary(session, ana).new
    change = replace(as_it_is(entry_of(session, ana, place)), note="tuje")
    meter = Actor(None, ana.id, Basis.DEVICE)

    for actor, refusal in ((own_actor(bor), NotFound), (caring, NotAllowed), (meter, NotAllowed)):
        with pytest.raises(refusal):
            readings.amend(session, actor, ana.id, place, change, now=LATER)
    with pytest.raises(NotFound):
        readings.amend(session, own_actor(bor), bor.id, place, change, now=LATER)
    with pytest.raises(NotFound):
        readings.history(session, own_actor(bor), bor.id, place, now=LATER)
    with pytest.raises(NotFound):
        readings.entry(session, own_actor(bor), bor.id, place, now=LATER)
    assert not entry_of(session, ana, place, caring).may_amend
    assert entry_of(session, ana, place).note == ""


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"measured_at": make.NOW + DAY}, "#/measured_at", "future"),
        ({"measured_at": make.NOW - 6 * 366 * DAY}, "#/measured_at", "too_old"),
        ({"digits": Digits(720, 1)}, "#/value", "not_measurable"),
        ({"unit": Unit.MG_DL}, "#/value", "not_measurable"),
    ],
)
def test_what_a_new_entry_may_not_say_a_change_may_not_either(
    session: Session, change: dict[str, object], pointer: str, code: str
):
    ana = make.patient(session)
    (place,) = diary(session, ana).new
    wrong = replace(as_it_is(entry_of(session, ana, place)), **change)

    with pytest.raises(Invalid) as refused:
        readings.amend(session, own_actor(ana), ana.id, place, wrong, now=LATER)

    assert [(error.pointer, error.code) for error in refused.value.errors] == [(pointer, code)]


def test_a_repeat_of_the_first_sending_does_not_bring_the_old_words_back(session: Session):
    ana = make.patient(session)
    batch = [reading("7.2 mmol/L", key="form-1")]
    (place,) = diary(session, ana, batch).new
    change = replace(as_it_is(entry_of(session, ana, place)), measured_at=make.NOW - 5 * HOUR)
    readings.amend(session, own_actor(ana), ana.id, place, change, now=LATER)

    again = diary(session, ana, batch, now=LATER)

    assert (again.accepted, again.duplicate) == (0, 1)
    assert entry_of(session, ana, place).measured_at == make.NOW - 5 * HOUR


def test_a_removed_entry_keeps_its_history(session: Session):
    ana = make.patient(session)
    (place,) = diary(session, ana, [reading("7.2 mmol/L", note="a")]).new
    change = replace(as_it_is(entry_of(session, ana, place)), note="b")
    readings.amend(session, own_actor(ana), ana.id, place, change, now=LATER)

    readings.remove(session, own_actor(ana), ana.id, place, now=LATER)

    old, last = readings.history(session, own_actor(ana), ana.id, place, now=LATER)
    assert (old.note, old.is_removed, last.note, last.is_removed) == ("a", False, "b", True)
    with pytest.raises(NotFound):
        readings.amend(session, own_actor(ana), ana.id, place, change, now=LATER)
    readings.restore(session, own_actor(ana), ana.id, place, now=LATER)
    assert entry_of(session, ana, place).version == 2


def test_the_trail_and_open_pages_hear_of_a_change(session: Session):
    ana = make.patient(session)
    (place,) = diary(session, ana).new
    change = replace(as_it_is(entry_of(session, ana, place)), note="skrivnost")

    readings.amend(session, own_actor(ana), ana.id, place, change, now=LATER)

    told = session.scalars(select(AuditEvent).where(AuditEvent.action == "readings.amend")).one()
    assert (told.subject_id, told.resource_id) == (ana.id, str(place))
    assert "skrivnost" not in str(told.detail)
    topics = session.scalars(select(OutboxEvent.topic).order_by(OutboxEvent.id)).all()
    assert topics == ["readings.recorded", "readings.changed"]
