"""An alert from a reading to the nurse's open page; its pages by axe and on a narrow screen."""

from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import make
from tests.make import alerts as made

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
VIOLATIONS = "axe.run({resultTypes: ['violations']}).then((found) => found.violations)"
NARROW = 320
MIN = timedelta(minutes=1)


def _people(session: Session) -> dict[str, Any]:
    """A patient with a low that was, one that is open, and one that went up the steps."""
    found = made.family(session)
    begin = make.NOW - timedelta(hours=3)
    made.open_alert(session, found.patient, at=begin)
    made.lasts(session, found.patient, "5.6 mmol/L", begin + 5 * MIN, 15)
    made.lasts(session, found.patient, "3.4 mmol/L", make.NOW - 25 * MIN, 25)
    return {
        "patient": found.patient,
        "nurse": found.nurse,
        "id": found.patient.id,
        "alert": made.live(session, found.patient)[0].id,
    }


def _faults(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = [f"{page.url}: {one['id']} {one['help']}" for one in page.evaluate(VIOLATIONS)]
    size = page.viewport_size
    page.set_viewport_size({"width": NARROW, "height": 700})
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > NARROW:
        found.append(f"{page.url}: {wide} pixels wide")
    if size:
        page.set_viewport_size(size)
    return found


@pytest.mark.parametrize(("language", "width"), [("sl", 390), ("en", 1280)])
def test_the_pages_of_alerts_can_be_read_by_everybody(
    people: Callable[..., Any], enter: Callable[..., Page], language: str, width: int
) -> None:
    clinic = people(_people)
    faults = []

    page = enter(clinic["patient"], language=language, width=width)
    page.goto("/opozorila")
    page.locator(".past summary").click()
    page.locator(".confirm summary").click()
    faults += _faults(page)
    page = enter(clinic["nurse"], language=language, width=width)
    for path in ("/klinika/opozorila", "/klinika/opozorila/pravila"):
        page.goto(path)
        faults += _faults(page)
    page.goto(f"/pacienti/{clinic['id']}/opozorila")
    for rule in page.locator(".rule-more > summary").all():
        rule.click()
    faults += _faults(page)

    assert faults == []


def test_the_nurses_open_page_shows_what_the_patient_answers(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    clinic = people(_people)
    nurse, patient = enter(clinic["nurse"]), enter(clinic["patient"])
    nurse.goto("/klinika/opozorila")
    expect(nurse.get_by_text("not acknowledged")).to_be_visible()

    patient.goto("/opozorila")
    patient.get_by_role("button", name="I have eaten something with sugar").click()
    expect(patient.get_by_text("Noted. Nobody else is told for now.")).to_be_visible()

    expect(nurse.get_by_text("acknowledged by Ana Novak")).to_be_visible()
    expect(nurse.get_by_role("button", name="I have spoken with the patient")).to_have_count(0)


def test_an_alert_is_answered_by_keyboard_alone_and_without_javascript(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    page = enter(people(_people)["patient"], javascript=False)
    page.goto("/opozorila")

    page.get_by_role("button", name="I have eaten something with sugar").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("acknowledged by Ana Novak")).to_be_visible()
    page.get_by_role("button", name="Take the acknowledgement back").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The alert is open again.")).to_be_visible()
