"""A file of another system, from the phone into the diary and out again."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests import make
from tests.make import imports as made
from tests.stand_ins.server import LiveServer

PATIENCE_MS = 20_000


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
