"""Every page as each of its readers meets it: axe, the policy, small screens, titles."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from telehealth.identity.models import Person
from telehealth.inbox import service as inbox
from telehealth.inbox.models import ItemKind
from tests import make
from tests.make import (
    booking,
    consents,
    consults,
    contacts,
    diary,
    imports,
    meters,
    questionnaires,
    readings,
    reports,
)
from tests.stand_ins.server import LiveServer

PATIENT, SIGNER, PROXY, DOCTOR, NOBODY = "patient", "signer", "proxy", "doctor", "signed out"
OWN, BOTH, ALL = (PATIENT,), (PATIENT, PROXY), (PATIENT, PROXY, DOCTOR)
STAFF = (DOCTOR,)
DASH = "\N{EN DASH}"
PATIENCE_MS = 15_000
NARROW = 320
"""The narrowest screen, in CSS pixels: a desktop's 1280 at 400 % (WCAG 2.2, 1.4.10)."""


@dataclass(frozen=True)
class Sight:
    """A page and who reads it. `{names}` in the path are ids of `_clinic`."""

    endpoint: str
    path: str
    readers: tuple[str, ...] = BOTH


SIGHTS = (
    Sight("identity.sign_in", "/prijava", (NOBODY,)),
    Sight("consents.verify", "/preveri", (NOBODY,)),
    Sight("core.docs", "/api/v1/docs", (NOBODY,)),
    Sight("core.problem", "/problems/not-found", (NOBODY, PATIENT)),
    Sight("home.start", "/", ALL),
    Sight("home.looked", "/kdo-je-gledal"),
    Sight("home.more", "/vec", (PATIENT, DOCTOR)),
    Sight("home.offline", "/brez-povezave", (NOBODY,)),
    Sight("identity.confirm", "/potrditev", OWN),
    Sight("identity.meters", "/merilniki/programi"),
    Sight("identity.sessions", "/seje", OWN),
    Sight("meters.mine", "/merilniki"),
    Sight("meters.add", "/merilniki/dodaj"),
    Sight("meters.connect", "/merilniki/povezi"),
    Sight("meters.meter", "/merilniki/{meter}"),
    Sight("meters.patient_mine", "/pacienti/{ana}/merilniki", STAFF),
    Sight("meters.patient_add", "/pacienti/{ana}/merilniki/dodaj", STAFF),
    Sight("meters.patient_connect", "/pacienti/{ana}/merilniki/povezi", STAFF),
    Sight("meters.patient_meter", "/pacienti/{ana}/merilniki/{meter}", STAFF),
    Sight("mandates.overview", "/pooblastila", OWN),
    Sight("contacts.overview", "/stiki", OWN),
    Sight("inbox.items", "/nabiralnik"),
    Sight("inbox.open_item", "/nabiralnik/{notice}", OWN),
    Sight("diary.diary", "/dnevnik"),
    Sight("diary.new_entry", "/dnevnik/nova"),
    Sight("diary.reading", "/dnevnik/{reading}/uredi"),
    Sight("diary.entry", "/dnevnik/zapisi/{written}"),
    Sight("diary.of_patient", "/pacienti/{ana}/dnevnik", STAFF),
    Sight("diary.after_call", "/pacienti/{ana}/dnevnik/klic/{called}", STAFF),
    Sight("diary.by_phone", "/pacienti/{ana}/dnevnik/klic", STAFF),
    Sight("diary.paper", "/pacienti/{ana}/dnevnik/papir", STAFF),
    Sight("imports.start", "/uvoz"),
    Sight("imports.show", "/uvoz/{import_ready}"),
    Sight("imports.show", "/uvoz/{import_asking}", OWN),
    Sight("imports.show", "/uvoz/{import_done}", OWN),
    Sight("imports.show", "/uvoz/{import_refused}", OWN),
    Sight("imports.show", "/uvoz/{import_looking}", OWN),
    Sight("imports.leave", "/izvoz"),
    Sight("imports.patient_start", "/pacienti/{ana}/uvoz", STAFF),
    Sight("imports.patient_show", "/pacienti/{ana}/uvoz/{import_ready}", STAFF),
    Sight("imports.patient_leave", "/pacienti/{ana}/izvoz", STAFF),
    Sight("booking.appointments", "/termini"),
    Sight("booking.appointment", "/termini/{visit}"),
    Sight("booking.choose", "/termini/nov"),
    Sight("booking.choose", "/termini/nov?worker={miha}&service=video", OWN),
    Sight("booking.choose_again", "/termini/{later}/prestavi", OWN),
    Sight("questionnaires.start", "/vprasalniki/{asked}"),
    Sight("questionnaires.ask", "/vprasalniki/{asked}/vprasanja", OWN),
    Sight("questionnaires.ask", "/vprasalniki/{asked}/vprasanja?mode=all"),
    Sight("questionnaires.review", "/vprasalniki/{asked}/pregled", OWN),
    Sight("questionnaires.thanks", "/vprasalniki/{answered}/hvala", OWN),
    Sight("consents.mine", "/soglasja"),
    Sight("consents.offer", "/soglasja/{consent}"),
    Sight("consents.offer", "/soglasja/{signed}", (SIGNER,)),
    Sight("consents.certify", "/soglasja/{consent}/podpis", OWN),
    Sight("consents.withdrawal", "/soglasja/{signed}/preklic", (SIGNER,)),
    Sight("consults.mine", "/posveti"),
    Sight("consults.check", "/posveti/preverjanje", OWN),
    Sight("consults.room", "/posveti/{visit}"),
    Sight("consults.room", "/posveti/{later}", OWN),
    Sight("consults.today", "/klinika/posveti", STAFF),
    Sight("consults.call", "/klinika/posveti/{visit}", STAFF),
    Sight("consults.call", "/klinika/posveti/{later}", STAFF),
    Sight("reports.numbers", "/pomoc/stevilke", (NOBODY, PATIENT)),
    Sight("reports.mine", "/glukoza"),
    Sight("reports.shared", "/glukoza/deljeno/{shared_report}"),
    Sight("reports.patient", "/pacienti/{ana}/porocilo", STAFF),
    Sight("reports.compare", "/pacienti/{ana}/porocilo/primerjava", STAFF),
    Sight("reports.remark", "/pacienti/{ana}/porocilo/opombe/{report_remark}", STAFF),
    Sight("alerts.mine", "/opozorila"),
    Sight("alerts.open_alerts", "/klinika/opozorila", STAFF),
    Sight("alerts.unreached", "/klinika/opozorila/brez-dosega", STAFF),
    Sight("alerts.defaults", "/klinika/opozorila/pravila", STAFF),
    Sight("alerts.of_patient", "/pacienti/{ana}/opozorila", STAFF),
    Sight("monitoring.patients", "/pacienti", STAFF),
    Sight("monitoring.patient", "/pacienti/{ana}", STAFF),
    Sight("monitoring.clinic_limits", "/pacienti/pragovi", STAFF),
    Sight("monitoring.patient_limits", "/pacienti/{ana}/pragovi", STAFF),
    Sight("monitoring.plan", "/nacrt"),
    Sight("targets.edit", "/pacienti/{ana}/cilji", STAFF),
    Sight("targets.edit_plan", "/pacienti/{ana}/nacrt", STAFF),
    Sight("questionnaires.results", "/pacienti/{ana}/vprasalniki", STAFF),
    Sight("questionnaires.result", "/pacienti/{ana}/vprasalniki/{answered}", STAFF),
    Sight("consents.of_patient", "/pacienti/{ana}/soglasja", STAFF),
    Sight("booking.calendar", "/koledar", STAFF),
    Sight("booking.hours", "/koledar/ure", STAFF),
    Sight("booking.choose_patient", "/koledar/nov", STAFF),
    Sight("booking.choose_for", "/pacienti/{ana}/termini/nov", STAFF),
)
NOT_PAGES = {
    "imports.download": "a file",
    "imports.patient_download": "a file",
    "diary.photo": "a picture",
    "diary.photo_of_patient": "a picture",
    "home.manifest": "for browsers",
    "home.service_worker": "for browsers",
    "core.healthz": "for machines",
    "core.readyz": "for machines",
    "core.readyz_web": "for machines",
    "core.static_file": "files of the pages",
    "monitoring.chart": "a fragment: stands in the page of a call",
}
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
VIOLATIONS = "axe.run({resultTypes: ['violations']}).then((found) => found.violations)"
_FILES = (".json", ".pdf", ".ics")


