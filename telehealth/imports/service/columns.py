"""The columns of an unknown table: as they are kept with an import, and remembered for the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from devices.files import Columns, Limit, RecordKind
from telehealth.core.actor import Actor
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.identity.models import Person
from telehealth.imports import policy
from telehealth.imports.models import FileImport, ImportColumns

MAX_REMEMBERED = 50
"""Kinds of table of one patient; the oldest is forgotten."""
Words = tuple[tuple[str, Limit | None], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What was said about an unknown table; both parts may be missing."""

    columns: Columns | None = None
    words: Words = ()
    """Words in the place of values; None: no reading."""

    def to_json(self) -> dict[str, Any]:
        """Write for the row."""
        at = self.columns
        written: dict[str, Any] = {
            "words": [[word, limit.value if limit else ""] for word, limit in self.words]
        }
        if at is not None:
            written |= {
                "time": at.time, "clock": at.clock, "value": at.value, "unit": at.unit,
                "kind": at.kind.value,
            }  # fmt: skip
        return written

    @classmethod
    def from_json(cls, written: Mapping[str, Any] | None) -> "Choice":
        """Read from the row; empty where nothing was chosen."""
        if not written:
            return cls()
        words = tuple((word, Limit(limit) if limit else None) for word, limit in written["words"])
        if "time" not in written:
            return cls(None, words)
        kind = RecordKind(written["kind"])
        at = Columns(written["time"], written["value"], kind, written["clock"], written["unit"])
        return cls(at, words)


@dataclass(frozen=True, slots=True)
class Remembered:
    """A choice of before, offered for a table with the same headings."""

    choice: Choice
    unit: str
    """Of all rows; empty: the table says it."""
    chosen_at: datetime
    is_own: bool
    """Whether who asks has chosen."""
    by_name: str
    """Who else chose; empty for the operator of the installation."""


def columns_of(
    time: int | None, clock: int | None, value: int | None, unit: int | None, kind: str
) -> Columns:
    """What a person chose, checked field by field.

    Raises:
        Invalid: something is missing, or one column is chosen for two things.
    """
    wrong = []
    if time is None:
        wrong.append(FieldError("#/time", N_("Choose the column with the time."), "missing"))
    if value is None:
        wrong.append(FieldError("#/value", N_("Choose the column with the values."), "missing"))
    if kind not in (RecordKind.METER, RecordKind.CGM):
        wrong.append(FieldError("#/kind", N_("Say what measured the values."), "missing"))
    taken: set[int] = set()
    for name, at in (("time", time), ("clock", clock), ("value", value), ("unit_from", unit)):
        if at is not None and at in taken:
            sentence = N_("This column is chosen twice. Each column holds one thing.")
            wrong.append(FieldError(f"#/{name}", sentence, "twice"))
        taken |= {at} if at is not None else set()
    if wrong or time is None or value is None:
        raise Invalid(errors=tuple(wrong))
    return Columns(time, value, RecordKind(kind), clock, unit)


def remembered(
    session: Session, actor: Actor, patient_id: int, headings_key: str
) -> Remembered | None:
    """What was chosen before for a table with these headings.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not import.
    """
    policy.require_importing(actor, patient_id)
    found = session.execute(
        select(ImportColumns, Person)
        .outerjoin(Person, Person.id == ImportColumns.by_id)
        .where(ImportColumns.patient_id == patient_id, ImportColumns.headings_key == headings_key)
    ).one_or_none()
    if found is None or not headings_key:
        return None
    row, by = found
    is_own = row.by_id is not None and row.by_id == actor.person_id
    choice = Choice.from_json(row.columns)
    return Remembered(choice, row.unit, row.chosen_at, is_own, by.name if by else "")


def remember(session: Session, row: FileImport, *, now: datetime) -> None:
    """The choice of an import somebody said yes to is offered the next time."""
    key = row.seen.get("table_key", "")
    if not key or row.chosen_columns is None:
        return
    kept = session.scalar(
        select(ImportColumns)
        .where(ImportColumns.patient_id == row.patient_id, ImportColumns.headings_key == key)
        .with_for_update()
    )
    if kept is None:
        kept = ImportColumns(patient_id=row.patient_id, headings_key=key)
        _forget_oldest(session, row.patient_id)
        session.add(kept)
    kept.by_id, kept.chosen_at = row.by_id, now
    kept.unit, kept.columns = row.chosen_unit, row.chosen_columns
    session.flush()


def _forget_oldest(session: Session, patient_id: int) -> None:
    of_patient = ImportColumns.patient_id == patient_id
    n = session.scalar(select(func.count()).select_from(ImportColumns).where(of_patient)) or 0
    if n >= MAX_REMEMBERED:
        oldest = select(func.min(ImportColumns.id)).where(of_patient).scalar_subquery()
        session.execute(delete(ImportColumns).where(ImportColumns.id == oldest))
