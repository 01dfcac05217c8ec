"""Without a connection: what is typed is kept, belongs to one account, and is sent exactly once."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telehealth.identity.models import Account, Person
from telehealth.mandates.models import Representation
from telehealth.readings.models import Reading
from tests import make
from tests.stand_ins.server import LiveServer

People = Callable[..., Any]
Enter = Callable[..., Page]

_CACHED = """async () => {
    const found = [];
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const one of await cache.keys()) found.push(new URL(one.url).pathname);
    }
    return found;
}"""


def _fill(page: Page, value: str) -> None:
    page.fill("#value", value)
    page.locator("label.chip", has_text="mmol/L").click()


def _write(page: Page, value: str) -> None:
    page.goto("/dnevnik/nova")
    _fill(page, value)


def _save(page: Page) -> None:
    page.locator("form[data-offline] button.button-primary").first.click()


def _stored(server: LiveServer, person: Person) -> int:
    with server.database.reading() as session:
        return session.scalar(
            select(func.count()).select_from(Reading).where(Reading.patient_id == person.id)
        )


def _back(page: Page) -> None:
    """The page for no connection reloads by itself when there is one, and what waits is sent."""
    expect(page.get_by_role("heading", name="No connection")).to_have_count(0, timeout=15_000)
    expect(page.locator("outbox-status")).to_be_hidden()


def _same_clock(page: Page) -> None:
    """The phone and the server agree what time it is."""
    page.clock.set_system_time(make.NOW)


def _ready(page: Page) -> None:
    """The service worker has what it needs and serves this page."""
    _same_clock(page)
    page.goto("/dnevnik")
    page.evaluate("() => navigator.serviceWorker.ready")


def _sign_in(page: Page, server: LiveServer, person: Person) -> None:
    with server.database.reading() as session:
        login = session.query(Account).filter(Account.person_id == person.id).one().login
    page.goto("/prijava")
    page.fill("#login", login)
    page.fill("#password", make.PASSWORD)
    page.click("main button.button-primary")
    expect(page.locator("h1")).to_be_visible()


def _sign_out(page: Page) -> None:
    page.context.clear_cookies(name="session")
    page.context.clear_cookies(name="__Host-session")
    page.goto("/prijava")


def test_a_reading_typed_without_a_connection_waits_and_is_sent_exactly_once(
    people: People, enter: Enter, server: LiveServer
) -> None:
    ana = people(make.patient)
    page = enter(ana)
    _write(page, "7.2")

    page.context.set_offline(True)
    _save(page)

    status = page.locator("outbox-status")
    expect(status).to_contain_text("1 entry waits to be sent")
    expect(page.locator("#value")).to_have_value("")
    assert _stored(server, ana) == 0

    page.context.set_offline(False)
    expect(status).to_be_hidden()
    page.reload()

    assert _stored(server, ana) == 1
    page.goto("/dnevnik")
    expect(page.locator("li.entry").first).to_contain_text("7.2")


def test_opening_the_portal_without_a_connection_still_lets_one_write(
    people: People, enter: Enter, server: LiveServer
) -> None:
    ana = people(make.patient)
    page = enter(ana)
    _ready(page)

    page.context.set_offline(True)
    page.goto("/dnevnik/nova")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    _fill(page, "5.8")
    _save(page)
    expect(page.locator("outbox-status")).to_contain_text("1 entry waits to be sent")
    expect(page.locator("outbox-status")).not_to_contain_text("5.8")

    page.context.set_offline(False)
    _back(page)
    page.goto("/dnevnik")

    expect(page.locator("li.entry").first).to_contain_text("5.8")
    assert _stored(server, ana) == 1


def test_what_is_plain_only_in_the_other_unit_is_asked_about_before_it_is_kept(
    people: People, enter: Enter, server: LiveServer
) -> None:
    ana = people(make.patient)
    page = enter(ana)
    _ready(page)

    page.context.set_offline(True)
    page.goto("/dnevnik/nova")
    chosen = page.locator("input[name=unit]:checked")
    assert chosen.get_attribute("value") == "mmol/L", "the unit of the diary is offered"
    question = page.locator("[data-question]")
    page.fill("#value", "12")
    expect(question).to_be_hidden()
    page.locator("label.chip", has_text="mg/dL").click()
    expect(question).to_contain_text("Is this right? 12 mg/dL")
    expect(question).to_contain_text("choose the other unit: 12 mmol/L")
    _save(page)
    expect(page.locator("outbox-status")).to_be_hidden()

    page.locator("[data-yes]").check()
    _save(page)
    expect(page.locator("outbox-status")).to_contain_text("1 entry waits to be sent")
    page.fill("#value", "72")
    page.locator("label.chip", has_text="mmol/L").click()
    _save(page)
    expect(page.locator("outbox-status")).to_contain_text("1 entry waits to be sent")
    page.fill("#value", "")

    page.context.set_offline(False)
    _back(page)
    page.goto("/dnevnik")
    expect(page.locator("li.entry").first).to_contain_text("12")
    assert _stored(server, ana) == 1


def test_another_account_on_the_same_phone_neither_sees_nor_sends_what_waits(
    people: People, enter: Enter, server: LiveServer
) -> None:
    ana, ivo = people(make.patient), people(make.patient)
    page = enter(ana)
    _write(page, "11.4")
    page.context.set_offline(True)
    _save(page)
    expect(page.locator("outbox-status")).to_contain_text("1 entry")
    _block_sending(page.context)
    page.context.set_offline(False)

    _sign_out(page)
    _sign_in(page, server, ivo)
    page.goto("/dnevnik")
    expect(page.locator("outbox-status")).to_be_hidden()
    assert (_stored(server, ana), _stored(server, ivo)) == (0, 0)

    page.context.unroute("**/dnevnik/nova")
    _sign_out(page)
    _sign_in(page, server, ana)
    expect(page.get_by_text("1 entry sent").first).to_be_visible()
    page.goto("/dnevnik")

    expect(page.locator("li.entry").first).to_contain_text("11.4")
    assert (_stored(server, ana), _stored(server, ivo)) == (1, 0)


def _block_sending(context: BrowserContext) -> None:
    """The connection is back, and lost again before anything could be sent."""
    context.route("**/dnevnik/nova", lambda route: route.abort())


def test_nobody_signed_in_means_nothing_can_be_kept(people: People, enter: Enter) -> None:
    page = enter(people(make.patient))
    _ready(page)
    _sign_out(page)

    page.context.set_offline(True)
    page.goto("/dnevnik/nova")

    expect(page.get_by_text("Nobody is signed in on this phone")).to_be_visible()
    expect(page.locator("#value")).to_be_hidden()


def test_a_value_the_server_refuses_stays_with_its_reason_and_can_be_corrected(
    people: People, enter: Enter, server: LiveServer
) -> None:
    ana = people(make.patient)
    page = enter(ana)
    _write(page, "720")
    page.context.set_offline(True)
    _save(page)
    page.context.set_offline(False)

    status = page.locator("outbox-status")
    expect(status).to_contain_text("1 entry could not be taken")
    assert _stored(server, ana) == 0

    status.get_by_role("button", name="Open and correct").click()
    expect(page.locator("#value")).to_have_value("720")
    page.fill("#value", "7.2")
    _save(page)

    expect(page.locator("li.entry").first).to_contain_text("7.2")
    expect(status).to_be_hidden()
    assert _stored(server, ana) == 1


def test_what_a_proxy_types_reaches_the_person_it_was_typed_for(
    people: People, enter: Enter, server: LiveServer
) -> None:
    def family(session: Session) -> tuple[Person, Person, Representation]:
        child, parent = make.child(session), make.patient(session)
        return child, parent, make.guardian(session, parent, child)

    child, parent, guardianship = people(family)
    page = enter(parent)
    _same_clock(page)
    page.goto(f"/za/{guardianship.id}/dnevnik")
    page.evaluate("() => navigator.serviceWorker.ready")
    page.context.set_offline(True)
    page.goto(f"/za/{guardianship.id}/dnevnik/nova")

    expect(page.locator("[data-other]")).to_contain_text(child.name)
    _fill(page, "6.1")
    _save(page)
    expect(page.locator("outbox-status")).to_contain_text("1 entry")
    page.context.set_offline(False)
    _back(page)
    page.goto(f"/za/{guardianship.id}/dnevnik")

    expect(page.locator("li.entry").first).to_contain_text("6.1")
    assert (_stored(server, child), _stored(server, parent)) == (1, 0)


def test_the_browser_keeps_no_page_with_data(people: People, enter: Enter) -> None:
    page = enter(people(make.patient))
    _ready(page)
    page.goto("/dnevnik")

    kept = page.evaluate(_CACHED)

    assert "/brez-povezave" in kept
    assert all(path.startswith("/static/") or path == "/brez-povezave" for path in kept)
