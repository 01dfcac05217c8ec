"""A new reading appears in every open view by itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import make
from tests.make.readings import diary, reading
from tests.stand_ins.server import LiveServer

PATIENCE_MS = 20_000


def test_a_new_reading_appears_in_every_open_view(
    people: Callable[..., Any], enter: Callable[..., Page], server: LiveServer
) -> None:
    def clinic(session: Session) -> dict[str, Any]:
        ana = make.patient(session)
        doctor = make.doctor(session, [ana])
        diary(session, ana, [reading("6.0 mmol/L", make.NOW - timedelta(hours=9))])
        return {"ana": ana, "doctor": doctor, "token": make.bearer(session, ana)}

    found = people(clinic)
    patient_id = found["ana"].id
    own = enter(found["ana"])
    theirs = enter(found["doctor"])
    views = {
        own: ("/", "/dnevnik", "/glukoza?dni=1"),
        theirs: (
            f"/pacienti/{patient_id}",
            f"/pacienti/{patient_id}/dnevnik",
            f"/pacienti/{patient_id}/porocilo",
            "/pacienti",
        ),
    }
    pages = []
    for first, addresses in views.items():
        for address in addresses:
            page = first.context.new_page()
            page.goto(address)
            pages.append(page)
    own.wait_for_timeout(1_500)  # the pages have joined; nothing on them says so

    at = make.NOW - timedelta(minutes=2)
    answer = httpx.post(
        f"{server.url}/api/v1/patients/{patient_id}/readings",
        headers=found["token"],
        json={
            "readings": [
                {
                    "key": "live-1",
                    "measured_at": at.isoformat(),
                    "value": "17.3",
                    "unit": "mmol/L",
                    "source": "manual",
                }
            ]
        },
    )
    assert answer.json()["accepted"] == 1

    for page in pages:
        expect(page.locator("main")).to_contain_text("17.3", timeout=PATIENCE_MS)
