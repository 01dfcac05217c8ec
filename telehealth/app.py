"""The application: the only file that knows every room."""

from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from flask import Flask
from flask_smorest import Blueprint as ApiBlueprint
from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

from telehealth.alerts import api as alerts_api
from telehealth.alerts import jobs as alerts_jobs
from telehealth.alerts import pages as alerts_pages
from telehealth.audit import jobs as audit_jobs
from telehealth.audit import service as audit
from telehealth.audit.models import Outcome
from telehealth.booking import api as booking_api
from telehealth.booking import pages as booking_pages
from telehealth.consents import api as consents_api
from telehealth.consents import jobs as consents_jobs
from telehealth.consents import pages as consents_pages
from telehealth.consults import api as consults_api
from telehealth.consults import jobs as consults_jobs
from telehealth.consults import pages as consults_pages
from telehealth.consults import sockets as consults_sockets
from telehealth.contacts import pages as contacts_pages
from telehealth.core import clock, logs, sockets
from telehealth.core.actor import Actor, Basis, SignIn, SignInKind
from telehealth.core.db import Database
from telehealth.core.i18n import N_
from telehealth.core.queue import Queue
from telehealth.core.web import (
    access,
    addresses,
    api,
    bodies,
    doors,
    headers,
    journal,
    pages,
    problems,
    words,
)
from telehealth.core.web.platform import Acting, Answers, Denial, Platform
from telehealth.core.web.words import NavItem
from telehealth.diary import api as diary_api
from telehealth.diary import jobs as diary_jobs
from telehealth.diary import pages as diary_pages
from telehealth.directory import service as directory
from telehealth.home import jobs as home_jobs
from telehealth.home import pages as home_pages
from telehealth.identity import api as identity_api
from telehealth.identity import jobs as identity_jobs
from telehealth.identity import pages as identity_pages
from telehealth.identity import policy as identity_policy
from telehealth.identity import service as identity
from telehealth.imports import jobs as imports_jobs
from telehealth.imports import pages as imports_pages
from telehealth.inbox import api as inbox_api
from telehealth.inbox import pages as inbox_pages
from telehealth.inbox.models import ItemKind
from telehealth.mandates import api as mandates_api
from telehealth.mandates import jobs as mandates_jobs
from telehealth.mandates import pages as mandates_pages
from telehealth.mandates import service as mandates
from telehealth.meters import api as meters_api
from telehealth.meters import jobs as meters_jobs
from telehealth.meters import pages as meters_pages
from telehealth.monitoring import api as monitoring_api
from telehealth.monitoring import jobs as monitoring_jobs
from telehealth.monitoring import pages as monitoring_pages
from telehealth.notifications import jobs as notifications_jobs
from telehealth.questionnaires import api as questionnaires_api
from telehealth.questionnaires import pages as questionnaires_pages
from telehealth.readings import api as readings_api
from telehealth.readings import jobs as readings_jobs
from telehealth.readings import sockets as readings_sockets
from telehealth.reports import api as reports_api
from telehealth.reports import jobs as reports_jobs
from telehealth.reports import pages as reports_pages
from telehealth.settings import Settings
from telehealth.targets import api as targets_api
from telehealth.targets import jobs as targets_jobs
from telehealth.targets import pages as targets_pages
from telehealth.targets import service as targets

