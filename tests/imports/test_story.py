"""A file on its way into the diary and out again: looked at, asked about, added, taken back."""

import io
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from devices.files import DateOrder
from devices.glucose import Unit
from telehealth.audit.models import AuditEvent
from telehealth.core.actor import Actor, Basis, system
from telehealth.core.errors import Conflict, Invalid, NotAllowed, NotFound
from telehealth.identity.models import Person
from telehealth.imports import jobs
from telehealth.imports import service as imports
from telehealth.imports.jobs import Bench
from telehealth.imports.models import FileImport, ImportPart, State
from telehealth.readings import service as readings
from telehealth.readings.models import DaySummary, Reading, ReadingSource, SourceKind, Via
from tests import make
from tests.make import imports as made
from tests.make.readings import diary, own_actor, reading

DATA = Path(__file__).parents[1] / "devices" / "files" / "data"
HOUR = timedelta(hours=1)
Sums = list[tuple[object, ...]]


def sums(session: Session, patient: Person) -> Sums:
    """All numbers of the days, to compare."""
    columns = [column for column in DaySummary.__table__.columns if column.name != "patient_id"]
    rows = session.execute(
        select(*columns)
        .where(DaySummary.patient_id == patient.id)
        .order_by(DaySummary.day_on, DaySummary.kind, DaySummary.unit)
    )
    return [tuple(row) for row in rows]


def count(session: Session, patient: Person) -> int:
    return (
        session.scalar(
            select(func.count()).select_from(Reading).where(Reading.patient_id == patient.id)
        )
        or 0
    )


def row_of(session: Session, import_id: int) -> FileImport:
    session.expire_all()
    return session.get_one(FileImport, import_id)


def seen(session: Session, import_id: int) -> imports.Sight:
    return imports.Sight.from_json(row_of(session, import_id).seen)


def brought(session: Session, bench: Bench, patient: Person, content: bytes) -> int:
    """A file that the worker has looked at."""
    import_id = made.sent(session, bench, patient, content)
    session.commit()
    jobs.look(bench, import_id)
    return import_id


def added(session: Session, bench: Bench, patient: Person, content: bytes) -> int:
    """A file whose readings are in the diary."""
    import_id = brought(session, bench, patient, content)
    imports.confirm(session, own_actor(patient), patient.id, import_id, now=make.NOW)
    session.commit()
    jobs.add(bench, import_id)
    return import_id


def taken_back(session: Session, bench: Bench, patient: Person, import_id: int) -> None:
    imports.undo(session, own_actor(patient), patient.id, import_id, now=make.NOW)
    session.commit()
    jobs.take_back(bench, import_id)


def test_a_preview_says_what_is_in_the_file_and_adds_nothing(
    session: Session, bench: Bench
) -> None:
    ana = make.patient(session)

    import_id = brought(session, bench, ana, made.clarity("108", "Low", "300", "7000"))

    found = seen(session, import_id)
    assert row_of(session, import_id).state is State.READY
    assert (found.format, found.unit, found.questions) == ("clarity", "mg/dL", ())
    assert (found.n_taken, found.n_new, found.n_duplicate, found.n_limits) == (3, 3, 0, 1)
    assert {(one.reason, one.count, one.lines) for one in found.skipped} == {
        ("personal", 2, (2, 3)),
        ("implausible", 1, (7,)),
    }
    assert [(one.line, one.value, one.unit) for one in found.samples] == [
        (4, "108", "mg/dL"),
        (5, "LO", "mg/dL"),
        (6, "300", "mg/dL"),
    ]
    assert count(session, ana) == 0


def test_neither_name_nor_file_name_is_kept(session: Session, bench: Bench) -> None:
    ana = make.patient(session)

    import_id = brought(session, bench, ana, made.clarity("108", given="Zdenka", family="Skrita"))

    row = row_of(session, import_id)
    columns = FileImport.__table__.columns
    kept = " ".join(str(getattr(row, column.name)) for column in columns)
    assert "Zdenka" not in kept
    assert "Skrita" not in kept
    prepared = bench.shelf.prepared(row.token).read_bytes()
    assert b"Skrita" not in prepared


