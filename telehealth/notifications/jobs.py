"""Sending: the network is used between two units of work, never inside one."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from telehealth.contacts import service as contacts
from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform
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
    post = gateway(platform.settings.smtp_url, platform.settings.mail_from)
    for topic, job in _JOBS.items():
        queue.on(topic, partial(job, platform, post))


def _send(platform: Platform, post: MailGateway, payload: Mapping[str, Any]) -> None:
    with platform.database.unit_of_work() as session:
        outgoing = notifications.begin(session, payload["notification_id"], now=platform.clock())
    if outgoing is None:
        return
    words = figures.notice(outgoing.wording, outgoing.locale, platform.settings.public_url)
    name = f"notice-{outgoing.notification_id}"
    state, reason = DeliveryState.ACCEPTED, ""
    try:
        post.send(_mail(platform, outgoing.address, words, name))
        if not post.is_real:
            state, reason = DeliveryState.SUPPRESSED, "no_server"
    except MailRefused:
        state, reason = DeliveryState.FAILED_PERM, "refused"
    except MailDelayed:
        state, reason = DeliveryState.FAILED_TEMP, "delayed"
        raise  # the outbox comes back to it
    finally:
        with platform.database.unit_of_work() as session:
            now = platform.clock()
            notifications.settle(session, outgoing.delivery_id, state, reason=reason, now=now)
            if state is DeliveryState.FAILED_PERM:
                contacts.withdraw_email(session, outgoing.recipient_id, outgoing.address, now=now)


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


_JOBS: Mapping[str, Callable[[Platform, MailGateway, Mapping[str, Any]], None]] = {
    notifications.DUE: _send,
    "contacts.code_wanted": _send_code,
    "contacts.switched": _tell_old_address,
}
