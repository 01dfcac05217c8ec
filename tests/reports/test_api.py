"""The figures over the API: null with a reason, never a guess."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.identity.models import Person
from telehealth.readings.models import Meal
from tests import make
from tests.make.reports import pricked, sensor

SignIn = Callable[[FlaskClient, Person], None]


def test_figures_come_with_their_n_and_the_targets_they_are_of(
    session: Session, client: FlaskClient, ana: Person
) -> None:
    sensor(session, ana)

    body = client.get(
        f"/api/v1/patients/{ana.id}/report", headers=make.bearer(session, ana)
    ).get_json()

    assert (body["first_on"], body["last_on"], body["n_days"]) == ("2026-11-10", "2026-11-23", 14)
    assert body["targets"]["preset"] == "adult"
    assert body["targets"]["goals"]["tir_pct"] == {"limit": 70, "is_minimum": True}
    assert body["sensor"]["measures"]["tir_pct"]["value"] > 0
    assert body["sensor"]["measures"]["tir_pct"]["reason"] is None
    assert sum(body["sensor"]["bands"].values()) == pytest.approx(100)
    assert body["sticks"] is None
    assert "strips" not in body["sensor"]


def test_what_the_data_do_not_allow_is_null_with_the_reason(
    session: Session, client: FlaskClient, ana: Person
) -> None:
    sensor(session, ana, days=5)
    pricked(session, ana, [(1, "07:00", "6.0 mmol/L", Meal.FASTING)])

    body = client.get(
        f"/api/v1/patients/{ana.id}/report?days=90", headers=make.bearer(session, ana)
    ).get_json()

    assert body["sensor"]["bands"] is None
    assert body["sensor"]["measures"]["gmi_pct"] == {
        "value": None,
        "n": body["sensor"]["n"],
        "reason": "not_enough_data",
    }
    assert body["sticks"]["measures"]["sd"]["reason"] == "too_few_values"
    assert "gmi_pct" not in body["sticks"]["measures"]


def test_days_out_of_bounds_and_unknown_words_are_refused(
    session: Session, client: FlaskClient, ana: Person
) -> None:
    headers = make.bearer(session, ana)

    for query in ("days=0", "days=91", "days=x", "last=yesterday", "from=2026-01-01"):
        answer = client.get(f"/api/v1/patients/{ana.id}/report?{query}", headers=headers)

        assert answer.status_code == 422, query


def test_the_page_is_there_as_pdf_too(session: Session, client: FlaskClient, ana: Person) -> None:
    answer = client.get(
        f"/api/v1/patients/{ana.id}/report.pdf?days=14", headers=make.bearer(session, ana)
    )

    assert answer.data.startswith(b"%PDF-")
