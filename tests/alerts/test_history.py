"""What the pages say of alerts that are over."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.alerts.models import Action, Alert, EndReason, State
from telehealth.identity.models import Person
from telehealth.readings.models import SourceKind
from tests import make
from tests.make import alerts as made

SignIn = Callable[[FlaskClient, Person], None]
MIN = timedelta(minutes=1)
NOW = make.NOW


@pytest.fixture
def around(session: Session) -> made.Family:
    return made.family(session)


def words_of(client: FlaskClient, path: str) -> str:
    html = re.sub(r"<script\b.*?</script>", " ", client.get(path).text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_an_acknowledgement_that_counted_no_longer_is_still_told(
    client: FlaskClient, session: Session, around: made.Family, sign_in: SignIn
) -> None:
    patient_id = around.patient.id
    row = made.open_alert(session, around.patient, "2.9 mmol/L", kind=SourceKind.MANUAL)
    own = made.as_self(around.patient)
    alerts.acknowledge(session, own, patient_id, row.id, Action.EATEN, now=NOW + MIN)
    made.arrives(session, around.patient, "2.2 mmol/L", NOW + 5 * MIN, kind=SourceKind.MANUAL)
    made.arrives(session, around.patient, "6.2 mmol/L", NOW + 9 * MIN, kind=SourceKind.MANUAL)
    alerts.look(session, patient_id, cause="test", now=NOW + 30 * MIN)
    assert row.state is State.RESOLVED
    sign_in(client, around.nurse)

    words = words_of(client, f"/pacienti/{patient_id}/opozorila")

    assert "acknowledged by Ana Novak" in words
    assert "something with sugar was eaten or drunk" in words
    assert "it counts no longer: a worse value came" in words
    assert "nobody acknowledged it" not in words


def test_the_list_of_what_is_to_be_closed_says_how_many_it_does_not_show(
    client: FlaskClient, session: Session, around: made.Family, sign_in: SignIn
) -> None:
    row = made.open_alert(session, around.patient, "2.4 mmol/L", kind=SourceKind.MANUAL)
    kept = {
        column.key: getattr(row, column.key)
        for column in Alert.__mapper__.columns
        if column.key != "id"
    }
    over = kept | {
        "state": State.RESOLVED, "resolved_at": NOW, "end_reason": EndReason.RECOVERED,
        "needs_review": True, "next_at": None,
    }  # fmt: skip
    session.add_all(Alert(**over) for _ in range(102))
    session.flush()
    sign_in(client, around.nurse)

    words = words_of(client, "/klinika/opozorila")

    assert "2 more wait; close some of these first." in words
