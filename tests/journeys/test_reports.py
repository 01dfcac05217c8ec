"""Journey: a report of two weeks, looked at by everybody it is for, and live."""

from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis, Role
from telehealth.identity.models import Person
from telehealth.readings.models import Meal
from telehealth.reports import service as reports
from telehealth.reports.models import Audience
from tests import make
from tests.make.reports import LAST, pricked, sensor
from tests.stand_ins.server import LiveServer

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
VIOLATIONS = "axe.run({resultTypes: ['violations']}).then((found) => found.violations)"
NARROW, PATIENCE_MS = 320, 20_000


@pytest.fixture(scope="module")
def clinic(server: LiveServer) -> dict[str, Any]:
    """A patient with a sensor and fingersticks, remarks, a shared report; her doctor."""
    with server.database.unit_of_work() as session:
        return _clinic(session)


def _clinic(session: Session) -> dict[str, Any]:
    ana = make.patient(session, "Ana", "Report")
    miha = make.doctor(session, [ana])
    sensor(session, ana)
    for day in range(1, 14):
        pricked(session, ana, [(day, "07:00", "3.4 mmol/L", Meal.BEFORE_BREAKFAST)])
        pricked(session, ana, [(day, "09:00", "14.8 mmol/L", Meal.AFTER_BREAKFAST)])
        pricked(session, ana, [(day, "12:00", "6.8 mmol/L", Meal.NONE)])
    actor = Actor(miha.id, ana.id, Basis.CARE_TEAM, frozenset({Role.DOCTOR}))
    days = reports.days_ending(LAST, 14)
    new = reports.NewRemark(LAST, 460, "Well done.", Audience.PATIENT)
    return {
        "ana": ana,
        "miha": miha,
        "remark": reports.add_remark(session, actor, ana.id, new, now=make.NOW).id,
        "share": reports.share(session, actor, ana.id, days, "See you.", now=make.NOW).id,
    }


def _pages(clinic: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    base = f"/pacienti/{clinic['ana'].id}/porocilo"
    return {
        "ana": (
            "/glukoza?dni=1",
            "/glukoza?dni=14",
            "/glukoza?dni=90",
            f"/glukoza/deljeno/{clinic['share']}",
            "/pomoc/stevilke",
        ),
        "miha": (base, f"{base}/primerjava", f"{base}/opombe/{clinic['remark']}"),
    }


@pytest.mark.parametrize(("language", "width"), [("sl", 390), ("en", 1280)])
@pytest.mark.parametrize("reader", ["ana", "miha"])
def test_everybody_can_read_a_report(
    clinic: dict[str, Any], enter: Callable[..., Page], reader: str, language: str, width: int
) -> None:
    page = enter(clinic[reader], language=language, width=width)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))

    for path in _pages(clinic)[reader]:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        for chart in page.locator("glucose-chart").filter(visible=True).all():
            chart.scroll_into_view_if_needed()
            expect(chart).to_have_attribute("state", "ready", timeout=PATIENCE_MS)
        for summary in page.locator("details.more > summary").all():
            summary.click()
        page.evaluate(AXE)
        faults += [
            f"{path}: {one['id']} ({one['help']}) {one['nodes'][0]['target']}"
            for one in page.evaluate(VIOLATIONS)
        ]
        page.set_viewport_size({"width": NARROW, "height": 700})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > NARROW:
            faults.append(f"{path}: {wide} pixels wide on a screen of {NARROW}")
        page.set_viewport_size({"width": width, "height": 900})

    assert faults == []


def test_without_scripts_the_pictures_and_tables_say_the_same(
    clinic: dict[str, Any], enter: Callable[..., Page]
) -> None:
    page = enter(clinic["ana"], javascript=False)

    page.goto("/glukoza")

    expect(page.locator("svg.profile .median").first).to_be_visible()
    expect(page.locator("svg.day")).to_have_count(14)
    expect(page.get_by_text("Lowest at")).to_be_visible()
    page.locator("summary", has_text="The profile as a table").click()
    expect(page.get_by_role("table", name="Glucose by hour of the day")).to_be_visible()


def test_a_new_reading_and_a_remark_appear_in_open_pages(
    server: LiveServer, people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    ana: Person = people(make.patient)
    miha: Person = people(lambda session: make.doctor(session, [ana]))
    mine, theirs = enter(ana), enter(miha)
    mine.goto("/glukoza")
    theirs.goto(f"/pacienti/{ana.id}/porocilo")
    expect(mine.get_by_text("No readings in this period.")).to_be_visible()
    for page in (mine, theirs):
        expect(page.locator("live-report[live]")).to_be_attached(timeout=PATIENCE_MS)

    _send(server, ana, people(lambda session: make.bearer(session, ana)))
    for page in (mine, theirs):
        expect(page.get_by_text("Readings: 1, on 1 of 14 days")).to_be_visible(timeout=PATIENCE_MS)
    theirs.locator("summary", has_text="Write a remark").click()
    theirs.fill("#text", "Call me.")
    theirs.get_by_text("Care team and the patient", exact=True).click()
    theirs.get_by_role("button", name="Save the remark").click()

    expect(mine.get_by_text("Call me.")).to_be_visible(timeout=PATIENCE_MS)


def _send(server: LiveServer, patient: Person, token: dict[str, str]) -> None:
    """The patient's own program sends a reading."""
    at = make.NOW - timedelta(minutes=30)
    one = {"key": "live-report", "value": "2.6", "unit": "mmol/L", "source": "manual"}
    answer = httpx.post(
        f"{server.url}/api/v1/patients/{patient.id}/readings",
        headers=token,
        json={"readings": [one | {"measured_at": at.isoformat()}]},
    )
    assert answer.json()["accepted"] == 1
