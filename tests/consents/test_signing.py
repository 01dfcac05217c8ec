"""A consent from the inbox to the sealed file, in the service: what becomes true, and when not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telehealth.consents import service as consents
from telehealth.consents.gateways.blobs import blobs_of
from telehealth.consents.gateways.sealing import choose
from telehealth.consents.jobs import seal
from telehealth.consents.models import ConsentRecord, ConsentRequest, Preparation, State
from telehealth.core.clock import HOME_ZONE
from telehealth.core.errors import Conflict, Invalid, NotAllowed, StepUpNeeded, Unavailable
from telehealth.core.web.platform import Platform
from telehealth.identity.models import Person
from telehealth.inbox.models import InboxItem, ItemKind
from tests import make
from tests.make import consents as made
from tests.make.consents import NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


@pytest.fixture
def asked(session: Session, ana: Person) -> ConsentRequest:
    return made.request(session, make.doctor(session, [ana]), ana)


@pytest.fixture
def platform(app: Flask) -> Platform:
    found: Platform = app.extensions["telehealth"]
    return found


@pytest.fixture
def sealed(platform: Platform, session: Session) -> Callable[[ConsentRecord], ConsentRecord]:
    """Let the worker seal a signed consent."""

    def run(record: ConsentRecord) -> ConsentRecord:
        session.commit()
        seal(platform, {"record_id": record.id})
        session.expire_all()
        return record

    return run


def _items(session: Session, owner: Person, kind: ItemKind) -> list[InboxItem]:
    query = select(InboxItem).where(InboxItem.person_id == owner.id, InboxItem.kind == kind)
    return list(session.scalars(query))


def test_a_signed_consent_is_sealed_and_waits_in_the_inbox(
    session: Session,
    ana: Person,
    asked: ConsentRequest,
    platform: Platform,
    sealed: Callable[[ConsentRecord], ConsentRecord],
) -> None:
    row = made.preparation(session, made.as_self(ana), asked)
    shown, h0 = row.pdf, row.h0

    record = consents.sign(
        session, made.as_self(ana), consents.Signing(asked.id, h0, row.nonce), now=NOW
    )
    assert asked.state is State.SEALING
    assert _items(session, ana, ItemKind.CONSENT)[0].done_at == NOW
    assert _items(session, ana, ItemKind.DOCUMENT) == []
    sealed(record)

    file = blobs_of(platform.settings).get(record.file_sha256 or "")
    assert asked.state is State.SIGNED
    assert file is not None
    assert sha256(shown).hexdigest() == h0 == record.h0
    assert file.startswith(shown)
    assert len(file) > len(shown)
    assert _items(session, ana, ItemKind.DOCUMENT)[0].ref == str(asked.id)
    assert session.scalar(select(func.count()).select_from(Preparation)) == 0
    assert consents.is_whole(session, asked)


def test_only_what_was_granted_is_granted_and_only_once_sealed(
    session: Session,
    ana: Person,
    asked: ConsentRequest,
    sealed: Callable[[ConsentRecord], ConsentRecord],
) -> None:
    def granted(item: str, at: timedelta = timedelta(0)) -> bool:
        return consents.is_granted(session, ana.id, made.TEMPLATE, item, now=NOW + at)

    record = made.signature(session, made.as_self(ana), asked)
    assert not granted("share-readings")
    sealed(record)

    assert granted("share-readings")
    assert not granted("reminders")  # refused
    assert not granted("share-summary")  # not answered
    assert not granted("share-readings", timedelta(days=365 * 5 + 30))


def test_signing_twice_gives_one_record(
    session: Session, ana: Person, asked: ConsentRequest
) -> None:
    row = made.preparation(session, made.as_self(ana), asked)
    signing = consents.Signing(asked.id, row.h0, row.nonce)

    first = consents.sign(session, made.as_self(ana), signing, now=NOW)
    again = consents.sign(session, made.as_self(ana), signing, now=NOW + 10 * MINUTE)

    assert again.id == first.id
    assert session.scalar(select(func.count()).select_from(ConsentRecord)) == 1


def test_another_preview_than_the_newest_is_refused(
    session: Session, ana: Person, asked: ConsentRequest
) -> None:
    first = made.preparation(session, made.as_self(ana), asked)
    old = consents.Signing(asked.id, first.h0, first.nonce)
    newer = made.choice({"share-readings": "granted", "reminders": "granted"})
    made.chosen(session, made.as_self(ana), asked, newer)

    with pytest.raises(Conflict) as refused:
        consents.sign(session, made.as_self(ana), old, now=NOW)

    assert refused.value.code == "preview_changed"
    assert asked.state is State.VIEWED


def test_a_name_changed_since_the_preview_needs_another_look(
    session: Session, ana: Person, asked: ConsentRequest
) -> None:
    row = made.preparation(session, made.as_self(ana), asked)
    signing = consents.Signing(asked.id, row.h0, row.nonce)
    ana.family_name = "Kos"
    session.flush()

    with pytest.raises(Conflict) as refused:
        consents.sign(session, made.as_self(ana), signing, now=NOW)
    assert refused.value.code == "preview_changed"

    new = made.chosen(session, made.as_self(ana), asked, None)
    assert new.h0 != signing.h0
    assert new.decisions["reminders"] == "refused"
    assert consents.sign(
        session, made.as_self(ana), consents.Signing(asked.id, new.h0, new.nonce), now=NOW
    )


@pytest.mark.parametrize(
    ("confirmed", "signed", "is_enough"),
    [(-1, 0, False), (0, 0, True), (1, 5, True), (1, 7, False)],
    ids=["before the preview", "with it", "after it", "too long ago"],
)
def test_the_password_must_be_given_after_the_preview_and_lately(
    session: Session,
    ana: Person,
    asked: ConsentRequest,
    confirmed: int,
    signed: int,
    *,
    is_enough: bool,
) -> None:
    row = made.preparation(session, made.as_self(ana), asked)
    signing = consents.Signing(asked.id, row.h0, row.nonce)
    actor = made.as_self(ana, NOW + confirmed * MINUTE)

    if is_enough:
        assert consents.sign(session, actor, signing, now=NOW + signed * MINUTE)
        return
    with pytest.raises(StepUpNeeded):
        consents.sign(session, actor, signing, now=NOW + signed * MINUTE)
    assert asked.state is State.VIEWED


@pytest.mark.parametrize(
    ("choice", "pointer"),
    [
        (made.choice({}), "#/decisions/share-readings"),
        (made.choice({"share-readings": "refused"}), "#/decisions/share-readings"),
        (made.choice(made.DECISIONS | {"all": "granted"}), "#/decisions/all"),
        (made.choice(made.DECISIONS | {"reminders": "yes"}), "#/decisions/reminders"),
        (made.choice(typed_name="  "), "#/typed_name"),
        (made.choice(typed_name="A" * 121), "#/typed_name"),
        (made.choice(typed_name="Ana 🙂"), "#/typed_name"),
        (made.choice(gesture="drawn"), "#/gesture"),
        (made.choice(language="de"), "#/language"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_choice_that_cannot_be_signed_is_refused_beside_its_field(
    session: Session, ana: Person, asked: ConsentRequest, choice: consents.Choice, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        made.chosen(session, made.as_self(ana), asked, choice)

    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_a_click_needs_no_name(session: Session, ana: Person, asked: ConsentRequest) -> None:
    click = made.choice(gesture="click", typed_name="")

    at = NOW.astimezone(HOME_ZONE) + timedelta(microseconds=123_456)  # as real clocks show it
    row = made.chosen(session, made.as_self(ana), asked, click, now=at)

    assert row.pdf.startswith(b"%PDF-")


def test_declining_is_an_answer_and_a_new_request_may_follow(
    session: Session, ana: Person, asked: ConsentRequest
) -> None:
    first = consents.decline(session, made.as_self(ana), asked.id, now=NOW)
    again = consents.decline(session, made.as_self(ana), asked.id, now=NOW + MINUTE)

    assert first.id == again.id
    assert asked.state is State.DECLINED
    assert _items(session, ana, ItemKind.CONSENT)[0].done_at == NOW
    with pytest.raises(Conflict):
        made.preparation(session, made.as_self(ana), asked)
    assert made.request(session, make.doctor(session, [ana]), ana).state is State.OFFERED


def test_a_consent_is_not_sent_twice_while_one_waits_or_holds(
    session: Session,
    ana: Person,
    asked: ConsentRequest,
    sealed: Callable[[ConsentRecord], ConsentRecord],
) -> None:
    doctor = make.doctor(session, [ana])
    with pytest.raises(Conflict):
        made.request(session, doctor, ana)

    sealed(made.signature(session, made.as_self(ana), asked))

    with pytest.raises(Conflict):
        made.request(session, doctor, ana)


def test_withdrawing_works_at_once_and_needs_the_password(
    session: Session,
    ana: Person,
    asked: ConsentRequest,
    sealed: Callable[[ConsentRecord], ConsentRecord],
) -> None:
    sealed(made.signature(session, made.as_self(ana), asked))

    with pytest.raises(StepUpNeeded):
        consents.withdraw(session, made.as_self(ana), asked.id, now=NOW + 6 * MINUTE)
    assert asked.state is State.SIGNED

    consents.withdraw(session, made.as_self(ana), asked.id, now=NOW)
    consents.withdraw(session, made.as_self(ana), asked.id, now=NOW)

    assert asked.state is State.WITHDRAWN
    assert not consents.is_granted(session, ana.id, made.TEMPLATE, "share-readings", now=NOW)
    assert consents.document(session, made.as_self(ana), asked.id, now=NOW)
    assert consents.is_whole(session, asked)


def test_a_withdrawal_during_sealing_wins_and_the_document_is_kept(
    session: Session,
    ana: Person,
    asked: ConsentRequest,
    sealed: Callable[[ConsentRecord], ConsentRecord],
) -> None:
    record = made.signature(session, made.as_self(ana), asked)
    consents.withdraw(session, made.as_self(ana), asked.id, now=NOW)

    sealed(record)

    assert asked.state is State.WITHDRAWN
    assert record.file_sha256
    assert not consents.is_granted(session, ana.id, made.TEMPLATE, "share-readings", now=NOW)


def test_there_is_nothing_to_withdraw_before_signing(
    session: Session, ana: Person, asked: ConsentRequest
) -> None:
    with pytest.raises(Conflict):
        consents.withdraw(session, made.as_self(ana), asked.id, now=NOW)


def test_what_nobody_answers_in_time_expires_also_when_the_sweeper_is_late(
    session: Session, ana: Person, asked: ConsentRequest
) -> None:
    late = NOW + timedelta(days=31)

    with pytest.raises(Conflict) as refused:
        made.preparation(session, made.as_self(ana, late), asked, now=late)
    assert refused.value.code == "expired"
    seen = consents.show(session, made.as_self(ana), asked.id, "sl", now=late)
    assert seen.state is State.EXPIRED

    assert consents.expire_due(session, now=late) == 1
    assert asked.state is State.EXPIRED
    assert _items(session, ana, ItemKind.CONSENT)[0].done_at == late
    assert consents.expire_due(session, now=late) == 0


def test_without_a_seal_of_its_own_a_real_installation_signs_nothing(
    platform: Platform,
) -> None:
    with pytest.raises(Unavailable) as refused:
        choose(replace(platform.settings, demo=False))
    assert refused.value.code == "no_seal"
    assert not choose(replace(platform.settings, demo=False, seal_folder="/srv/seal")).is_test


def test_a_wording_taken_out_of_use_between_showing_and_signing_is_not_signed(
    session: Session, ana: Person, asked: ConsentRequest
) -> None:
    row = made.preparation(session, made.as_self(ana), asked)
    asked.version.retired_at = NOW
    session.flush()

    with pytest.raises(NotAllowed) as refused:
        consents.sign(
            session, made.as_self(ana), consents.Signing(asked.id, row.h0, row.nonce), now=NOW
        )
    assert refused.value.code == "retired"