PAGES: tuple[pages.Pages, ...] = (
    home_pages.pages,
    identity_pages.pages,
    mandates_pages.pages,
    inbox_pages.pages,
    questionnaires_pages.pages,
    consents_pages.pages,
    contacts_pages.pages,
    consults_pages.pages,
    booking_pages.pages,
    monitoring_pages.pages,
    targets_pages.pages,
    diary_pages.pages,
    imports_pages.pages,
    meters_pages.pages,
    alerts_pages.pages,
    reports_pages.pages,
)
APIS: tuple[ApiBlueprint, ...] = (
    identity_api.api,
    mandates_api.api,
    inbox_api.api,
    questionnaires_api.api,
    consents_api.api,
    readings_api.api,
    consults_api.api,
    booking_api.api,
    monitoring_api.api,
    targets_api.api,
    diary_api.api,
    meters_api.api,
    alerts_api.api,
    reports_api.api,
)
SOCKETS: tuple[sockets.Sockets, ...] = (readings_sockets.sockets, consults_sockets.sockets)
JOBS = (
    identity_jobs.register,
    mandates_jobs.register,
    notifications_jobs.register,
    home_jobs.register,
    audit_jobs.register,
    readings_jobs.register,
    consents_jobs.register,
    consults_jobs.register,
    monitoring_jobs.register,
    targets_jobs.register,
    diary_jobs.register,
    imports_jobs.register,
    meters_jobs.register,
    alerts_jobs.register,
    reports_jobs.register,
)
NAV = (
    NavItem("home.start", N_("Today"), "home", for_staff=False),
    NavItem("diary.diary", N_("Diary"), "notebook-pen", for_staff=False),
    NavItem("inbox.items", N_("Inbox"), "inbox", for_staff=False),
    NavItem("consults.mine", N_("Consultations"), "video", for_staff=False),
    NavItem("home.more", N_("More"), "menu", for_staff=False),
    NavItem("home.start", N_("Today"), "home", for_staff=True),
    NavItem("monitoring.patients", N_("Patients"), "users", for_staff=True),
    NavItem("alerts.open_alerts", N_("Alerts"), "bell", for_staff=True),
    NavItem("booking.calendar", N_("Calendar"), "calendar", for_staff=True),
    NavItem("consults.today", N_("Consultations"), "video", for_staff=True),
)

PATIENT_TABS = tuple(
    NavItem(endpoint, label, "", for_staff=True)
    for endpoint, label in (
        ("monitoring.patient", N_("Overview")),
        ("reports.patient", N_("Report")),
        ("diary.of_patient", N_("Diary")),
        ("targets.edit", N_("Targets")),
        ("targets.edit_plan", N_("Plan")),
        ("alerts.of_patient", N_("Alerts")),
        ("meters.patient_mine", N_("Meters")),
        ("imports.patient_start", N_("Import")),
        ("imports.patient_leave", N_("Export")),
        ("questionnaires.results", N_("Questionnaires")),
        ("consents.of_patient", N_("Consents")),
    )
)

targets.OFFERS[:] = [alerts_pages.AlertRules()]
inbox_pages.LINKS |= {
    ItemKind.APPOINTMENT: inbox_pages.Link("booking.appointment", "appointment_id"),
    ItemKind.CONSENT: inbox_pages.Link("consents.offer", "request_id"),
    ItemKind.REPORT: inbox_pages.Link("reports.shared", "share_id"),
    ItemKind.DOCUMENT: inbox_pages.Link("consents.offer", "request_id"),
    ItemKind.QUESTIONNAIRE: inbox_pages.Link("questionnaires.start", "assignment_id"),
}


