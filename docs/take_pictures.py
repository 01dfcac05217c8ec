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
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError

from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

PICTURES = Path(__file__).parent / "pictures"
PORT = 8791
BASE = f"http://127.0.0.1:{PORT}"
NOW = "2026-11-24T09:57:00+01:00"
PASSWORD = "pictures-only-password"  # noqa: S105 - of people who do not exist
HEIGHTS = {390: 844, 1280: 900}
"""Widths of the pictures, a phone's and a desktop's, and the least height of each."""
MAX_HEIGHT = 1700
SETTLED_MS = 700
CAMERA = (640, 480)
Colour = tuple[int, int, int]
WALL, SKIN = (226, 221, 211), (222, 178, 150)
FACES: dict[str, tuple[Colour, Colour]] = {
    "patient": ((176, 174, 170), (122, 86, 120)),
    "doctor": ((74, 52, 40), (238, 242, 243)),
}
"""Hair and clothes of the two drawn people who stand before the cameras of a call."""
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
    "glucose": "/glukoza",
    "alerts": "/opozorila",
    "plan": "/nacrt",
    "import": "/uvoz",
    "export": "/izvoz",
    "connect-meter": "/merilniki/povezi",
    "numbers": "/pomoc/stevilke",
}
DOCTOR = {
    "staff-today": "/",
    "patients": "/pacienti",
    "staff-alerts": "/klinika/opozorila",
    "calendar": "/koledar",
    "hours": "/koledar/ure",
    "staff-consultations": "/klinika/posveti",
}
IN_ENGLISH = {"today": "/", "diary": "/dnevnik", "glucose": "/glukoza"}
OF_A_PATIENT = {
    "questionnaires": "vprasalniki",
    "consents": "soglasja",
    "report": "porocilo",
    "compare": "porocilo/primerjava",
    "targets": "cilji",
    "plan": "nacrt",
    "paper": "dnevnik/papir",
    "rules": "opozorila",
}


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


def draw_camera(path: Path, hair: Colour, clothes: Colour) -> None:
    """Write what a camera sees, a drawn person before a wall, as uncompressed video (Y4M)."""
    width, height = CAMERA
    shapes = (  # centre, half the width and height, colour; the last one that covers a point counts
        (320, 205, 118, 140, hair),
        (320, 520, 235, 190, clothes),
        (320, 340, 46, 60, SKIN),
        (320, 215, 88, 112, SKIN),
        (320, 128, 96, 50, hair),
    )

    def planes(step: int, channel: int) -> bytes:
        return bytes(
            _channel(_colour_at(x, y, shapes), channel)
            for y in range(0, height, step)
            for x in range(0, width, step)
        )

    frame = b"FRAME\n" + planes(1, 0) + planes(2, 1) + planes(2, 2)
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 2)


def _colour_at(x: int, y: int, shapes: tuple[tuple[int, int, int, int, Colour], ...]) -> Colour:
    for across, down, half_width, half_height, colour in reversed(shapes):
        if ((x - across) / half_width) ** 2 + ((y - down) / half_height) ** 2 < 1:
            return colour
    return WALL


def _channel(colour: Colour, channel: int) -> int:
    """Luma or one of the two chromas (BT.601, full range) of a colour."""
    red, green, blue = colour
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    chromas = (luma, 128 + 0.564 * (blue - luma), 128 + 0.713 * (red - luma))
    return max(0, min(255, round(chromas[channel])))


@dataclass(frozen=True)
class Browsers:
    """One browser for each camera."""

    patient: Browser
    doctor: Browser


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
    expect(page.locator("glucose-chart[state]:not([state=ready])")).to_have_count(
        0, timeout=PATIENCE_MS
    )
    page.wait_for_timeout(SETTLED_MS)


def tour(browser: Browser, login: str, pages: dict[str, str], language: str = "sl") -> None:
    """All pages of one person that need no link."""
    with signed_in(browser, login, language) as page:
        for name, path in pages.items():
            page.goto(path)
            shoot(page, name, language)


