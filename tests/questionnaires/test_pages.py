"""The pages of both sides by a browser without JavaScript, in both languages."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.identity.models import Person
from telehealth.questionnaires.models import (
    Assignment,
    AssignmentStatus,
    Respondent,
    StoredResponse,
    StoredScore,
)
from tests import make
from tests.make import questionnaires as made

SignIn = Callable[[FlaskClient, Person], None]
POINTS = (3, 3, 3, 2, 2)


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


@pytest.fixture
def doctor(session: Session, ana: Person) -> Person:
    return make.doctor(session, [ana])


@pytest.fixture
def sent(session: Session, ana: Person, doctor: Person) -> Assignment:
    return made.sent(session, doctor, ana, date(2026, 11, 30))


def text_of(answer: TestResponse) -> str:
    """The words of a page."""
    html = answer.get_data(as_text=True)
    html = re.sub(r"<(script|style|title)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def csrf(client: FlaskClient) -> dict[str, str]:
    html = client.get("/problems/not-found").get_data(as_text=True)
    found = re.search(r'name="csrf-token" content="([^"]+)"', html)
    assert found
    return {"csrf_token": found[1]}


def action(answer: TestResponse) -> str:
    """Where the page's own form goes."""
    html = answer.get_data(as_text=True)
    found = re.search(r'<form method="post" novalidate[^>]* action="([^"]+)"', html)
    assert found, html
    return unescape(found[1])


def legends(answer: TestResponse) -> list[str]:
    html = answer.get_data(as_text=True)
    return [
        unescape(re.sub(r"<[^>]+>", "", one)).strip()
        for one in re.findall(r"<legend[^>]*>(.*?)</legend>", html, re.DOTALL)
    ]


def answer_one_by_one(client: FlaskClient, base: str, points: tuple[int, ...]) -> TestResponse:
    """Follow the questions as a person would; ends at the review."""
    token = csrf(client)
    page = client.get(f"{base}/vprasanja?mode=one")
    for link_id, one in zip(made.LINK_IDS, points, strict=True):
        assert f'name="{link_id}"' in page.get_data(as_text=True)
        done = client.post(action(page), data={**token, link_id: made.key(one), "go": "next"})
        assert done.status_code == 303
        page = client.get(done.location)
    return page


@pytest.mark.parametrize(
    ("language", "begin", "first", "last", "thanks"),
    [
        (
            "en",
            "Please answer by Mon 30 Nov",
            "Question 1 of 5",
            "Look over your answers",
            (
                "52 of 100 0 is the worst and 100 the best imaginable well-being. "
                "A low result is a reason to talk, not a diagnosis."
            ),
        ),
        (
            "sl",
            "Prosimo, odgovorite do: pon., 30. nov.",
            "Vprašanje 1 od 5",
            "Preglejte svoje odgovore",
            (
                "52 od 100 0 pomeni najslabše, 100 pa najboljše mogoče počutje. "
                "Nizek rezultat je razlog za pogovor, ne diagnoza."
            ),
        ),
    ],
)
def test_a_patient_answers_one_question_after_the_other(
    client: FlaskClient,
    sign_in: SignIn,
    session: Session,
    ana: Person,
    sent: Assignment,
    language: str,
    begin: str,
    first: str,
    last: str,
    thanks: str,
) -> None:
    client.set_cookie("lang", language)
    sign_in(client, ana)
    base = f"/vprasalniki/{sent.id}"

    start = text_of(client.get(base))
    page = text_of(client.get(f"{base}/vprasanja?mode=one"))
    review = answer_one_by_one(client, base, POINTS)
    done = client.post(f"{base}/pregled", data=csrf(client))

    assert begin in start
    assert first in page
    assert last in text_of(review)
    assert done.location == f"{base}/hvala"
    assert thanks in text_of(client.get(done.location))
    stored = session.scalars(select(StoredResponse)).one()
    assert (stored.language, stored.respondent) == (language, Respondent.PATIENT)
    index = session.scalars(select(StoredScore).where(StoredScore.name == "index")).one()
    assert index.value == 52


