"""Journey 4: a questionnaire answered and scored, a consent read, signed, sealed and verified."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import make
from tests.journeys.steps import sign_consent
from tests.stand_ins.server import LiveServer


def _clinic(session: Session) -> dict[str, Any]:
    ana = make.patient(session)
    return {"ana": ana, "doctor": make.doctor(session, [ana])}


@pytest.mark.parametrize("mode", ["one", "all"])
def test_the_answers_to_a_questionnaire_become_a_score_on_the_doctors_side(
    people: Callable[..., Any], enter: Callable[..., Page], mode: str
) -> None:
    clinic = people(_clinic)
    doctor, patient = enter(clinic["doctor"]), enter(clinic["ana"], javascript=mode == "one")
    doctor.goto(f"/pacienti/{clinic['ana'].id}/vprasalniki")
    doctor.locator("main form button.button-primary").click()

    patient.goto("/nabiralnik")
    patient.locator("a.item").filter(has_text="WHO-5").click()
    patient.locator(f"input[name=mode][value={mode}]").check(force=True)
    patient.get_by_role("button", name="Begin").click()
    answer = "More than half of the time"
    if mode == "one":
        for _ in range(5):
            patient.get_by_text(answer).click()
            patient.get_by_role("button", name="Next").click()
    else:
        for choice in patient.get_by_text(answer).all():
            choice.click()
        patient.get_by_role("button", name="Look over the answers").click()
    patient.locator("main form button.button-primary").click()
    expect(patient.locator("main")).to_contain_text("60")

    doctor.reload()
    expect(doctor.locator(".score-value").first).to_have_text("60")


def test_a_signed_consent_is_sealed_and_a_changed_copy_is_found_out(
    people: Callable[..., Any], enter: Callable[..., Page], server: LiveServer, tmp_path: Path
) -> None:
    clinic = people(_clinic)
    doctor, patient = enter(clinic["doctor"]), enter(clinic["ana"])
    doctor.goto(f"/pacienti/{clinic['ana'].id}/soglasja")
    doctor.get_by_role("button", name="Send to the inbox").click()

    patient.goto("/nabiralnik")
    patient.locator("a.item", has_text="onsent").first.click()
    assert patient.locator("input[type=radio][name^=decision]:checked").count() == 0
    sign_consent(patient, "Ana Novak")
    expect(patient.get_by_role("heading", name="Signed", exact=True)).to_be_visible(timeout=30_000)
    patient.goto("/nabiralnik")
    patient.get_by_text("signed", exact=False).first.click()
    with patient.expect_download() as download:
        patient.get_by_role("link", name="Download the document").click()
    sealed = tmp_path / "consent.pdf"
    download.value.save_as(sealed)
    content = bytearray(sealed.read_bytes())
    content[len(content) // 2] ^= 1
    altered = tmp_path / "altered.pdf"
    altered.write_bytes(bytes(content))

    assert content.startswith(b"%PDF")
    assert _verify(sealed, server.data_dir) == (0, "valid")
    assert _verify(altered, server.data_dir) == (1, "altered")


def _verify(file: Path, data_dir: Path) -> tuple[int, str]:
    found = subprocess.run(
        [
            *(sys.executable, "-m", "telehealth", "consent", "verify"),
            *(file, "--data", data_dir, "--json"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    answer = json.loads(found.stdout or found.stderr)
    return found.returncode, answer.get("state", "")
