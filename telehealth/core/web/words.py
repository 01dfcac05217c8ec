"""Language of the reader, and the globals and filters every template may use."""

import hmac
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, gettext

from telehealth.core import i18n
from telehealth.core.actor import SignIn
from telehealth.core.errors import NotFound
from telehealth.core.web.access import csrf_token
from telehealth.core.web.assets import PACKAGE, asset, import_map
from telehealth.core.web.headers import csp_nonce
from telehealth.core.web.pages import acting
from telehealth.core.web.platform import Acting, maybe_signed_in, now, platform

LOCALE_COOKIE = "lang"
THEME_COOKIE = "theme"


@dataclass(frozen=True, slots=True)
class NavItem:
    """A line of the main menu."""

    endpoint: str
    label: str
    icon: str
    for_staff: bool


@dataclass(frozen=True, slots=True)
class ShownNavItem:
    """A line of the main menu as this page shows it."""

    endpoint: str
    label: str
    icon: str
    is_current: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at the page, as far as a template may know."""

    name: str
    is_staff: bool
    roles: frozenset[str]

    @property
    def is_patient(self) -> bool:
        """Whether the patient's frame is shown."""
        return not self.is_staff


def locale() -> str:
    """The reader's language: own choice, then account, then browser, then Slovenian."""
    if not has_request_context():
        return i18n.DEFAULT_LOCALE
    chosen = request.cookies.get(LOCALE_COOKIE)
    if chosen in i18n.LOCALES:
        return str(chosen)
    sign_in = maybe_signed_in()
    if sign_in is not None and sign_in.locale in i18n.LOCALES:
        return sign_in.locale
    return request.accept_languages.best_match(i18n.LOCALES) or i18n.DEFAULT_LOCALE


def viewer_of(sign_in: SignIn | None) -> Viewer | None:
    """What a template may know of the signed-in person."""
    if sign_in is None:
        return None
    return Viewer(sign_in.person_name, sign_in.is_staff, frozenset(sign_in.roles))


def outbox_owner(sign_in: SignIn | None) -> str:
    """What a patient's browser marks unsent entries with: says nothing of the account.

    Empty for staff and signed-out visitors: nothing is kept in their browsers.
    """
    if sign_in is None or sign_in.is_staff:
        return ""
    key = platform().settings.secret_key.encode()
    return hmac.new(key, b"outbox:%d" % sign_in.person_id, sha256).hexdigest()[:32]


def install(app: Flask, nav: tuple[NavItem, ...], patient_tabs: tuple[NavItem, ...] = ()) -> None:
    """Give `app` its languages and its templates their words.

    Args:
        app: the application.
        nav: the main menu.
        patient_tabs: the pages about one patient that the staff's frame leads between.
    """
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(
        app,
        default_locale=i18n.DEFAULT_LOCALE,
        default_timezone="Europe/Ljubljana",
        default_translation_directories=";".join(translation_folders()),
        locale_selector=locale,
    )
    app.jinja_env.globals.update(
        asset=asset,
        import_map=import_map,
        csp_nonce=csp_nonce,
        csrf_token=csrf_token,
    )
    app.jinja_env.filters.update(
        day=lambda moment: i18n.day(moment, locale(), now()),
        clock_time=lambda moment: i18n.clock_time(moment, locale()),
        when=lambda moment: i18n.when(moment, locale(), now()),
        number=_number,
        share=_share,
    )

    @app.context_processor
    def _context() -> dict[str, Any]:
        return _page_context(nav) | {"patient_tabs": _tabs(patient_tabs)}


def translation_folders() -> list[str]:
    """Each room's own catalogue; a room is deleted with its words."""
    return [str(path) for path in sorted(Path(PACKAGE).glob("*/translations"))]


def _tabs(tabs: tuple[NavItem, ...]) -> list[ShownNavItem]:
    """The pages about the patient whom this address names; none on other pages."""
    if "patient_id" not in (request.view_args or {} if has_request_context() else {}):
        return []
    return [
        ShownNavItem(
            item.endpoint, gettext(item.label), item.icon, request.endpoint == item.endpoint
        )
        for item in tabs
    ]


def _number(value: Decimal | float, digits: int | None = None) -> str:
    return i18n.number(value, locale(), digits)


def _share(percent: float) -> str:
    return i18n.share(percent, locale())


def _page_context(nav: tuple[NavItem, ...]) -> dict[str, Any]:
    viewer = viewer_of(maybe_signed_in())
    theme = request.cookies.get(THEME_COOKIE, "") if has_request_context() else ""
    return {
        "viewer": viewer,
        "acting": _acting_or_nobody(),
        "outbox_owner": outbox_owner(maybe_signed_in()),
        "locale": locale(),
        "theme": theme if theme in ("light", "dark") else "",
        "now": now(),
        "nav": shown_nav(nav, viewer),
        "is_demo": platform().settings.demo,
    }


def _acting_or_nobody() -> Acting | None:
    try:
        return acting()
    except NotFound:  # the page that says so is shown without the bar, and its links lead out
        g.representation_id = None
        return None


def shown_nav(nav: tuple[NavItem, ...], viewer: Viewer | None) -> list[ShownNavItem]:
    """The main menu of the viewer's frame, with the current line marked."""
    if viewer is None:
        return []
    here = (request.endpoint or "").partition(".")[0]
    return [
        ShownNavItem(
            endpoint=item.endpoint,
            label=gettext(item.label),
            icon=item.icon,
            is_current=request.endpoint == item.endpoint
            or (here == item.endpoint.partition(".")[0] and here != "home"),
        )
        for item in nav
        if item.for_staff == viewer.is_staff
    ]