def test_all_questions_on_one_page_name_each_gap_and_keep_the_rest(
    client: FlaskClient, sign_in: SignIn, ana: Person, sent: Assignment
) -> None:
    sign_in(client, ana)
    page = client.get(f"/vprasalniki/{sent.id}/vprasanja?mode=all")
    assert len(legends(page)) == 5
    typed = dict(zip(made.LINK_IDS, map(made.key, POINTS), strict=True)) | csrf(client)
    del typed["who5-4"]

    gap = client.post(action(page), data={**typed, "go": "next"})

    html = gap.get_data(as_text=True)
    assert gap.status_code == 422
    assert '<a href="#who5-4">Answer this question.</a>' in html
    assert html.count(" checked") == 4
    whole = client.post(action(page), data={**typed, "who5-4": "o3", "go": "next"})
    assert whole.location == f"/vprasalniki/{sent.id}/pregled"


def test_the_way_of_showing_is_remembered(
    client: FlaskClient, sign_in: SignIn, ana: Person, sent: Assignment
) -> None:
    sign_in(client, ana)

    client.get(f"/vprasalniki/{sent.id}/vprasanja?mode=all")

    assert len(legends(client.get(f"/vprasalniki/{sent.id}/vprasanja"))) == 5
    assert 'value="all" checked' in client.get(f"/vprasalniki/{sent.id}").get_data(as_text=True)


def test_going_on_needs_an_answer_but_going_back_or_away_does_not(
    client: FlaskClient, sign_in: SignIn, ana: Person, sent: Assignment
) -> None:
    sign_in(client, ana)
    token = csrf(client)
    first = client.get(f"/vprasalniki/{sent.id}/vprasanja?mode=one")
    second = client.get(
        client.post(action(first), data={**token, "who5-1": "o0", "go": "next"}).location
    )

    on = client.post(action(second), data={**token, "go": "next"})
    back = client.get(client.post(action(second), data={**token, "go": "back"}).location).get_data(
        as_text=True
    )
    away = client.post(action(second), data={**token, "who5-2": "o1", "go": "later"})

    assert on.status_code == 422
    assert "Answer this question." in text_of(on)
    assert 'value="o0" checked' in back
    assert away.location == "/nabiralnik"
    assert "Your answers are saved." in text_of(client.get(away.location))
    assert "You have answered 2 of 5." in text_of(client.get(f"/vprasalniki/{sent.id}"))
    resumed = client.get(f"/vprasalniki/{sent.id}/vprasanja")
    assert "Question 3 of 5" in text_of(resumed)


def test_the_review_says_what_is_missing_and_leads_there_and_back(
    client: FlaskClient, sign_in: SignIn, ana: Person, sent: Assignment
) -> None:
    sign_in(client, ana)
    base, token = f"/vprasalniki/{sent.id}", csrf(client)
    page = client.get(f"{base}/vprasanja?mode=all")
    typed = dict(zip(made.LINK_IDS[:4], map(made.key, POINTS), strict=False))
    client.post(action(page), data={**token, **typed, "go": "later"})

    refused = client.post(f"{base}/pregled", data=token)

    assert refused.status_code == 422
    assert '<a href="#who5-5">Answer this question.</a>' in refused.get_data(as_text=True)
    mend = client.get(f"{base}/vprasanja?mode=one&question=who5-5&mend=1")
    done = client.post(action(mend), data={**token, "who5-5": "o2", "go": "next"})
    assert done.location == f"{base}/pregled"


def test_mending_an_early_answer_goes_straight_back_to_the_review(
    client: FlaskClient, sign_in: SignIn, session: Session, ana: Person, sent: Assignment
) -> None:
    sign_in(client, ana)
    base = f"/vprasalniki/{sent.id}"
    answer_one_by_one(client, base, POINTS)

    mend = client.get(f"{base}/vprasanja?mode=one&question=who5-1&mend=1")
    back = client.post(action(mend), data={**csrf(client), "who5-1": "o0", "go": "next"})
    client.post(back.location, data=csrf(client))

    assert back.location == f"{base}/pregled"
    index = session.scalars(select(StoredScore).where(StoredScore.name == "index")).one()
    assert index.value == 60