def test_every_page_is_in_the_list(app: Flask) -> None:
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.rule.endswith(_FILES)
        and (not rule.rule.startswith("/api/") or rule.endpoint == "core.docs")
    }

    listed = {sight.endpoint for sight in SIGHTS}
    assert sorted(pages - listed - set(NOT_PAGES)) == [], "pages nobody looks at"
    assert sorted(listed - pages) == [], "no such pages"


@pytest.fixture
def dialect() -> str:
    """Which pages there are does not depend on the database."""
    return "sqlite"


@pytest.fixture(scope="package")
def clinic(server: LiveServer) -> dict[str, Any]:
    """A patient with one of everything, a proxy, a doctor."""
    with server.database.unit_of_work() as session:
        return _clinic(session)


def _clinic(session: Session) -> dict[str, Any]:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    eva = make.patient(session, "Eva", "Rus")
    miha = make.doctor(session, [ana, eva])
    hour = timedelta(hours=1)
    entries = [
        readings.reading(f"{value} mmol/L", make.NOW - number * 7 * hour, note="po kosilu")
        for number, value in enumerate((10.3, 7.2, 3.4, 2.8, 15.1), start=1)
    ]
    written = readings.diary(session, ana, entries)
    contacts.confirmed_email(session, ana, "ana@test.example")
    contacts.unconfirmed_email(session, ana, "nova@test.example")
    notice = inbox.Delivery(ana.id, ItemKind.NOTICE, "notice", "Nothing to do")
    return {
        PATIENT: ana,
        SIGNER: eva,
        PROXY: luka,
        DOCTOR: miha,
        "ana": ana.id,
        "reading": str(written.new[0]),
        "written": diary.entry(session, ana, picture=diary.JPEG, carbs_g=60, note="potica").id,
        "miha": miha.id,
        "mandate": make.mandate(session, ana, luka).id,
        "notice": inbox.deliver(session, notice, now=make.NOW).id,
        "meter": meters.furnished(session, ana),
        "called": diary.called(session, miha, ana, "2.4 mmol/L").transcript_id,
        **reports.furnished(session, ana, miha),
        **imports.in_every_state(session, ana),
        **_visits(session, ana, miha),
        **_papers(session, ana, eva, miha),
    }


