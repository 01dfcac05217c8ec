"""Sending: the network is used between two units of work, never inside one."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, cast

from sqlalchemy.orm import Session

from telehealth.contacts import service as contacts
from telehealth.core.lanes import Lane
from telehealth.core.queue import LaneChoice, Queue
from telehealth.core.web.platform import Platform
from telehealth.core.web.readiness import Health, Line
from telehealth.notifications import figures
from telehealth.notifications import service as notifications
from telehealth.notifications.gateways.mail import (
    Mail,
    MailDelayed,
    MailGateway,
    MailRefused,
    gateway,
)
from telehealth.notifications.models import DeliveryState


def register(queue: Queue, platform: Platform) -> None:
    """Send what is due, codes, and word to an address that is no longer used."""
    post = cast("MailGateway | None", platform.mail) or gateway(
        platform.settings.smtp_url, platform.settings.mail_from
    )
    for topic, job, lane in _JOBS:
        queue.on(topic, partial(job, platform, post), lane=lane)
    queue.every_minute(partial(_close_unknown, platform), lane=Lane.ALERTS)
    platform.checks["mail"] = _mail_line


def _send(platform: Platform, post: MailGateway, payload: Mapping[str, Any]) -> None:
    with platform.database.unit_of_work() as session:
        outgoing = notifications.begin(session, payload["notification_id"], now=platform.clock())
    if outgoing is None:
        return
    state, reason = DeliveryState.FAILED_TEMP, "fault"  # whatever happens: not handed over
    try:
        post.send(_notice(platform, outgoing))
        state, reason = DeliveryState.ACCEPTED, ""
        if not post.is_real:
            state, reason = DeliveryState.SUPPRESSED, "no_server"
    except MailRefused:
        state, reason = DeliveryState.FAILED_PERM, "refused"
    except MailDelayed as delayed:
        reason = notifications.NO_CONNECTION if delayed.is_unreachable else "delayed"
        raise  # the outbox comes back to it
    finally:
        with platform.database.unit_of_work() as session:
            now = platform.clock()
            notifications.settle(session, outgoing.delivery_id, state, reason=reason, now=now)
            if state is DeliveryState.FAILED_PERM:
                contacts.withdraw_email(session, outgoing.recipient_id, outgoing.address, now=now)


def _notice(platform: Platform, outgoing: notifications.Outgoing) -> Mail:
    words = figures.notice(
        outgoing.wording, outgoing.locale, platform.settings.public_url, outgoing.announced_at
    )
    return _mail(platform, outgoing.address, words, f"notice-{outgoing.notification_id}")


def _send_code(platform: Platform, post: MailGateway, payload: Mapping[str, Any]) -> None:
    key = platform.settings.secret_key.encode()
    with platform.database.unit_of_work() as session:
        wanted = contacts.pending(session, payload["code_id"], key=key, now=platform.clock())
        locale = notifications.locale_of(session, wanted.person_id) if wanted else ""
    if wanted is not None:
        words = figures.code(locale, wanted.code)
        _post(post, _mail(platform, wanted.address, words, f"code-{payload['code_id']}"))


def _tell_old_address(platform: Platform, post: MailGateway, payload: Mapping[str, Any]) -> None:
    with platform.database.unit_of_work() as session:
        old = contacts.address_of(session, payload["contact_id"])
        locale = notifications.locale_of(session, old[0]) if old else ""
    if old is not None:
        words = figures.address_changed(locale, platform.settings.public_url)
        _post(post, _mail(platform, old[1], words, f"switched-{payload['contact_id']}"))


def _post(post: MailGateway, mail: Mail) -> None:
    try:
        post.send(mail)
    except MailRefused:
        return  # the address does not exist: its owner will see that no code comes


def _mail(platform: Platform, to: str, words: figures.Words, name: str) -> Mail:
    domain = platform.settings.mail_from.rpartition("@")[2]
    return Mail(to, words.subject, words.text, f"<{name}@{domain}>", platform.clock())


def _mail_line(session: Session, now: datetime) -> Line:
    found = notifications.mail_state(session, now=now)
    since_s = round((now - found.since).total_seconds()) if found.since else None
    health = Health.WARNING if found.is_down else Health.OK
    return Line(health, {"down_s": since_s, "waiting": found.waiting})


def _close_unknown(platform: Platform) -> None:
    with platform.database.unit_of_work() as session:
        notifications.close_unknown(session, now=platform.clock())


def _lane_of_notice(payload: Mapping[str, Any]) -> Lane:
    """Without a word about it, by the previous release, a notice is an ordinary one."""
    return Lane.URGENT if payload.get("is_urgent") else Lane.NOTICES


_JOBS: tuple[
    tuple[str, Callable[[Platform, MailGateway, Mapping[str, Any]], None], LaneChoice], ...
] = (
    (notifications.DUE, _send, _lane_of_notice),
    ("contacts.code_wanted", _send_code, Lane.URGENT),
    ("contacts.switched", _tell_old_address, Lane.NOTICES),
)
