"""The inbox: order, marks, links, and what a person sees of it in both languages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.core.outbox import OutboxEvent
from telehealth.identity.models import Person
from telehealth.inbox import service as inbox
from telehealth.inbox.models import InboxItem, ItemKind
from tests import make
from tests.make import questionnaires as made

SignIn = Callable[[FlaskClient, Person], None]
NOW = make.NOW
DAY = timedelta(days=1)


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


def deliver(
    session: Session,
    owner: Person,
    title: str,
    *,
    kind: ItemKind = ItemKind.NOTICE,
    due: timedelta | None = None,
    at: timedelta = timedelta(0),
) -> InboxItem:
    delivery = inbox.Delivery(
        owner.id, kind, f"ref-{title}", title, due_at=NOW + due if due is not None else None
    )
    return inbox.deliver(session, delivery, now=NOW + at)


def test_what_is_due_first_stands_first_and_done_things_last(session: Session, ana: Person) -> None:
    deliver(session, ana, "no due day, old", at=-3 * DAY)
    deliver(session, ana, "no due day, new")
    deliver(session, ana, "due in a week", due=7 * DAY)
    deliver(session, ana, "was due yesterday", due=-DAY)
    done = deliver(session, ana, "read", due=-5 * DAY)
    inbox.open_item(session, made.as_self(ana), done.id, now=NOW)

    rows = inbox.list_items(session, made.as_self(ana), now=NOW)

    assert [row.title for row in rows] == [
        "was due yesterday",
        "due in a week",
        "no due day, new",
        "no due day, old",
        "read",
    ]


def test_the_same_thing_is_delivered_once(session: Session, ana: Person) -> None:
    first, second = deliver(session, ana, "a"), deliver(session, ana, "a")

    assert first.id == second.id
    events = session.scalars(select(OutboxEvent).where(OutboxEvent.topic == "inbox.delivered"))
    assert len(events.all()) == 1


def test_a_notice_is_done_when_read_but_a_task_is_not(session: Session, ana: Person) -> None:
    notice = deliver(session, ana, "notice")
    task = deliver(session, ana, "task", kind=ItemKind.CONSENT)
    for item in (notice, task):
        inbox.open_item(session, made.as_self(ana), item.id, now=NOW)

    assert (notice.read_at, notice.done_at) == (NOW, NOW)
    assert (task.read_at, task.done_at) == (NOW, None)
    inbox.finish(session, ana.id, ItemKind.CONSENT, task.ref, now=NOW + DAY)
    session.refresh(task)
    assert task.done_at == NOW + DAY


@pytest.mark.parametrize(
    ("basis", "may"),
    [
        (Basis.SELF, True),
        (Basis.GUARDIAN, True),
        (Basis.MANDATE, True),
        (Basis.HEALTH_CARE_PROXY, True),
        (Basis.CARE_TEAM, False),
        (Basis.CLINIC_STAFF, False),
        (Basis.DEVICE, False),
        (Basis.SYSTEM, False),
    ],
)
def test_only_the_owner_and_representatives_look_into_an_inbox(
    session: Session, ana: Person, basis: Basis, *, may: bool
) -> None:
    actor = Actor(make.person(session).id, ana.id, basis, frozenset({Role.DOCTOR}))

    if may:
        assert inbox.list_items(session, actor, now=NOW) == []
        return
    with pytest.raises(NotAllowed):
        inbox.list_items(session, actor, now=NOW)


def test_an_item_of_another_is_not_there(session: Session, ana: Person) -> None:
    item = deliver(session, make.patient(session, "Eva"), "hers")

    with pytest.raises(NotFound):
        inbox.open_item(session, made.as_self(ana), item.id, now=NOW)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Nothing waits for you", "Questionnaires, consents and notices"]),
        ("sl", ["Nič ne čaka na vas", "Sem prihajajo vprašalniki"]),
    ],
)
def test_an_empty_inbox_says_what_will_come(
    client: FlaskClient, sign_in: SignIn, ana: Person, language: str, words: list[str]
) -> None:
    client.set_cookie("lang", language)
    sign_in(client, ana)

    page = client.get("/nabiralnik").get_data(as_text=True)

    assert all(word in page for word in words)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["2 things wait.", "2 are new.", "was due yesterday", "Questionnaire, Miha Kovač"]),
        ("sl", ["Čakata 2 zadevi.", "2 sta novi.", "rok je bil včeraj", "Vprašalnik, Miha Kovač"]),
    ],
)
def test_the_list_says_what_waits_from_whom_and_until_when(
    client: FlaskClient,
    sign_in: SignIn,
    session: Session,
    ana: Person,
    language: str,
    words: list[str],
) -> None:
    made.sent(session, make.doctor(session, [ana]), ana)
    deliver(session, ana, "A letter, 100 % read", due=-DAY)
    client.set_cookie("lang", language)
    sign_in(client, ana)

    page = client.get("/nabiralnik").get_data(as_text=True)

    assert all(word in page for word in words)
    assert page.index("A letter, 100 % read") < page.index("WHO-5")


def test_opening_a_questionnaire_leads_to_it_and_takes_the_mark_away(
    client: FlaskClient, sign_in: SignIn, session: Session, ana: Person
) -> None:
    row = made.sent(session, make.doctor(session, [ana]), ana)
    item = session.scalars(select(InboxItem)).one()
    sign_in(client, ana)
    assert "is-unread" in client.get("/nabiralnik").get_data(as_text=True)

    opened = client.get(f"/nabiralnik/{item.id}")

    assert opened.location == f"/vprasalniki/{row.id}"
    assert "is-unread" not in client.get("/nabiralnik").get_data(as_text=True)


def test_a_thing_without_a_page_of_its_own_is_shown_here(
    client: FlaskClient, sign_in: SignIn, session: Session, ana: Person
) -> None:
    item = deliver(session, ana, "A mandate or guardianship has begun")
    sign_in(client, ana)

    page = client.get(f"/nabiralnik/{item.id}")

    assert page.status_code == 200
    assert "A mandate or guardianship has begun" in page.get_data(as_text=True)


def test_a_proxy_opens_the_inbox_of_the_person_in_the_address_and_no_other(
    client: FlaskClient, sign_in: SignIn, session: Session, ana: Person
) -> None:
    luka = make.patient(session, "Luka", "Mrak")
    mandate = make.mandate(session, ana, luka)
    row = made.sent(session, make.doctor(session, [ana]), ana)
    item = session.scalars(select(InboxItem)).one()
    sign_in(client, luka)

    opened = client.get(f"/za/{mandate.id}/nabiralnik/{item.id}")

    assert opened.location == f"/za/{mandate.id}/vprasalniki/{row.id}"
    assert "Nothing waits for you" in client.get("/nabiralnik").get_data(as_text=True)
    assert client.get(f"/nabiralnik/{item.id}").status_code == 404
    trail = session.scalars(select(AuditEvent).where(AuditEvent.action == "inbox.open")).all()
    assert [(one.subject_id, one.actor_person_id) for one in trail] == [(ana.id, luka.id)]


def test_the_api_lists_the_inbox(client: FlaskClient, session: Session, ana: Person) -> None:
    row = made.sent(session, make.doctor(session, [ana]), ana)

    answer = client.get(f"/api/v1/patients/{ana.id}/inbox", headers=make.bearer(session, ana))

    (item,) = answer.json["items"]
    assert (item["kind"], item["ref"], item["done_at"]) == ("questionnaire", str(row.id), None)
    assert item["created_at"] == "2026-11-23T09:00:00+00:00"
