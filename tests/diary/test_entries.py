from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import Conflict, Invalid, NotAllowed, NotFound
from telehealth.core.outbox import OutboxEvent
from telehealth.diary import service as diary
from telehealth.diary.models import Activity, DiaryEntry, DiaryVersion, Illness, Stress
from telehealth.diary.service import content as contents
from telehealth.identity.models import Person
from tests import make
from tests.make import diary as make_diary
from tests.make.readings import own_actor

HOUR = timedelta(hours=1)
EVERYTHING = diary.Content(
    carbs_g=60,
    rapid=Decimal("6.5"),
    long=Decimal(14),
    activity=Activity.WALK,
    activity_min=30,
    illness=Illness.FEVER,
    stress=Stress.MUCH,
    note="kosilo pri hčerki",
)


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


def shown(session: Session, person: Person) -> list[diary.Written]:
    actor = own_actor(person)
    begins_at, ends_at = make.NOW - timedelta(days=30), make.NOW + HOUR
    return diary.entries_between(session, actor, person.id, begins_at, ends_at, now=make.NOW)


def test_everything_about_a_moment_is_kept_as_it_was_written(session: Session, ana: Person):
    new = diary.NewEntry("entry-everything", make.NOW - HOUR, 60, EVERYTHING)

    diary.write(session, own_actor(ana), ana.id, new, now=make.NOW)

    (entry,) = shown(session, ana)
    assert (entry.content, entry.at, entry.version) == (EVERYTHING, make.NOW - HOUR, 1)
    assert entry.content.doses == (("rapid", Decimal("6.5")), ("long", Decimal(14)))
    assert entry.writer is None
    told = session.scalars(select(AuditEvent).where(AuditEvent.action == "diary.write")).one()
    assert (told.subject_id, told.resource_id) == (ana.id, str(entry.id))
    topics = session.scalars(select(OutboxEvent.topic)).all()
    assert "diary.changed" in topics


def test_the_same_key_is_the_same_entry_also_after_it_was_removed(session: Session, ana: Person):
    first = make_diary.entry(session, ana, key="phone-key-1")
    new = diary.NewEntry("phone-key-1", make.NOW, 60, diary.Content(carbs_g=99))

    again = diary.write(session, own_actor(ana), ana.id, new, now=make.NOW)
    assert (again.is_new, again.entry.id, again.entry.content.carbs_g) == (False, first.id, 60)

    diary.remove(session, own_actor(ana), ana.id, first.id, now=make.NOW)
    after = diary.write(session, own_actor(ana), ana.id, new, now=make.NOW)
    assert (after.is_new, after.entry.is_removed) == (False, True)
    assert shown(session, ana) == []


def test_two_patients_may_use_the_same_key(session: Session, ana: Person):
    eva = make.patient(session, "Eva", "Kos")

    make_diary.entry(session, ana, key="phone-key-1")
    make_diary.entry(session, eva, key="phone-key-1")

    assert (len(shown(session, ana)), len(shown(session, eva))) == (1, 1)


@pytest.mark.parametrize(
    ("content", "at", "field"),
    [
        (diary.Content(), make.NOW, "#/carbs_g"),
        (diary.Content(carbs_g=60), make.NOW + HOUR, "#/at"),
        (diary.Content(carbs_g=60), make.NOW - timedelta(days=3000), "#/at"),
        (diary.Content(carbs_g=60, activity_min=30), make.NOW, "#/activity"),
        (diary.Content(photo_id=12345), make.NOW, "#/photo"),
    ],
    ids=["nothing", "to come", "too old", "minutes of what", "no such picture"],
)
def test_what_makes_no_sense_is_refused(
    session: Session, ana: Person, content: diary.Content, at: datetime, field: str
):
    new = diary.NewEntry("entry-nonsense", at, 60, content)

    with pytest.raises(Invalid) as refused:
        diary.write(session, own_actor(ana), ana.id, new, now=make.NOW)

    assert [error.pointer for error in refused.value.errors] == [field]
    assert session.scalars(select(DiaryEntry)).all() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"carbs_g": 0},
        {"carbs_g": 1001},
        {"rapid_hundredths": 30_001},
        {"carbs_g": None},
        {"activity_min": 20},
        {"version": 0},
    ],
)
def test_the_database_itself_refuses_nonsense(session: Session, ana: Person, wrong: dict[str, Any]):
    entry = make_diary.entry(session, ana)

    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(DiaryEntry).where(DiaryEntry.id == entry.id).values(**wrong))


def test_a_change_keeps_what_was_said_before_and_by_whom(session: Session, ana: Person):
    entry = make_diary.entry(session, ana)
    luka = make.patient(session, "Luka", "Mrak")
    proxy = Actor(luka.id, ana.id, Basis.MANDATE)
    change = diary.Change(entry.at, 60, diary.Content(carbs_g=30), entry.version)

    changed = diary.amend(session, proxy, ana.id, entry.id, change, now=make.NOW)

    assert (changed.content.carbs_g, changed.version) == (30, 2)
    assert changed.editor is not None
    assert (changed.editor.name, changed.editor.basis) == ("Luka Mrak", Basis.MANDATE)
    _, states = diary.history(session, own_actor(ana), ana.id, entry.id, now=make.NOW)
    assert [(one.number, one.content.carbs_g) for one in states] == [(1, 60), (2, 30)]
    assert [one.writer and one.writer.name for one in states] == [None, "Luka Mrak"]


