"""A worker with a real mail server, and the clock it runs by."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from telehealth.app import create_app
from telehealth.core.db import Database
from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform
from telehealth.settings import Settings
from tests import make
from tests.conftest import FixedClock
from tests.make import alerts as made
from tests.make import contacts as make_contacts
from tests.stand_ins.mail import MailServer, running


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    yield from running()


@pytest.fixture
def queue(db: Database, settings: Settings, clock: FixedClock, mail_server: MailServer) -> Queue:
    own = replace(settings, smtp_url=mail_server.url, mail_from="portal@clinic.example")
    platform: Platform = create_app(own, db, clock).extensions["telehealth"]
    return platform.queue


@pytest.fixture
def at(session: Session, queue: Queue, clock: FixedClock) -> Callable[[datetime], None]:
    """The worker at some moment: what is due then is done, the minute's deeds too."""

    def work(moment: datetime) -> None:
        session.commit()
        clock.at = moment
        queue.sweep()
        queue.drain()
        session.expire_all()

    return work


@pytest.fixture
def family(session: Session) -> made.Family:
    """A patient, a proxy, a nurse and a doctor, each with an address."""
    found = made.family(session)
    for name, person in (
        ("ana", found.patient), ("luka", found.proxy),
        ("maja", found.nurse), ("miha", found.doctor),
    ):  # fmt: skip
        make_contacts.confirmed_email(session, person, f"{name}@posta.si")
    return found


@pytest.fixture
def start() -> datetime:
    """When the stories begin."""
    return make.NOW


@pytest.fixture
def queries(session: Session) -> Callable[[Callable[[], object]], int]:
    """How many statements a deed sends to the database, but for the rows it adds."""

    def count(deed: Callable[[], object]) -> int:
        session.flush()
        seen: list[str] = []

        def note(_c: object, _k: object, statement: str, *_: object) -> None:
            if not statement.startswith("INSERT"):
                seen.append(statement)

        connection = session.connection()
        event.listen(connection, "before_cursor_execute", note)
        deed()
        event.remove(connection, "before_cursor_execute", note)
        return len(seen)

    return count
