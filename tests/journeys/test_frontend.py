"""What the pages' own scripts promise: the keyboard is enough, nothing is sent twice or lost."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Dialog, Page, expect
from sqlalchemy import func, select

from telehealth.identity.models import Person
from telehealth.readings.models import Reading
from tests import make
from tests.stand_ins.server import LiveServer

PRESS_TWICE = """() => {
    const stopped = [];
    addEventListener("submit", (event) => stopped.push(event.defaultPrevented));
    const save = document.querySelector("main .button-primary");
    save.click();
    save.click();
    return stopped;
}"""


def _tab_to(page: Page, place: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(40):
        if page.evaluate("(place) => document.activeElement.matches(place)", place):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not reach {place}")


def _readings(server: LiveServer, owner: Person) -> int:
    with server.database.reading() as session:
        rows = select(func.count()).select_from(Reading).where(Reading.patient_id == owner.id)
        return int(session.scalar(rows) or 0)


def test_a_reading_is_added_with_the_keyboard_alone(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    page = enter(people(make.patient))
    page.goto("/dnevnik")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, "main a.button-primary")
    page.keyboard.press("Enter")
    expect(page.locator("#value")).to_be_focused()
    page.keyboard.type("6.8")
    _tab_to(page, "[name=unit]")
    page.keyboard.press("Space")
    _tab_to(page, "[name=meal]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")

    entry = page.locator("li.entry")
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text("6.8")


def test_without_a_connection_the_page_says_so_and_keeps_what_was_typed(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    page = enter(people(make.patient))
    page.goto("/merilniki/dodaj")
    page.fill("#model", "Accu-Chek Guide")
    add = page.locator("main button.button-primary")

    page.context.set_offline(True)
    expect(page.get_by_text("No connection. What you typed stays here.")).to_be_visible()
    add.click()

    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator("#model")).to_have_value("Accu-Chek Guide")
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    add.click()
    expect(page.get_by_text("Accu-Chek Guide").first).to_be_visible()
    expect(page.locator("#model")).to_have_count(0)


def test_who_presses_save_twice_sends_once(
    people: Callable[..., Any], enter: Callable[..., Page], server: LiveServer
) -> None:
    ana = people(make.patient)
    page = enter(ana)
    page.goto("/dnevnik/nova")
    page.fill("#value", "6.8")
    page.evaluate(PRESS_TWICE)

    expect(page.locator("li.entry")).to_have_count(1)
    assert _readings(server, ana) == 1


def test_the_second_press_of_any_form_is_stopped_on_the_page(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    page = enter(people(make.patient))
    page.goto("/merilniki/dodaj")
    page.fill("#model", "Accu-Chek Guide")

    stopped = page.evaluate(PRESS_TWICE)

    assert stopped == [False, True]


def test_leaving_a_form_with_something_typed_is_asked_about(
    people: Callable[..., Any], enter: Callable[..., Page]
) -> None:
    page = enter(people(make.patient))
    page.goto("/dnevnik/nova")
    page.locator("#value").press_sequentially("6.8")
    asked: list[str] = []

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", agree)

    page.get_by_role("link", name="Diary").first.click()
    page.wait_for_url("**/dnevnik")

    assert asked == ["beforeunload"]