def _visits(session: Session, ana: Person, miha: Person) -> dict[str, int]:
    booking.offer(session, miha, "visit", "08:00-10:00", weekly=True)
    return {
        "visit": consults.video_appointment(session, ana, miha).id,
        "later": booking.appointment(session, ana, miha, "12:00").id,
    }


def _papers(session: Session, ana: Person, eva: Person, miha: Person) -> dict[str, int]:
    consent, signed = consents.request(session, miha, ana), consents.request(session, miha, eva)
    consents.preparation(session, consents.as_self(ana), consent)
    consents.signature(session, consents.as_self(eva), signed)
    return {
        "consent": consent.id,
        "signed": signed.id,
        "answered": questionnaires.completed(session, miha, ana).assignment.id,
        "asked": questionnaires.sent(session, miha, ana).id,
    }


@pytest.mark.parametrize(("language", "width"), [("sl", 390), ("en", 1280)])
@pytest.mark.parametrize("reader", [PATIENT, SIGNER, PROXY, DOCTOR])
def test_every_page_can_be_read_by_everybody_it_is_for(
    clinic: dict[str, Any], enter: Callable[..., Page], reader: str, language: str, width: int
) -> None:
    page = enter(clinic[reader], language=language, width=width)

    assert _walk(page, clinic, reader, language, width) == []


@pytest.mark.parametrize(("language", "width"), [("sl", 390), ("en", 1280)])
def test_every_public_page_can_be_read_by_everybody(
    clinic: dict[str, Any], enter: Callable[..., Page], language: str, width: int
) -> None:
    page = enter(clinic[PATIENT], language=language, width=width)
    page.context.clear_cookies(name="session")

    assert _walk(page, clinic, NOBODY, language, width) == []


def _walk(page: Page, clinic: dict[str, Any], reader: str, language: str, width: int) -> list[str]:
    """What is wrong with the pages of one reader, each a line that begins with its address."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda said: faults.append(f"{page.url}: {said.text}") if said.type == "error" else None,
    )
    before = f"/za/{clinic['mandate']}" if reader == PROXY else ""
    for sight in (one for one in SIGHTS if reader in one.readers):
        path = before + sight.path.format_map(clinic)
        answer = page.goto(path)
        expected = 404 if sight.endpoint == "core.problem" else 200
        if answer is None or answer.status not in (200, expected):
            faults.append(f"{path}: {answer.status if answer else 'no answer'}")
            continue
        faults += [f"{path}: {fault}" for fault in _faults(page, clinic, reader, language, width)]
    return faults


def _faults(
    page: Page, clinic: dict[str, Any], reader: str, language: str, width: int
) -> list[str]:
    for chart in page.locator("glucose-chart").filter(visible=True).all():
        chart.scroll_into_view_if_needed()
        expect(chart).to_have_attribute("state", "ready", timeout=PATIENCE_MS)
    found = []
    if page.locator("html").get_attribute("lang") != language:
        found.append("its language is not said")
    title = page.title()
    if len(title.split(f" {DASH} ")) < 2:
        found.append(f"its title says nothing: {title!r}")
    if reader == PROXY and clinic[PATIENT].name not in title:
        found.append(f"its title does not say for whom: {title!r}")
    page.evaluate(AXE)
    for one in page.evaluate(VIOLATIONS):
        targets = ", ".join(str(node["target"][0]) for node in one["nodes"][:3])
        found.append(f"{one['id']} ({one['help']}): {targets}")
    page.set_viewport_size({"width": NARROW, "height": 700})
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > NARROW:
        found.append(f"{wide} pixels wide on a screen of {NARROW}")
    page.set_viewport_size({"width": width, "height": 900})
    return found
