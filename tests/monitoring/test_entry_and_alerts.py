"""An entry and the alerts behind it: who takes on one takes on the other, but nothing later."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.alerts.models import Alert
from telehealth.monitoring import service as monitoring
from telehealth.monitoring.models import Deed, Stage, WorklistEntry
from telehealth.monitoring.service import Act, Code
from telehealth.readings.models import Beyond, SourceKind
from tests import make
from tests.make import alerts as made
from tests.make.readings import diary, reading
from tests.monitoring.steps import SignIn, codes, entry_of

NOW = make.NOW
MIN = timedelta(minutes=1)


@pytest.fixture
def around(session: Session) -> made.Family:
    return made.family(session)


def shows_hi(session: Session, around: made.Family) -> Alert:
    """A meter shows HI: the alert of it."""
    hi = reading("20 mmol/L", NOW, kind=SourceKind.METER, device="Meter")._replace(digits=Beyond.HI)
    diary(session, around.patient, [hi])
    alerts.look(session, around.patient.id, cause="readings.recorded", since=NOW, now=NOW)
    (row,) = made.live(session, around.patient)
    return row


def judged(session: Session, around: made.Family, minutes: int) -> WorklistEntry:
    monitoring.judge_all(session, [around.patient.id], now=NOW + minutes * MIN)
    return entry_of(session, around.patient)


def taken_on(session: Session, around: made.Family) -> WorklistEntry:
    """HI opens the entry; a minute later the nurse acknowledges the alert."""
    row = shows_hi(session, around)
    assert judged(session, around, 0).stage is Stage.OPEN
    nurse = made.as_team(around.nurse, around.patient)
    alerts.acknowledge(session, nurse, around.patient.id, row.id, now=NOW + MIN)
    return judged(session, around, 2)


def comes_late(session: Session, around: made.Family, minutes: int) -> None:
    """A file brings a very low value of the night before."""
    moment = NOW + minutes * MIN
    at = NOW - timedelta(hours=9)
    diary(session, around.patient, [reading("2.2 mmol/L", at)], now=moment)
    alerts.look(session, around.patient.id, cause="readings.recorded", since=at, now=moment)


def test_who_acknowledges_the_alert_has_acknowledged_the_entry(
    session: Session, around: made.Family
) -> None:
    entry = taken_on(session, around)

    assert (entry.stage, entry.owner_id) == (Stage.ACKNOWLEDGED, around.nurse.id)


@pytest.mark.parametrize("is_judged_between", [True, False])
def test_what_comes_after_the_acknowledgement_stays_open(
    session: Session, around: made.Family, *, is_judged_between: bool
) -> None:
    taken_on(session, around)

    comes_late(session, around, 10)
    if is_judged_between:
        assert judged(session, around, 10).stage is Stage.OPEN
    for minutes in (12, 14, 16):
        entry = judged(session, around, minutes)
        assert entry.stage is Stage.OPEN
        assert Code.SEEN_LATE in codes(entry)


def test_what_comes_before_anybody_looks_at_the_acknowledgement_stays_open(
    session: Session, around: made.Family
) -> None:
    row = shows_hi(session, around)
    judged(session, around, 0)
    nurse = made.as_team(around.nurse, around.patient)
    alerts.acknowledge(session, nurse, around.patient.id, row.id, now=NOW + MIN)

    comes_late(session, around, 2)

    assert judged(session, around, 3).stage is Stage.OPEN
    assert judged(session, around, 4).stage is Stage.OPEN


def test_a_worse_value_that_comes_late_opens_an_answered_entry_again(
    session: Session, around: made.Family
) -> None:
    comes_late(session, around, 0)
    assert judged(session, around, 1).stage is Stage.OPEN
    nurse = made.as_team(around.nurse, around.patient)
    act = Act(Deed.ACKNOWLEDGED)
    monitoring.act(session, nurse, around.patient.id, act, now=NOW + 2 * MIN)
    assert judged(session, around, 3).stage is Stage.ACKNOWLEDGED

    at = NOW - timedelta(hours=9) + MIN  # of the same night, read out later
    diary(session, around.patient, [reading("1.9 mmol/L", at)], now=NOW + 10 * MIN)
    alerts.look(session, around.patient.id, cause="test", since=at, now=NOW + 10 * MIN)

    assert judged(session, around, 11).stage is Stage.OPEN


@pytest.mark.parametrize("deed", [Deed.REOPENED, Deed.RELEASED])
def test_what_a_person_opens_again_stays_open(
    session: Session, around: made.Family, deed: Deed
) -> None:
    taken_on(session, around)
    nurse = made.as_team(around.nurse, around.patient)

    monitoring.act(session, nurse, around.patient.id, Act(deed), now=NOW + 5 * MIN)

    assert judged(session, around, 6).stage is Stage.OPEN
    assert judged(session, around, 7).stage is Stage.OPEN


def test_an_acknowledgement_taken_back_opens_the_entry_again(
    session: Session, around: made.Family
) -> None:
    taken_on(session, around)
    nurse = made.as_team(around.nurse, around.patient)
    (row,) = made.live(session, around.patient)

    alerts.withdraw_acknowledgement(session, nurse, around.patient.id, row.id, now=NOW + 3 * MIN)

    entry = judged(session, around, 4)
    assert entry.stage is Stage.OPEN
    told = monitoring.loop_of(session, nurse, around.patient.id, now=NOW + 4 * MIN).history
    assert told[0].deed is Deed.OPENED


def test_a_new_reason_that_comes_with_the_acknowledgement_stays_open(
    session: Session, around: made.Family
) -> None:
    row = shows_hi(session, around)
    judged(session, around, 0)
    nurse = made.as_team(around.nurse, around.patient)
    alerts.acknowledge(session, nurse, around.patient.id, row.id, now=NOW + MIN)

    days = [NOW - timedelta(days=back, hours=2) for back in range(1, 11)]
    diary(session, around.patient, [reading("15.5 mmol/L", at) for at in days], now=NOW + MIN)

    for minutes in (2, 4):
        entry = judged(session, around, minutes)
        assert (entry.stage, Code.HIGH in codes(entry)) == (Stage.OPEN, True)


def test_what_is_done_to_several_is_done_to_no_alert_of_an_entry_that_stays(
    client: FlaskClient, session: Session, sign_in: SignIn, around: made.Family
) -> None:
    judged(session, around, 0)
    nurse = made.as_team(around.nurse, around.patient)
    monitoring.act(session, nurse, around.patient.id, Act(Deed.CLOSED), now=NOW)
    comes_late(session, around, 0)  # and nobody has judged the entry since
    sign_in(client, around.nurse)
    patient_id = around.patient.id

    page = client.get("/pacienti").get_data(as_text=True)
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    form = {"deed": "closed", "patient": str(patient_id), "csrf_token": token}
    answer = client.post("/pacienti", data=form, follow_redirects=True)

    assert "1 entry stays as it was" in answer.get_data(as_text=True)
    session.expire_all()
    assert alerts.to_review_for(session, [patient_id])[patient_id]