def test_nonsense_in_a_field_is_refused_beside_it(
    client: FlaskClient, sign_in: SignIn, session: Session, ana: Person, doctor: Person
) -> None:
    items = [
        {"linkId": "years", "type": "integer", "text": "Years with diabetes", "required": True},
        {"linkId": "since", "type": "date", "text": "Since"},
        {"linkId": "note", "type": "text", "text": "Anything else"},
    ]
    row = made.own_form(session, doctor, ana, items)
    sign_in(client, ana)
    page = client.get(f"/vprasalniki/{row.id}/vprasanja?mode=all")
    typed = {"years": "about ten", "since": "", "note": "Thank you", **csrf(client)}

    refused = client.post(action(page), data={**typed, "go": "next"})

    html = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "This answer is of the wrong kind." in text_of(refused)
    assert 'value="about ten"' in html
    assert "Thank you</textarea>" in html
    again = client.post(action(page), data={**typed, "years": "10", "go": "next"})
    assert again.status_code == 303


def test_a_question_an_answer_opens_appears_before_the_review(
    client: FlaskClient, sign_in: SignIn, session: Session, ana: Person, doctor: Person
) -> None:
    condition = {"question": "smoker", "operator": "=", "answerBoolean": True}
    items = [
        {"linkId": "smoker", "type": "boolean", "text": "Do you smoke?", "required": True},
        {
            "linkId": "many",
            "type": "integer",
            "text": "How many a day?",
            "required": True,
            "enableWhen": [condition],
        },
    ]
    row = made.own_form(session, doctor, ana, items)
    sign_in(client, ana)
    page = client.get(f"/vprasalniki/{row.id}/vprasanja?mode=all")
    assert "How many a day?" not in text_of(page)

    opened = client.post(action(page), data={**csrf(client), "smoker": "true", "go": "next"})

    assert opened.status_code == 422
    assert "How many a day?" in text_of(opened)


def test_answers_cannot_be_sent_twice_nor_changed_afterwards(
    client: FlaskClient, sign_in: SignIn, session: Session, ana: Person, doctor: Person
) -> None:
    row = made.completed(session, doctor, ana).assignment
    sign_in(client, ana)
    base, token = f"/vprasalniki/{row.id}", csrf(client)

    again = client.post(f"{base}/pregled", data=token)
    late = client.post(f"{base}/vprasanja", data={**token, "who5-1": "o0"})

    assert again.location == f"{base}/hvala"
    assert late.status_code == 409
    assert client.get(f"{base}/vprasanja").location == base
    assert client.get(base).location == f"{base}/hvala"
    assert session.query(StoredScore).count() == 2


def test_a_questionnaire_taken_back_says_so(
    client: FlaskClient, sign_in: SignIn, session: Session, ana: Person, doctor: Person
) -> None:
    row = made.sent(session, doctor, ana)
    sign_in(client, doctor)
    client.post(f"/pacienti/{ana.id}/vprasalniki/{row.id}/preklic", data=csrf(client))
    sign_in(client, ana)

    page = client.get(f"/vprasalniki/{row.id}")

    assert "You need not answer this." in text_of(page)


def test_a_low_result_says_whom_to_call(
    client: FlaskClient, sign_in: SignIn, session: Session, ana: Person, doctor: Person
) -> None:
    row = made.completed(session, doctor, ana, (0, 0, 0, 0, 0)).assignment
    sign_in(client, ana)

    page = text_of(client.get(f"/vprasalniki/{row.id}/hvala"))

    assert "0 of 100" in page
    assert "In an emergency call 112." in page


