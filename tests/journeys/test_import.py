"""A file of another system, from the phone into the diary and out again."""

import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import make
from tests.make import imports as made
from tests.stand_ins.server import LiveServer

PATIENCE_MS = 20_000
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
VIOLATIONS = """axe.run({resultTypes: ['violations']}).then((found) => found.violations.map(
    (one) => one.id + ' ' + one.nodes[0].html))"""
TABLE = (
    "Dan;Ura;Krvni sladkor;Opomba\n21. 9. 2026;7.30;5,4;zajtrk\n21. 9. 2026;8.30;prenizko;\n"
    "22. 9. 2026;12.15;2,9;tresenje\n31. 9. 2026;12.15;6,1;\n"
)


def test_a_file_is_sent_looked_at_added_and_taken_back(
    server: LiveServer, enter: Callable[..., Page], tmp_path: Path
) -> None:
    with server.database.unit_of_work() as session:
        ana = make.patient(session, "Ana", "Novak")
    path = tmp_path / "clarity.csv"
    path.write_bytes(made.clarity("108", "Low", "112"))
    page = enter(ana, language="en", width=390)
    heading = page.get_by_role("heading", level=1)

    page.goto("/uvoz")
    page.get_by_label("File with readings").set_input_files(path)
    page.get_by_role("button", name="Look at the file").click()

    expect(heading).to_have_text("This is what we found", timeout=PATIENCE_MS)
    expect(page.get_by_text("The file says: Ana Novak")).to_be_visible()
    page.get_by_role("button", name="Add 3 readings").click()
    expect(heading).to_have_text("The file is imported", timeout=PATIENCE_MS)

    page.get_by_text("Take this import back").click()
    page.get_by_role("button", name="Yes, take it back").click()
    expect(heading).to_have_text("The import is taken back", timeout=PATIENCE_MS)


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    server: LiveServer, enter: Callable[..., Page], tmp_path: Path
) -> None:
    with server.database.unit_of_work() as session:
        ana = make.patient(session, "Ana", "Novak")
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(101 * 2**20)
    page = enter(ana, language="sl", width=390)

    page.goto("/uvoz")
    page.set_input_files("#file", path)
    page.get_by_role("button", name="Preglej datoteko").click()

    told = page.locator("#file").evaluate("input => input.validationMessage")
    assert told == "Datoteka je večja od 100 MB."
    expect(page).to_have_url(re.compile(r"/uvoz$"))


def test_the_columns_of_an_unknown_table_are_named_on_a_phone_without_javascript(
    server: LiveServer, enter: Callable[..., Page], tmp_path: Path
) -> None:
    with server.database.unit_of_work() as session:
        ana = make.patient(session, "Ana", "Novak")
    path = tmp_path / "zvezek.csv"
    path.write_text(TABLE)
    page = enter(ana, language="sl", width=390, javascript=False)
    heading = page.get_by_role("heading", level=1)

    page.goto("/uvoz")
    page.set_input_files("#file", path)
    page.get_by_role("button", name="Preglej datoteko").click()
    expect(heading).to_have_text("Kaj je v katerem stolpcu?", timeout=PATIENCE_MS)
    expect(page.get_by_role("cell", name="tresenje")).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.select_option("#time", "0")
    page.select_option("#clock", "1")
    page.select_option("#value", "2")
    page.select_option("#unit_from", "mmol/L")
    page.get_by_text("merilnik s trakovi").click()
    page.get_by_role("button", name="Pokaži, kaj je prebrano").click()

    expect(page.get_by_text("»prenizko«")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_text("prenizko za merjenje (LO)").click()
    page.get_by_role("button", name="Nadaljuj").click()
    expect(heading).to_have_text("To smo našli", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Dodaj 3 meritve").click()
    expect(page.get_by_text("Dodane so 3 meritve.")).to_be_visible(timeout=PATIENCE_MS)

    page.goto("/")
    expect(page.get_by_text("je bila izpuščena 1 vrstica")).to_be_visible()


@pytest.mark.parametrize(("language", "width"), [("sl", 390), ("en", 1280)])
def test_the_pages_of_an_unknown_table_are_usable_by_everybody(
    server: LiveServer, enter: Callable[..., Page], tmp_path: Path, language: str, width: int
) -> None:
    with server.database.unit_of_work() as session:
        ana = make.patient(session, "Ana", "Novak")
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    page = enter(ana, language=language, width=width)

    def check() -> None:
        page.evaluate(AXE)
        assert page.evaluate(VIOLATIONS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.goto("/uvoz")
    page.set_input_files("#file", path)
    page.locator("main button.button-primary").click()
    page.locator("#time").wait_for(timeout=PATIENCE_MS)
    check()
    for field, column in (("time", "0"), ("clock", "1"), ("value", "2"), ("unit_from", "mmol/L")):
        page.select_option(f"#{field}", column)
    page.locator("input[name=kind][value=meter]").check()
    page.locator("main form.card button.button-primary").click()
    page.locator("input[name=word-0][value=low]").wait_for(timeout=PATIENCE_MS)
    check()
    page.locator("input[name=word-0][value=low]").check()
    page.locator("main form.card button.button-primary").first.click()
    page.locator("form[action$=potrditev]").wait_for(timeout=PATIENCE_MS)
    page.locator("details.more summary").first.click()
    check()
