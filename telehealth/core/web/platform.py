"""What a door needs from the application that runs it.

Settings, database, clock, queue, and the answers that only upper rooms can give: who is signed in,
as whom they act, where a refusal is recorded.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from flask import Flask, current_app, g
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, SignIn, SignInKind
from telehealth.core.clock import Clock
from telehealth.core.db import Database
from telehealth.core.errors import NotSignedIn
from telehealth.core.i18n import N_
from telehealth.core.queue import Queue
from telehealth.core.web.readiness import Check
from telehealth.settings import Settings

_EXTENSION = "telehealth"


@dataclass(frozen=True, slots=True)
class Acting:
    """For whom the signed-in person acts on this page, in words for the bar."""

    representation_id: int
    person_id: int
    name: str
    kind: str
    """`guardian`, `mandate` or `health_care_proxy`."""
    kind_label: str
    """The same in words (a message id)."""
    until: date | None
    """Last day, inclusive."""


@dataclass(frozen=True, slots=True)
class Denial:
    """A refused deed, for the audit trail."""

    action: str
    code: str
    sign_in: SignIn | None
    subject_id: int | None
    representation_id: int | None
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What upper rooms tell the doors; composed in `app.py`."""

    sign_in_of: Callable[[Session, SignInKind, str, datetime], SignIn | None]
    """The sign-in behind a cookie or bearer token, or None when there is none in force."""
    touch: Callable[[Session, SignIn, datetime], None]
    """The person is active: their idle time starts anew."""
    actor_of: Callable[[Session, SignIn, int | None, int | None, datetime], Actor]
    """(session, sign-in, subject, representation, now): who acts for whom; raises NotFound."""
    acting_of: Callable[[Session, SignIn, int, datetime], Acting]
    """The bar's words for a representation in effect; raises NotFound."""
    record_denial: Callable[[Session, Denial, datetime], None]


@dataclass(frozen=True, slots=True)
class Platform:
    """The running application, without its rooms."""

    settings: Settings
    database: Database
    clock: Clock
    queue: Queue
    answers: Answers
    mail: object | None = None
    """What mail is handed to, where it is not the server of the settings."""
    checks: dict[str, Check] = field(default_factory=dict)
    """What the rooms add to `/readyz`, by the name of the line."""

    def install(self, app: Flask) -> None:
        """Make this the platform of `app`."""
        app.extensions[_EXTENSION] = self


def platform() -> Platform:
    """The platform of the current application."""
    return cast("Platform", current_app.extensions[_EXTENSION])


def unit_of_work() -> AbstractContextManager[Session]:
    """Commit when the block ends, roll back when it raises."""
    return platform().database.unit_of_work()


def reading() -> AbstractContextManager[Session]:
    """Look without keeping anything and without waiting for a writer."""
    return platform().database.reading()


def now() -> datetime:
    """The present instant of the application's clock."""
    return platform().clock()


def signed_in() -> SignIn:
    """The sign-in of this request.

    Raises:
        NotSignedIn: there is none.
    """
    sign_in = maybe_signed_in()
    if sign_in is None:
        raise NotSignedIn(N_("Your sign-in has ended. Nothing was lost: sign in to continue."))
    return sign_in


def maybe_signed_in() -> SignIn | None:
    """The sign-in of this request, or None."""
    return cast("SignIn | None", g.get("sign_in"))


def current_actor(session: Session, subject_id: int | None = None) -> Actor:
    """Who acts in this request, and for whom; decided anew each time from the database.

    Args:
        session: the unit of work of the door.
        subject_id: the person in an API path or a staff page. None on a patient's page: then the
            subject is the person of the acting context in the URL, else the signed-in person.

    Raises:
        NotSignedIn: nobody is signed in.
        NotFound: the subject is not the actor's to know about, or the representation has ended.
    """
    g.subject_id = subject_id
    representation_id = g.get("representation_id")
    actor = platform().answers.actor_of(session, signed_in(), subject_id, representation_id, now())
    g.subject_id = actor.subject_id
    return actor
