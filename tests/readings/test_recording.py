from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.audit.models import AuditEvent
from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import NotAllowed, NotFound, TooLarge
from telehealth.core.outbox import OutboxEvent
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import Meal, Reading, SourceKind, Upload
from tests import make
from tests.make.readings import diary, own_actor, reading, sensor_days

HOUR = timedelta(hours=1)


def shown(session: Session, patient: Person, **window: Any):
    found = readings.page(
        session, own_actor(patient), patient.id, readings.Window(**window), now=make.NOW
    )
    return [f"{entry.digits} {entry.unit}" for entry in found.items]


def test_a_reading_is_kept_exactly_as_it_was_entered(session: Session):
    ana = make.patient(session)

    diary(session, ana, [
        reading("7.20 mmol/L", make.NOW - 3 * HOUR, meal=Meal.BEFORE_BREAKFAST, note="po teku"),
        reading("126 mg/dL", make.NOW - 2 * HOUR),
        reading("10.05 mmol/L", make.NOW - HOUR),
    ])  # fmt: skip

    page = readings.page(session, own_actor(ana), ana.id, readings.Window(), now=make.NOW)
    assert [str(entry.digits) for entry in page.items] == ["10.05", "126", "7.20"]
    assert [entry.unit for entry in page.items] == [Unit.MMOL_L, Unit.MG_DL, Unit.MMOL_L]
    assert [entry.tick for entry in page.items] == [101, 126, 72]  # 10.05 is above 10.0
    assert page.items[2].meal is Meal.BEFORE_BREAKFAST
    assert page.items[2].note == "po teku"
    assert page.items[2].writer is None


def test_the_same_batch_again_changes_nothing(session: Session):
    ana = make.patient(session)
    batch = [reading(key="a"), reading("3.1 mmol/L", key="b")]

    first = diary(session, ana, batch)
    second = diary(session, ana, batch, now=make.NOW + HOUR)

    assert (first.accepted, first.duplicate) == (2, 0)
    assert (second.accepted, second.duplicate, second.upload_id) == (0, 2, None)
    assert session.scalar(select(func.count()).select_from(Reading)) == 2
    assert session.scalar(select(func.count()).select_from(Upload)) == 1


def test_a_record_sent_again_with_another_time_keeps_its_first_time(session: Session):
    ana = make.patient(session)
    meter = {"kind": SourceKind.METER, "device": "Contour|Next|1"}
    diary(session, ana, [reading("5.5 mmol/L", make.NOW - 5 * HOUR, key="r1", **meter)])

    again = diary(session, ana, [reading("5.5 mmol/L", make.NOW - 4 * HOUR, key="r1", **meter)])

    assert (again.accepted, again.duplicate) == (0, 1)
    page = readings.page(session, own_actor(ana), ana.id, readings.Window(), now=make.NOW)
    assert [entry.measured_at for entry in page.items] == [make.NOW - 5 * HOUR]


def test_a_key_twice_in_one_batch_is_one_reading_even_with_two_times(session: Session):
    ana = make.patient(session)

    outcome = diary(session, ana, [
        reading("5.5 mmol/L", make.NOW - 5 * HOUR, key="r1"),
        reading("5.5 mmol/L", make.NOW - 4 * HOUR, key="r1"),
    ])  # fmt: skip

    assert (outcome.accepted, outcome.duplicate) == (1, 1)


def test_keys_belong_to_their_source_and_to_their_patient(session: Session):
    ana, bor = make.patient(session), make.patient(session, "Bor")
    entry = reading(key="17")

    diary(session, ana, [
        entry,
        entry._replace(kind=SourceKind.METER, device="A", measured_at=make.NOW),
    ])  # fmt: skip
    outcome = diary(session, bor, [entry])

    assert outcome.accepted == 1
    assert len(shown(session, ana)) == 2


def test_overlapping_batches_store_each_reading_once(session: Session):
    ana = make.patient(session)
    wave = sensor_days(make.NOW - timedelta(days=2), 1)

    first = diary(session, ana, wave[:200])
    second = diary(session, ana, wave[100:])

    assert (first.accepted, second.accepted, second.duplicate) == (200, 88, 100)


def test_a_future_and_an_ancient_reading_are_rejected_and_the_others_kept(session: Session):
    ana = make.patient(session)
    good = reading()

    outcome = diary(session, ana, [
        reading(at=make.NOW + timedelta(minutes=11)),
        good,
        reading(at=make.NOW + timedelta(minutes=9)),
        reading(at=make.NOW - timedelta(days=6 * 366)),
    ])  # fmt: skip

    assert outcome.accepted == 2
    assert [(r.field, r.code) for r in outcome.rejected] == [
        ("measured_at", "future"),
        ("measured_at", "too_old"),
    ]


def test_more_than_five_thousand_readings_are_refused_whole(session: Session):
    ana = make.patient(session)
    entry = reading()
    batch = readings.Batch(ana.id, (entry,) * 5_001)

    with pytest.raises(TooLarge):
        readings.record(session, own_actor(ana), batch, now=make.NOW)

    assert shown(session, ana) == []