def test_files_are_private_and_gone_when_they_are_no_longer_needed(
    session: Session, bench: Bench
) -> None:
    ana = make.patient(session)
    import_id = brought(session, bench, ana, made.clarity("108"))
    token = row_of(session, import_id).token
    modes = [stat.S_IMODE(path.stat().st_mode) for path in bench.shelf.sent(token).parent.iterdir()]
    assert modes == [0o600, 0o600]

    imports.confirm(session, own_actor(ana), ana.id, import_id, now=make.NOW)
    session.commit()
    jobs.add(bench, import_id)

    assert list(bench.shelf.sent(token).parent.iterdir()) == []


def test_a_confirmed_file_is_in_the_diary_as_a_file_of_the_sensor(
    session: Session, bench: Bench
) -> None:
    ana = make.patient(session)

    import_id = added(session, bench, ana, made.clarity("108", "Low", "300"))

    row = row_of(session, import_id)
    assert (row.state, row.n_added, row.n_duplicate, row.n_rejected) == (State.DONE, 3, 0, 0)
    source = session.scalars(select(ReadingSource).where(ReadingSource.patient_id == ana.id)).one()
    assert (source.kind, source.device, source.via) == (SourceKind.CGM, "Dexcom G6", Via.FILE)
    assert count(session, ana) == 3


def test_the_same_file_again_adds_nothing_and_says_so_before(
    session: Session, bench: Bench
) -> None:
    ana = make.patient(session)
    added(session, bench, ana, made.clarity("108", "112"))

    again = brought(session, bench, ana, made.clarity("108", "112", "115"))

    assert (seen(session, again).n_new, seen(session, again).n_duplicate) == (1, 2)
    imports.confirm(session, own_actor(ana), ana.id, again, now=make.NOW)
    session.commit()
    jobs.add(bench, again)
    row = row_of(session, again)
    assert (row.n_added, row.n_duplicate) == (1, 2)
    assert count(session, ana) == 3


