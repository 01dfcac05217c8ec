"""The demonstration's consents come from the services."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.consents.models import ConsentRequest, State
from telehealth.demo.consents import offer_consents
from telehealth.demo.people import settle
from tests import make


def test_two_consents_wait(session: Session) -> None:
    clinic = settle(session, make.PASSWORD, now=make.NOW)

    offer_consents(session, clinic, make.NOW)

    rows = session.scalars(select(ConsentRequest).order_by(ConsentRequest.id)).all()
    assert [(row.subject_id, row.state) for row in rows] == [
        (clinic.patient_id, State.OFFERED),
        (clinic.child_id, State.OFFERED),
    ]
