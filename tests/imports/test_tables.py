"""A table nobody knows: a person names its columns once, and is asked about words among values."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from devices.files import Columns, RecordKind
from devices.glucose import Unit
from telehealth.core.errors import NotFound
from telehealth.identity.models import Person
from telehealth.imports import jobs
from telehealth.imports import service as imports
from telehealth.imports.models import FileImport, ImportColumns, State
from telehealth.imports.service.columns import MAX_REMEMBERED, remember
from telehealth.readings.models import Reading
from tests import make
from tests.imports.test_pages import SignIn, post, send
from tests.make import imports as made
from tests.make.readings import own_actor

TABLE = (
    b"Dan;Ura;Sladkor;Enota;Opomba\n"
    b"21. 9. 2026;7.30;5,4;mmol/L;zajtrk\n"
    b"21. 9. 2026;12.15;LO;mmol/L;\n"
    b"22. 9. 2026;8.00;3,1;mmol/L;\n"
    b"31. 9. 2026;8.00;3,1;mmol/L;\n"
)
FIELDS = {"time": "0", "clock": "1", "value": "2", "unit_from": "column-3", "kind": "meter"}
COLUMNS = Columns(0, 2, RecordKind.METER, 1, 3)


def name_columns(client: FlaskClient, address: str, **changed: str) -> TestResponse:
    return post(client, f"{address}/odgovor", zone=made.ZONE, about="table", **(FIELDS | changed))


def add(client: FlaskClient, work: Callable[[], None], table: bytes) -> TestResponse:
    """Send a table, name its columns and say yes."""
    sent = send(client, table)
    work()
    name_columns(client, sent.location)
    work()
    post(client, f"{sent.location}/potrditev")
    work()
    return sent


def selected(page: str, name: str) -> str:
    field = re.search(rf'<select id="{name}".*?</select>', page, re.DOTALL)
    assert field is not None
    found = re.search(r'value="([^"]*)" selected', field[0])
    return found[1] if found else ""


def test_a_person_sees_the_first_rows_names_the_columns_and_says_yes(
    client: FlaskClient, ana: Person, work: Callable[[], None], session: Session
) -> None:
    sent = send(client, TABLE)
    work()
    page = client.get(sent.location).text
    assert "Which column holds what?" in page
    assert "The first rows of your file" in page
    assert "<td>5,4</td>" in page
    assert '<option value="2" >3: Sladkor</option>' in page

    assert name_columns(client, sent.location).status_code == 303
    work()
    page = client.get(sent.location).text
    assert "Add 3 readings" in page
    assert "1 of them HI or LO" in page
    assert "no such date or time" in page

    post(client, f"{sent.location}/potrditev")
    work()
    assert "3 readings were added." in client.get(sent.location).text
    rows = session.scalars(select(Reading).order_by(Reading.measured_at)).all()
    assert [(row.mantissa, row.beyond) for row in rows] == [(54, 0), (None, -1), (31, 0)]


def test_the_choice_is_offered_for_the_next_file_with_the_same_headings(
    client: FlaskClient, ana: Person, work: Callable[[], None], session: Session
) -> None:
    add(client, work, TABLE)

    again = send(client, TABLE.replace(b"21. 9.", b"23. 9."))
    work()

    page = client.get(again.location).text
    assert "These are the columns you chose last time (today). Check them." in page
    assert {name: selected(page, name) for name in ("time", "clock", "value", "unit_from")} == {
        name: FIELDS[name] for name in ("time", "clock", "value", "unit_from")
    }
    other = send(client, TABLE.replace(b"Opomba", b"Opombe"))
    work()
    assert "These are the columns" not in client.get(other.location).text
    [kept] = session.scalars(select(ImportColumns)).all()
    assert (kept.patient_id, kept.by_id, len(kept.headings_key)) == (ana.id, ana.id, 64)
    assert "5,4" not in str(kept.columns)
    assert "Sladkor" not in str(kept.columns)


def test_what_was_not_said_yes_to_is_not_remembered(
    client: FlaskClient, ana: Person, work: Callable[[], None], session: Session
) -> None:
    sent = send(client, TABLE)
    work()
    name_columns(client, sent.location)
    work()

    post(client, f"{sent.location}/zavrzi")

    assert session.scalars(select(ImportColumns)).all() == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"time": ""}, "Choose the column with the time."),
        ({"value": ""}, "Choose the column with the values."),
        ({"value": "9" * 30}, "Choose the column with the values."),
        ({"kind": ""}, "Say what measured the values."),
        ({"clock": "0"}, "This column is chosen twice."),
        ({"unit_from": "column-2"}, "This column is chosen twice."),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_the_rest_stays(
    client: FlaskClient,
    ana: Person,
    work: Callable[[], None],
    changed: dict[str, str],
    sentence: str,
) -> None:
    sent = send(client, TABLE)
    work()

    refused = name_columns(client, sent.location, **changed)

    assert refused.status_code == 422
    assert sentence in refused.text
    kept = "unit_from" if "unit_from" not in changed else "time"
    assert selected(refused.text, kept) == FIELDS[kept]


@pytest.mark.parametrize("changed", [{"time": "4"}, {"value": "77"}])
def test_columns_that_hold_something_else_are_asked_again(
    client: FlaskClient, ana: Person, work: Callable[[], None], changed: dict[str, str]
) -> None:
    sent = send(client, TABLE)
    work()

    name_columns(client, sent.location, **changed)
    work()

    page = client.get(sent.location).text
    assert "The columns you chose hold no times or no values. Choose again." in page
    assert selected(page, "clock") == "1"
    name_columns(client, sent.location)
    work()
    assert "Add 3 readings" in client.get(sent.location).text


def test_words_among_the_values_are_asked_kept_and_not_asked_twice(
    client: FlaskClient, ana: Person, work: Callable[[], None], session: Session
) -> None:
    table = TABLE.replace(b"LO", b"prenizko")
    sent = send(client, table)
    work()
    name_columns(client, sent.location)
    work()
    assert "“prenizko”" in client.get(sent.location).text

    silent = post(client, f"{sent.location}/odgovor", zone=made.ZONE)
    assert silent.status_code == 422
    assert "Say what this means." in silent.text

    post(client, f"{sent.location}/odgovor", zone=made.ZONE, **{"word-0": "low"})
    work()
    page = client.get(sent.location).text
    assert "1 of them HI or LO" in page
    assert "“prenizko”: LO" in page
    post(client, f"{sent.location}/potrditev")
    work()

    again = send(client, table.replace(b"21. 9.", b"23. 9."))
    work()
    name_columns(client, again.location)
    work()
    assert session.scalars(select(FileImport.state).order_by(FileImport.id)).all() == [
        State.DONE,
        State.READY,
    ]


def test_a_unit_that_the_values_contradict_is_asked_again(
    client: FlaskClient, ana: Person, work: Callable[[], None]
) -> None:
    sent = send(client, TABLE.replace(b"mmol/L", b""))
    work()
    name_columns(client, sent.location, unit_from="mg/dL")
    work()
    assert "The values in this file do not fit mg/dL." in client.get(sent.location).text

    post(client, f"{sent.location}/odgovor", zone=made.ZONE, unit="mmol/L")
    work()
    assert "Add 3 readings" in client.get(sent.location).text


def test_columns_can_be_changed_while_the_file_waits_for_a_yes(
    client: FlaskClient, ana: Person, work: Callable[[], None]
) -> None:
    sent = send(client, TABLE)
    work()
    name_columns(client, sent.location)
    work()
    assert "The columns are wrong?" in client.get(sent.location).text

    name_columns(client, sent.location, kind="cgm")
    work()

    assert "sensor: 3" in client.get(sent.location).text


def test_a_nurse_is_told_who_chose(
    app: Flask, client: FlaskClient, ana: Person, work: Callable[[], None], session: Session,
    sign_in: SignIn,
) -> None:  # fmt: skip
    add(client, work, TABLE)
    nurse, browser = make.nurse(session, [ana]), app.test_client()
    browser.set_cookie("lang", "en")
    sign_in(browser, nurse)

    sent = send(browser, TABLE, f"/pacienti/{ana.id}/uvoz")
    work()

    assert "These are the columns Ana Novak chose last time" in browser.get(sent.location).text


def test_nobody_elses_choice_is_offered(session: Session, bench: jobs.Bench) -> None:
    ana, eva = make.patient(session), make.patient(session, "Eva", "Rus")
    row = _confirmed(session, bench, ana, TABLE)
    key = row.seen["table_key"]

    own = imports.remembered(session, own_actor(ana), ana.id, key)

    assert own is not None
    assert own.choice == imports.Choice(COLUMNS)
    assert imports.remembered(session, own_actor(eva), eva.id, key) is None
    assert imports.remembered(session, own_actor(ana), ana.id, "") is None
    with pytest.raises(NotFound):
        imports.remembered(session, own_actor(eva), ana.id, key)


def test_the_newest_choice_counts_and_the_oldest_kinds_are_forgotten(
    session: Session, bench: jobs.Bench
) -> None:
    ana = make.patient(session)
    _confirmed(session, bench, ana, TABLE)
    changed = _confirmed(session, bench, ana, TABLE, kind=RecordKind.CGM)
    found = imports.remembered(session, own_actor(ana), ana.id, changed.seen["table_key"])
    assert found is not None
    assert found.choice.columns == Columns(0, 2, RecordKind.CGM, 1, 3)

    for number in range(MAX_REMEMBERED):
        key = f"{number:064x}"
        row = FileImport(patient_id=ana.id, by_id=ana.id, chosen_unit="", seen={"table_key": key})
        row.chosen_columns = imports.Choice(COLUMNS).to_json()
        remember(session, row, now=make.NOW)

    keys = set(session.scalars(select(ImportColumns.headings_key)).all())
    assert len(keys) == MAX_REMEMBERED
    assert changed.seen["table_key"] not in keys


def _confirmed(
    session: Session,
    bench: jobs.Bench,
    patient: Person,
    table: bytes,
    kind: RecordKind = RecordKind.METER,
) -> FileImport:
    actor = own_actor(patient)
    import_id = made.sent(session, bench, patient, table)
    session.commit()
    jobs.look(bench, import_id)
    columns = Columns(0, 2, kind, 1, 3)
    given = imports.Answer(columns=columns)
    imports.answer(session, actor, patient.id, import_id, given, now=make.NOW)
    session.commit()
    jobs.look(bench, import_id)
    session.expire_all()
    row = imports.confirm(session, actor, patient.id, import_id, now=make.NOW)
    session.commit()
    return row


def test_the_release_before_reads_what_was_seen_of_other_files(
    session: Session, bench: jobs.Bench
) -> None:
    ana = make.patient(session)
    import_id = made.sent(session, bench, ana, made.clarity("108"))
    session.commit()
    jobs.look(bench, import_id)
    session.expire_all()

    seen = session.get_one(FileImport, import_id).seen

    assert not {"words", "table_key", "has_wrong_columns", "has_wrong_unit"} & set(seen)
    assert session.get_one(FileImport, import_id).chosen_columns is None
    assert Unit(seen["unit"]) is Unit.MG_DL


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(50), "This is a picture."),
        (b"%PDF-1.4\n", "This is a PDF"),
        (b"PK\x03\x04[Content_Types].xml", "This is a workbook"),
        (b"PK\x03\x04a.csv", "This is an archive"),
        (b"<!doctype html>", "This is a web page"),
    ],
)
def test_a_file_of_another_type_is_named_with_what_to_do(
    client: FlaskClient, ana: Person, work: Callable[[], None], content: bytes, sentence: str
) -> None:
    sent = send(client, content)
    work()

    page = client.get(sent.location).text

    assert sentence in page
    assert "resembles" not in page


def test_rows_left_out_are_a_number_on_both_pages_and_have_their_reasons_behind_it(
    app: Flask, client: FlaskClient, ana: Person, work: Callable[[], None], session: Session,
    sign_in: SignIn,
) -> None:  # fmt: skip
    assert "left out" not in client.get("/").text
    sent = send(client, made.clarity("108", "abc", "9999", first="2026-10-25 02:00:00"))
    work()
    post(client, f"{sent.location}/potrditev")
    work()
    nurse, browser = make.nurse(session, [ana]), app.test_client()
    browser.set_cookie("lang", "en")
    sign_in(browser, nurse)

    own, staffs = client.get("/").text, browser.get(f"/pacienti/{ana.id}").text

    for page in (own, staffs):
        assert "Of the files imported in the last 30 days, 2 rows were left out." in page
        assert "1 imported reading has a time that may be an hour off." in page
    assert 'href="/uvoz">See why' in own
    assert f'href="/pacienti/{ana.id}/uvoz">See why' in staffs
    assert "1 reading added, 2 rows left out" in client.get("/uvoz").text


def test_rows_of_people_and_settings_and_imports_taken_back_are_not_counted(
    client: FlaskClient, ana: Person, work: Callable[[], None], session: Session
) -> None:
    sent = send(client, made.clarity("108", "abc"))
    work()
    found = imports.left_out(session, own_actor(ana), ana.id, now=make.NOW)
    assert found == imports.LeftOut(0, 0)
    post(client, f"{sent.location}/potrditev")
    work()
    found = imports.left_out(session, own_actor(ana), ana.id, now=make.NOW)
    assert found == imports.LeftOut(1, 0)

    post(client, f"{sent.location}/preklic")
    work()

    found = imports.left_out(session, own_actor(ana), ana.id, now=make.NOW)
    assert found == imports.LeftOut(0, 0)
