"""Imports as people see them: one with what was found in it, those of the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.errors import NotFound
from telehealth.identity.models import Person
from telehealth.imports import policy
from telehealth.imports.models import WITH_FILE, WORKING, FileImport, State
from telehealth.imports.service.columns import Choice
from telehealth.imports.service.sights import Sight
from telehealth.imports.service.working import KEPT

LISTED = 50


@dataclass(frozen=True, slots=True)
class Import:
    """One import as a page shows it."""

    id: int
    patient_id: int
    patient_name: str
    state: State
    sight: Sight
    received_at: datetime
    changed_at: datetime
    by_id: int | None
    by_name: str
    """Empty for the operator of the installation."""
    zone: str
    unit: str
    """Said by a person; empty where the file says it, or nobody has."""
    choice: Choice
    """What was said about an unknown table."""
    token: str
    n_bytes: int
    done_pct: int
    n_added: int
    n_duplicate: int
    n_rejected: int
    n_removed: int
    may_undo: bool

    @property
    def is_working(self) -> bool:
        """Whether the worker has something to do."""
        return self.state in WORKING

    @property
    def has_file(self) -> bool:
        """Whether the file is still kept."""
        return self.state in WITH_FILE

    @property
    def kept_until(self) -> datetime:
        """When the file is deleted if nobody says anything."""
        return self.changed_at + KEPT


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the worker is: no health content."""

    state: State
    done_pct: int


def past(
    session: Session, actor: Actor, patient_id: int, *, now: datetime
) -> tuple[str, Sequence[Import]]:
    """The patient's name and the newest fifty imports.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not import.
    """
    policy.require_importing(actor, patient_id)
    patient = session.get_one(Person, patient_id)
    rows = session.execute(
        select(FileImport, Person)
        .outerjoin(Person, Person.id == FileImport.by_id)
        .where(FileImport.patient_id == patient_id)
        .order_by(FileImport.id.desc())
        .limit(LISTED)
    ).all()
    audit.record(session, actor, "imports.list", "imports", patient_id, now=now)
    return patient.name, [_import(row, by, patient.name, actor) for row, by in rows]


def one(
    session: Session, actor: Actor, patient_id: int, import_id: int, *, now: datetime
) -> Import:
    """One import with everything found in it.

    Raises:
        NotFound: no such import of this patient, or the actor acts for somebody else.
        NotAllowed: the actor may not import.
    """
    policy.require_importing(actor, patient_id)
    found = session.execute(
        select(FileImport, Person)
        .outerjoin(Person, Person.id == FileImport.by_id)
        .where(FileImport.id == import_id, FileImport.patient_id == patient_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    patient = session.get_one(Person, patient_id)
    audit.record(session, actor, "imports.open", "import", import_id, now=now)
    return _import(found[0], found[1], patient.name, actor)


def progress_of(session: Session, actor: Actor, patient_id: int, import_id: int) -> Progress:
    """How far the worker is; asked every second, and without a row in the trail.

    Raises:
        NotFound: no such import of this patient, or the actor acts for somebody else.
        NotAllowed: the actor may not import.
    """
    policy.require_importing(actor, patient_id)
    row = session.scalar(
        select(FileImport).where(FileImport.id == import_id, FileImport.patient_id == patient_id)
    )
    if row is None:
        raise NotFound
    return Progress(row.state, _done_pct(row))


def _import(row: FileImport, by: Person | None, patient_name: str, actor: Actor) -> Import:
    return Import(
        id=row.id,
        patient_id=row.patient_id,
        patient_name=patient_name,
        state=row.state,
        sight=Sight.from_json(row.seen),
        received_at=row.received_at,
        changed_at=row.changed_at,
        by_id=row.by_id,
        by_name=by.name if by else "",
        zone=row.zone,
        unit=row.chosen_unit,
        choice=Choice.from_json(row.chosen_columns),
        token=row.token,
        n_bytes=row.n_bytes,
        done_pct=_done_pct(row),
        n_added=row.n_added,
        n_duplicate=row.n_duplicate,
        n_rejected=row.n_rejected,
        n_removed=row.n_removed,
        may_undo=row.state is State.DONE and policy.may_undo(actor, row.by_id),
    )


def _done_pct(row: FileImport) -> int:
    if row.state not in WORKING:
        return 100
    return min(99, 100 * row.done_units // max(row.total_units, 1))
