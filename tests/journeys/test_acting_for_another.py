"""Journey 5: a parent and a proxy act for another; what they may not do; and how it ends."""

from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent, Outcome
from telehealth.identity.models import Person
from tests import make
from tests.journeys.steps import sign_consent
from tests.stand_ins.server import LiveServer


def _family(session: Session) -> dict[str, Any]:
    child, parent = make.child(session), make.patient(session, "Petra", "Zupan")
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    return {
        "child": child,
        "parent": parent,
        "ana": ana,
        "luka": luka,
        "guardianship": make.guardian(session, parent, child).id,
        "mandate": make.mandate(session, ana, luka).id,
    }


def _add_reading(page: Page, value: str) -> None:
    page.get_by_role("link", name="Diary").first.click()
    page.get_by_role("link", name="Add to the diary").click()
    page.fill("#value", value)
    page.get_by_role("button", name="Save").click()


def test_a_parent_writes_a_reading_for_a_child_and_the_record_says_so(
    people: Callable[..., Any], enter: Callable[..., Page], server: LiveServer
) -> None:
    family = people(_family)
    page = enter(family["parent"])

    page.goto(f"/za/{family['guardianship']}/")
    expect(page.locator(".acting-bar")).to_contain_text("Tine Zupan")
    assert "Tine Zupan" in page.title()
    _add_reading(page, "6.4")

    assert f"/za/{family['guardianship']}/dnevnik" in page.url
    expect(page.locator("li.entry").first).to_contain_text("Petra Zupan")
    own = enter(family["child"])
    own.goto("/dnevnik")
    expect(own.locator("li.entry").first).to_contain_text("Petra Zupan")
    with server.database.reading() as session:
        trail = session.scalars(
            select(AuditEvent).where(
                AuditEvent.subject_id == family["child"].id, AuditEvent.action == "readings.record"
            )
        ).one()
    assert (trail.actor_person_id, trail.basis) == (family["parent"].id, "guardian")
    assert trail.representation_id == family["guardianship"]


def test_a_proxy_acts_until_the_mandate_is_revoked_on_another_screen(
    people: Callable[..., Any], enter: Callable[..., Page], server: LiveServer
) -> None:
    family = people(_family)
    proxy, grantor = enter(family["luka"]), enter(family["ana"])
    proxy.goto(f"/za/{family['mandate']}/")
    _add_reading(proxy, "8.1")
    expect(proxy.locator("li.entry").first).to_contain_text("Luka Mrak")
    grantor.goto("/")
    _add_reading(grantor, "5.5")
    expect(proxy.locator("li.entry .glucose").filter(has_text="5.5")).to_be_visible()  # live

    grantor.goto("/pooblastila")
    grantor.get_by_text("Revoke the mandate", exact=True).click()
    grantor.get_by_role("button", name="Revoke now").click()

    expect(proxy.locator("#offline")).to_be_visible()  # its open connection was cut
    answer = proxy.goto(f"/za/{family['mandate']}/dnevnik")
    assert answer is not None
    assert answer.status == 404
    expect(proxy.locator("body")).not_to_contain_text("Ana Novak")


def _asked_to_sign(page: Page, patient: Person) -> None:
    """The doctor sends the consent."""
    page.goto(f"/pacienti/{patient.id}/soglasja")
    page.get_by_role("button", name="Send to the inbox").click()


def test_a_proxy_may_read_a_consent_but_not_sign_it_and_a_parent_may(
    people: Callable[..., Any], enter: Callable[..., Page], server: LiveServer
) -> None:
    family = people(_family)
    doctor = enter(people(lambda session: make.doctor(session, [family["ana"], family["child"]])))
    _asked_to_sign(doctor, family["ana"])
    _asked_to_sign(doctor, family["child"])
    with server.database.unit_of_work() as session:
        header = make.bearer(session, family["luka"])

    proxy = enter(family["luka"])
    proxy.goto(f"/za/{family['mandate']}/nabiralnik")
    proxy.locator("a.item", has_text="onsent").first.click()
    expect(proxy.locator("main")).to_contain_text("Only Ana Novak can answer this")
    expect(proxy.get_by_role("button", name="Look at the document")).to_have_count(0)
    consent = proxy.url.rsplit("/", 1)[1]
    refused = httpx.post(
        f"{server.url}/api/v1/patients/{family['ana'].id}/consents/{consent}/signature",
        json={"h0": "0" * 64, "nonce": "x" * 22},
        headers=header,
    )
    assert refused.status_code == 403, refused.text
    assert refused.json()["code"] == "declaration_of_will"

    parent = enter(family["parent"])
    parent.goto(f"/za/{family['guardianship']}/nabiralnik")
    parent.locator("a.item", has_text="onsent").first.click()
    sign_consent(parent, "Petra Zupan")
    expect(parent.get_by_role("heading", name="Signed", exact=True)).to_be_visible(timeout=30_000)
    expect(parent.locator("main")).to_contain_text("Petra Zupan")
    expect(parent.locator("main")).to_contain_text("Tine Zupan")


def test_a_proxy_never_delegates_and_the_refusals_are_recorded(
    people: Callable[..., Any], enter: Callable[..., Page], server: LiveServer
) -> None:
    family = people(_family)
    with server.database.unit_of_work() as session:
        login = make.account(session, make.person(session, "Tretji", "Nekdo")).login
        header = make.bearer(session, family["luka"])

    granted = httpx.post(
        f"{server.url}/api/v1/patients/{family['ana'].id}/mandates",
        json={"representative_login": login},
        headers=header,
    )
    page = enter(family["luka"])
    refused = page.goto(f"/za/{family['mandate']}/pooblastila")

    assert granted.status_code == 403
    assert granted.headers["content-type"] == "application/problem+json"
    assert granted.json()["code"] == "delegation"
    assert refused is not None
    assert refused.status == 403
    with server.database.reading() as session:
        denials = session.scalars(
            select(AuditEvent).where(
                AuditEvent.subject_id == family["ana"].id, AuditEvent.outcome == Outcome.DENY
            )
        ).all()
    assert {event.actor_person_id for event in denials} == {family["luka"].id}
    assert len(denials) == 2
