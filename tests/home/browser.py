"""What a browser finds in a page."""

import re

from flask.testing import FlaskClient

_CSRF = re.compile(r'name="csrf-token" content="([0-9a-f]+)"')


def csrf_of(client: FlaskClient) -> str:
    """The token this browser's forms carry now."""
    found = _CSRF.search(client.get("/problems/not-found").text)
    assert found, "no CSRF token on the page"
    return found[1]
