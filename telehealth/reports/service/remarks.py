"""Remarks on days and moments: write, change, remove, bring back; every state is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.identity import service as identity
from telehealth.reports import policy
from telehealth.reports.models import MAX_REMARK_CHARS, Audience, Remark, RemarkVersion
from telehealth.reports.service.windows import EARLIEST, Days

CHANGED = "reports.remarked"
"""Outbox event: `{"patient_id"}`; open pages of the patient look again."""


@dataclass(frozen=True, slots=True)
class NewRemark:
    """A remark as it is to stand."""

    day: date
    minute: int | None
    text: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class ShownRemark:
    """A remark with the name of who wrote it."""

    id: int
    day: date
    minute: int | None
    text: str
    audience: Audience
    author: str
    written_at: datetime
    version: int
    is_removed: bool
    may_change: bool

    @property
    def clock(self) -> str:
        """Time of day, `07:40`; empty for a remark on the whole day."""
        return "" if self.minute is None else f"{self.minute // 60:02}:{self.minute % 60:02}"


@dataclass(frozen=True, slots=True)
class PastVersion:
    """How a remark stood once."""

    version: int
    day: date
    text: str
    audience: Audience
    is_removed: bool
    changed_by: str
    changed_at: datetime


def add_remark(
    session: Session, actor: Actor, patient_id: int, new: NewRemark, *, now: datetime
) -> Remark:
    """The remark stands beside the patient's day.

    Raises:
        NotFound: not the actor's patient.
        NotAllowed: not a doctor or nurse of the care team.
        Invalid: no text, too long, or a day that cannot be.
    """
    policy.require_writing(actor, patient_id)
    _require_sense(new, now)
    row = Remark(
        patient_id=patient_id,
        day_on=new.day,
        minute=new.minute,
        text=new.text.strip(),
        audience=new.audience,
        by_id=actor.person_id or 0,
        written_at=now,
        version=0,
    )
    return _kept(session, actor, row, "reports.remark", now)


def change_remark(
    session: Session,
    actor: Actor,
    patient_id: int,
    remark_id: int,
    new: NewRemark,
    *,
    version: int,
    now: datetime,
) -> Remark:
    """The remark says this from now on; what it said before is kept.

    Raises:
        NotFound, NotAllowed, Invalid: as `add_remark`; only the author changes it.
        Conflict: it was changed or removed in another window meanwhile.
    """
    row = _own(session, actor, patient_id, remark_id)
    _require_sense(new, now)
    if row.version != version or row.removed_at is not None:
        raise Conflict(N_("This remark has been changed meanwhile. Your text is still here."))
    row.day_on, row.minute = new.day, new.minute
    row.text, row.audience = new.text.strip(), new.audience
    return _kept(session, actor, row, "reports.change_remark", now)


def remove_remark(
    session: Session, actor: Actor, patient_id: int, remark_id: int, *, now: datetime
) -> Remark:
    """The remark is no longer shown; its history stays. Removing twice is removing once.

    Raises:
        NotFound, NotAllowed: as `change_remark`.
    """
    row = _own(session, actor, patient_id, remark_id)
    if row.removed_at is not None:
        return row
    row.removed_at = now
    return _kept(session, actor, row, "reports.remove_remark", now)


def restore_remark(
    session: Session, actor: Actor, patient_id: int, remark_id: int, *, now: datetime
) -> Remark:
    """A removed remark is shown again.

    Raises:
        NotFound, NotAllowed: as `change_remark`.
    """
    row = _own(session, actor, patient_id, remark_id)
    if row.removed_at is None:
        return row
    row.removed_at = None
    return _kept(session, actor, row, "reports.restore_remark", now)


def remark_history(
    session: Session, actor: Actor, patient_id: int, remark_id: int, *, now: datetime
) -> tuple[ShownRemark, Sequence[PastVersion]]:
    """A remark and how it stood before, newest first; for the care team.

    Raises:
        NotFound: no such remark of this patient.
        NotAllowed: not of the care team.
    """
    policy.require_writing(actor, patient_id)
    row = _of(session, patient_id, remark_id)
    rows = session.scalars(
        select(RemarkVersion)
        .where(RemarkVersion.remark_id == remark_id)
        .order_by(RemarkVersion.version.desc())
    ).all()
    names = identity.names(session, {row.by_id, *(one.changed_by_id for one in rows)})
    audit.record(session, actor, "reports.remark_history", "report_remark", remark_id, now=now)
    past = [
        PastVersion(
            one.version,
            one.day_on,
            one.text,
            one.audience,
            one.is_removed,
            names.get(one.changed_by_id, ""),
            one.changed_at,
        )
        for one in rows
    ]
    return _shown(row, actor, names), past


def remarks_of(
    session: Session, actor: Actor, patient_id: int, days: Days
) -> Sequence[ShownRemark]:
    """Remarks on some days that the actor may see, newest day first; the caller is audited."""
    policy.require_reading(actor, patient_id)
    audiences = tuple(Audience) if policy.sees_team_remarks(actor) else (Audience.PATIENT,)
    rows = session.scalars(
        select(Remark)
        .where(
            Remark.patient_id == patient_id,
            Remark.removed_at.is_(None),
            Remark.day_on >= days.first,
            Remark.day_on <= days.last,
            Remark.audience.in_(audiences),
        )
        .order_by(Remark.day_on.desc(), Remark.minute.desc(), Remark.id.desc())
    ).all()
    names = identity.names(session, {row.by_id for row in rows})
    return [_shown(row, actor, names) for row in rows]


def _shown(row: Remark, actor: Actor, names: dict[int, str]) -> ShownRemark:
    return ShownRemark(
        id=row.id,
        day=row.day_on,
        minute=row.minute,
        text=row.text,
        audience=row.audience,
        author=names.get(row.by_id, ""),
        written_at=row.written_at,
        version=row.version,
        is_removed=row.removed_at is not None,
        may_change=policy.may_write(actor) and actor.person_id == row.by_id,
    )


def _own(session: Session, actor: Actor, patient_id: int, remark_id: int) -> Remark:
    policy.require_writing(actor, patient_id)
    row = _of(session, patient_id, remark_id)
    policy.require_author(actor, patient_id, row.by_id)
    return row


def _of(session: Session, patient_id: int, remark_id: int) -> Remark:
    row = session.scalar(
        select(Remark)
        .where(Remark.id == remark_id, Remark.patient_id == patient_id)
        .with_for_update()
    )
    if row is None:
        raise NotFound
    return row


def _kept(session: Session, actor: Actor, row: Remark, action: str, now: datetime) -> Remark:
    """The new state is in the history, in the trail and told to open pages."""
    row.version += 1
    session.add(row)
    session.flush()
    session.add(
        RemarkVersion(
            remark_id=row.id,
            version=row.version,
            day_on=row.day_on,
            minute=row.minute,
            text=row.text,
            audience=row.audience,
            is_removed=row.removed_at is not None,
            changed_by_id=actor.person_id or 0,
            changed_at=now,
        )
    )
    session.flush()
    audit.record(session, actor, action, "report_remark", row.id, now=now)
    outbox.put(session, CHANGED, {"patient_id": row.patient_id}, now=now)
    return row


def _require_sense(new: NewRemark, now: datetime) -> None:
    wrong = []
    text = new.text.strip()
    if not text:
        wrong.append(FieldError("#/text", N_("Please write the remark."), "empty"))
    if len(text) > MAX_REMARK_CHARS:
        wrong.append(FieldError("#/text", N_("At most 1,000 characters."), "too_long"))
    if not EARLIEST <= new.day <= local(now).date():
        wrong.append(FieldError("#/day", N_("Choose a day up to today."), "bad_day"))
    if wrong:
        raise Invalid(errors=tuple(wrong))
