"""The pages, as a browser without JavaScript walks through them."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.audit.models import AuditEvent, Outcome
from telehealth.consents.gateways.blobs import blobs_of
from telehealth.consents.jobs import seal
from telehealth.consents.models import ConsentRecord, Preparation, State
from telehealth.core.web.platform import Platform
from telehealth.identity.models import Person
from tests import make
from tests.conftest import FixedClock
from tests.consents.conftest import Browser, People
from tests.make import consents as made

Enter = Callable[[FlaskClient, Person], None]
CHOSEN = {
    "language": "en",
    "decision-share-readings": "granted",
    "decision-reminders": "refused",
    "gesture": "typed_name",
    "typed_name": "Ana N.",
}


def test_reading_deciding_looking_confirming_signing_keeping(
    browser: Browser,
    session: Session,
    people: People,
    sign_in: Enter,
    platform: Platform,
    clock: FixedClock,
) -> None:
    sign_in(browser.client, people.ana)
    address = f"/soglasja/{people.anas.id}"

    page = browser.get(address)
    assert "Consent to remote monitoring of diabetes" in page.text
    assert "checked" not in page.text.split("How you sign")[0]  # nothing is chosen in advance
    clock.at += timedelta(minutes=1)
    chosen = browser.post(address, CHOSEN)
    assert chosen.location == address + "/podpis"

    look = browser.get(chosen.location)
    assert "Confirm with password" in look.text
    assert "Ana N." in look.text
    shown = browser.get(address + "/predogled.pdf").data
    early = browser.post(address + "/podpis", {"h0": _h0(session), "nonce": _nonce(session)})
    assert early.location.startswith("/potrditev?naprej=")

    clock.at += timedelta(minutes=1)
    asked = {"password": make.PASSWORD, "naprej": address + "/podpis"}
    confirmed = browser.post("/potrditev", asked)
    assert confirmed.location == address + "/podpis"
    ready = browser.get(confirmed.location)
    assert "Ana N." in ready.text
    signed = browser.post(address + "/podpis", browser.hidden(ready))
    assert signed.location == address

    assert "being sealed" in browser.get(address).text
    _seal(platform, session)
    receipt = browser.get(address)
    assert "Signed" in receipt.text
    assert "Withdraw the consent" in receipt.text
    file = browser.get(address + "/dokument.pdf")
    assert file.data.startswith(shown)
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in file.headers["Cache-Control"]
    inbox = browser.get("/nabiralnik").text
    assert "Signed consent" in inbox


def _h0(session: Session) -> str:
    return session.scalars(select(Preparation.h0)).one()


def _nonce(session: Session) -> str:
    return session.scalars(select(Preparation.nonce)).one()


def _seal(platform: Platform, session: Session) -> ConsentRecord:
    record = session.scalars(select(ConsentRecord)).one()
    session.commit()
    seal(platform, {"record_id": record.id})
    session.expire_all()
    return record


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"decision-share-readings": ""}, "cannot be signed without this"),
        ({"decision-share-readings": "refused"}, "cannot be signed without this"),
        ({"typed_name": " "}, "Type your name"),
        ({"gesture": ""}, "Choose how you want to sign"),
    ],
)
def test_what_is_missing_is_said_beside_it_and_nothing_chosen_is_lost(
    browser: Browser, people: People, sign_in: Enter, form: dict[str, str], sentence: str
) -> None:
    sign_in(browser.client, people.ana)

    page = browser.post(f"/soglasja/{people.anas.id}", CHOSEN | form)

    assert page.status_code == 422
    assert sentence in page.text
    assert re.search(r'name="decision-reminders" value="refused"\s+checked', page.text)


def test_a_preview_that_changed_is_shown_again_and_nothing_is_signed(
    browser: Browser, session: Session, people: People, sign_in: Enter
) -> None:
    sign_in(browser.client, people.ana)
    address = f"/soglasja/{people.anas.id}"
    browser.post(address, CHOSEN)
    old = browser.hidden(browser.get(address + "/podpis"))
    browser.post(address, CHOSEN | {"decision-reminders": "granted"})  # in another tab

    page = browser.post(address + "/podpis", old)

    assert page.status_code == 409
    assert "The document has changed" in page.text
    assert browser.hidden(page)["h0"] != old["h0"]
    assert session.scalars(select(ConsentRecord)).all() == []
    assert browser.post(address + "/podpis", browser.hidden(page)).location == address


def test_sending_the_signature_twice_shows_the_same_receipt(
    browser: Browser, session: Session, people: People, sign_in: Enter
) -> None:
    sign_in(browser.client, people.ana)
    address = f"/soglasja/{people.anas.id}"
    browser.post(address, CHOSEN)
    form = browser.hidden(browser.get(address + "/podpis"))

    answers = [browser.post(address + "/podpis", form).location for _ in range(2)]

    assert answers == [address, address]
    assert len(session.scalars(select(ConsentRecord)).all()) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ""),
        ("GET", "/podpis"),
        ("POST", "/podpis"),
        ("GET", "/predogled.pdf"),
        ("POST", "/zavrnitev"),
        ("GET", "/preklic"),
        ("POST", "/preklic"),
    ],
)
def test_a_proxy_is_told_why_not_and_the_refusal_is_in_the_trail(
    browser: Browser, session: Session, people: People, sign_in: Enter, method: str, path: str
) -> None:
    sign_in(browser.client, people.proxy)
    address = f"/za/{people.mandate}/soglasja/{people.anas.id}{path}"

    page = browser.get(address) if method == "GET" else browser.post(address, CHOSEN)

    assert page.status_code == 403
    assert "A consent is a declaration of will" in page.text
    denied = session.scalars(
        select(AuditEvent).where(AuditEvent.outcome == Outcome.DENY).order_by(AuditEvent.id.desc())
    ).first()
    assert denied is not None
    assert denied.subject_id == people.ana.id
    assert denied.actor_person_id == people.proxy.id
    assert denied.detail["code"] == "declaration_of_will"


def test_a_proxy_may_read_the_text_but_finds_no_form(
    browser: Browser, session: Session, people: People, sign_in: Enter
) -> None:
    sign_in(browser.client, people.proxy)

    page = browser.get(f"/za/{people.mandate}/soglasja/{people.anas.id}")
    session.refresh(people.anas)

    assert page.status_code == 200
    assert "Only Ana Novak can answer this" in page.text
    assert 'name="decision-' not in page.text
    assert people.anas.state is State.OFFERED  # seen is only who may answer


def test_a_parent_signs_for_the_child_and_the_document_says_so(
    browser: Browser, session: Session, people: People, sign_in: Enter
) -> None:
    sign_in(browser.client, people.parent)
    address = f"/za/{people.guardianship}/soglasja/{people.kids.id}"

    assert "as parent or guardian" in browser.get(address).text
    look = browser.get(browser.post(address, CHOSEN | {"gesture": "click"}).location)
    signed = browser.post(address + "/podpis", browser.hidden(look))

    assert "Petra Zupan, as parent or guardian" in look.text
    assert "Tine Zupan" in look.text
    assert signed.location == address
    assert session.scalars(select(ConsentRecord)).one().signer_id == people.parent.id


def test_declining_needs_one_button_and_no_reason(
    browser: Browser, people: People, sign_in: Enter
) -> None:
    sign_in(browser.client, people.ana)
    address = f"/soglasja/{people.anas.id}"

    answer = browser.post(address + "/zavrnitev")

    assert "Declined" in browser.get(answer.location).text
    assert "Declined" in browser.get("/soglasja").text
    late = browser.post(address, CHOSEN)
    assert "already been answered" in browser.get(late.location).text


def test_withdrawing_asks_for_the_password_and_holds_at_once(
    browser: Browser,
    session: Session,
    people: People,
    sign_in: Enter,
    platform: Platform,
    clock: FixedClock,
) -> None:
    made.signature(session, made.as_self(people.ana), people.anas)
    _seal(platform, session)
    sign_in(browser.client, people.ana)
    address = f"/soglasja/{people.anas.id}"
    clock.at += timedelta(minutes=6)

    assert "Confirm with password" in browser.get(address + "/preklic").text
    stale = browser.post(address + "/preklic")
    assert stale.location.startswith("/potrditev")
    browser.post("/potrditev", {"password": make.PASSWORD, "naprej": address + "/preklic"})
    assert "Withdraw now" in browser.get(address + "/preklic").text
    browser.post(address + "/preklic")

    session.refresh(people.anas)
    assert people.anas.state is State.WITHDRAWN
    assert "Withdrawn" in browser.get(address).text
    assert browser.get(address + "/dokument.pdf").status_code == 200


def test_a_doctor_sends_a_consent_and_sees_what_became_of_it(
    browser: Browser, session: Session, sign_in: Enter, platform: Platform
) -> None:
    ana = make.patient(session)
    doctor = make.doctor(session, [ana])
    sign_in(browser.client, doctor)
    address = f"/pacienti/{ana.id}/soglasja"

    assert "No consent was sent" in browser.get(address).text
    sent = browser.post(address, {"template": made.TEMPLATE, "due_on": ""})
    assert sent.location == address
    assert "Waits for an answer" in browser.get(address).text
    again = browser.post(address, {"template": made.TEMPLATE})
    assert again.status_code == 409
    assert "already waiting" in again.text

    asked = session.scalars(select(ConsentRecord.request_id)).all()
    assert asked == []
    request = made.consents.list_requests(session, made.as_team(doctor, ana), "sl", now=make.NOW)[0]
    made.signature(session, made.as_self(ana), session.get_one(made.ConsentRequest, request.id))
    _seal(platform, session)
    page = browser.get(address)
    assert "Granted" in page.text
    assert browser.get(f"{address}/{request.id}/dokument.pdf").data.startswith(b"%PDF-")


def _upload(browser: Browser, content: bytes) -> str:
    answer = _sent(browser, content)
    assert answer.status_code == 200, answer.status_code
    return answer.text


def _sent(browser: Browser, content: bytes) -> TestResponse:
    """A form with a file, put together by hand: the test client leaves its big ones open."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n'
        + browser.token().encode()
        + b'\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        + content
        + b"\r\n--x--\r\n"
    )
    return browser.client.post(
        "/preveri", data=body, content_type="multipart/form-data; boundary=x"
    )


