"""Several at once, with real commits: one entry per key, one change per version, one
copy per sheet.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import select

from telehealth.core.db import Database
from telehealth.core.errors import Conflict
from telehealth.diary import service as diary
from telehealth.diary.models import DiaryEntry, DiaryVersion, Transcript, TranscriptKind
from telehealth.readings.models import Reading
from tests import make
from tests.make import diary as make_diary
from tests.make.readings import own_actor, reading

RACERS = 4


def test_one_key_from_several_windows_is_one_entry(fresh_db: Database):
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
    start = Barrier(RACERS)

    def race(_place: int) -> tuple[int, bool]:
        start.wait()
        new = diary.NewEntry("phone-key-1", make.NOW, 60, diary.Content(carbs_g=60))
        with fresh_db.unit_of_work() as session:
            outcome = diary.write(session, own_actor(ana), ana.id, new, now=make.NOW)
            return outcome.entry.id, outcome.is_new

    with ThreadPoolExecutor(RACERS) as pool:
        outcomes = list(pool.map(race, range(RACERS)))

    with fresh_db.reading() as session:
        (stored,) = session.scalars(select(DiaryEntry.id)).all()
    assert {entry_id for entry_id, _ in outcomes} == {stored}
    assert [is_new for _, is_new in outcomes].count(True) == 1


def test_of_several_changes_to_one_version_one_is_made(fresh_db: Database):
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        entry = make_diary.entry(session, ana)
    start = Barrier(RACERS)

    def race(place: int) -> bool:
        start.wait()
        change = diary.Change(entry.at, 60, diary.Content(carbs_g=10 + place), entry.version)
        try:
            with fresh_db.unit_of_work() as session:
                diary.amend(session, own_actor(ana), ana.id, entry.id, change, now=make.NOW)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(RACERS) as pool:
        made = list(pool.map(race, range(RACERS)))

    with fresh_db.reading() as session:
        versions = session.scalars(select(DiaryVersion.number)).all()
    assert (made.count(True), sorted(versions)) == (1, [1, 2])


def test_a_sheet_sent_from_several_windows_is_copied_once(fresh_db: Database):
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        nurse = make_diary.team_actor(make.nurse(session, [ana]), ana)
    day = make.NOW.date()
    copied = (reading("7.2 mmol/L", key="sheet-key-1-00"),)
    sheet = diary.Sheet("sheet-key-1", TranscriptKind.PAPER, "", day, day, copied)
    start = Barrier(RACERS)

    def race(_place: int) -> tuple[int, bool]:
        start.wait()
        with fresh_db.unit_of_work() as session:
            copy = diary.copy(session, nurse, ana.id, sheet, now=make.NOW)
            return copy.transcript_id, copy.is_new

    with ThreadPoolExecutor(RACERS) as pool:
        outcomes = list(pool.map(race, range(RACERS)))

    with fresh_db.reading() as session:
        (stored,) = session.scalars(select(Transcript)).all()
        (kept,) = session.scalars(select(Reading)).all()
    assert {transcript_id for transcript_id, _ in outcomes} == {stored.id}
    assert [is_new for _, is_new in outcomes].count(True) == 1
    assert kept.upload_id == stored.upload_id
