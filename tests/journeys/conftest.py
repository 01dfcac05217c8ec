"""Journeys: a real browser, the real server process, a database with real commits."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy.orm import Session

from telehealth.identity.models import Account, Person
from tests import make
from tests.stand_ins import browser as real_browser
from tests.stand_ins.server import LiveServer, serving

Enter = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a journey."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for this folder, closed after it: Playwright keeps an event loop running."""
    yield from real_browser.launched()


@pytest.fixture(scope="package")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """`telehealth serve` with its worker on SQLite, its clock beginning at `make.NOW`.

    One for all journeys of a test process: each brings its own people.
    """
    folder = tmp_path_factory.mktemp("journeys")
    path = folder / "journey.db"
    shutil.copy(sqlite_template, path)
    with serving(f"sqlite:///{path}", folder, now=make.NOW) as running:
        yield running


@pytest.fixture
def people(server: LiveServer) -> Callable[[Callable[[Session], object]], object]:
    """Put people into the server's database: `people(lambda session: make.patient(session))`."""

    def add(build: Callable[[Session], object]) -> object:
        with server.database.unit_of_work() as session:
            return build(session)

    return add


@pytest.fixture
def enter(browser: Browser, server: LiveServer) -> Iterator[Enter]:
    """Sign a person in through the page, in a browser of their own: `page = enter(person)`."""
    opened: list[BrowserContext] = []

    def sign_in(
        person: Person,
        *,
        language: str = "en",
        javascript: bool = True,
        width: int = 1280,
        zone: str = "Europe/Ljubljana",
    ) -> Page:
        context = browser.new_context(
            base_url=server.url,
            locale=language,
            timezone_id=zone,
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            permissions=["camera", "microphone"],
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        context.add_cookies([{"name": "lang", "value": language, "url": server.url}])
        with server.database.reading() as session:
            login = session.query(Account).filter(Account.person_id == person.id).one().login
        page = context.new_page()
        page.goto("/prijava")
        page.fill("#login", login)
        page.fill("#password", make.PASSWORD)
        page.click("main button.button-primary")
        page.wait_for_url(server.url + "/")
        return page

    yield sign_in
    for context in opened:
        context.close()
