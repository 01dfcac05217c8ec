"""From an inbox item to a mail in a real SMTP server: who is told, what it says, what fails."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.app import create_app
from telehealth.contacts import service as contacts
from telehealth.contacts.models import ContactCode
from telehealth.core.actor import Actor, Basis
from telehealth.core.db import Database
from telehealth.core.i18n import clock_time
from telehealth.core.lanes import Lane
from telehealth.core.outbox import OutboxEvent
from telehealth.core.queue import Queue
from telehealth.core.web.platform import Platform
from telehealth.identity.models import Account, Person
from telehealth.inbox import service as inbox
from telehealth.inbox.models import ItemKind
from telehealth.mandates import service as mandates
from telehealth.notifications import service as notifications
from telehealth.notifications.gateways.mail import ConsoleMail, Mail, SmtpMail
from telehealth.notifications.models import Delivery, DeliveryState, Notification, Wording
from telehealth.notifications.service import Recipient
from telehealth.settings import Settings
from tests import make
from tests.conftest import FixedClock
from tests.make import NOW
from tests.make import contacts as make_contacts
from tests.stand_ins.mail import MailServer
from tests.stand_ins.mail import running as running_mail_server

CANARY = "Kanarc7q2x"
SENT, TEMP, PERM, QUIET = (
    DeliveryState.ACCEPTED,
    DeliveryState.FAILED_TEMP,
    DeliveryState.FAILED_PERM,
    DeliveryState.SUPPRESSED,
)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    yield from running_mail_server()


@pytest.fixture
def queue(db: Database, settings: Settings, clock: FixedClock, mail_server: MailServer) -> Queue:
    own = replace(settings, smtp_url=mail_server.url, mail_from="portal@clinic.example")
    platform: Platform = create_app(own, db, clock).extensions["telehealth"]
    return platform.queue


def patient(session: Session, address: str, name: str = "Ana") -> Person:
    row = make.patient(session, name, CANARY)
    make_contacts.confirmed_email(session, row, address)
    return row


def deliver(session: Session, person: Person, ref: str = "1") -> None:
    title = f"Soglasje {CANARY}"
    inbox.deliver(
        session, inbox.Delivery(person.id, ItemKind.CONSENT, ref, title, person.id), now=NOW
    )
    session.commit()


def states(session: Session) -> list[DeliveryState]:
    session.expire_all()
    return list(session.scalars(select(Delivery.state).order_by(Delivery.id)))


def test_the_mail_says_that_something_waits_and_nothing_else(
    session: Session, queue: Queue, mail_server: MailServer, settings: Settings
) -> None:
    deliver(session, patient(session, "ana@posta.si"))

    queue.drain()

    (mail,) = mail_server.mails
    text = mail.get_content()
    assert mail["To"] == "ana@posta.si"
    assert mail["From"] == "portal@clinic.example"
    assert mail["Subject"] == "Novo sporočilo v portalu"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "V portalu vas čaka novo sporočilo." in text
    assert settings.public_url in text
    for secret in (CANARY, "Soglasje", "Ana", "consent"):
        assert secret not in mail.as_string()
        assert secret not in text
    assert states(session) == [SENT]


def test_everybody_who_represents_the_person_now_is_told_in_their_own_language(
    session: Session, queue: Queue, mail_server: MailServer
) -> None:
    ana = patient(session, "ana@posta.si")
    luka, old = patient(session, "luka@posta.si"), patient(session, "rok@posta.si")
    make.mandate(session, ana, luka)
    ended = make.mandate(session, ana, old)
    mandates.end(session, Actor(ana.id, ana.id, Basis.SELF), ended.id, now=NOW)
    account = session.scalars(select(Account).where(Account.person_id == luka.id)).one()
    account.locale = "en"
    queue.drain()
    mail_server.mails.clear()

    deliver(session, ana, "of-interest")
    queue.drain()

    assert sorted(mail["To"] for mail in mail_server.mails) == ["ana@posta.si", "luka@posta.si"]
    assert mail_server.to("luka@posta.si")[0]["Subject"] == "A new message in the portal"


def test_a_mandate_revoked_before_the_mail_goes_stops_it(
    session: Session, queue: Queue, mail_server: MailServer, clock: FixedClock
) -> None:
    ana, luka = patient(session, "ana@posta.si"), patient(session, "luka@posta.si")
    row = make.mandate(session, ana, luka)
    queue.drain()
    mail_server.mails.clear()
    mail_server.answers["luka@posta.si"] = "451 come back later"
    deliver(session, ana, "of-interest")
    queue.drain()
    mandates.end(session, Actor(ana.id, ana.id, Basis.SELF), row.id, now=NOW)
    session.commit()
    mail_server.answers.clear()

    clock.at += timedelta(minutes=3)
    queue.drain()

    notice = session.scalars(
        select(Notification).where(
            Notification.subject_id == ana.id, Notification.recipient_id == luka.id
        )
    )
    ids = [row.id for row in notice if row.event_key.startswith("inbox-item")]
    tries = session.execute(
        select(Delivery.state, Delivery.reason)
        .where(Delivery.notification_id.in_(ids))
        .order_by(Delivery.id)
    ).all()
    assert (QUIET, "representation_ended") in [tuple(row) for row in tries]
    assert len(mail_server.to("ana@posta.si")) >= 1


def test_a_server_that_says_later_is_tried_again_and_the_mail_keeps_its_name(
    session: Session, queue: Queue, mail_server: MailServer, clock: FixedClock
) -> None:
    mail_server.answers["ana@posta.si"] = "451 greylisted"
    deliver(session, patient(session, "ana@posta.si"))

    queue.drain()
    assert states(session) == [TEMP]
    mail_server.answers.clear()
    clock.at += timedelta(minutes=2)
    queue.drain()

    assert states(session) == [TEMP, SENT]
    (mail,) = mail_server.mails
    notice = session.scalars(select(Notification.id)).one()
    assert mail["Message-ID"] == f"<notice-{notice}@clinic.example>"


def test_a_server_that_is_away_delays_the_mail_and_never_the_deed(
    session: Session, db: Database, settings: Settings, clock: FixedClock
) -> None:
    nobody_there = replace(settings, smtp_url="smtp://127.0.0.1:9")
    platform: Platform = create_app(nobody_there, db, clock).extensions["telehealth"]
    ana = patient(session, "ana@posta.si")
    deliver(session, ana)

    platform.queue.drain()

    assert states(session) == [TEMP]
    waiting = session.scalars(
        select(OutboxEvent).where(OutboxEvent.topic == "notifications.due")
    ).one()
    assert waiting.done_at is None
    assert waiting.run_at > clock.at
    assert waiting.last_error == "MailDelayed"


def test_an_address_that_does_not_exist_is_set_aside_and_not_tried_again(
    session: Session, queue: Queue, mail_server: MailServer, clock: FixedClock
) -> None:
    mail_server.answers["ana@posta.si"] = "550 no such user"
    ana = patient(session, "ana@posta.si")
    make_contacts.confirmed_email(session, ana, "ana@doma.si")
    deliver(session, ana)

    queue.drain()
    clock.at += timedelta(hours=2)
    queue.drain()

    assert states(session) == [PERM]
    assert contacts.active_email(session, ana.id) == "ana@doma.si"


def test_the_same_event_again_sends_nothing_more(
    session: Session, queue: Queue, mail_server: MailServer
) -> None:
    deliver(session, patient(session, "ana@posta.si"))
    queue.drain()
    for event in session.scalars(select(OutboxEvent)):
        event.done_at = None
    session.commit()

    queue.drain()

    assert len(mail_server.mails) == 1
    assert len(session.scalars(select(Notification)).all()) == 1


def test_somebody_without_a_confirmed_address_is_not_written_to(
    session: Session, queue: Queue, mail_server: MailServer
) -> None:
    ana = make.patient(session)
    make_contacts.unconfirmed_email(session, ana, "ana@posta.si")
    deliver(session, ana)

    queue.drain()

    assert mail_server.mails == []
    assert states(session) == [QUIET]


def test_a_code_is_mailed_and_confirms_the_address(
    session: Session, queue: Queue, mail_server: MailServer, settings: Settings
) -> None:
    ana = make.patient(session)
    key, own = settings.secret_key.encode(), Actor(ana.id, ana.id, Basis.SELF)
    row = make_contacts.unconfirmed_email(session, ana, "ana@posta.si")
    contacts.begin(session, own, row.id, key=key, now=NOW)
    session.commit()

    queue.drain()

    text = mail_server.to("ana@posta.si")[0].get_content()
    digits = text.partition("Vaša koda: ")[2][:6]
    verdict = contacts.confirm(session, own, row.id, digits, key=key, now=NOW)
    assert verdict is contacts.Verdict.CONFIRMED
    stored = session.scalars(select(ContactCode)).one()
    assert digits not in (stored.nonce, stored.value_digest)


def test_a_demo_without_a_mail_server_says_so_and_names_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    console = ConsoleMail()
    caplog.set_level("INFO")

    console.send(Mail("ana@posta.si", "subject", "text", "<1@x>", NOW))

    assert console.delivered == 1
    assert "no mail server" in caplog.text
    assert "ana@posta.si" not in caplog.text


@pytest.mark.parametrize("url", ["http://localhost", "smtp://", "localhost:25"])
def test_a_mail_server_has_to_be_named_properly(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://"):
        SmtpMail(url, "portal@clinic.example")


def tell(session: Session, subject: Person, recipient: Recipient, wording: Wording) -> int:
    notice = notifications.tell(session, "alert:1", subject.id, recipient, wording, now=NOW)
    session.commit()
    return notice


@pytest.mark.parametrize(
    ("wording", "subject_line"),
    [
        (Wording.ATTENTION, "Nekaj potrebuje vašo pozornost"),
        (Wording.TEST, "Preizkus: obvestila iz portala pridejo do vas"),
    ],
)
def test_one_named_person_is_told_without_a_word_about_health(
    session: Session, queue: Queue, mail_server: MailServer, wording: Wording, subject_line: str
) -> None:
    ana, luka = patient(session, "ana@posta.si"), patient(session, "luka@posta.si", "Luka")
    row = make.mandate(session, ana, luka)
    session.commit()
    queue.drain()
    mail_server.mails.clear()

    notice = tell(session, ana, Recipient(luka.id, row.id), wording)
    queue.drain()

    (mail,) = mail_server.mails
    assert mail["To"] == "luka@posta.si"
    assert mail["Subject"] == subject_line
    for secret in (CANARY, "Ana", "Luka", "mmol", "glukoz", str(ana.id)):
        assert secret not in mail.get_content()
    assert notifications.fates(session, [notice])[notice].state is SENT
    settled = select(OutboxEvent.payload).where(OutboxEvent.topic == notifications.SETTLED)
    assert session.scalars(settled).all() == [{"notification_id": notice}]


def test_a_worker_who_has_left_the_care_team_is_not_written_to(
    session: Session, queue: Queue, mail_server: MailServer
) -> None:
    ana = patient(session, "ana@posta.si")
    stranger = make.doctor(session)
    make_contacts.confirmed_email(session, stranger, "zdravnik@posta.si")

    notice = tell(session, ana, Recipient(stranger.id), Wording.ATTENTION)
    queue.drain()

    assert mail_server.mails == []
    fate = notifications.fates(session, [notice])[notice]
    assert (fate.state, fate.reason) == (QUIET, "left_care_team")


def test_telling_the_same_thing_twice_sends_one_mail(
    session: Session, queue: Queue, mail_server: MailServer
) -> None:
    ana = patient(session, "ana@posta.si")

    first = tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    again = tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    queue.drain()

    assert first == again
    assert len(mail_server.mails) == 1


def test_a_demo_without_a_mail_server_claims_no_delivery(
    session: Session, db: Database, settings: Settings, clock: FixedClock
) -> None:
    platform: Platform = create_app(settings, db, clock).extensions["telehealth"]
    ana = patient(session, "ana@posta.si")

    notice = tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    platform.queue.drain()

    fate = notifications.fates(session, [notice])[notice]
    assert (fate.state, fate.reason) == (QUIET, "no_server")


def test_a_notice_of_something_that_is_over_is_withdrawn_before_it_goes(
    session: Session, queue: Queue, mail_server: MailServer, clock: FixedClock
) -> None:
    ana = patient(session, "ana@posta.si")
    mail_server.answers["ana@posta.si"] = "451 come back later"
    notice = tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    queue.drain()
    mail_server.answers.clear()

    withdrawn = notifications.withdraw(session, [notice], reason="alert_ended", now=clock.at)
    again = notifications.withdraw(session, [notice], reason="alert_ended", now=clock.at)
    session.commit()
    clock.at += timedelta(minutes=5)
    queue.drain()

    assert (withdrawn, again) == (1, 0)
    assert mail_server.mails == []
    fate = notifications.fates(session, [notice])[notice]
    assert (fate.state, fate.reason) == (QUIET, "alert_ended")
    assert states(session) == [TEMP, QUIET]
    settled = select(OutboxEvent).where(OutboxEvent.topic == notifications.SETTLED)
    assert len(session.scalars(settled).all()) == 2


def test_a_notice_the_server_has_accepted_is_not_withdrawn(
    session: Session, queue: Queue, clock: FixedClock
) -> None:
    ana = patient(session, "ana@posta.si")
    notice = tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    queue.drain()

    assert notifications.withdraw(session, [notice], reason="alert_ended", now=clock.at) == 0
    assert states(session) == [SENT]


def test_a_notice_withdrawn_while_it_is_handed_over_is_not_tried_again(
    session: Session, queue: Queue, mail_server: MailServer, clock: FixedClock
) -> None:
    ana = patient(session, "ana@posta.si")
    notice = tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    outgoing = notifications.begin(session, notice, now=clock.at)
    assert outgoing is not None

    assert notifications.withdraw(session, [notice], reason="alert_ended", now=clock.at) == 1
    notifications.settle(session, outgoing.delivery_id, TEMP, reason="delayed", now=clock.at)
    session.commit()
    queue.drain()

    assert mail_server.mails == []
    assert states(session) == [TEMP, QUIET]


def test_the_outcome_of_a_delayed_mail_is_announced_at_once(
    session: Session, queue: Queue, mail_server: MailServer
) -> None:
    ana = patient(session, "ana@posta.si")
    mail_server.answers["ana@posta.si"] = "451 come back later"

    notice = tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    queue.drain()

    fate = notifications.fates(session, [notice])[notice]
    assert (fate.state, fate.reason) == (TEMP, "delayed")
    settled = select(OutboxEvent.payload).where(OutboxEvent.topic == notifications.SETTLED)
    assert session.scalars(settled).all() == [{"notification_id": notice}]


def test_an_urgent_mail_is_tried_again_every_two_minutes_for_hours(
    session: Session, queue: Queue, mail_server: MailServer, clock: FixedClock
) -> None:
    ana = patient(session, "ana@posta.si")
    mail_server.answers["ana@posta.si"] = "451 come back later"
    tell(session, ana, Recipient(ana.id), Wording.ATTENTION)

    for _ in range(61):
        queue.drain()
        clock.at += timedelta(minutes=2)
    mail_server.answers.clear()
    queue.drain()

    assert states(session) == [TEMP] * 61 + [SENT]


def test_a_try_that_fails_in_an_unforeseen_way_is_never_recorded_as_accepted(
    session: Session, db: Database, settings: Settings, clock: FixedClock, mail_server: MailServer
) -> None:
    own = replace(settings, smtp_url=mail_server.url, mail_from="portal@clinic.example\nBcc: x@y.z")
    platform: Platform = create_app(own, db, clock).extensions["telehealth"]
    ana = patient(session, "ana@posta.si")

    tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    platform.queue.drain([Lane.URGENT])

    assert mail_server.mails == []
    assert states(session) == [TEMP]


def test_a_try_a_dead_worker_left_is_closed_as_delayed_and_announced(
    session: Session, queue: Queue, clock: FixedClock
) -> None:
    ana = patient(session, "ana@posta.si")
    notice = tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    assert notifications.begin(session, notice, now=clock.at) is not None
    for event in session.scalars(select(OutboxEvent)):
        event.done_at = clock.at  # nobody comes back to it
    session.commit()

    clock.at += notifications.UNKNOWN_AFTER - timedelta(seconds=1)
    queue.run_timed(Lane.ALERTS)
    assert states(session) == [DeliveryState.SENDING]
    clock.at += timedelta(seconds=1)
    queue.run_timed(Lane.ALERTS)

    fate = notifications.fates(session, [notice])[notice]
    assert (fate.state, fate.reason) == (TEMP, notifications.UNKNOWN)
    settled = select(OutboxEvent.payload).where(OutboxEvent.topic == notifications.SETTLED)
    assert session.scalars(settled).all() == [{"notification_id": notice}]


def test_a_late_outcome_is_better_than_an_unknown_one(
    session: Session, queue: Queue, clock: FixedClock
) -> None:
    ana = patient(session, "ana@posta.si")
    notice = tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    outgoing = notifications.begin(session, notice, now=clock.at)
    assert outgoing is not None
    notifications.close_unknown(session, now=clock.at + notifications.UNKNOWN_AFTER)

    notifications.settle(session, outgoing.delivery_id, SENT, now=clock.at + timedelta(minutes=4))

    assert states(session) == [SENT]


def test_the_next_try_closes_the_one_a_dead_worker_left(
    session: Session, queue: Queue, clock: FixedClock
) -> None:
    ana = patient(session, "ana@posta.si")
    notice = tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    assert notifications.begin(session, notice, now=clock.at) is not None
    session.commit()

    queue.drain()

    assert states(session) == [TEMP, SENT]


@pytest.mark.parametrize(
    ("locale", "line"),
    [
        ("sl", "Napisano 23. november 2026 ob "),
        ("en", "Written on 23 November 2026 at "),
    ],
)
def test_an_urgent_mail_says_when_it_was_written_and_how_to_check(
    session: Session,
    queue: Queue,
    mail_server: MailServer,
    clock: FixedClock,
    locale: str,
    line: str,
) -> None:
    ana = patient(session, "ana@posta.si")
    session.scalars(select(Account).where(Account.person_id == ana.id)).one().locale = locale
    mail_server.answers["ana@posta.si"] = "451 come back later"
    tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    queue.drain()
    mail_server.answers.clear()
    clock.at += timedelta(days=1)

    queue.drain()

    (mail,) = mail_server.mails
    text = mail.get_content()
    assert line + clock_time(NOW, locale) in text
    over = "Če na strani ni odprtega" if locale == "sl" else "If the page shows no open alert"
    assert over in text


def test_a_server_nobody_reaches_is_down_until_it_takes_a_mail(
    session: Session, queue: Queue, mail_server: MailServer, clock: FixedClock
) -> None:
    ana, luka = patient(session, "ana@posta.si"), patient(session, "luka@posta.si", "Luka")
    for address in ("ana@posta.si", "luka@posta.si"):
        mail_server.answers[address] = "451 not now"
    assert not notifications.mail_state(session, now=NOW).is_down
    tell(session, ana, Recipient(ana.id), Wording.ATTENTION)
    tell(session, luka, Recipient(luka.id), Wording.ATTENTION)

    queue.drain()
    down = notifications.mail_state(session, now=clock.at)
    mail_server.answers.clear()
    clock.at += timedelta(minutes=2)
    queue.drain()
    up = notifications.mail_state(session, now=clock.at)

    assert down == notifications.MailState(is_down=True, since=NOW, waiting=2)
    assert up == notifications.MailState(is_down=False, since=None, waiting=0)


def test_one_full_mailbox_is_not_a_dead_server(
    session: Session, queue: Queue, mail_server: MailServer, clock: FixedClock
) -> None:
    ana = patient(session, "ana@posta.si")
    mail_server.answers["ana@posta.si"] = "452 mailbox full"
    tell(session, ana, Recipient(ana.id), Wording.ATTENTION)

    for _ in range(5):
        queue.drain()
        clock.at += timedelta(minutes=2)

    assert notifications.mail_state(session, now=clock.at).is_down is False


def test_a_server_that_is_away_for_one_person_twice_is_down(
    session: Session, db: Database, settings: Settings, clock: FixedClock
) -> None:
    nobody_there = replace(settings, smtp_url="smtp://127.0.0.1:9")
    platform: Platform = create_app(nobody_there, db, clock).extensions["telehealth"]
    ana = patient(session, "ana@posta.si")
    tell(session, ana, Recipient(ana.id), Wording.ATTENTION)

    platform.queue.drain()
    first = notifications.mail_state(session, now=clock.at)
    clock.at += timedelta(minutes=1)
    platform.queue.drain()

    assert not first.is_down
    assert notifications.mail_state(session, now=clock.at) == notifications.MailState(
        is_down=True, since=NOW, waiting=1
    )


def test_the_dead_get_no_mail_about_themselves_nor_about_those_they_represented(
    session: Session, queue: Queue, mail_server: MailServer
) -> None:
    ana, luka = patient(session, "ana@posta.si"), patient(session, "luka@posta.si", "Luka")
    eva = patient(session, "eva@posta.si", "Eva")
    make.mandate(session, ana, eva)
    make.mandate(session, luka, ana)
    session.commit()
    queue.drain()
    mail_server.mails.clear()

    ana.died_on = NOW.date()
    deliver(session, ana)
    deliver(session, luka)
    queue.drain()

    assert {str(mail["To"]) for mail in mail_server.mails} == {"luka@posta.si"}
    reasons = set(session.scalars(select(Delivery.reason)))
    assert reasons == {"", "died"}