def test_a_change_that_changes_nothing_leaves_no_trace(session: Session, ana: Person):
    entry = make_diary.entry(session, ana)
    change = diary.Change(entry.at, 60, entry.content, entry.version)

    same = diary.amend(session, own_actor(ana), ana.id, entry.id, change, now=make.NOW)

    assert (same.version, same.edited_at) == (1, None)


def test_who_looked_at_an_older_version_is_told_that_somebody_was_faster(
    session: Session, ana: Person
):
    entry = make_diary.entry(session, ana)
    change = diary.Change(entry.at, 60, diary.Content(carbs_g=30), entry.version)
    diary.amend(session, own_actor(ana), ana.id, entry.id, change, now=make.NOW)

    late = replace(change, content=diary.Content(carbs_g=90))
    with pytest.raises(Conflict):
        diary.amend(session, own_actor(ana), ana.id, entry.id, late, now=make.NOW)

    assert [one.content.carbs_g for one in shown(session, ana)] == [30]


def test_a_change_can_be_taken_back_and_that_too_is_in_the_history(session: Session, ana: Person):
    entry = make_diary.entry(session, ana)
    change = diary.Change(entry.at - HOUR, 60, diary.Content(carbs_g=30), 1)
    diary.amend(session, own_actor(ana), ana.id, entry.id, change, now=make.NOW)

    back = diary.revert(session, own_actor(ana), ana.id, entry.id, 1, now=make.NOW)

    assert (back.content, back.at, back.version) == (entry.content, entry.at, 3)
    with pytest.raises(NotFound):
        diary.revert(session, own_actor(ana), ana.id, entry.id, 9, now=make.NOW)


def test_removing_and_putting_back_is_harmless_when_repeated(session: Session, ana: Person):
    actor, entry = own_actor(ana), make_diary.entry(session, ana)

    for _ in range(2):
        diary.remove(session, actor, ana.id, entry.id, now=make.NOW)
    assert shown(session, ana) == []
    change = diary.Change(entry.at, 60, diary.Content(carbs_g=30))
    with pytest.raises(Conflict):
        diary.amend(session, actor, ana.id, entry.id, change, now=make.NOW)
    for _ in range(2):
        diary.restore(session, actor, ana.id, entry.id, now=make.NOW)

    assert [one.content for one in shown(session, ana)] == [entry.content]
    assert len(session.scalars(select(DiaryVersion)).all()) == 3


def test_an_entry_of_somebody_else_is_not_there_and_the_team_leaves_others_words_alone(
    session: Session, ana: Person
):
    entry = make_diary.entry(session, ana)
    eva, doctor = make.patient(session, "Eva", "Kos"), make.doctor(session, [ana])
    caring = make_diary.team_actor(doctor, ana)

    with pytest.raises(NotFound):
        diary.remove(session, own_actor(eva), eva.id, entry.id, now=make.NOW)
    with pytest.raises(NotFound):
        diary.history(session, own_actor(eva), eva.id, entry.id, now=make.NOW)
    with pytest.raises(NotAllowed):
        diary.remove(session, caring, ana.id, entry.id, now=make.NOW)

    own = make_diary.entry(session, ana, actor=caring, note="po telefonu")
    diary.remove(session, caring, ana.id, own.id, now=make.NOW)
    assert [one.id for one in shown(session, ana)] == [entry.id]


def test_the_trail_holds_no_values(session: Session, ana: Person):
    make_diary.entry(session, ana, note="skrivnost")

    events = session.scalars(select(AuditEvent)).all()
    assert not any("skrivnost" in str(vars(event)) for event in events)
    waiting = session.scalars(select(OutboxEvent)).all()
    assert {frozenset(event.payload) for event in waiting if event.topic == "diary.changed"} == {
        frozenset({"patient_id"})
    }


AMOUNTS = st.none() | st.integers(1, 30_000).map(lambda n: Decimal(n) / 100)


@given(
    carbs_g=st.none() | st.integers(1, 1000),
    rapid=AMOUNTS,
    long=AMOUNTS,
    activity=st.none() | st.sampled_from(Activity),
    illness=st.none() | st.sampled_from(Illness),
    stress=st.none() | st.sampled_from(Stress),
    note=st.text(max_size=30),
)
def test_a_state_reads_back_from_the_history_as_it_was(**said: Any):
    content = diary.Content(**said)

    at, offset_min, again = contents.read(contents.written(make.NOW, 60, content))

    assert (at, offset_min, again) == (make.NOW, 60, content)
