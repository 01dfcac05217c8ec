"""The pages of imports: choosing a file, answering, saying yes, taking back, going out again."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from telehealth.audit.models import AuditEvent
from telehealth.identity.models import Person
from telehealth.imports import jobs
from telehealth.imports.gateways import FOLDER
from telehealth.imports.models import FileImport, State
from telehealth.settings import Settings
from tests import make
from tests.make import imports as made
from tests.make.readings import beyond, diary, reading

SignIn = Callable[[FlaskClient, Person], None]
DATA = Path(__file__).parents[1] / "devices" / "files" / "data"


def token_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page.text)
    assert found is not None
    return found[1]


def post(client: FlaskClient, path: str, **fields: object) -> TestResponse:
    fields["csrf_token"] = token_of(client.get("/uvoz"))
    return client.post(path, data=fields, content_type="multipart/form-data")


def send(client: FlaskClient, content: bytes, base: str = "/uvoz") -> TestResponse:
    file = (io.BytesIO(content), "Novak Ana glukoza.csv")
    return post(client, base, file=file, zone=made.ZONE)


def test_a_patient_imports_a_file_and_takes_it_back(
    client: FlaskClient, ana: Person, work: Callable[[], None], session: Session
) -> None:
    sent = send(client, made.clarity("108", "112"))
    assert sent.status_code == 303
    page = client.get(sent.location)
    assert "We are reading the file" in page.text
    assert client.get(f"{sent.location}/stanje.json").json == {"state": "looking", "done_pct": 0}

    work()
    page = client.get(sent.location)
    assert "The file says: Ana Novak" in page.text
    assert "Is this the right file?" not in page.text
    assert "Add 2 readings" in page.text

    assert post(client, f"{sent.location}/potrditev").status_code == 303
    work()
    assert "2 readings were added." in client.get(sent.location).text

    assert post(client, f"{sent.location}/preklic").status_code == 303
    work()
    assert "2 readings are out of the diary." in client.get(sent.location).text
    actions = set(session.scalars(select(AuditEvent.action)).all())
    assert {"imports.receive", "imports.open", "imports.confirm", "imports.undo"} <= actions


def test_a_file_with_another_name_is_questioned_on_the_screen_only(
    client: FlaskClient, ana: Person, work: Callable[[], None], session: Session
) -> None:
    sent = send(client, made.clarity("108", given="Zdenka", family="Skrita"))
    work()

    page = client.get(sent.location).text

    assert "Is this the right file?" in page
    assert "Zdenka Skrita" in page
    assert "You are importing for Ana Novak." in page
    trail = json.dumps([event.detail for event in session.scalars(select(AuditEvent))])
    assert "Skrita" not in trail


def test_an_open_question_is_asked_in_the_form(
    client: FlaskClient, ana: Person, work: Callable[[], None]
) -> None:
    sent = send(client, (DATA / "libreview_mmol_ambiguous_date.csv").read_bytes())
    work()
    assert "What does a date such as 05-12 mean" in client.get(sent.location).text

    silent = post(client, f"{sent.location}/odgovor", zone=made.ZONE)
    assert silent.status_code == 422
    assert "Say which number is the day." in silent.text

    answered = post(client, f"{sent.location}/odgovor", zone=made.ZONE, date_order="mdy")
    assert answered.status_code == 303
    work()
    page = client.get(sent.location).text
    assert "12 May 2019, 16:25" in page
    assert "Add 6 readings" in page


def test_a_missing_and_an_empty_file_are_said_beside_the_field(
    client: FlaskClient, ana: Person
) -> None:
    missing, empty = post(client, "/uvoz", zone=made.ZONE), send(client, b"")

    assert (missing.status_code, empty.status_code) == (422, 422)
    assert "Choose a file." in missing.text
    assert "This file is empty." in empty.text


def test_an_unknown_file_is_refused_with_the_nearest_formats(
    client: FlaskClient, ana: Person, work: Callable[[], None]
) -> None:
    sent = send(client, b"Device,Serial Number,Something\n1,2,3\n")
    work()

    page = client.get(sent.location).text

    assert "We do not know this format." in page
    assert "It resembles LibreView (CSV) most, then Dexcom Clarity (CSV)." in page


def multipart(content: bytes, **fields: str) -> dict[str, Any]:
    """A form with a large file, as a browser puts it on the wire."""
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    body = b"".join(parts) + head + content + b"\r\n--edge--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=edge"}


def test_a_file_above_the_usual_limit_arrives_and_above_its_own_does_not(
    client: FlaskClient, ana: Person, session: Session
) -> None:
    csrf = token_of(client.get("/uvoz"))
    form = multipart(made.clarity(*["108"] * 50_000), csrf_token=csrf, zone=made.ZONE)
    declared = {"CONTENT_LENGTH": str(101 * 1024 * 1024)}

    sent, refused = (
        client.post("/uvoz", **form),
        client.post("/uvoz", **form, environ_overrides=declared),
    )

    assert sent.status_code == 303
    assert session.scalars(select(FileImport.n_bytes)).one() > 2_000_000
    assert refused.status_code == 413


def test_nobody_signed_in_sends_a_large_file(client: FlaskClient) -> None:
    assert client.post("/uvoz", **multipart(bytes(2 * 1024 * 1024))).status_code == 413


def test_nothing_is_left_of_a_refused_upload(
    client: FlaskClient, ana: Person, settings: Settings
) -> None:
    before = set((settings.data_dir / FOLDER).glob("*"))

    answer = post(
        client, "/uvoz", file=(io.BytesIO(made.clarity("108")), "x.csv"), zone="Mars/Base"
    )

    assert answer.status_code == 422
    assert set((settings.data_dir / FOLDER).glob("*")) <= before


def test_a_nurse_imports_on_the_patients_page(
    app: Flask, session: Session, sign_in: SignIn, work: Callable[[], None]
) -> None:
    ana = make.patient(session)
    nurse, browser = make.nurse(session, [ana]), app.test_client()
    browser.set_cookie("lang", "en")
    sign_in(browser, nurse)

    sent = send(browser, made.clarity("108"), f"/pacienti/{ana.id}/uvoz")
    work()
    post(browser, f"{sent.location}/potrditev")
    work()

    assert sent.location.startswith(f"/pacienti/{ana.id}/uvoz/")
    assert "1 reading was added." in browser.get(sent.location).text
    assert session.scalars(select(FileImport.by_id)).one() == nurse.id


def test_discarding_deletes_the_file(
    client: FlaskClient, ana: Person, work: Callable[[], None], settings: Settings, session: Session
) -> None:
    sent = send(client, made.clarity("108"))
    work()
    token = session.scalars(select(FileImport.token)).one()

    answer = post(client, f"{sent.location}/zavrzi")

    assert answer.location == "/uvoz"
    assert list((settings.data_dir / FOLDER).glob(f"{token}*")) == []
    assert session.scalars(select(FileImport.state)).one() is State.DISCARDED


def exported(client: FlaskClient, kind: str) -> bytes:
    answer = client.get(f"/izvoz/datoteka?oblika={kind}&dni=")
    assert answer.status_code == 200
    assert answer.is_streamed
    assert "attachment" in answer.headers["Content-Disposition"]
    return bytes(answer.data)


def test_an_export_has_every_reading_as_it_was_entered(
    client: FlaskClient, ana: Person, session: Session
) -> None:
    diary(session, ana, [reading("7.25 mmol/L", note="=2+2; po teku"), beyond("HI")])
    session.commit()

    rows = list(csv.DictReader(io.StringIO(exported(client, "csv").decode("utf-8-sig"))))

    assert {(row["value"], row["kind"]) for row in rows} == {("7.25", "manual"), ("HI", "meter")}
    assert {row["measured_at"] for row in rows} == {"2026-11-23T09:00:00+01:00"}
    assert {row["note"] for row in rows} == {"'=2+2; po teku", ""}
    assert "imports.export" in session.scalars(select(AuditEvent.action)).all()


def test_the_table_for_slovenian_excel_has_semicolons_and_decimal_commas(
    client: FlaskClient, ana: Person, session: Session
) -> None:
    diary(session, ana, [reading("7.2 mmol/L")])
    session.commit()

    text = exported(client, "excel")

    assert text.startswith(b"\xef\xbb\xbfid;measured_at;value;unit;")
    assert b";7,2;mmol/L;" in text


def test_an_empty_diary_is_a_file_all_the_same(client: FlaskClient, ana: Person) -> None:
    assert json.loads(exported(client, "json")) == []
    assert exported(client, "csv").count(b"\n") == 1


@pytest.mark.parametrize("kind", ["csv", "excel", "json"])
def test_our_own_export_imported_again_gives_zero_new(
    client: FlaskClient, ana: Person, session: Session, work: Callable[[], None], kind: str
) -> None:
    first = send(client, (DATA / "libreview_mgdl_mdy.csv").read_bytes())
    diary(session, ana, [reading("7.25 mmol/L", note='a, b; c\n"d"'), beyond("LO")])
    work()
    post(client, f"{first.location}/potrditev")
    work()

    again = send(client, exported(client, kind))
    work()

    page = client.get(again.location).text
    assert "Everything in this file is in the diary already." in page
    found = session.get_one(FileImport, int(again.location.rsplit("/", 1)[-1])).seen
    assert (found["n_new"], found["n_duplicate"], found["skipped"]) == (0, 12, [])


def test_our_own_export_comes_whole_into_another_diary(
    client: FlaskClient, ana: Person, session: Session, work: Callable[[], None], sign_in: SignIn
) -> None:
    diary(session, ana, [reading("7.25 mmol/L", note="po teku")])
    session.commit()
    content = exported(client, "json")
    eva = make.patient(session, "Eva", "Rus")
    sign_in(client, eva)

    sent = send(client, content)
    work()
    post(client, f"{sent.location}/potrditev")
    work()

    [row] = json.loads(exported(client, "json"))
    assert (row["value"], row["note"], row["provenance"]) == ("7.25", "po teku", "file")


def test_an_unknown_kind_of_file_is_no_export(client: FlaskClient, ana: Person) -> None:
    assert client.get("/izvoz/datoteka?oblika=exe").status_code == 422


def test_the_worker_is_told_nothing_it_cannot_find(app: Flask, session: Session) -> None:
    bench = jobs.bench_of(app.extensions["telehealth"])

    for deed in (jobs.look, jobs.add, jobs.take_back):
        deed(bench, 10**9)