def test_one_audit_event_and_one_outbox_event_say_what_was_done(session: Session):
    parent, kid = make.patient(session, "Eva"), make.child(session)
    actor = Actor(parent.id, kid.id, Basis.GUARDIAN, representation_id=7, session_id=3)

    outcome = diary(
        session,
        kid,
        [reading("3.3 mmol/L", note="slabo"), reading(at=make.NOW + HOUR)],
        actor=actor,
    )

    told = session.scalars(select(AuditEvent).where(AuditEvent.action == "readings.record")).one()
    assert (told.actor_person_id, told.subject_id, told.basis) == (parent.id, kid.id, "guardian")
    assert told.representation_id == 7
    assert told.resource_id == str(outcome.upload_id)
    assert told.detail == {"accepted": 1, "duplicate": 0, "rejected": 1}
    event = session.scalars(select(OutboxEvent)).one()
    assert event.topic == "readings.recorded"
    assert event.payload == {
        "patient_id": kid.id,
        "upload_id": outcome.upload_id,
        "since": (make.NOW - HOUR).isoformat(),
    }


def test_the_diary_says_who_entered_it_for_the_patient(session: Session):
    parent, kid = make.patient(session, "Eva", "Zupan"), make.child(session)
    diary(session, kid, actor=Actor(parent.id, kid.id, Basis.GUARDIAN))
    diary(session, kid, [reading("6.1 mmol/L", make.NOW - 2 * HOUR)])
    by_meter = reading("8.0 mmol/L", make.NOW - 3 * HOUR, kind=SourceKind.METER)
    diary(session, kid, [by_meter], actor=Actor(parent.id, kid.id, Basis.DEVICE))

    page = readings.page(session, own_actor(kid), kid.id, readings.Window(), now=make.NOW)

    writers = {
        (entry.kind, entry.writer and (entry.writer.name, entry.writer.basis))
        for entry in page.items
    }
    assert writers == {
        ("manual", ("Eva Zupan", Basis.GUARDIAN)),
        ("manual", None),
        ("meter", None),
    }


def test_nobody_adds_to_a_diary_that_is_not_theirs(session: Session):
    ana, bor = make.patient(session), make.patient(session, "Bor")
    batch = readings.Batch(ana.id, (reading(),))

    with pytest.raises(NotFound):
        readings.record(session, own_actor(bor), batch, now=make.NOW)
    clerk = Actor(bor.id, ana.id, Basis.CLINIC_STAFF)
    with pytest.raises(NotAllowed):
        readings.record(session, clerk, batch, now=make.NOW)
    assert shown(session, ana) == []


def test_pages_follow_each_other_without_a_gap_over_several_sources(session: Session):
    ana = make.patient(session)
    for n in range(6):
        kind = SourceKind.METER if n % 2 else SourceKind.MANUAL
        diary(session, ana, [reading(f"{n + 4}.0 mmol/L", make.NOW - n * HOUR, kind=kind)])
        diary(session, ana, [reading(f"{n + 4}.5 mmol/L", make.NOW - n * HOUR, kind=kind)])

    seen, cursor = [], None
    for _ in range(5):
        page = readings.page(
            session, own_actor(ana), ana.id, readings.Window(cursor=cursor, limit=5), now=make.NOW
        )
        seen += [entry.id for entry in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 12


def test_columns_hold_the_same_readings_newest_first(session: Session):
    ana = make.patient(session)
    assert readings.columns(session, own_actor(ana), ana.id, readings.Window(), now=make.NOW).n == 0
    diary(session, ana, [
        reading("126 mg/dL", make.NOW - 2 * HOUR),
        reading("7.2 mmol/L", make.NOW - HOUR, kind=SourceKind.METER, device="M"),
    ])  # fmt: skip

    found = readings.columns(
        session, own_actor(ana), ana.id, readings.Window(limit=2), now=make.NOW
    )

    meter, hand = (
        source.id for source in sorted(found.sources, key=lambda s: s.kind, reverse=True)
    )
    at = int(make.NOW.timestamp())
    told = orjson.loads(found.json)
    assert told.pop("out_of_range") == {"t": [], "side": [], "unit": [], "source": []}
    assert told.pop("aside") == {"t": [], "value": [], "unit": [], "source": [], "standing": []}
    assert told == {
        "t": [at - 3600, at - 7200], "value": [72, 126], "unit": [1, 0], "source": [meter, hand],
    }  # fmt: skip
    assert found.next_cursor is not None
    rest = readings.Window(cursor=found.next_cursor)
    assert readings.columns(session, own_actor(ana), ana.id, rest, now=make.NOW).n == 0


@pytest.mark.parametrize("size", [1, 50, 800])
def test_a_batch_of_any_size_takes_the_same_number_of_statements(session: Session, size: int):
    ana = make.patient(session)
    diary(session, ana, sensor_days(make.NOW - timedelta(days=6), 1)[:3])
    session.flush()
    batch = sensor_days(make.NOW - timedelta(days=4), 3)[:size]
    said = []
    engine = session.get_bind().engine

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object):
        said.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    try:
        diary(session, ana, batch)
        session.flush()
    finally:
        event.remove(engine, "before_cursor_execute", listen)

    assert len([statement for statement in said if "SAVEPOINT" not in statement]) == 16
