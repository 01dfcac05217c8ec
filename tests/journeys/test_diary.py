"""A diary of every day: two taps, everything about a meal, a change, a paper week."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests import make
from tests.make import diary, readings

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
VIOLATIONS = """axe.run({resultTypes: ['violations']}).then((found) => found.violations.map(
    (one) => one.id + ': ' + one.nodes.map((node) => node.target[0]).join(', ')))"""

People, Enter = Callable[..., Any], Callable[..., Page]


def require_accessible(page: Page) -> None:
    page.evaluate(AXE)
    assert page.evaluate(VIOLATIONS) == []
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0, "wider than the screen"


def test_a_value_is_typed_and_saved_and_nothing_else_is_asked(people: People, enter: Enter):
    page = enter(people(make.patient), width=390)
    page.get_by_role("link", name="Add reading").click()

    expect(page.locator("#value")).to_be_focused()
    page.keyboard.type("7.2")
    expect(page.locator("[data-other-unit]")).to_have_text("that is 130 mg/dL")
    expect(page.get_by_role("button", name="Save")).to_be_in_viewport()
    page.get_by_role("button", name="Save").click()

    entry = page.locator("li.entry").first
    expect(entry).to_contain_text("7.2")
    expect(entry).to_contain_text("after breakfast")


def test_the_other_unit_follows_the_chosen_one(people: People, enter: Enter):
    page = enter(people(make.patient), language="sl")
    page.goto("/dnevnik/nova")

    page.fill("#value", "126")
    expect(page.locator("[data-other-unit]")).to_be_empty()
    page.get_by_text("mg/dL", exact=True).click()
    expect(page.locator("[data-other-unit]")).to_have_text("to je 7,0 mmol/L")


@pytest.mark.parametrize(("language", "width"), [("sl", 390), ("en", 1280)])
def test_a_meal_with_everything_is_written_changed_and_taken_back(
    people: People, enter: Enter, language: str, width: int
):
    words = {
        "en": ("Save", "Change", "Undo", "60 g of carbohydrate", "45 g of carbohydrate"),
        "sl": (
            "Shrani",
            "Spremeni",
            "Razveljavi",
            "60 g ogljikovih hidratov",
            "45 g ogljikovih hidratov",
        ),
    }
    save, change, undo, sixty, forty_five = words[language]
    page = enter(people(make.patient), language=language, width=width)
    page.goto("/dnevnik/nova")
    page.locator("#more summary").click()
    page.fill("#carbs_g", "60")
    page.fill("#rapid_units", "6,5")
    page.select_option("#activity", "walk")
    page.fill("#activity_min", "30")
    page.fill("#note", "potica")
    picture = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": diary.JPEG}
    page.set_input_files("#photo", picture)
    require_accessible(page)
    page.get_by_role("button", name=save).click()

    entry = page.locator("li.entry").first
    expect(entry).to_contain_text(sixty)
    expect(entry).to_contain_text("potica")
    shown = entry.locator("img")
    expect(shown).to_be_visible()
    assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 8
    require_accessible(page)

    entry.get_by_role("link", name=change).click()
    page.fill("#carbs_g", "45")
    require_accessible(page)
    page.get_by_role("button", name=save).click()
    expect(page.locator("li.entry").first).to_contain_text(forty_five)
    page.get_by_role("button", name=undo).first.click()
    expect(page.locator("li.entry").first).to_contain_text(sixty)


def test_a_seldom_value_is_asked_about_once_by_keyboard_alone(people: People, enter: Enter):
    page = enter(people(make.patient))
    page.goto("/dnevnik/nova")
    page.keyboard.type("1.9")
    page.keyboard.press("Enter")

    question = page.locator("#question")
    expect(question).to_be_focused()
    expect(question).to_contain_text("Is 1.9 mmol/L right?")
    require_accessible(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("li.entry").first).to_contain_text("1.9")


def test_everything_works_without_javascript(people: People, enter: Enter):
    page = enter(people(make.patient), javascript=False, width=390)
    page.goto("/dnevnik/nova")
    page.fill("#value", "1.9")
    page.locator("#more summary").click()
    page.fill("#long_units", "14")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Yes, save it").click()
    expect(page.locator("li.entry")).to_have_count(2)

    page.get_by_role("link", name="Insulin").click()
    expect(page.locator("li.entry")).to_have_count(1)
    page.get_by_role("link", name="Change").click()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("li.entry")).to_have_count(2)


def test_an_open_diary_shows_what_is_written_elsewhere(people: People, enter: Enter):
    person = people(make.patient)
    page = enter(person)
    page.goto("/dnevnik")
    expect(page.get_by_text("The diary is empty")).to_be_visible()
    page.wait_for_timeout(500)

    other = page.context.new_page()
    other.goto("/dnevnik/nova")
    other.locator("#more summary").click()
    other.fill("#carbs_g", "60")
    other.get_by_role("button", name="Save").click()

    expect(page.locator("li.entry").first).to_contain_text("60 g of carbohydrate")


def _patient_with_a_diary(session: Session) -> tuple[Any, list[str]]:
    ana = make.patient(session)
    (place,) = readings.diary(session, ana, [readings.reading("2.8 mmol/L", note="po teku")]).new
    entry = diary.entry(session, ana, picture=diary.JPEG, carbs_g=60, note="potica")
    return ana, [
        "/dnevnik",
        "/dnevnik?kaj=meals",
        "/dnevnik?kaj=activity",
        "/dnevnik/nova",
        f"/dnevnik/{place}/uredi",
        f"/dnevnik/zapisi/{entry.id}",
    ]


@pytest.mark.parametrize("language", ["sl", "en"])
def test_every_page_of_the_diary_fits_the_narrowest_screen_and_is_read_aloud(
    people: People, enter: Enter, language: str
):
    ana, paths = people(_patient_with_a_diary)
    page = enter(ana, language=language, width=320)

    for path in paths:
        page.goto(path)
        require_accessible(page)


def _nurse_and_patient(session: Session) -> tuple[Any, Any]:
    ana = make.patient(session)
    return make.nurse(session, [ana]), ana


@pytest.mark.parametrize("language", ["en", "sl"])
def test_a_nurse_copies_a_paper_week_with_the_keyboard_and_takes_it_back(
    people: People, enter: Enter, language: str
):
    nurse, ana = people(_nurse_and_patient)
    page = enter(nurse, language=language)
    page.goto(f"/pacienti/{ana.id}/dnevnik/papir?teden=2026-11-16")
    require_accessible(page)
    page.locator("#c0-before_breakfast").focus()

    for text, key in (("7,2", "Enter"), ("6,4", "ArrowDown"), ("72", "Tab"), ("9,1", "ArrowUp")):
        page.keyboard.type(text)
        page.keyboard.press(key)

    expect(page.locator("#c1-after_breakfast")).to_be_focused()
    assert page.locator("#c2-before_breakfast").input_value() == "72"
    page.locator("#source").fill("blue notebook")
    page.locator("#sheet .button-primary").click()
    expect(page.locator("#c2-before_breakfast-note")).to_contain_text("72 mg/dL")
    expect(page.locator("#c2-before_breakfast")).to_have_attribute("aria-invalid", "true")
    require_accessible(page)
    page.locator("#c2-before_breakfast").fill("7,2")
    page.locator("#sheet .button-primary").click()

    expect(page.locator("li.entry")).to_have_count(4)
    expect(page.locator("li.entry").first).to_contain_text("blue notebook")
    require_accessible(page)
    page.locator(".flash button, .toast button").first.click()
    expect(page.locator("li.entry")).to_have_count(0)


def test_the_paper_week_scrolls_inside_a_small_screen(people: People, enter: Enter):
    nurse, ana = people(_nurse_and_patient)
    page = enter(nurse, width=390)

    page.goto(f"/pacienti/{ana.id}/dnevnik/papir")

    require_accessible(page)


def test_what_a_patient_says_in_a_call_is_marked_for_the_patient(people: People, enter: Enter):
    nurse, ana = people(_nurse_and_patient)
    page = enter(nurse)
    page.goto(f"/pacienti/{ana.id}/dnevnik/klic")
    require_accessible(page)
    page.fill("#value", "8.4")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("li.entry").first).to_contain_text("told by phone, written by")

    own = enter(ana)
    own.goto("/dnevnik")

    expect(own.locator("li.entry").first).to_contain_text(f"told by phone, written by {nurse.name}")
