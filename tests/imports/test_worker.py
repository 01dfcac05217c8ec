"""A worker that is stopped at any step: nothing is lost, nothing comes in twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from devices import files
from devices.files import FileRecord
from devices.files.records import MEALS, Limit, RecordKind
from devices.glucose import Glucose, Unit
from telehealth.core.outbox import OutboxEvent
from telehealth.imports import jobs
from telehealth.imports import service as imports
from telehealth.imports.jobs import Bench
from telehealth.imports.models import FileImport, ImportPart, State
from telehealth.imports.service import drafts, looking
from telehealth.readings import service as readings
from telehealth.readings.models import Reading
from tests import make
from tests.make import imports as made
from tests.make.readings import own_actor

VALUES = [str(100 + n) for n in range(25)]


class Killed(BaseException):
    """The process is stopped from outside."""


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of ten readings, so that a small file has several."""
    monkeypatch.setattr(looking, "PART", 10)


def ready(session: Session, bench: Bench) -> tuple[int, int]:
    """A confirmed file of 25 readings; patient and import."""
    ana = make.patient(session)
    import_id = made.sent(session, bench, ana, made.clarity(*VALUES))
    session.commit()
    jobs.look(bench, import_id)
    imports.confirm(session, own_actor(ana), ana.id, import_id, now=make.NOW)
    session.commit()
    return ana.id, import_id


def state(session: Session, import_id: int) -> tuple[State, int, int]:
    session.expire_all()
    row = session.get_one(FileImport, import_id)
    return row.state, row.n_added, row.done_units


def count(session: Session, patient_id: int) -> int:
    counted = select(func.count()).select_from(Reading).where(Reading.patient_id == patient_id)
    return session.scalar(counted) or 0


def later(bench: Bench, **after: float) -> Bench:
    return replace(bench, clock=lambda: make.NOW + timedelta(**after))


def dying(bench: Bench, after_steps: int) -> Bench:
    """A bench whose worker is killed right after some steps, without a chance to tidy up."""
    steps: list[int] = []

    def tell(_patient: int, _import: int) -> None:
        steps.append(1)
        if len(steps) == after_steps:
            raise Killed

    return replace(bench, tell=tell)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("after_steps", [1, 2, 3])
def test_a_worker_killed_between_parts_goes_on_where_it_was(
    session: Session, bench: Bench, after_steps: int
) -> None:
    patient_id, import_id = ready(session, bench)

    with pytest.raises(Killed):
        jobs.add(dying(bench, after_steps), import_id)
    assert count(session, patient_id) == min(10 * after_steps, 25)
    jobs.add(later(bench, minutes=3), import_id)

    assert state(session, import_id) == (State.DONE, 25, 25)
    assert count(session, patient_id) == 25


@pytest.mark.usefixtures("small_parts")
def test_a_worker_that_vanished_is_replaced_after_two_minutes(
    session: Session, bench: Bench
) -> None:
    _, import_id = ready(session, bench)
    session.get_one(FileImport, import_id).held_until = make.NOW + imports.HOLD
    session.commit()

    jobs.add(bench, import_id)
    assert state(session, import_id)[0] is State.ADDING, "another worker is at it"

    jobs.tidy(later(bench, minutes=3))
    waiting = session.scalars(select(OutboxEvent.topic).where(OutboxEvent.done_at.is_(None))).all()
    assert waiting.count(imports.ADD) == 2
    jobs.add(later(bench, minutes=3), import_id)
    assert state(session, import_id)[0] is State.DONE


@pytest.mark.usefixtures("small_parts")
def test_a_slice_that_is_over_asks_for_the_next_behind_what_waits(
    session: Session, bench: Bench
) -> None:
    _, import_id = ready(session, bench)
    short = replace(bench, slice_s=-1)

    jobs.add(short, import_id)

    assert state(session, import_id)[0] is State.ADDING
    assert session.get_one(FileImport, import_id).held_until is None
    waiting = session.scalars(select(OutboxEvent.topic).where(OutboxEvent.done_at.is_(None))).all()
    assert waiting.count(imports.ADD) == 2


