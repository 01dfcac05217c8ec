"""New targets and a new schema: all days are counted again, and meanwhile we say so."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from telehealth.core import schema
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.db import Database
from telehealth.core.lanes import Lane
from telehealth.core.outbox import OutboxEvent
from telehealth.core.web.platform import Platform
from telehealth.glycemia.bands import ADULT, PREGNANCY
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import DaySummary, Diary, Reading, SourceKind
from telehealth.targets import service as targets
from telehealth.targets.models import Population
from tests import make
from tests.make.readings import beyond, diary, reading, sensor_days
from tests.readings.expected import expected_rows, kept, stored_rows

DAY = timedelta(days=1)


def set_targets(session: Session, patient: Person, population: Population) -> None:
    doctor = make.doctor(session, patients=[patient])
    actor = Actor(doctor.id, patient.id, Basis.CARE_TEAM, frozenset({Role.DOCTOR}))
    targets.set_targets(session, actor, patient.id, targets.NewTargets(population), now=make.NOW)


def rebuild(session: Session, patient: Person) -> int:
    chunks = 1
    while readings.rebuild_some(session, patient.id, now=make.NOW):
        chunks += 1
    session.flush()
    return chunks


def entries(days: int) -> list[readings.NewReading]:
    return [
        reading(f"{60 + 40 * n % 140} mg/dL", make.NOW - n * DAY, kind=SourceKind.METER, device="M")
        for n in range(days)
    ]


def test_new_targets_count_all_days_again_in_chunks_newest_first(session: Session):
    ana = make.patient(session)
    batch = entries(70)
    diary(session, ana, batch)
    assert stored_rows(session, ana) == expected_rows(kept([batch]), ADULT)
    assert not readings.is_recomputing(session, ana.id)

    set_targets(session, ana, Population.PREGNANCY_TYPE1)

    assert readings.is_recomputing(session, ana.id)
    assert readings.rebuild_some(session, ana.id, now=make.NOW)
    session.flush()
    wanted = expected_rows(kept([batch]), PREGNANCY)
    rows = stored_rows(session, ana)
    newest, oldest = max(rows), min(rows)
    assert rows[newest] == wanted[newest]
    assert readings.is_recomputing(session, ana.id)
    rebuild(session, ana)
    assert stored_rows(session, ana) == wanted
    assert rows[oldest] != wanted[oldest] or rows[oldest].sums.in_range == 1
    assert not readings.is_recomputing(session, ana.id)


def test_an_upload_during_the_rebuild_is_counted_with_the_new_targets(session: Session):
    ana = make.patient(session)
    batch = entries(65)
    diary(session, ana, batch)
    set_targets(session, ana, Population.PREGNANCY_TYPE1)
    readings.rebuild_some(session, ana.id, now=make.NOW)
    late = [reading("63 mg/dL", make.NOW - 40 * DAY - timedelta(hours=2), kind=SourceKind.METER)]

    diary(session, ana, late)
    assert readings.is_recomputing(session, ana.id)
    rebuild(session, ana)

    assert stored_rows(session, ana) == expected_rows(kept([batch, late]), PREGNANCY)


def test_targets_that_change_back_during_the_rebuild_end_in_the_first_ones(session: Session):
    ana = make.patient(session)
    batch = entries(65)
    diary(session, ana, batch)
    set_targets(session, ana, Population.PREGNANCY_TYPE1)
    readings.rebuild_some(session, ana.id, now=make.NOW)

    set_targets(session, ana, Population.ADULT)
    assert readings.is_recomputing(session, ana.id)
    rebuild(session, ana)

    assert stored_rows(session, ana) == expected_rows(kept([batch]), ADULT)
    assert not readings.is_recomputing(session, ana.id)


def test_an_upload_between_two_changes_of_targets_is_not_forgotten(session: Session):
    ana = make.patient(session)
    batch = entries(3)
    diary(session, ana, batch)
    set_targets(session, ana, Population.PREGNANCY_TYPE1)
    late = [reading("145 mg/dL", make.NOW - 5 * DAY, kind=SourceKind.METER)]
    diary(session, ana, late)
    assert readings.is_recomputing(session, ana.id)

    set_targets(session, ana, Population.ADULT)
    rebuild(session, ana)

    assert stored_rows(session, ana) == expected_rows(kept([batch, late]), ADULT)


def test_the_worker_hears_of_new_targets_and_a_repeat_changes_nothing(app: Flask, session: Session):
    platform: Platform = app.extensions["telehealth"]
    ana = make.patient(session)
    batch = [*entries(40), beyond("HI", make.NOW - DAY / 2)]
    diary(session, ana, batch)
    set_targets(session, ana, Population.PREGNANCY_TYPE1)
    session.commit()

    platform.queue.drain()

    wanted = expected_rows(kept([batch]))
    assert set(stored_rows(session, ana)) == set(wanted)
    assert not readings.is_recomputing(session, ana.id)
    changed = select(OutboxEvent.id).where(
        OutboxEvent.topic == "readings.changed", OutboxEvent.lane == Lane.ALERTS
    )
    assert len(session.scalars(changed).all()) == 1  # an event has a row for each of its lanes
    assert rebuild(session, ana) == 1


def test_who_has_no_diary_has_nothing_to_count(session: Session):
    ana = make.patient(session)

    assert not readings.is_recomputing(session, ana.id)
    assert not readings.rebuild_some(session, ana.id, now=make.NOW)


@pytest.mark.parametrize("with_words", [False, True])
def test_a_diary_of_the_release_before_is_counted_in_depth_after_the_migration(
    fresh_db: Database,
    with_words: bool,  # noqa: FBT001 - given by name
):
    wave = sensor_days(make.NOW - 3 * DAY, 2)
    twin = [wave[0]._replace(kind=SourceKind.CGM, device="Other", key="twin")]
    words = [beyond("HI", make.NOW - DAY), beyond("LO", make.NOW - 2 * DAY)] if with_words else []
    hand = [reading("5.0 mmol/L", make.NOW - 4 * DAY, note="kosilo", key="h")]
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        diary(session, ana, [*wave, *twin, *words, *hand])

    schema.downgrade(fresh_db, "0014")
    schema.upgrade(fresh_db)

    with fresh_db.unit_of_work() as session:
        assert readings.is_recomputing(session, ana.id)
        told = session.scalars(
            select(OutboxEvent).where(OutboxEvent.topic == "readings.outdated")
        ).all()
        # Each migration that changes what is counted asks for it; a repeat is harmless.
        assert {one.payload["patient_id"] for one in told} == {ana.id}
        # HI and LO have no place in the old tables; everything else came through.
        assert session.query(Reading).count() == len(wave) + 2
        assert {row.recorded_s for row in session.scalars(select(DaySummary))} == {0}
        rebuild(session, ana)
    with fresh_db.unit_of_work() as session:
        assert stored_rows(session, ana) == expected_rows(kept([[*wave, *twin, *hand]]))
        assert not readings.is_recomputing(session, ana.id)


def test_a_diary_that_was_never_counted_in_depth_says_so(session: Session):
    ana = make.patient(session)
    diary(session, ana)
    session.execute(update(Diary).values(sums_ranges=""))

    assert readings.is_recomputing(session, ana.id)
    diary(session, ana, [reading("5.1 mmol/L", make.NOW - 3 * DAY)])
    assert readings.is_recomputing(session, ana.id)
    rebuild(session, ana)
    assert not readings.is_recomputing(session, ana.id)
