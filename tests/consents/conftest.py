"""A family, a proxy, a doctor; and a browser that can read a form's token."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.consents.models import ConsentRequest
from telehealth.core.web.platform import Platform
from telehealth.identity.models import Person
from tests import make
from tests.make import consents as made

_CSRF = re.compile(r'name="csrf-token" content="([0-9a-f]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@dataclass(frozen=True)
class People:
    """Everybody around a grown patient and a child, and what waits for each."""

    ana: Person
    proxy: Person
    kid: Person
    parent: Person
    doctor: Person
    mandate: int
    guardianship: int
    anas: ConsentRequest
    kids: ConsentRequest


@pytest.fixture
def people(session: Session) -> People:
    ana = make.patient(session)
    kid = make.child(session)
    proxy = make.patient(session, "Luka", "Mrak")
    parent = make.patient(session, "Petra", "Zupan")
    doctor = make.doctor(session, [ana, kid])
    return People(
        ana=ana,
        proxy=proxy,
        kid=kid,
        parent=parent,
        doctor=doctor,
        mandate=make.mandate(session, ana, proxy).id,
        guardianship=make.guardian(session, parent, kid).id,
        anas=made.request(session, doctor, ana),
        kids=made.request(session, doctor, kid),
    )


@pytest.fixture
def platform(app: Flask) -> Platform:
    found: Platform = app.extensions["telehealth"]
    return found


class Browser:
    """A person at a browser without JavaScript."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path)

    def post(self, path: str, form: dict[str, Any] | None = None) -> TestResponse:
        """Send a form with the token every page carries."""
        return self.client.post(path, data={"csrf_token": self.token()} | (form or {}))

    def token(self) -> str:
        """The token every page carries."""
        found = _CSRF.search(self.client.get("/problems/not-found").text)
        assert found
        return found[1]

    def hidden(self, page: TestResponse) -> dict[str, str]:
        """What the forms of a page carry unseen."""
        return dict(_HIDDEN.findall(page.text))


@pytest.fixture
def browser(client: FlaskClient) -> Browser:
    return Browser(client)