def test_a_proxy_is_told_so_and_the_doctor_sees_it(
    client: FlaskClient,
    sign_in: SignIn,
    session: Session,
    ana: Person,
    doctor: Person,
    sent: Assignment,
) -> None:
    luka = make.patient(session, "Luka", "Mrak")
    mandate = make.mandate(session, ana, luka)
    sign_in(client, luka)
    base = f"/za/{mandate.id}/vprasalniki/{sent.id}"

    start = text_of(client.get(base))
    answer_one_by_one(client, base, POINTS)
    done = client.post(f"{base}/pregled", data=csrf(client))

    assert "You answer as a proxy" in start
    assert done.location == f"{base}/hvala"
    assert "Answered by Luka Mrak" in text_of(client.get(done.location))
    sign_in(client, doctor)
    results = text_of(client.get(f"/pacienti/{ana.id}/vprasalniki"))
    assert "answered by a proxy, in the patient's place" in results
    assert "(Luka Mrak)" in results


def test_a_parent_answers_as_an_observer(
    client: FlaskClient, sign_in: SignIn, session: Session
) -> None:
    petra, tine = make.patient(session, "Petra", "Zupan"), make.child(session)
    guardianship = make.guardian(session, petra, tine)
    row = made.sent(session, make.doctor(session, [tine]), tine)
    sign_in(client, petra)

    page = text_of(client.get(f"/za/{guardianship.id}/vprasalniki/{row.id}"))

    assert "You answer as a parent or guardian" in page
    assert "Answer as you see Tine Zupan." in page


def test_a_doctor_sends_and_reads_the_result(
    client: FlaskClient, sign_in: SignIn, session: Session, ana: Person, doctor: Person
) -> None:
    made.completed(session, doctor, ana, (4, 4, 4, 4, 4), now=make.NOW - timedelta(days=90))
    made.completed(session, doctor, ana, (3, 3, 2, 2, 2))
    sign_in(client, doctor)
    base = f"/pacienti/{ana.id}/vprasalniki"

    sent = client.post(base, data={**csrf(client), "instrument": "who-5", "due_on": "2026-12-01"})
    page = client.get(sent.location)
    words = text_of(page)

    assert sent.status_code == 303
    assert "The questionnaire is in the patient's inbox." in words
    assert "48 of 100" in words
    assert "low result" in words
    assert "look at this" in words
    assert "due Tue 1 Dec" in words
    assert page.get_data(as_text=True).count("<circle") == 2
    assert re.search(r"Former scores Day Score today 48 .* 80", words)
    waiting = session.scalars(
        select(Assignment).where(Assignment.status == AssignmentStatus.SENT)
    ).one()
    assert waiting.due_at is not None


def test_one_result_shows_every_answer_and_why_it_is_low(
    client: FlaskClient, sign_in: SignIn, session: Session, ana: Person, doctor: Person
) -> None:
    row = made.completed(session, doctor, ana, (5, 5, 5, 5, 1)).assignment
    sign_in(client, doctor)

    page = text_of(client.get(f"/pacienti/{ana.id}/vprasalniki/{row.id}"))

    assert "84 of 100" in page
    assert "at least one answer of 0 or 1" in page
    assert "I have felt calm and relaxed All of the time" in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"instrument": "who-5", "due_on": "2026-11-01"}, "This day is over."),
        ({"instrument": "who-5", "due_on": "soon"}, "Choose a day."),
        ({"instrument": "none"}, "There is no questionnaire of this name."),
    ],
)
def test_a_wish_that_cannot_be_keeps_what_was_typed(
    client: FlaskClient,
    sign_in: SignIn,
    session: Session,
    ana: Person,
    doctor: Person,
    typed: dict[str, str],
    words: str,
) -> None:
    sign_in(client, doctor)

    page = client.post(f"/pacienti/{ana.id}/vprasalniki", data={**csrf(client), **typed})

    assert page.status_code == 422
    assert words in text_of(page)
    assert f'value="{typed.get("due_on", "")}"' in page.get_data(as_text=True)


def test_slovenian_titles_of_what_can_be_sent_are_known_to_the_inbox(
    client: FlaskClient, sign_in: SignIn, ana: Person, sent: Assignment
) -> None:
    from telehealth.questionnaires import service as questionnaires

    client.set_cookie("lang", "sl")
    sign_in(client, ana)

    page = text_of(client.get("/nabiralnik"))

    assert all(questionnaires.title_of(key, "sl") in page for key in questionnaires.SENDABLE)
