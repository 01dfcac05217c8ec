"""What the database itself refuses, and the way down and up with rows in the tables."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from telehealth.core import schema
from telehealth.core.db import Database
from telehealth.questionnaires import service as questionnaires
from telehealth.questionnaires.models import QuestionnaireVersion
from tests import make
from tests.make import questionnaires as made


@pytest.fixture
def answered(session: Session) -> Session:
    ana = make.patient(session)
    made.completed(session, make.doctor(session, [ana]), ana)
    return session


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE questionnaire_version SET content = '{}'",
        "UPDATE questionnaire_version SET version = '2.0.0'",
        "UPDATE questionnaire_version SET status = 'draft', activated_at = NULL",
        "DELETE FROM questionnaire_version",
        "UPDATE questionnaire_response SET answers = '{}'",
        "UPDATE questionnaire_response SET status = 'in-progress', completed_at = NULL",
        "DELETE FROM questionnaire_response",
        "UPDATE questionnaire_score SET value = '100'",
        "DELETE FROM questionnaire_score",
    ],
)
def test_what_is_published_answered_or_scored_cannot_be_rewritten(
    answered: Session, statement: str
) -> None:
    with pytest.raises(DBAPIError, match="kept as it is"), answered.begin_nested():
        answered.execute(text(statement))


def test_a_version_can_be_retired_but_not_brought_back(answered: Session) -> None:
    answered.execute(text("UPDATE questionnaire_version SET status = 'retired'"))

    with pytest.raises(DBAPIError, match="kept as it is"), answered.begin_nested():
        answered.execute(text("UPDATE questionnaire_version SET status = 'active'"))


def test_the_tables_go_down_and_up_with_rows_in_them(fresh_db: Database) -> None:
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        made.completed(session, make.doctor(session, [ana]), ana)

    schema.downgrade(fresh_db, "0009")
    schema.upgrade(fresh_db)

    with fresh_db.unit_of_work() as session:
        assert session.scalars(select(QuestionnaireVersion)).all() == []
        questionnaires.publish(session, questionnaires.shipped("who-5"), now=make.NOW)
    with (
        fresh_db.unit_of_work() as session,
        pytest.raises(DBAPIError, match="kept as it is"),
        session.begin_nested(),
    ):
        session.execute(text("UPDATE questionnaire_version SET content = '{}'"))
