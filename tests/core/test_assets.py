"""Static files: kept for a year under the address of their content, never under another."""

import json
import re

import pytest
from flask.testing import FlaskClient

from telehealth.core.web import assets


@pytest.fixture
def dialect() -> str:
    """Files do not come from the database."""
    return "sqlite"


def test_a_file_is_kept_under_its_content_and_asked_for_again_under_another(
    client: FlaskClient,
) -> None:
    right = client.get(assets.asset("core/base.css"))
    wrong = client.get("/static/000000000000/core/base.css")
    again = client.get(
        assets.asset("core/base.css"), headers={"If-None-Match": right.headers["ETag"]}
    )

    assert right.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert wrong.headers["Cache-Control"] == "no-cache"
    assert right.data == wrong.data
    assert again.status_code == 304
    for answer in (right, wrong, again):
        answer.close()


@pytest.mark.parametrize(
    "name", ["../settings.py", "core/../../settings.py", "core/%2e%2e/x", "core/", "nothing.css"]
)
def test_nothing_but_static_files_is_given_away(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/x/{name}").status_code == 404


def test_the_import_map_of_a_page_leads_to_files_of_this_version(client: FlaskClient) -> None:
    page = client.get("/prijava").text
    found = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    modules = json.loads(found[1])["imports"]

    assert "core/live.js" in modules
    for name, address in modules.items():
        assert address == assets.asset(name)
    one = client.get(modules["core/live.js"])
    assert one.mimetype == "text/javascript"
    one.close()
