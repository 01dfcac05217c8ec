"""Signing in on the API."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import make


def test_a_person_signs_in_with_name_and_password_and_out_again(
    client: FlaskClient, session: Session
) -> None:
    ana = make.person(session)
    make.account(session, ana, "ana@test.example")

    answer = client.post(
        "/api/v1/sessions", json={"login": " Ana@Test.example ", "password": make.PASSWORD}
    )

    assert answer.status_code == 201, answer.text
    assert answer.json["person"] == {"id": ana.id, "name": "Ana Novak"}
    bearer = {"Authorization": f"Bearer {answer.json['token']}"}

    assert client.delete("/api/v1/sessions/current", headers=bearer).status_code == 204
    again = client.delete("/api/v1/sessions/current", headers=bearer)
    assert (again.status_code, again.json["code"]) == (401, "not-signed-in")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    client: FlaskClient, session: Session
) -> None:
    make.account(session, make.person(session), "ana@test.example")

    wrong = client.post(
        "/api/v1/sessions", json={"login": "ana@test.example", "password": "x" * 12}
    )
    unknown = client.post(
        "/api/v1/sessions", json={"login": "eva@test.example", "password": "x" * 12}
    )

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.data == unknown.data
    assert wrong.mimetype == "application/problem+json"


def test_unknown_fields_and_missing_ones_are_named_one_by_one(client: FlaskClient) -> None:
    answer = client.post("/api/v1/sessions", json={"login": "a", "pasword": "b"})

    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json["errors"]} == {"#/pasword", "#/password"}
