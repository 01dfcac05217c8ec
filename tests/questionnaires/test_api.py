"""The JSON doors: FHIR in, FHIR out, every error named."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.model import Response
from telehealth.core.errors import Invalid
from telehealth.identity.models import Person
from telehealth.questionnaires.models import Respondent, StoredResponse
from telehealth.questionnaires.schemas import read_response
from telehealth.questionnaires.service import pointer
from tests import make
from tests.make import questionnaires as made

POINTS = (3, 3, 3, 2, 2)
Header = Mapping[str, str]


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


@pytest.fixture
def doctor(session: Session, ana: Person) -> Person:
    return make.doctor(session, [ana])


@pytest.fixture
def path(session: Session, ana: Person, doctor: Person) -> str:
    row = made.sent(session, doctor, ana)
    return f"/api/v1/patients/{ana.id}/questionnaires/{row.id}"


@pytest.fixture
def header(session: Session, ana: Person) -> Header:
    return make.bearer(session, ana)


def test_a_doctor_sends_and_sees_the_score_the_patient_sends_fhir(
    client: FlaskClient, session: Session, ana: Person, doctor: Person, header: Header
) -> None:
    team = make.bearer(session, doctor)
    wish = {"instrument": "who-5", "due_on": "2026-11-30"}
    base = f"/api/v1/patients/{ana.id}/questionnaires"

    sent = client.post(base, json=wish, headers=team)
    one = f"{base}/{sent.json['id']}"
    asked = client.get(one, headers=header)
    done = client.put(one, json=made.response_json(POINTS), headers=header)
    seen = client.get(one, headers=team)

    assert sent.status_code == 201
    assert (sent.json["status"], sent.json["due_at"]) == ("sent", "2026-11-30T22:59:00+00:00")
    assert asked.json["title"] == "WHO-5 well-being index"
    assert asked.json["questionnaire"]["resourceType"] == "Questionnaire"
    assert asked.json["response"] is None
    assert done.status_code == 200
    assert done.json["status"] == "completed"
    assert done.json["response"]["status"] == "completed"
    assert "scores" not in done.json
    values = {score["name"]: score["value"] for score in seen.json["scores"]}
    assert values == {"raw": "13", "index": "52"}
    assert seen.json["respondent"] == "patient"
    assert seen.json["response"] == done.json["response"]


def test_submitting_twice_answers_the_same(client: FlaskClient, path: str, header: Header) -> None:
    first = client.put(path, json=made.response_json(POINTS), headers=header)
    second = client.put(path, json=made.response_json((0,) * 5), headers=header)

    assert (second.status_code, second.json) == (200, first.json)


def test_a_draft_comes_back_as_it_was_saved_and_the_team_does_not_see_it(
    client: FlaskClient, session: Session, doctor: Person, path: str, header: Header
) -> None:
    draft = made.response_json((3, None, 1, None, None), "in-progress")

    saved = client.put(path, json=draft, headers=header)

    assert saved.json["status"] == "started"
    assert saved.json["response"]["item"] == draft["item"]
    seen = client.get(path, headers=make.bearer(session, doctor)).json
    assert (seen["response"], seen["scores"], seen["flags"]) == (None, [], [])
    late = client.put(path, json=made.response_json(POINTS), headers=header)
    assert late.json["status"] == "completed"
    assert client.put(path, json=draft, headers=header).status_code == 409


def test_each_error_names_pointer_linkid_and_code(
    client: FlaskClient, path: str, header: Header
) -> None:
    body = made.response_json((3, None, 3, 2, 2))
    body["item"][0]["answer"][0] = {"valueCoding": {"system": "urn:x", "code": "9"}}
    body["item"][1]["answer"].append(body["item"][1]["answer"][0])
    body["item"].append({"linkId": "who5-9", "answer": [{"valueString": "?"}]})

    refused = client.put(path, json=body, headers=header)

    assert refused.status_code == 422
    assert refused.mimetype == "application/problem+json"
    found = {(one["link_id"], one["code"]): one["pointer"] for one in refused.json["errors"]}
    assert found == {
        ("who5-9", "invalidLinkId"): "#/item/4",
        ("who5-1", "invalidAnswerOption"): "#/item/0/answer/0",
        ("who5-2", "required"): "#",
        ("who5-3", "repeats"): "#/item/1",
    }


def test_limits_are_said_in_numbers_and_in_the_readers_language(
    client: FlaskClient, session: Session, ana: Person, doctor: Person, header: Header
) -> None:
    item = {"linkId": "name", "type": "string", "text": "Name", "maxLength": 3}
    row = made.own_form(session, doctor, ana, [item])
    body = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "item": [{"linkId": "name", "answer": [{"valueString": "Čedomir"}]}],
    }
    client.set_cookie("lang", "sl")

    refused = client.put(
        f"/api/v1/patients/{ana.id}/questionnaires/{row.id}", json=body, headers=header
    )

    assert [one["detail"] for one in refused.json["errors"]] == ["Največje število znakov: 3."]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, None),
        (b"[]", 400, None),
        (b'{"status": "completed", "status": "completed"}', 400, None),
        (b'{"resourceType": "Patient"}', 422, "wrongType"),
        (b'{"resourceType": "QuestionnaireResponse", "status": "amended"}', 422, "status"),
        (b'{"resourceType": "QuestionnaireResponse", "status": "x"}', 422, "unknownCode"),
        (
            (
                b'{"resourceType": "QuestionnaireResponse", "status": "completed", '
                b'"questionnaire": "urn:other|1"}'
            ),
            422,
            "questionnaireNotFound",
        ),
    ],
)
def test_what_is_no_response_is_refused(
    client: FlaskClient, path: str, header: Header, body: bytes, status: int, code: str | None
) -> None:
    refused = client.put(path, data=body, headers=header, content_type="application/json")

    assert refused.status_code == status
    if code:
        assert code in [one["code"] for one in refused.json["errors"]]


def test_a_body_that_is_not_json_is_not_read(
    client: FlaskClient, path: str, header: Header
) -> None:
    assert (
        client.put(path, data=b"{}", headers=header, content_type="text/plain").status_code == 415
    )


@pytest.mark.parametrize(
    ("wish", "pointer_of", "status"),
    [
        ({}, "#/instrument", 422),
        ({"instrument": "who-5", "due_on": "30. 11."}, "#/due_on", 422),
        ({"instrument": "who-5", "due_on": "2026-11-01"}, "#/due_on", 422),
        ({"instrument": "who-6"}, "#/instrument", 422),
        ({"instrument": "who-5", "who": 1}, "#/who", 422),
    ],
)
def test_a_wrong_wish_names_the_field(
    client: FlaskClient,
    session: Session,
    ana: Person,
    doctor: Person,
    wish: dict[str, Any],
    pointer_of: str,
    status: int,
) -> None:
    refused = client.post(
        f"/api/v1/patients/{ana.id}/questionnaires",
        json=wish,
        headers=make.bearer(session, doctor),
    )

    assert refused.status_code == status
    assert [one["pointer"] for one in refused.json["errors"]] == [pointer_of]


def test_a_foreign_questionnaire_looks_like_none(
    client: FlaskClient, session: Session, doctor: Person, path: str
) -> None:
    eva = make.patient(session, "Eva")
    number = path.rpartition("/")[2]
    header = make.bearer(session, eva)

    foreign = client.get(path, headers=header)
    under_own_name = client.get(
        f"/api/v1/patients/{eva.id}/questionnaires/{number}", headers=header
    )
    absent = client.get(f"/api/v1/patients/{eva.id}/questionnaires/999999", headers=header)

    assert {one.status_code for one in (foreign, under_own_name, absent)} == {404}
    bodies = [one.json | {"instance": ""} for one in (foreign, under_own_name, absent)]
    assert bodies[0] == bodies[1] == bodies[2]


def test_the_doctor_does_not_answer_for_the_patient(
    client: FlaskClient, session: Session, doctor: Person, path: str
) -> None:
    refused = client.put(
        path, json=made.response_json(POINTS), headers=make.bearer(session, doctor)
    )

    assert refused.status_code == 403
    assert session.scalars(select(StoredResponse)).all() == []


def test_a_proxy_is_found_from_the_person_in_the_path(
    client: FlaskClient, session: Session, ana: Person, path: str
) -> None:
    luka = make.patient(session, "Luka")
    make.mandate(session, ana, luka)

    done = client.put(path, json=made.response_json(POINTS), headers=make.bearer(session, luka))

    assert done.json["respondent"] == Respondent.PROXY
    assert session.scalars(select(StoredResponse)).one().filled_by_id == luka.id


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["resourceType", "status", "item", "linkId", "answer", "valueString"])
            | st.text(),
            inner,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_a_response_or_a_refusal(value: object) -> None:
    import json

    text = json.dumps({"resourceType": "QuestionnaireResponse", "item": value})

    try:
        outcome: object = read_response(text.encode())
    except Invalid as refused:
        outcome = refused

    if isinstance(outcome, Invalid):
        assert outcome.errors
        assert all(error.pointer.startswith("#") for error in outcome.errors)
    else:
        assert isinstance(outcome, Response)


@pytest.mark.parametrize(
    ("path_", "expected"),
    [
        ("QuestionnaireResponse", "#"),
        ("QuestionnaireResponse.item[3].answer[0].item[1]", "#/item/3/answer/0/item/1"),
        ("$.item[0].linkId", "#/item/0/linkId"),
    ],
)
def test_fhir_paths_become_json_pointers(path_: str, expected: str) -> None:
    assert pointer(path_) == expected