def test_anybody_learns_only_whether_a_document_is_ours_and_unchanged(
    browser: Browser, session: Session, people: People, platform: Platform
) -> None:
    made.signature(session, made.as_self(people.ana), people.anas)
    record = _seal(platform, session)
    file = blobs_of(platform.settings).get(record.file_sha256 or "") or b""
    flipped = bytearray(file)
    flipped[len(file) // 3] ^= 1

    ours = _upload(browser, file)
    assert "Issued by us and unchanged" in ours
    assert "Ana" not in ours
    assert "Altered" in _upload(browser, bytes(flipped))
    assert "Altered" in _upload(browser, file + b"\n%")
    assert "Not ours" in _upload(browser, b"%PDF-1.7 something else")


def test_a_sealed_file_that_was_never_given_out_is_not_ours_to_vouch_for(
    browser: Browser, session: Session, people: People, platform: Platform
) -> None:
    made.signature(session, made.as_self(people.ana), people.anas)
    record = _seal(platform, session)
    file = blobs_of(platform.settings).get(record.file_sha256 or "") or b""
    record.file_sha256 = "0" * 64
    session.commit()

    assert "Altered" in _upload(browser, file)


def test_a_document_of_two_megabytes_is_taken_and_one_of_eleven_refused(browser: Browser) -> None:
    assert "Not ours" in _upload(browser, b"%PDF-1.7" + b"0" * 2_000_000)

    big = _sent(browser, b"0" * 11_000_000)
    nothing = browser.post("/preveri", {})

    assert big.status_code == 413
    assert nothing.status_code == 422
    assert "at most 10 MB" in nothing.text
