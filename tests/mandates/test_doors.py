"""Mandates through the API and in the browser: given, used, refused, ended on the next request."""

import re
from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent, Outcome
from telehealth.identity.models import Account, Person
from telehealth.mandates.models import Representation, Status
from tests import make
from tests.conftest import FixedClock
from tests.home.browser import csrf_of

SignIn = Callable[[FlaskClient, Person], None]


def login_of(session: Session, person: Person) -> str:
    return session.scalars(select(Account.login).where(Account.person_id == person.id)).one()


def denials(session: Session, subject: Person) -> list[tuple[str, str, int | None]]:
    rows = session.scalars(
        select(AuditEvent).where(
            AuditEvent.subject_id == subject.id, AuditEvent.outcome == Outcome.DENY
        )
    )
    return [(row.action, row.detail["code"], row.actor_person_id) for row in rows]


def test_me_says_for_whom_i_may_act_until_when(client: FlaskClient, session: Session) -> None:
    petra, kid, ana = (
        make.patient(session, "Petra", "Zupan"),
        make.child(session),
        make.patient(session),
    )
    guardianship = make.guardian(session, petra, kid)
    mandate = make.mandate(session, ana, petra)

    me = client.get("/api/v1/me", headers=make.bearer(session, petra)).json

    assert me["person"] == {"id": petra.id, "name": "Petra Zupan"}
    assert me["roles"] == []
    assert me["acting_for"] == [
        {
            "representation": guardianship.id,
            "kind": "guardian",
            "person": {"id": kid.id, "name": "Tine Zupan"},
            "until": "2032-11-22",
        },
        {
            "representation": mandate.id,
            "kind": "mandate",
            "person": {"id": ana.id, "name": "Ana Novak"},
            "until": None,
        },
    ]


