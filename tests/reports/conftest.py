"""A patient, a doctor and a nurse of hers, and what a browser needs."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.core.actor import Actor, Basis, Role
from telehealth.identity.models import Person
from tests import make


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


@pytest.fixture
def doctor(session: Session, ana: Person) -> Person:
    return make.doctor(session, [ana])


@pytest.fixture
def nurse(session: Session, ana: Person) -> Person:
    return make.nurse(session, [ana])


class Said:
    """Answers as people read them, and the token of the forms."""

    @staticmethod
    def text(answer: TestResponse) -> str:
        """The words of a page."""
        html = answer.get_data(as_text=True)
        html = re.sub(r"<(script|style|title)\b.*?</\1>", " ", html, flags=re.DOTALL)
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))

    @staticmethod
    def form(client: FlaskClient, **fields: str) -> dict[str, str]:
        """Fields of a form with the page's token."""
        html = client.get("/problems/not-found").get_data(as_text=True)
        found = re.search(r'name="csrf-token" content="([^"]+)"', html)
        assert found
        return {"csrf_token": found[1]} | fields


@pytest.fixture
def said() -> type[Said]:
    return Said


def team(worker: Person, patient: Person, role: Role = Role.NURSE) -> Actor:
    """A worker acting for a patient of theirs."""
    return Actor(worker.id, patient.id, Basis.CARE_TEAM, frozenset({role}))


@pytest.fixture
def as_nurse(nurse: Person, ana: Person) -> Actor:
    return team(nurse, ana)


@pytest.fixture
def as_doctor(doctor: Person, ana: Person) -> Actor:
    return team(doctor, ana, Role.DOCTOR)


@pytest.fixture
def as_ana(ana: Person) -> Actor:
    return Actor(ana.id, ana.id, Basis.SELF)
