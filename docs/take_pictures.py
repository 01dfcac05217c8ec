"""Take the pictures of the pages: `python docs/take_pictures.py` (needs Chromium).

Starts the demonstration with a fixed clock in a folder of its own, opens each page at 390 and
1280 pixels and writes `docs/pictures/<page>-<width>-<language>.png`. Names of pages after the
command take only those parts: `python docs/take_pictures.py patient call`.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError

from playwright.sync_api import Browser, Page, expect, sync_playwright

PICTURES = Path(__file__).parent / "pictures"
PORT = 8791
BASE = f"http://127.0.0.1:{PORT}"
NOW = "2026-11-24T09:57:00+01:00"
PASSWORD = "pictures-only-password"  # noqa: S105 - of people who do not exist
HEIGHTS = {390: 844, 1280: 900}
"""Widths of the pictures, a phone's and a desktop's, and the least height of each."""
MAX_HEIGHT = 1700
SETTLED_MS = 700
PATIENCE_MS = 30_000

PATIENT = {
    "today": "/",
    "diary": "/dnevnik",
    "new-reading": "/dnevnik/nova",
    "inbox": "/nabiralnik",
    "appointments": "/termini",
    "book": "/termini/nov",
    "consultations": "/posveti",
    "device-check": "/posveti/preverjanje",
    "mandates": "/pooblastila",
    "contacts": "/stiki",
    "consents": "/soglasja",
    "who-looked": "/kdo-je-gledal",
    "meters": "/merilniki",
    "sessions": "/seje",
    "account": "/vec",
}
DOCTOR = {
    "staff-today": "/",
    "patients": "/pacienti",
    "calendar": "/koledar",
    "hours": "/koledar/ure",
    "staff-consultations": "/klinika/posveti",
}
IN_ENGLISH = {"today": "/", "diary": "/dnevnik"}


@contextmanager
def demonstration() -> Iterator[None]:
    """The demonstration on `PORT`, with a fixed start of its clock."""
    with TemporaryDirectory(prefix="pic") as folder:
        arguments = (f"--port={PORT}", f"--data={folder}", f"--now={NOW}")
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "telehealth", "demo", *arguments],
            env=os.environ | {"DEMO_PASSWORD": PASSWORD},
        )
        try:
            _wait(process)
            yield
        finally:
            process.terminate()
            process.wait()


def _wait(process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        try:
            with urllib.request.urlopen(f"{BASE}/healthz", timeout=2):  # noqa: S310 - our own
                return
        except (URLError, OSError):
            if process.poll() is not None:
                sys.exit("the demonstration did not start")
            time.sleep(0.1)
    sys.exit("the demonstration did not answer")


@contextmanager
def signed_in(browser: Browser, login: str, language: str = "sl") -> Iterator[Page]:
    """A browser in which somebody is signed in."""
    context = browser.new_context(
        base_url=BASE,
        locale={"sl": "sl-SI", "en": "en-GB"}[language],
        timezone_id="Europe/Ljubljana",
        viewport={"width": 1280, "height": HEIGHTS[1280]},
        permissions=["camera", "microphone"],
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "lang", "value": language, "url": BASE}])
    page = context.new_page()
    page.goto("/prijava")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("main button.button-primary")
    page.wait_for_url(f"{BASE}/")
    yield page
    context.close()


def shoot(page: Page, name: str, language: str = "sl") -> None:
    """The open page as it is, at each width, cut at `MAX_HEIGHT`."""
    for width, least in HEIGHTS.items():
        page.set_viewport_size({"width": width, "height": least})
        _settle(page)
        whole = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(least, min(MAX_HEIGHT, whole))})
        _settle(page)
        page.screenshot(path=PICTURES / f"{name}-{width}-{language}.png")
        page.set_viewport_size({"width": width, "height": least})


def _settle(page: Page) -> None:
    expect(page.locator("glucose-chart:not([state=ready])")).to_have_count(0, timeout=PATIENCE_MS)
    page.wait_for_timeout(SETTLED_MS)


def tour(browser: Browser, login: str, pages: dict[str, str], language: str = "sl") -> None:
    """All pages of one person that need no link."""
    with signed_in(browser, login, language) as page:
        for name, path in pages.items():
            page.goto(path)
            shoot(page, name, language)


def of_the_inbox(browser: Browser) -> None:
    """The questionnaire from its first page to the last, the consent up to its receipt."""
    with signed_in(browser, "patient@demo.test") as page:
        _open_item(page, "clipboard-list")
        shoot(page, "questionnaire")
        page.locator("main .button-primary").click()
        page.locator("main input[type=radio]").first.wait_for()
        shoot(page, "question")
        _open_item(page, "pen-line")
        shoot(page, "consent")


def _open_item(page: Page, icon: str) -> None:
    page.goto("/nabiralnik")
    lines = page.locator("a.item").filter(has=page.locator(f"use[href$='#{icon}']"))
    lines.first.click()
    page.wait_for_url(re.compile(r"/(vprasalniki|soglasja)/\d+"))


def of_one_patient(browser: Browser) -> None:
    """What a doctor sees of one patient."""
    with signed_in(browser, "doctor@demo.test") as page:
        page.goto("/pacienti")
        page.locator("main a").filter(has_text="Žagar Marija").click()
        page.wait_for_url(re.compile(r"/pacienti/\d+$"))
        shoot(page, "patient")
        address = page.url
        for name, path in (("questionnaires", "vprasalniki"), ("consents", "soglasja")):
            page.goto(f"{address}/{path}")
            shoot(page, f"staff-{name}")


def for_another(browser: Browser) -> None:
    """The first page of a proxy who acts for the patient."""
    with signed_in(browser, "proxy@demo.test") as page:
        page.goto("/pooblastila")
        page.locator("main a[href^='/za/']").first.click()
        page.locator(".acting-bar").wait_for()
        shoot(page, "acting-for-another")


def of_a_call(browser: Browser) -> None:
    """The waiting room and the call, seen by the patient and by the doctor."""
    with (
        signed_in(browser, "patient@demo.test") as patient,
        signed_in(browser, "doctor@demo.test") as doctor,
        signed_in(browser, "doctor@demo.test", "en") as in_english,
    ):
        patient.goto("/posveti")
        patient.locator("main a.button-primary").click()
        _plays(patient, "preview")
        shoot(patient, "waiting-room")
        doctor.goto("/klinika/posveti")
        shoot(doctor, "staff-waiting")
        address = doctor.locator("main a.item-title").first.get_attribute("href") or ""
        doctor.goto(address)
        doctor.locator("main .waiting-row button.button-primary").first.click()
        for page in (doctor, patient):
            _plays(page, "remote")
        doctor.fill("#text", "Jutranje vrednosti so v ciljnem območju, po zajtrku rastejo.")
        shoot(doctor, "call")
        shoot(patient, "call-patient")
        in_english.goto(address)  # the doctor goes on there, as on another screen
        _plays(in_english, "remote")
        shoot(in_english, "call", "en")


def _plays(page: Page, part: str) -> None:
    video = page.locator(f"video[data-part={part}]")
    expect(video).not_to_have_js_property("videoWidth", 0, timeout=PATIENCE_MS)


PARTS: dict[str, Callable[[Browser], None]] = {
    "pages": lambda browser: tour(browser, "patient@demo.test", PATIENT),
    "english": lambda browser: tour(browser, "patient@demo.test", IN_ENGLISH, "en"),
    "inbox": of_the_inbox,
    "another": for_another,
    "staff": lambda browser: tour(browser, "doctor@demo.test", DOCTOR),
    "patient": of_one_patient,
    "call": of_a_call,
}


def main(wanted: list[str]) -> None:
    """Take all pictures anew, or only those of the wanted parts."""
    program = shutil.which("chromium") or sys.exit("Chromium is missing: apt-get install chromium")
    if unknown := set(wanted) - set(PARTS):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    PICTURES.mkdir(exist_ok=True)
    flags = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with demonstration(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[*flags, "--allow-loopback-in-peer-connection", "--lang=sl"],
            env={**os.environ, "LANGUAGE": "sl"},
        )
        for name in wanted or PARTS:
            PARTS[name](browser)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
