"""Journey 3, first half: a doctor offers hours, patients book, and one of two racing ones wins."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.booking.models import Appointment
from telehealth.core.clock import local
from tests import make
from tests.stand_ins.server import LiveServer

TOMORROW = local(make.NOW).date() + timedelta(days=1)


def _clinic(session: Session) -> dict[str, Any]:
    ana, eva = make.patient(session), make.patient(session, "Eva", "Kos")
    child, parent = make.child(session), make.patient(session, "Petra", "Zupan")
    return {
        "ana": ana,
        "eva": eva,
        "parent": parent,
        "guardianship": make.guardian(session, parent, child).id,
        "child": child,
        "doctor": make.doctor(session, [ana, eva, child]),
    }


def _offer(page: Page) -> None:
    page.goto("/koledar/ure")
    page.get_by_text("Video consultation", exact=True).first.click()
    page.get_by_text("Once", exact=True).click()
    page.fill("#first_on", TOMORROW.isoformat())
    page.fill("#starts", "08:00")
    page.fill("#ends", "09:00")
    page.get_by_role("button", name="Offer these hours").click()
    expect(page.locator("main")).to_contain_text("8")


def _choose_first_slot(page: Page, context: str = "") -> None:
    page.goto(f"{context}/termini/nov")
    page.locator("a.item", has_text="Video consultation").first.click()
    page.locator("label.slot, .slot input").first.click()


def _confirm(page: Page) -> None:
    page.locator("main form button.button-primary").first.click()


def test_two_patients_want_one_slot_and_exactly_one_gets_it(
    people: Callable[..., Any], enter: Callable[..., Page], server: LiveServer
) -> None:
    clinic = people(_clinic)
    _offer(enter(clinic["doctor"]))
    first, second = enter(clinic["ana"]), enter(clinic["eva"])
    _choose_first_slot(first)
    _choose_first_slot(second)

    _confirm(first)
    expect(first.locator("main")).to_contain_text("Video consultation")
    with second.expect_response(lambda answer: answer.request.method == "POST") as answered:
        _confirm(second)

    assert answered.value.status == 409
    with server.database.reading() as session:
        booked = session.scalars(
            select(Appointment).where(Appointment.worker_id == clinic["doctor"].id)
        ).all()
    assert [row.patient_id for row in booked] == [clinic["ana"].id]


def test_a_parent_books_for_a_child_and_the_calendar_says_who_did(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    clinic = people(_clinic)
    doctor = enter(clinic["doctor"])
    _offer(doctor)
    parent = enter(clinic["parent"])

    _choose_first_slot(parent, f"/za/{clinic['guardianship']}")
    _confirm(parent)
    parent.goto(f"/za/{clinic['guardianship']}/termini")

    expect(parent.locator("main")).to_contain_text("Video consultation")
    doctor.goto("/koledar")
    expect(doctor.locator("main")).to_contain_text("Tine Zupan")
    expect(doctor.locator("main")).to_contain_text("Petra Zupan")