def create_app(
    settings: Settings,
    database: Database | None = None,
    running: clock.Clock | None = None,
    *,
    mail: object | None = None,
) -> Flask:
    """The WSGI application of one installation.

    Args:
        settings: what this installation chose.
        database: given by tests; otherwise opened as the settings say.
        running: the clock, given by tests; otherwise as the settings say.
        mail: what mail is handed to (a `MailGateway`), given by rehearsals; otherwise as the
            settings say.
    """
    logs.configure(settings.log_level)
    app = Flask("telehealth", static_folder=None, template_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=api.MAX_BODY_BYTES,
        SESSION_COOKIE_NAME="flash",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    if settings.trusted_proxies:
        trusted = settings.trusted_proxies
        proxied = ProxyFix(app.wsgi_app, trusted, trusted, trusted)
        app.wsgi_app = proxied  # type: ignore[method-assign]  # the way Flask documents
    running = running or (clock.starting_at(settings.now) if settings.now else clock.real)
    database = database or Database(settings.database)
    queue = Queue(database, running, settings.data_dir, settings.redis_url)
    platform = Platform(settings, database, running, queue, _answers(settings), mail=mail)
    platform.install(app)
    for register in JOBS:
        register(queue, platform)
    _open_doors(app)
    return app


def _open_doors(app: Flask) -> None:
    problems.register(app)
    journal.install(app)
    bodies.install(app)
    pages.keep_context(app)
    addresses.install(app)
    app.before_request(access.enter)
    app.before_request(addresses.require_text)
    app.before_request(pages.require_acting)
    app.after_request(access.keep_seed)
    app.after_request(headers.protect)
    words.install(app, NAV, PATIENT_TABS)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    api.install(app, list(APIS), _version())
    app.register_blueprint(doors.core)
    sockets.install(app, list(SOCKETS))
    access.require_gates(app)


def _version() -> str:
    try:
        return version("telehealth")
    except PackageNotFoundError:
        return "0"


def _answers(settings: Settings) -> Answers:
    """What upper rooms tell the doors: who is signed in, as whom they act, what was denied."""
    return Answers(
        sign_in_of=partial(_sign_in_of, settings),
        touch=_touch,
        actor_of=mandates.actor_of,
        acting_of=_acting_of,
        record_denial=_record_denial,
    )


def _sign_in_of(
    settings: Settings, session: Session, kind: SignInKind, token: str, now: datetime
) -> SignIn | None:
    if kind is SignInKind.TOKEN and token.startswith(identity.DEVICE_PREFIX):
        return _device_sign_in(session, token, now)
    found = identity.find_session(session, token)
    if found is None or found.kind.value != kind.value:
        return None
    roles = directory.roles_of(session, found.account.person_id, now=now)
    is_over = identity_policy.is_over(
        now,
        seen_at=found.seen_at,
        expires_at=found.expires_at,
        ended_at=found.ended_at,
        idle=_idle(settings, kind, is_staff=bool(roles)),
    )
    if is_over:
        return None
    return SignIn(
        session_id=found.id,
        account_id=found.account_id,
        person_id=found.account.person_id,
        person_name=found.account.person.name,
        kind=kind,
        roles=roles,
        locale=found.account.locale,
        signed_in_at=found.created_at,
        confirmed_at=found.confirmed_at,
        seen_at=found.seen_at,
    )


def _idle(settings: Settings, kind: SignInKind, *, is_staff: bool) -> timedelta:
    """How long nothing may happen; a program with a token has only the absolute limit."""
    if kind is SignInKind.TOKEN:
        return settings.session_max
    return timedelta(minutes=settings.staff_idle_min if is_staff else settings.patient_idle_min)


def _touch(session: Session, sign_in: SignIn, now: datetime) -> None:
    identity.touch_session(session, sign_in.session_id, now=now)


def _device_sign_in(session: Session, token: str, now: datetime) -> SignIn | None:
    found = identity.find_device_token(session, token)
    if found is None:
        return None
    return SignIn(
        session_id=0,
        account_id=0,
        person_id=found.created_by_id,
        person_name=found.name,
        kind=SignInKind.DEVICE,
        roles=frozenset(),
        locale="en",
        signed_in_at=found.created_at,
        confirmed_at=found.created_at,
        seen_at=now,
        patient_id=found.patient_id,
    )


def _acting_of(session: Session, sign_in: SignIn, representation_id: int, now: datetime) -> Acting:
    row = mandates.representation(session, sign_in.person_id, representation_id, now)
    return Acting(
        representation_id=row.id,
        person_id=row.represented_id,
        name=row.represented.name,
        kind=row.kind.value,
        kind_label=mandates.KIND_LABEL[row.kind],
        until=mandates.last_day(row),
    )


def _record_denial(session: Session, denial: Denial, now: datetime) -> None:
    who = denial.sign_in
    actor = Actor(
        person_id=who.person_id if who else None,
        subject_id=denial.subject_id
        if denial.subject_id is not None
        else (who.person_id if who else None),
        basis=Basis.DEVICE if who and who.kind is SignInKind.DEVICE else Basis.SELF,
        roles=who.roles if who else frozenset(),
        representation_id=denial.representation_id,
        session_id=who.session_id if who else None,
    )
    audit.record(
        session,
        actor,
        denial.action,
        "endpoint",
        now=now,
        outcome=Outcome.DENY,
        detail={"code": denial.code, "request": denial.request_id},
    )
