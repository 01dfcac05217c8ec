"""Two at once, with real commits: one response, one set of scores, one published version."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from telehealth.core.db import Database
from telehealth.core.outbox import OutboxEvent
from telehealth.questionnaires import service as questionnaires
from telehealth.questionnaires.models import QuestionnaireVersion, StoredResponse, StoredScore
from tests import make
from tests.make import questionnaires as made

RACERS = 4


def test_answers_sent_from_several_windows_at_once_are_stored_once(fresh_db: Database) -> None:
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        row = made.sent(session, make.doctor(session, [ana]), ana)
    start = Barrier(RACERS)

    def race(points: int) -> int | None:
        start.wait()
        with fresh_db.unit_of_work() as session:
            response = made.response((points,) * 5)
            done = questionnaires.submit(session, made.as_self(ana), row.id, response, now=make.NOW)
            return done.stored.id if done.stored else None

    with ThreadPoolExecutor(RACERS) as pool:
        ids = set(pool.map(race, range(RACERS)))

    with fresh_db.reading() as session:
        stored = session.scalars(select(StoredResponse)).one()
        assert ids == {stored.id}
        assert session.scalar(select(func.count()).select_from(StoredScore)) == 2
        topics = session.scalars(select(OutboxEvent.topic)).all()
        assert topics.count("questionnaires.completed") == 1


def test_an_instrument_sent_for_the_first_time_by_several_is_published_once(
    fresh_db: Database,
) -> None:
    with fresh_db.unit_of_work() as session:
        patients = [make.patient(session) for _ in range(RACERS)]
        doctor = make.doctor(session, patients)
    start = Barrier(RACERS)

    def race(place: int) -> int:
        start.wait()
        with fresh_db.unit_of_work() as session:
            return made.sent(session, doctor, patients[place]).version_id

    with ThreadPoolExecutor(RACERS) as pool:
        versions = set(pool.map(race, range(RACERS)))

    with fresh_db.reading() as session:
        assert versions == {session.scalars(select(QuestionnaireVersion)).one().id}