def of_the_inbox(browsers: Browsers) -> None:
    """The questionnaire from its first page to the last, the consent up to its receipt."""
    with signed_in(browsers.patient, "patient@demo.test") as page:
        _open_item(page, "clipboard-list")
        shoot(page, "questionnaire")
        page.locator("main .button-primary").click()
        page.locator("main input[type=radio]").first.wait_for()
        shoot(page, "question")
        _open_item(page, "pen-line")
        shoot(page, "consent")
        for choice in page.get_by_text("Soglašam", exact=True).all():
            choice.click()
        page.fill("#typed_name", "Marija Žagar")
        page.get_by_role("button", name="Poglej dokument").click()
        shoot(page, "consent-preview")


def _open_item(page: Page, icon: str) -> None:
    page.goto("/nabiralnik")
    lines = page.locator("a.item").filter(has=page.locator(f"use[href$='#{icon}']"))
    lines.first.click()
    page.wait_for_url(re.compile(r"/(vprasalniki|soglasja)/\d+"))


def of_one_patient(browsers: Browsers) -> None:
    """What a doctor sees of one patient."""
    with signed_in(browsers.doctor, "doctor@demo.test") as page:
        page.goto("/pacienti")
        page.locator("main a").filter(has_text="Žagar Marija").click()
        page.wait_for_url(re.compile(r"/pacienti/\d+$"))
        shoot(page, "patient")
        address = page.url
        for name, path in OF_A_PATIENT.items():
            page.goto(f"{address}/{path}")
            shoot(page, f"staff-{name}")


def for_another(browsers: Browsers) -> None:
    """The first page of a proxy who acts for the patient."""
    with signed_in(browsers.patient, "proxy@demo.test") as page:
        page.goto("/pooblastila")
        page.locator("main a[href^='/za/']").first.click()
        page.locator(".acting-bar").wait_for()
        shoot(page, "acting-for-another")


def of_a_call(browsers: Browsers) -> None:
    """The waiting room and the call, seen by the patient and by the doctor."""
    with (
        signed_in(browsers.patient, "patient@demo.test") as patient,
        signed_in(browsers.doctor, "doctor@demo.test") as doctor,
        signed_in(browsers.doctor, "doctor@demo.test", "en") as in_english,
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


PARTS: dict[str, Callable[[Browsers], None]] = {
    "pages": lambda browsers: tour(browsers.patient, "patient@demo.test", PATIENT),
    "english": lambda browsers: tour(browsers.patient, "patient@demo.test", IN_ENGLISH, "en"),
    "inbox": of_the_inbox,
    "another": for_another,
    "staff": lambda browsers: tour(browsers.doctor, "doctor@demo.test", DOCTOR),
    "patient": of_one_patient,
    "call": of_a_call,
}


def launched(playwright: Playwright, program: str, camera: Path) -> Browser:
    """A browser with this picture before its camera."""
    return playwright.chromium.launch(
        executable_path=program,
        args=[
            "--no-sandbox",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={camera}",
            "--allow-loopback-in-peer-connection",
            "--lang=sl",
        ],
        env={**os.environ, "LANGUAGE": "sl"},
    )


def main(wanted: list[str]) -> None:
    """Take all pictures anew, or only those of the wanted parts."""
    program = shutil.which("chromium") or sys.exit("Chromium is missing: apt-get install chromium")
    if unknown := set(wanted) - set(PARTS):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    PICTURES.mkdir(exist_ok=True)
    with (
        TemporaryDirectory(prefix="pic") as folder,
        demonstration(),
        sync_playwright() as playwright,
    ):
        cameras = {name: Path(folder) / f"{name}.y4m" for name in FACES}
        for name, (hair, clothes) in FACES.items():
            draw_camera(cameras[name], hair, clothes)
        browsers = Browsers(
            **{name: launched(playwright, program, path) for name, path in cameras.items()}
        )
        for name in wanted or PARTS:
            PARTS[name](browsers)
        browsers.patient.close()
        browsers.doctor.close()


if __name__ == "__main__":
    main(sys.argv[1:])
