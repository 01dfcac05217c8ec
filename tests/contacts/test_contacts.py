"""Contacts: confirmed by a code, one active per kind, never changed by a proxy."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent, Outcome
from telehealth.contacts import policy
from telehealth.contacts import service as contacts
from telehealth.contacts.models import ContactCode, ContactKind, ContactPoint
from telehealth.contacts.service import NewContact, Verdict
from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from telehealth.core.outbox import OutboxEvent
from telehealth.identity.models import Person
from tests import make
from tests.home.browser import csrf_of
from tests.make import NOW
from tests.make import contacts as make_contacts

KEY = b"a key of the tests"
SignIn = Callable[[FlaskClient, Person], None]


def own(person: Person) -> Actor:
    return Actor(person.id, person.id, Basis.SELF)


def code_of(session: Session, contact: ContactPoint) -> str:
    newest = select(ContactCode.id).where(ContactCode.contact_id == contact.id)
    code_id = session.scalars(newest.order_by(ContactCode.id.desc())).first()
    assert code_id
    found = contacts.pending(session, code_id, key=KEY, now=NOW)
    assert found
    return found.code


def test_a_code_confirms_the_address_and_the_first_one_becomes_active(session: Session) -> None:
    ana = make.patient(session)
    row = make_contacts.unconfirmed_email(session, ana, "Ana@Posta.si ")
    contacts.begin(session, own(ana), row.id, key=KEY, now=NOW)

    assert contacts.active_email(session, ana.id) is None
    verdict = contacts.confirm(session, own(ana), row.id, code_of(session, row), key=KEY, now=NOW)

    assert verdict is Verdict.CONFIRMED
    assert contacts.active_email(session, ana.id) == "ana@posta.si"


def test_five_wrong_tries_or_ten_minutes_use_a_code_up(session: Session) -> None:
    ana = make.patient(session)
    row = make_contacts.unconfirmed_email(session, ana, "ana@posta.si")
    contacts.begin(session, own(ana), row.id, key=KEY, now=NOW)
    right = code_of(session, row)
    wrong = "000000" if right != "000000" else "000001"

    late = NOW + policy.CODE_LASTS
    assert contacts.confirm(session, own(ana), row.id, right, key=KEY, now=late) is Verdict.OVER
    verdicts = [
        contacts.confirm(session, own(ana), row.id, wrong, key=KEY, now=NOW) for _ in range(5)
    ]
    assert verdicts == [Verdict.WRONG] * 4 + [Verdict.OVER]
    assert contacts.confirm(session, own(ana), row.id, right, key=KEY, now=NOW) is Verdict.OVER


def test_a_code_counts_only_for_its_own_contact_and_only_the_newest(session: Session) -> None:
    ana = make.patient(session)
    one = make_contacts.unconfirmed_email(session, ana, "ana@posta.si")
    two = make_contacts.unconfirmed_email(session, ana, "ana@doma.si")
    contacts.begin(session, own(ana), one.id, key=KEY, now=NOW)
    first = code_of(session, one)
    contacts.begin(session, own(ana), one.id, key=KEY, now=NOW)
    contacts.begin(session, own(ana), two.id, key=KEY, now=NOW)

    codes = {first, code_of(session, one), code_of(session, two)}
    assert len(codes) == 3
    for stale in (first, code_of(session, two)):
        verdict = contacts.confirm(session, own(ana), one.id, stale, key=KEY, now=NOW)
        assert verdict is Verdict.WRONG


def test_three_codes_an_hour_per_person_and_per_address(session: Session) -> None:
    ana, eva = make.patient(session), make.patient(session, "Eva", "Kos")
    shared = make_contacts.unconfirmed_email(session, ana, "dom@posta.si")
    for _ in range(3):
        contacts.begin(session, own(ana), shared.id, key=KEY, now=NOW)

    other = make_contacts.unconfirmed_email(session, ana, "ana@posta.si")
    same = make_contacts.unconfirmed_email(session, eva, "dom@posta.si")
    for who, row in ((ana, other), (eva, same)):
        with pytest.raises(TooMany):
            contacts.begin(session, own(who), row.id, key=KEY, now=NOW)
    an_hour_later = NOW + timedelta(hours=1)
    contacts.begin(session, own(eva), same.id, key=KEY, now=an_hour_later)


def test_switching_the_active_address_tells_the_old_one(session: Session) -> None:
    ana = make.patient(session)
    old = make_contacts.confirmed_email(session, ana, "ana@posta.si")
    new = make_contacts.confirmed_email(session, ana, "ana@doma.si")

    contacts.activate(session, own(ana), new.id, now=NOW)

    assert contacts.active_email(session, ana.id) == "ana@doma.si"
    told = session.scalars(select(OutboxEvent).where(OutboxEvent.topic == "contacts.switched"))
    assert [event.payload for event in told] == [{"contact_id": old.id}]


def test_removing_the_active_address_promotes_the_next_confirmed_one(session: Session) -> None:
    ana = make.patient(session)
    first = make_contacts.confirmed_email(session, ana, "ana@posta.si")
    make_contacts.unconfirmed_email(session, ana, "nova@posta.si")
    make_contacts.confirmed_email(session, ana, "ana@doma.si")

    contacts.remove(session, own(ana), first.id, now=NOW)

    assert contacts.active_email(session, ana.id) == "ana@doma.si"


def test_an_unconfirmed_address_cannot_be_used(session: Session) -> None:
    ana = make.patient(session)
    row = make_contacts.unconfirmed_email(session, ana, "ana@posta.si")

    with pytest.raises(Conflict):
        contacts.activate(session, own(ana), row.id, now=NOW)


def test_the_database_refuses_two_active_addresses_and_an_active_unconfirmed_one(
    session: Session,
) -> None:
    ana = make.patient(session)
    make_contacts.confirmed_email(session, ana, "ana@posta.si")
    second = make_contacts.confirmed_email(session, ana, "ana@doma.si")
    third = make_contacts.unconfirmed_email(session, ana, "nova@posta.si")

    for row in (second, third):
        activate = update(ContactPoint).where(ContactPoint.id == row.id).values(is_active=True)
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(activate)


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        (ContactKind.EMAIL, " Ana.Novak@Posta.SI", "ana.novak@posta.si"),
        (ContactKind.MOBILE, "041 234 567", "+38641234567"),
        (ContactKind.MOBILE, "+386 (41) 234-567", "+38641234567"),
        (ContactKind.LANDLINE, "00386 4 575 40 00", "+38645754000"),
    ],
)
def test_addresses_and_numbers_are_stored_in_one_form(
    kind: ContactKind, typed: str, stored: str
) -> None:
    assert policy.normalised(kind, typed) == stored


@pytest.mark.parametrize(
    ("kind", "stored", "shown"),
    [
        (ContactKind.MOBILE, "+38641234567", "041 234 567"),
        (ContactKind.LANDLINE, "+38645754000", "04 575 40 00"),
        (ContactKind.MOBILE, "+385911234567", "+385 91 123 4567"),
        (ContactKind.EMAIL, "ana@posta.si", "ana@posta.si"),
    ],
)
def test_numbers_are_shown_as_people_write_them(kind: ContactKind, stored: str, shown: str) -> None:
    assert ContactPoint(kind=kind, value=stored).shown == shown


@given(st.text(max_size=300))
def test_whatever_is_typed_becomes_an_address_or_is_refused(typed: str) -> None:
    for kind in ContactKind:
        try:
            value = policy.normalised(kind, typed)
        except Invalid:
            continue
        assert value.isprintable()
        assert not set(value) & set(" \r\n,;<>")
        assert policy.normalised(kind, value) == value


@pytest.mark.parametrize("basis", [Basis.MANDATE, Basis.HEALTH_CARE_PROXY, Basis.CARE_TEAM])
def test_nobody_but_the_person_or_a_guardian_changes_contacts(
    session: Session, basis: Basis
) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    row = make_contacts.confirmed_email(session, ana, "ana@posta.si")
    other = Actor(luka.id, ana.id, basis)

    with pytest.raises(NotAllowed):
        contacts.add(session, other, NewContact(ContactKind.EMAIL, "luka@posta.si"), now=NOW)
    with pytest.raises(NotAllowed):
        contacts.remove(session, other, row.id, now=NOW)
    with pytest.raises(NotFound):
        contacts.remove(session, own(luka), row.id, now=NOW)


def test_a_proxy_who_tries_is_refused_and_it_stands_in_the_trail(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    row = make.mandate(session, ana, luka)
    sign_in(client, luka)
    form = {"kind": "email", "value": "luka@posta.si", "csrf_token": csrf_of(client)}

    answer = client.post(f"/za/{row.id}/stiki", data=form)

    assert answer.status_code == 403
    denied = session.scalars(select(AuditEvent).where(AuditEvent.outcome == Outcome.DENY)).one()
    assert (denied.subject_id, denied.actor_person_id, denied.detail["code"]) == (
        ana.id,
        luka.id,
        "contacts_are_own",
    )
    assert session.scalars(select(ContactPoint)).all() == []


def test_the_page_adds_sends_a_code_and_shows_a_wrong_one_beside_its_field(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    sign_in(client, ana)
    token = {"csrf_token": csrf_of(client)}

    added = client.post("/stiki", data=token | {"kind": "email", "value": "ana@posta.si"})
    row = session.scalars(select(ContactPoint)).one()
    wrong = client.post(f"/stiki/{row.id}/potrditev", data=token | {"code": "12"})
    again = client.post("/stiki", data=token | {"kind": "email", "value": "ana@posta.si"})
    bad = client.post("/stiki", data=token | {"kind": "email", "value": "ana(at)posta"})

    assert added.status_code == 303
    assert wrong.status_code == 422
    assert "This is not the code we sent." in wrong.text
    assert session.scalars(select(ContactCode.tries)).one() == 1
    assert again.status_code == 409
    assert "This contact is already there." in again.text
    assert bad.status_code == 422
    assert 'value="ana(at)posta"' in bad.text