@pytest.mark.usefixtures("small_parts")
def test_a_killed_worker_takes_back_the_rest_and_nothing_else(
    session: Session, bench: Bench
) -> None:
    patient_id, import_id = ready(session, bench)
    jobs.add(bench, import_id)
    actor = own_actor(make.patient(session))
    actor = replace(actor, person_id=patient_id, subject_id=patient_id)
    imports.undo(session, actor, patient_id, import_id, now=make.NOW)
    session.commit()

    with pytest.raises(Killed):
        jobs.take_back(dying(bench, 1), import_id)
    jobs.take_back(later(bench, minutes=3), import_id)

    session.expire_all()
    row = session.get_one(FileImport, import_id)
    assert (row.state, row.n_removed, count(session, patient_id)) == (State.UNDONE, 25, 0)


@pytest.mark.usefixtures("small_parts")
def test_a_lost_file_ends_the_import_and_says_so(session: Session, bench: Bench) -> None:
    patient_id, import_id = ready(session, bench)
    with pytest.raises(Killed):
        jobs.add(dying(bench, 1), import_id)
    bench.shelf.forget(session.get_one(FileImport, import_id).token)

    jobs.add(later(bench, minutes=3), import_id)

    assert state(session, import_id) == (State.DONE, 10, 10)
    found = session.get_one(FileImport, import_id)
    assert imports.Sight.from_json(found.seen).trouble == imports.GONE
    assert count(session, patient_id) == 10


def test_a_file_lost_before_it_was_read_is_refused(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    import_id = made.sent(session, bench, ana, made.clarity("108"))
    session.commit()
    bench.shelf.forget(session.get_one(FileImport, import_id).token)

    jobs.look(bench, import_id)

    assert state(session, import_id)[0] is State.REFUSED


def test_looking_again_makes_the_same_parts(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    import_id = made.sent(session, bench, ana, made.clarity(*VALUES))
    session.commit()
    with pytest.raises(Killed):
        jobs.look(dying(bench, 1), import_id)

    imports.answer(
        session, own_actor(ana), ana.id, import_id, imports.Answer(zone=made.ZONE), now=make.NOW
    )
    session.commit()
    jobs.look(bench, import_id)

    assert [part.n for part in session.scalars(select(ImportPart))] == [25]


def test_what_a_stopped_server_left_half_way_is_swept(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    made.sent(session, bench, ana, made.clarity("108"))
    folder = bench.shelf.sent("0" * 32).parent
    (folder / "arriving-half").write_bytes(b"half")

    jobs.tidy(replace(bench, clock=lambda: make.NOW + timedelta(days=4000)))

    assert list(folder.iterdir()) == []


RECORDS: Any = st.builds(
    lambda at, offset, value, limit, kind, device, note, meal: FileRecord(
        line=7,
        measured_at=make.NOW - timedelta(minutes=at),
        wall=None,
        kind=kind,
        value=None if limit else Glucose(value, Unit.MMOL_L),
        limit=limit,
        device=device,
        key=files.Format.OWN.value,
        meal=meal,
        note=note,
        offset_min=offset,
        limit_unit=Unit.MG_DL if limit else None,
    ),
    st.integers(0, 10**6),
    st.integers(-14 * 60, 14 * 60),
    st.decimals("0.6", "33.3", places=1),
    st.sampled_from([None, *Limit]),
    st.sampled_from(list(RecordKind)),
    st.text(max_size=200),
    st.text(max_size=700),
    st.sampled_from(["", *MEALS]),
)


@given(st.lists(RECORDS, min_size=1, max_size=5))
def test_any_record_survives_the_prepared_file(found: list[FileRecord]) -> None:
    made_of = [
        drafts.draft(one, ZoneInfo(made.ZONE), unit=Unit.MG_DL, now=make.NOW) for one in found
    ]
    kept = [one for one in made_of if isinstance(one, readings.NewReading)]
    assert len(kept) == len(found)

    assert list(drafts.read_line(drafts.line_of(kept))) == kept
    for one in kept:
        assert "\0" not in one.note
        assert len(one.device) <= 120
