"""Steps that several journeys take."""

from playwright.sync_api import Page

from tests import make


def sign_consent(page: Page, name: str) -> None:
    """On a consent's page: agree to all, type the name, give the password, sign."""
    for choice in page.get_by_text("I agree", exact=True).all():
        choice.click()
    page.fill("#typed_name", name)
    page.get_by_role("button", name="Look at the document").click()
    if page.get_by_role("link", name="Confirm with password").count():
        page.get_by_role("link", name="Confirm with password").click()
        page.fill("#password", make.PASSWORD)
        page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Sign", exact=True).click()