def test_a_row_that_stands_twice_in_a_file_counts_once(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    once = made.clarity("108", "112")

    import_id = brought(session, bench, ana, once + b"\n" + once.splitlines()[-1])

    assert (seen(session, import_id).n_new, seen(session, import_id).n_duplicate) == (2, 1)


def test_taking_back_leaves_the_diary_as_it_was(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    diary(session, ana, [reading("6.1 mmol/L", make.NOW - 80 * HOUR), reading("9.0 mmol/L")])
    before, n_before = sums(session, ana), count(session, ana)
    import_id = added(session, bench, ana, made.clarity("108", "Low", "300", first="2026-11-20"))
    assert sums(session, ana) != before

    taken_back(session, bench, ana, import_id)

    row = row_of(session, import_id)
    assert (row.state, row.n_removed) == (State.UNDONE, 3)
    assert sums(session, ana) == before
    assert count(session, ana) == n_before


def test_what_was_taken_back_can_be_imported_again(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    taken_back(session, bench, ana, added(session, bench, ana, made.clarity("108", "112")))

    again = added(session, bench, ana, made.clarity("108", "112"))

    assert row_of(session, again).n_added == 2


def test_taking_back_leaves_what_another_file_brought(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    first = added(session, bench, ana, made.clarity("108", "112"))
    added(session, bench, ana, made.clarity("108", "112", "115"))

    taken_back(session, bench, ana, first)

    values = session.scalars(select(Reading.tick).where(Reading.patient_id == ana.id)).all()
    assert values == [115]


def test_an_import_edited_meanwhile_is_taken_back_with_its_versions(
    session: Session, bench: Bench
) -> None:
    ana = make.patient(session)
    glooko = (DATA / "glooko_bg_mmol.tsv").read_bytes()
    import_id = added(session, bench, ana, glooko)
    actor = own_actor(ana)
    window = readings.Window(ends_at=make.NOW, limit=1)
    newest = readings.page(session, actor, ana.id, window, now=make.NOW).items[0]
    place = readings.Reference(newest.source_id, newest.seq)
    change = readings.Change(
        newest.measured_at, newest.offset_min, newest.digits, newest.unit, newest.meal, "nov", None
    )
    readings.amend(session, actor, ana.id, place, change, now=make.NOW)

    taken_back(session, bench, ana, import_id)

    assert count(session, ana) == 0
    assert sums(session, ana) == []


def test_an_ambiguous_date_is_asked_and_never_guessed(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    content = (DATA / "libreview_mmol_ambiguous_date.csv").read_bytes()

    import_id = brought(session, bench, ana, content)

    assert row_of(session, import_id).state is State.ASKING
    asked = seen(session, import_id)
    assert (asked.questions, asked.n_taken, asked.samples) == (("date_order",), 6, ())
    with pytest.raises(Conflict):
        imports.confirm(session, own_actor(ana), ana.id, import_id, now=make.NOW)

    said = imports.Answer(date_order=DateOrder.DMY)
    imports.answer(session, own_actor(ana), ana.id, import_id, said, now=make.NOW)
    session.commit()
    jobs.look(bench, import_id)

    found = seen(session, import_id)
    assert (found.questions, found.date_order, found.n_new) == ((), "dmy", 6)
    assert found.first_at is not None
    assert found.first_at.isoformat() == "2019-12-05T15:25:00+00:00"


def test_a_missing_unit_is_asked(session: Session, bench: Bench) -> None:
    ana = make.patient(session)

    import_id = brought(session, bench, ana, made.clarity("8.1", unit="?"))

    assert seen(session, import_id).questions == ("unit",)
    said = imports.Answer(unit=Unit.MMOL_L)
    imports.answer(session, own_actor(ana), ana.id, import_id, said, now=make.NOW)
    session.commit()
    jobs.look(bench, import_id)
    assert [one.value for one in seen(session, import_id).samples] == ["8.1"]


def test_another_zone_moves_the_times(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    import_id = brought(session, bench, ana, made.clarity("108"))

    said = imports.Answer(zone="America/New_York")
    imports.answer(session, own_actor(ana), ana.id, import_id, said, now=make.NOW)
    session.commit()
    jobs.look(bench, import_id)

    first = seen(session, import_id).first_at
    assert first is not None
    assert first.isoformat() == "2026-11-20T13:00:00+00:00"


@pytest.mark.parametrize("zone", ["", "GMT+4", "Etc/GMT+4", "Mars/Base", "../etc/passwd"])
def test_a_zone_that_is_no_place_is_refused(session: Session, bench: Bench, zone: str) -> None:
    ana = make.patient(session)

    with pytest.raises(Invalid):
        made.sent(session, bench, ana, made.clarity("108"), zone=zone)


def test_an_unknown_file_names_the_two_nearest_formats_and_is_deleted(
    session: Session, bench: Bench
) -> None:
    ana = make.patient(session)

    import_id = brought(session, bench, ana, b"Device,Serial Number,Something\n1,2,3\n")

    found = seen(session, import_id)
    assert row_of(session, import_id).state is State.REFUSED
    assert found.trouble == "unknown"
    assert found.nearest[0] == "libreview"
    assert len(found.nearest) == 2
    assert not bench.shelf.sent(row_of(session, import_id).token).exists()


def test_a_file_without_a_reading_is_refused_as_such(session: Session, bench: Bench) -> None:
    ana = make.patient(session)

    import_id = brought(session, bench, ana, made.clarity())

    assert seen(session, import_id).trouble == "nothing"


def test_a_time_still_to_come_is_left_out_with_its_line(session: Session, bench: Bench) -> None:
    ana = make.patient(session)

    import_id = brought(session, bench, ana, made.clarity("108", first="2031-01-01 08:00:00"))

    assert [(one.reason, one.lines) for one in seen(session, import_id).skipped][-1] == (
        "future",
        (4,),
    )


def test_old_diaries_come_in_by_file(session: Session, bench: Bench) -> None:
    ana = make.patient(session)

    import_id = added(session, bench, ana, made.clarity("108", first="2009-03-01 08:00:00"))

    assert row_of(session, import_id).n_added == 1


def test_scans_are_kept_and_counted_apart(session: Session, bench: Bench) -> None:
    ana = make.patient(session)

    added(session, bench, ana, (DATA / "libreview_mgdl_mdy.csv").read_bytes())

    assert count(session, ana) == 10
    assert sum(day.n for day in session.scalars(select(DaySummary))) == 6


def test_discarding_forgets_what_was_found(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    import_id = brought(session, bench, ana, made.clarity("108"))

    imports.discard(session, own_actor(ana), ana.id, import_id, now=make.NOW)

    row = row_of(session, import_id)
    assert (row.state, row.seen) == (State.DISCARDED, {})
    with pytest.raises(Conflict):
        imports.confirm(session, own_actor(ana), ana.id, import_id, now=make.NOW)


def test_a_file_nobody_answers_is_gone_after_a_day(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    import_id = brought(session, bench, ana, made.clarity("108"))
    path = bench.shelf.sent(row_of(session, import_id).token)

    jobs.tidy(replace(bench, clock=lambda: make.NOW + timedelta(hours=23)))
    assert path.exists()
    jobs.tidy(replace(bench, clock=lambda: make.NOW + timedelta(hours=24)))

    assert row_of(session, import_id).state is State.EXPIRED
    assert not path.exists()


def test_five_files_may_wait_and_no_sixth(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    for _ in range(5):
        made.sent(session, bench, ana, made.clarity("108"))

    with pytest.raises(Conflict):
        made.sent(session, bench, ana, made.clarity("108"))


def test_saying_yes_twice_adds_once(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    import_id = added(session, bench, ana, made.clarity("108"))

    imports.confirm(session, own_actor(ana), ana.id, import_id, now=make.NOW)
    session.commit()
    jobs.add(bench, import_id)

    assert row_of(session, import_id).n_added == 1


def test_a_nurse_imports_for_her_patient_and_the_trail_names_her(
    session: Session, bench: Bench
) -> None:
    ana = make.patient(session)
    maja = make.nurse(session, [ana])
    actor = Actor(maja.id, ana.id, Basis.CARE_TEAM)
    import_id = made.sent(session, bench, ana, made.clarity("108"), actor=actor)
    session.commit()
    jobs.look(bench, import_id)

    imports.confirm(session, actor, ana.id, import_id, now=make.NOW)
    session.commit()
    jobs.add(bench, import_id)

    deeds = session.execute(
        select(AuditEvent.action, AuditEvent.actor_person_id, AuditEvent.basis).where(
            AuditEvent.subject_id == ana.id
        )
    ).all()
    assert [tuple(deed) for deed in deeds] == [
        ("imports.receive", maja.id, "care_team"),
        ("imports.confirm", maja.id, "care_team"),
        ("readings.record", maja.id, "care_team"),
    ]


def test_of_the_care_team_only_who_imported_takes_back(session: Session, bench: Bench) -> None:
    ana = make.patient(session)
    import_id = added(session, bench, ana, made.clarity("108"))
    miha = make.doctor(session, [ana])

    with pytest.raises(NotAllowed):
        imports.undo(
            session, Actor(miha.id, ana.id, Basis.CARE_TEAM), ana.id, import_id, now=make.NOW
        )


def test_an_import_of_somebody_else_is_not_there(session: Session, bench: Bench) -> None:
    ana, eva = make.patient(session), make.patient(session, "Eva", "Rus")
    import_id = brought(session, bench, ana, made.clarity("108"))

    with pytest.raises(NotFound):
        imports.one(session, own_actor(eva), eva.id, import_id, now=make.NOW)
    with pytest.raises(NotFound):
        imports.confirm(session, own_actor(eva), eva.id, import_id, now=make.NOW)


def test_the_operator_imports_in_the_name_of_the_installation(
    session: Session, bench: Bench
) -> None:
    ana = make.patient(session)
    actor = system("cli", ana.id)
    token = bench.shelf.copy(io.BytesIO(made.clarity("108")))
    sent = imports.Sent(token, 1, made.ZONE)
    import_id = imports.receive(session, actor, ana.id, sent, now=make.NOW).id
    session.commit()
    jobs.look(bench, import_id)

    imports.confirm(session, actor, ana.id, import_id, now=make.NOW)
    session.commit()
    jobs.add(bench, import_id)

    assert row_of(session, import_id).n_added == 1
    assert session.scalars(select(ImportPart.upload_id)).one() is not None
