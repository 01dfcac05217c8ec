"""What a browser would send of a page, and what then stands in the diary."""

import html
import re

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telehealth.diary import service as diary
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from tests import make
from tests.make.readings import own_actor


def hidden(page: str) -> dict[str, str]:
    """The fields of a page's forms with what stands in them."""
    fields: dict[str, str] = {}
    for field in re.findall(r"<input[^>]*>", page):
        given = dict(re.findall(r'([a-z-]+)="([^"]*)"', field))
        is_choice = given.get("type") in ("radio", "checkbox")
        if is_choice and not re.search(r"\bchecked\b", field):
            continue
        if "name" in given and given.get("type") != "file":
            fields[given["name"]] = html.unescape(given.get("value", ""))
    for name, inner in re.findall(
        r'<select[^>]*name="([a-z_]+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        fields[name] = chosen[1] if chosen else ""
    for name, inner in re.findall(
        r'<textarea[^>]*name="([a-z_]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL
    ):
        fields[name] = html.unescape(inner)
    return fields


def token(client: FlaskClient) -> str:
    """The token of this browser's forms."""
    found = re.search(r'name="csrf-token" content="([0-9a-f]+)"', client.get("/").text)
    assert found is not None
    return found[1]


def stored(session: Session, person: Person) -> tuple[list[str], list[diary.Content]]:
    """Values and entries of a diary, newest first."""
    view = diary.View()
    shown = diary.show(session, own_actor(person), person.id, view, now=make.NOW)
    items = [item for day in shown.days for item in day.items]
    values = [str(item.digits) for item in items if isinstance(item, readings.Entry)]
    return values, [item.content for item in items if isinstance(item, diary.Written)]
