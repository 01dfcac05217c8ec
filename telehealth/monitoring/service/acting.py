"""What people do with an entry: take it, acknowledge, close, note, plan the next review."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.directory import service as directory
from telehealth.identity.models import Person
from telehealth.monitoring import policy
from telehealth.monitoring.models import Deed, Stage, WorklistDeed, WorklistEntry
from telehealth.monitoring.service.codes import CALM, CODES, Code, bits_of
from telehealth.monitoring.service.judging import judge_all, order_key

_CALM_BITS = bits_of(CALM)
SHOWN_DEEDS = 50
BY_HAND = frozenset(Deed) - {Deed.OPENED, Deed.SETTLED}


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants to do with an entry."""

    deed: Deed
    version: int | None = None
    """Of the entry as it was seen; None: whatever it says now."""
    text: str = ""
    review_on: date | None = None
    owner_id: int | None = None
    """To whom the entry is given; None: who acts."""


@dataclass(frozen=True, slots=True)
class Done:
    """One line of an entry's history."""

    deed: Deed
    text: str
    codes: Sequence[Code]
    review_on: date | None
    by: str | None
    """Name; None: the application."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Loop:
    """An entry with its owner and history, for the patient's page."""

    entry: WorklistEntry
    owner: str | None
    history: Sequence[Done]


