"""The self-test: a marked test goes the way an alert's notice would go."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts import policy
from telehealth.alerts.models import RINGS, AlertNotice, AlertTest, Ring
from telehealth.alerts.service import circle, locking, telling
from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.errors import NotAllowed, TooMany
from telehealth.core.i18n import N_
from telehealth.notifications.models import Wording

PAUSE = timedelta(minutes=10)
_OWN_SIDE = (Ring.PATIENT, Ring.PROXY)


def try_out(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> AlertTest:
    """Everybody who would be told gets a mail that says it is a test.

    The patient's side tests its own side; the care team tests all steps.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: who may not see the alerts.
        TooMany: the last test was less than ten minutes ago.
    """
    policy.require_reading(actor, patient_id)
    if actor.person_id is None:
        raise NotAllowed(N_("Only a person can answer an alert."))
    locking.lock(session, patient_id)
    last = last_test(session, patient_id)
    if last is not None and now - last.at < PAUSE:
        wait_s = int((last.at + PAUSE - now).total_seconds()) + 1
        raise TooMany(
            N_("The last test was just now. Please wait ten minutes."), retry_after_s=wait_s
        )
    test = AlertTest(patient_id=patient_id, by_id=actor.person_id, at=now)
    session.add(test)
    session.flush()
    around = circle.circle_of(session, patient_id, now=now)
    for ring in RINGS if policy.is_team(actor) else _OWN_SIDE:
        for one in around.rings[ring]:
            notice = AlertNotice(
                test_id=test.id,
                ring=ring,
                round=1,
                recipient_id=one.person_id,
                representation_id=one.representation_id,
                at=now,
            )
            key = f"alert-test:{test.id}:{ring.value}"
            telling.send(
                session, notice, key, patient_id, wording=Wording.TEST, actor=actor, now=now
            )
    audit.record(session, actor, "alerts.test", "test", test.id, now=now)
    return test


def last_test(session: Session, patient_id: int) -> AlertTest | None:
    """The newest test of this patient's notices."""
    return session.scalar(
        select(AlertTest)
        .where(AlertTest.patient_id == patient_id)
        .order_by(AlertTest.at.desc(), AlertTest.id.desc())
        .limit(1)
    )
