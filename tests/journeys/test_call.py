"""Journey 3: a booked video consultation between two browsers, and the device check before it."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.consults.models import ConsultNote
from telehealth.core.db import Database
from tests import make
from tests.make.consults import video_appointment
from tests.stand_ins.server import LiveServer, serving
from video.node import child

PATIENCE_MS = 30_000
DECODED = "document.querySelector('call-page').stats().then((found) => found.framesDecoded)"
NOTE = "Pogovor o jutranjih vrednostih."


def _appointment(session: Session) -> dict[str, Any]:
    ana = make.patient(session)
    miha = make.doctor(session, [ana])
    visit = video_appointment(session, ana, miha, make.NOW + timedelta(minutes=5))
    return {"ana": ana, "miha": miha, "id": visit.id}


def _frames_flow(page: Page) -> None:
    """The picture of the other side is decoded, and goes on being decoded."""
    page.wait_for_function(f"{DECODED}.then((count) => count > 0)", timeout=PATIENCE_MS)
    first = page.evaluate(DECODED)
    more = f"(first) => {DECODED}.then((count) => count > first + 5)"
    page.wait_for_function(more, arg=first, timeout=PATIENCE_MS)


@contextlib.contextmanager
def _without_faults(*pages: Page) -> Iterator[None]:
    """No page meets an uncaught error or something the security policy refuses."""
    faults: list[str] = []
    for page in pages:
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield
    assert faults == []


def _run_check(page: Page) -> dict[str, str]:
    """Take the device check as a person who hears the sound; what each step came to."""
    page.goto("/posveti/preverjanje")
    page.get_by_role("button", name="Begin the test").click()
    page.get_by_role("button", name="I hear it").click(timeout=PATIENCE_MS)
    expect(page.get_by_text("You are ready for the call.")).to_be_visible()
    steps = "(all) => Object.fromEntries(all.map((one) => [one.dataset.step, one.dataset.found]))"
    found: dict[str, str] = page.locator("[data-step]").evaluate_all(steps)
    return found


def test_a_patient_and_a_doctor_talk_and_the_note_stays(
    people: Callable[..., Any], enter: Callable[..., Page], server: LiveServer
) -> None:
    visit = people(_appointment)
    ana, miha = enter(visit["ana"]), enter(visit["miha"])
    with _without_faults(ana, miha):
        ana.goto("/posveti")
        ana.get_by_role("link", name="Enter the consultation").click()
        expect(ana.get_by_role("heading", name="You are in the waiting room.")).to_be_visible()
        expect(ana.get_by_text("Camera works.")).to_be_visible(timeout=PATIENCE_MS)

        miha.goto("/klinika/posveti")
        miha.get_by_role("link", name="Ana Novak").click()
        miha.get_by_role("button", name="Let in").click()

        _frames_flow(ana)
        _frames_flow(miha)
        expect(miha.locator("glucose-chart[state=ready]")).to_be_visible(timeout=PATIENCE_MS)

        ana.get_by_role("button", name="Leave").click()
        expect(miha.locator("[data-part=wait-text]")).to_have_text(
            "The other person has left. They can come back."
        )
        ana.get_by_role("link", name="Enter the consultation").click()

        _frames_flow(ana)
        _frames_flow(miha)

        miha.locator("#text").fill(NOTE)
        miha.get_by_label("Share this note with the patient").check()
        expect(miha.locator("#note [data-part=saved]")).to_have_text("Saved.", timeout=PATIENCE_MS)

        miha.get_by_text("End the consultation").click()
        miha.get_by_role("button", name="End it for everybody").click()

        expect(ana.get_by_text("The consultation has ended.").first).to_be_visible()
        expect(ana.get_by_text(NOTE)).to_be_visible()
        expect(miha.locator("#text")).to_have_value(NOTE)
    with server.database.reading() as session:
        note = session.scalars(select(ConsultNote)).one()
        assert (note.version, note.by_id, note.is_shared) == (1, visit["miha"].id, True)


def test_a_parent_takes_the_call_for_a_child_and_the_doctor_sees_for_whom(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    def family(session: Session) -> dict[str, Any]:
        tine, petra = make.child(session), make.patient(session, "Petra", "Zupan")
        miha = make.doctor(session, [tine])
        row = make.guardian(session, petra, tine)
        at = make.NOW + timedelta(minutes=5)
        visit = video_appointment(session, tine, miha, at)
        return {"petra": petra, "miha": miha, "row": row.id, "id": visit.id}

    visit = people(family)
    petra, miha = enter(visit["petra"], width=390), enter(visit["miha"])
    petra.goto(f"/za/{visit['row']}/posveti/{visit['id']}")
    expect(petra.get_by_text("You take part for Tine Zupan.")).to_be_visible()

    miha.goto(f"/klinika/posveti/{visit['id']}")
    expect(miha.get_by_text("Petra Zupan is in the waiting room for Tine Zupan.")).to_be_visible()
    miha.get_by_role("button", name="Let in").click()

    _frames_flow(petra)
    expect(miha.locator("[data-part=with]")).to_have_text("Petra Zupan for Tine Zupan")
    expect(petra.locator(".acting-bar")).to_contain_text("Tine Zupan")


def test_a_doctor_who_opens_the_call_on_another_screen_goes_on_there(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    visit = people(_appointment)
    ana, desk, phone = enter(visit["ana"]), enter(visit["miha"]), enter(visit["miha"], width=390)
    ana.goto(f"/posveti/{visit['id']}")
    desk.goto(f"/klinika/posveti/{visit['id']}")
    desk.get_by_role("button", name="Let in").click()
    _frames_flow(desk)

    phone.goto(f"/klinika/posveti/{visit['id']}")

    _frames_flow(phone)
    _frames_flow(ana)
    expect(desk.get_by_role("button", name="Continue here")).to_be_visible()


def test_without_javascript_a_patient_waits_and_learns_of_being_let_in_by_reloading(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    visit = people(_appointment)
    ana = enter(visit["ana"], javascript=False)
    miha = enter(visit["miha"], javascript=False)

    ana.goto(f"/posveti/{visit['id']}")
    ana.get_by_role("button", name="Enter the waiting room").click()
    expect(ana.get_by_role("heading", name="You are in the waiting room.")).to_be_visible()
    miha.goto("/klinika/posveti")
    miha.get_by_role("button", name="Let in").click()
    ana.reload()
    expect(ana.get_by_role("heading", name="You have been let in.")).to_be_visible()

    miha.fill("#text", NOTE)
    miha.get_by_role("button", name="Save the note").click()
    expect(miha.locator("#text")).to_have_value(NOTE)
    expect(miha.get_by_text("The note is saved.")).to_be_visible()


def test_the_device_check_hears_its_echo_through_the_media_node(
    browser: Browser, sqlite_template: Path, tmp_path: Path
) -> None:
    if not child.is_installed():
        pytest.skip("the media extra is missing: pip install telehealth[media]")
    copy = tmp_path / "check.db"
    shutil.copy(sqlite_template, copy)
    with contextlib.ExitStack() as running:
        # A Unix socket's address is short; pytest's own folders are not.
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="node")))
        running.enter_context(child.running(folder, is_loopback=True))
        server = running.enter_context(
            serving(
                f"sqlite:///{copy}",
                tmp_path,
                media_socket=str(folder / "node.sock"),
                media_token_file=str(folder / "node.token"),
            )
        )
        page = running.enter_context(_signed_in(browser, server.url, server.database))

        found = _run_check(page)

        assert int(page.locator("device-check").get_attribute("data-echoed") or 0) > 0
    assert found == {
        "camera": "good",
        "microphone": "good",
        "speaker": "good",
        "network": "good",
        "relay": "skipped",
    }


def test_without_a_media_node_the_check_says_so_and_the_rest_counts(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    page = enter(people(make.patient))

    found = _run_check(page)

    sentence = "The echo test is not available now. Calls work without it."
    expect(page.get_by_text(sentence)).to_be_visible()
    assert (found["microphone"], found["network"]) == ("good", "skipped")


@contextlib.contextmanager
def _signed_in(browser: Browser, url: str, database: Database) -> Iterator[Page]:
    with database.unit_of_work() as session:
        token = make.browser_session(session, make.patient(session), at=datetime.now(UTC))
    context = browser.new_context(base_url=url, permissions=["camera", "microphone"])
    context.add_cookies(
        [{"name": name, "value": value, "url": url} for name, value in
         (("session", token), ("lang", "en"))]
    )  # fmt: skip
    yield context.new_page()
    context.close()