def test_a_mandate_is_given_seen_by_both_and_revoked(client: FlaskClient, session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    of_ana, of_luka = make.bearer(session, ana), make.bearer(session, luka)
    wish = {"representative_login": login_of(session, luka).upper(), "valid_to": "2026-12-31"}

    given = client.post(f"/api/v1/patients/{ana.id}/mandates", json=wish, headers=of_ana)

    assert given.status_code == 201, given.text
    assert given.json["until"] == "2026-12-31"
    assert given.json["representative"] == {"id": luka.id, "name": "Luka Mrak"}
    held = client.get("/api/v1/mandates", headers=of_luka).json["held"]
    assert [row["id"] for row in held] == [given.json["id"]]

    ended = client.delete(f"/api/v1/mandates/{given.json['id']}", headers=of_ana)

    assert ended.status_code == 204
    assert client.get("/api/v1/me", headers=of_luka).json["acting_for"] == []
    past = client.get("/api/v1/mandates", headers=of_ana).json["past"]
    assert [row["status"] for row in past] == ["revoked"]


def test_wrong_wishes_are_refused_field_by_field(client: FlaskClient, session: Session) -> None:
    ana = make.patient(session)
    me = make.bearer(session, ana)
    path = f"/api/v1/patients/{ana.id}/mandates"
    cases = [
        ({}, "#/representative_login"),
        ({"representative_login": "nobody@test.example"}, "#/representative_login"),
        ({"representative_login": login_of(session, ana)}, "#/representative_login"),
        ({"representative_login": "a", "valid_to": "soon"}, "#/valid_to"),
        ({"representative_login": "a", "kind": "guardian"}, "#/kind"),
    ]

    for wish, pointer in cases:
        answer = client.post(path, json=wish, headers=me)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_a_proxy_never_gives_a_mandate_and_the_try_stands_in_the_grantors_trail(
    client: FlaskClient, session: Session
) -> None:
    ana, luka, eva = (make.patient(session, name, "Kos") for name in ("Ana", "Luka", "Eva"))
    make.mandate(session, ana, luka)
    wish = {"representative_login": login_of(session, eva)}

    answer = client.post(
        f"/api/v1/patients/{ana.id}/mandates", json=wish, headers=make.bearer(session, luka)
    )

    assert (answer.status_code, answer.json["code"]) == (403, "delegation")
    assert answer.mimetype == "application/problem+json"
    assert denials(session, ana) == [("mandates_api.grant", "delegation", luka.id)]
    assert session.scalars(select(Representation.representative_id)).all() == [luka.id]


def test_a_proxy_is_refused_on_the_page_too(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana, luka, eva = (make.patient(session, name, "Kos") for name in ("Ana", "Luka", "Eva"))
    row = make.mandate(session, ana, luka)
    sign_in(client, luka)
    form = {"representative_login": login_of(session, eva), "csrf_token": csrf_of(client)}

    page = client.post(f"/za/{row.id}/pooblastila", data=form)

    assert page.status_code == 403
    assert "A proxy cannot pass it on" in page.text
    assert denials(session, ana) == [("mandates.grant", "delegation", luka.id)]


def test_a_guardian_does_not_manage_the_childs_mandates(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    petra, kid = make.patient(session, "Petra", "Zupan"), make.child(session)
    row = make.guardian(session, petra, kid)
    sign_in(client, petra)

    assert client.get(f"/za/{row.id}/pooblastila").status_code == 403
    assert client.get("/pooblastila").status_code == 200


def test_revocation_works_on_the_next_request_and_looks_like_nothing_was_ever_there(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana, luka, eva = (make.patient(session, name, "Kos") for name in ("Ana", "Luka", "Eva"))
    row, foreign = make.mandate(session, ana, luka), make.mandate(session, ana, eva)
    sign_in(client, luka)
    assert client.get(f"/za/{row.id}/").status_code == 200

    of_ana = make.bearer(session, ana)
    assert client.delete(f"/api/v1/mandates/{row.id}", headers=of_ana).status_code == 204

    ended, others, unknown = (
        client.get(f"/za/{number}/kdo-je-gledal") for number in (row.id, foreign.id, 987654)
    )
    assert ended.status_code == others.status_code == unknown.status_code == 404
    bodies = {_without_numbers(page.text) for page in (ended, others, unknown)}
    assert len(bodies) == 1
    assert "Ana Kos" not in bodies.pop()


def _without_numbers(page: str) -> str:
    """The page without what differs on every answer: nonces, ids of the event, its own address."""
    page = re.sub(r'nonce="[^"]+"|/za/\d+|class="code">[0-9a-f]+', "", page)
    return re.sub(r"/(jezik|videz)[^>]*>.*?</form>", "", page, flags=re.DOTALL)


def test_a_stale_password_is_asked_for_and_nothing_typed_is_lost(
    client: FlaskClient, session: Session, sign_in: SignIn, clock: FixedClock
) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    sign_in(client, ana)
    clock.at += timedelta(minutes=6)
    login = login_of(session, luka)
    wish = {"representative_login": login, "valid_to": "2026-12-31"}

    asked = client.post("/pooblastila", data=wish | {"csrf_token": csrf_of(client)})

    assert asked.status_code == 303
    assert asked.location == "/potrditev?naprej=/pooblastila"
    assert login not in asked.location
    proof = {"password": make.PASSWORD, "naprej": "/pooblastila", "csrf_token": csrf_of(client)}
    assert client.post("/potrditev", data=proof).location == "/pooblastila"
    page = client.get("/pooblastila").text
    assert login in page
    assert "2026-12-31" in page
    given = client.post("/pooblastila", data=wish | {"csrf_token": csrf_of(client)})
    assert given.status_code == 303
    assert session.scalars(select(Representation.status)).all() == [Status.ACTIVE]


def test_the_form_comes_back_filled_in_with_what_is_wrong(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    ana = make.patient(session)
    sign_in(client, ana)
    form = {"representative_login": "nobody@test.example", "csrf_token": csrf_of(client)}

    page = client.post("/pooblastila", data=form)

    assert page.status_code == 422
    assert "We know nobody with this address." in page.text
    assert 'value="nobody@test.example"' in page.text


def test_the_proxy_resigns_on_the_page_without_a_password(
    client: FlaskClient, session: Session, sign_in: SignIn, clock: FixedClock
) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    row = make.mandate(session, ana, luka)
    sign_in(client, luka)
    clock.at += timedelta(minutes=20)

    ended = client.post(f"/pooblastila/{row.id}/konec", data={"csrf_token": csrf_of(client)})

    assert ended.status_code == 303
    assert "You no longer act for Ana Novak." in client.get("/pooblastila").text
    session.refresh(row)
    assert row.status is Status.REVOKED