def loop_of(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> Loop:
    """The patient's entry and what happened to it; the caller's page writes the audit event.

    Raises:
        NotFound: not the actor's patient.
        NotAllowed: the actor is not of the care team.
    """
    policy.require_team(actor, patient_id)
    entry = session.get(WorklistEntry, patient_id)
    if entry is None:
        judge_all(session, [patient_id], now=now)
        entry = session.get_one(WorklistEntry, patient_id)
    owner = session.get(Person, entry.owner_id) if entry.owner_id else None
    rows = session.execute(
        select(WorklistDeed, Person)
        .outerjoin(Person, Person.id == WorklistDeed.by_id)
        .where(WorklistDeed.patient_id == patient_id)
        .order_by(WorklistDeed.id.desc())
        .limit(SHOWN_DEEDS)
    )
    history = [
        Done(row.deed, row.text, codes_of(row.reason_bits), row.review_on, _name(by), row.at)
        for row, by in rows
    ]
    return Loop(entry, _name(owner), history)


def act(
    session: Session, actor: Actor, patient_id: int, wish: Act, *, now: datetime
) -> WorklistEntry:
    """The deed is done to the patient's entry and stands in its history.

    Acknowledging an entry acknowledges its alerts; closing one closes what has ended and waited.

    Raises:
        NotFound: not the actor's patient.
        NotAllowed: the actor is not of the care team.
        Conflict: somebody was faster, a new reason came meanwhile, there is nothing to do it to, or
            an alert still rings and the entry cannot be closed.
        Invalid: a note without words, a review in the past, an owner outside the care team.
    """
    worker_id = policy.require_team(actor, patient_id)
    entry = session.scalar(
        select(WorklistEntry).where(WorklistEntry.patient_id == patient_id).with_for_update()
    )
    if entry is None:
        raise NotFound
    if wish.version is not None and wish.version != entry.version:
        words = N_("This entry has changed meanwhile. Look at it again before you go on.")
        raise Conflict(words, code="changed_meanwhile")
    if wish.deed is Deed.ACKNOWLEDGED:
        alerts.acknowledge_all(session, actor, patient_id, now=now)
    elif wish.deed is Deed.CLOSED:
        alerts.review(session, actor, patient_id, now=now)
    _DEEDS[wish.deed](session, entry, worker_id, wish, now)
    entry.version += 1
    entry.changed_at = now
    entry.order_key = order_key(entry)
    session.add(
        WorklistDeed(
            patient_id=patient_id,
            deed=wish.deed,
            text=wish.text.strip(),
            reason_bits=entry.reason_bits & ~_CALM_BITS,
            review_on=wish.review_on,
            by_id=worker_id,
            at=now,
        )
    )
    audit.record(session, actor, f"monitoring.{_WORDS[wish.deed]}", "worklist", patient_id, now=now)
    session.flush()
    return entry


def codes_of(bits: int) -> list[Code]:
    """The reasons behind some bits."""
    return [code for place, code in enumerate(CODES) if bits >> place & 1]


def _acknowledge(
    _session: Session, entry: WorklistEntry, worker_id: int, _wish: Act, now: datetime
) -> None:
    if entry.stage is not Stage.OPEN:
        raise Conflict(N_("Only an open entry can be acknowledged."), code="not_open")
    entry.owner_id = entry.owner_id or worker_id
    _move(entry, Stage.ACKNOWLEDGED, worker_id, now)


def _close(
    _session: Session, entry: WorklistEntry, worker_id: int, _wish: Act, now: datetime
) -> None:
    if entry.stage is Stage.CLOSED:
        raise Conflict(N_("This entry is closed already."), code="closed")
    _move(entry, Stage.CLOSED, worker_id, now)


def _reopen(
    _session: Session, entry: WorklistEntry, worker_id: int, _wish: Act, now: datetime
) -> None:
    if entry.stage is Stage.OPEN:
        raise Conflict(N_("This entry is open already."), code="open")
    if not entry.reason_bits & ~_CALM_BITS:
        raise Conflict(N_("There is no reason left to open this entry for."), code="no_reason")
    _move(entry, Stage.OPEN, worker_id, now)
    entry.answered_bits = 0


def _move(entry: WorklistEntry, stage: Stage, worker_id: int, now: datetime) -> None:
    entry.stage, entry.stage_at, entry.stage_by_id = stage, now, worker_id
    entry.answered_bits = entry.reason_bits & ~_CALM_BITS


def _own(session: Session, entry: WorklistEntry, worker_id: int, wish: Act, now: datetime) -> None:
    owner_id = wish.owner_id or worker_id
    if owner_id != worker_id and not directory.is_in_care_team(
        session, owner_id, entry.patient_id, now=now
    ):
        words = N_("Only somebody of the patient's care team can take the entry.")
        raise Invalid(errors=(FieldError("#/owner_id", words, "not_in_team"),))
    entry.owner_id = owner_id


def _release(
    _session: Session, entry: WorklistEntry, worker_id: int, _wish: Act, now: datetime
) -> None:
    if entry.stage is Stage.ACKNOWLEDGED:
        _move(entry, Stage.OPEN, worker_id, now)
        entry.answered_bits = 0
    entry.owner_id = None


def _review(
    _session: Session, entry: WorklistEntry, _worker_id: int, wish: Act, now: datetime
) -> None:
    if wish.review_on is not None and wish.review_on < local(now).date():
        words = N_("The next review must lie today or later.")
        raise Invalid(errors=(FieldError("#/review_on", words, "past"),))
    entry.review_on = wish.review_on


def _note(
    _session: Session, _entry: WorklistEntry, _worker_id: int, wish: Act, _now: datetime
) -> None:
    if not wish.text.strip():
        words = N_("Write a note first.")
        raise Invalid(errors=(FieldError("#/text", words, "required"),))


_DEEDS = {
    Deed.ACKNOWLEDGED: _acknowledge,
    Deed.CLOSED: _close,
    Deed.REOPENED: _reopen,
    Deed.OWNED: _own,
    Deed.RELEASED: _release,
    Deed.REVIEW: _review,
    Deed.NOTED: _note,
}
_WORDS = {
    Deed.ACKNOWLEDGED: "acknowledge",
    Deed.CLOSED: "close",
    Deed.REOPENED: "reopen",
    Deed.OWNED: "own",
    Deed.RELEASED: "release",
    Deed.REVIEW: "review",
    Deed.NOTED: "note",
}
"""The verb in the trail."""


def _name(person: Person | None) -> str | None:
    return person.name if person else None
