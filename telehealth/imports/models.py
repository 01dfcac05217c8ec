"""Rows of imports: one file on its way into a diary, and its readings in portions."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.core.actor import Basis
from telehealth.core.db import Base, BigInt, Key, one_of

TOKEN_CHARS = 32
KEY_CHARS = 64
MAX_ZONE_CHARS = 64


class State(StrEnum):
    """Where an import stands."""

    LOOKING = "looking"
    """The worker reads the file and counts."""
    ASKING = "asking"
    """Something only a person can say has to be asked."""
    REFUSED = "refused"
    """The file is of no format that is read, or nothing in it is a reading."""
    READY = "ready"
    """Counted; waits for a person to say yes."""
    ADDING = "adding"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    DISCARDED = "discarded"
    EXPIRED = "expired"
    """Nobody answered within a day; the file is deleted."""


WITH_FILE = frozenset({State.LOOKING, State.ASKING, State.READY, State.ADDING})
"""States in which the file is still kept."""
WORKING = frozenset({State.LOOKING, State.ADDING, State.UNDOING})
"""States in which the worker has something to do."""


class FileImport(Base):
    """A file that somebody brought for one diary; neither its name nor its preamble is kept."""

    __tablename__ = "file_import"
    __table_args__ = (
        Index("ix_file_import_patient_id_id", "patient_id", "id"),
        CheckConstraint("done_units >= 0 AND total_units >= 0", "progress"),
    )

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    """Who brought it; None at the command line."""
    basis: Mapped[Basis] = mapped_column(one_of(Basis, "basis"))
    representation_id: Mapped[int | None] = mapped_column(BigInt)
    received_at: Mapped[datetime]
    changed_at: Mapped[datetime] = mapped_column(index=True)
    """Last step of a person; an import without one for a day expires."""
    held_until: Mapped[datetime | None]
    """A worker is at it until then; afterwards another may take over."""
    state: Mapped[State] = mapped_column(one_of(State, "state", 12))
    token: Mapped[str] = mapped_column(String(TOKEN_CHARS), unique=True)
    """Name of the file in the folder of imports; random."""
    n_bytes: Mapped[int] = mapped_column(BigInt)
    zone: Mapped[str] = mapped_column(String(MAX_ZONE_CHARS))
    """IANA name of where the device's clock is; chosen by a person."""
    chosen_order: Mapped[str] = mapped_column(String(3), default="")
    """Answer to the question which of two numbers is the day; empty: not answered."""
    chosen_unit: Mapped[str] = mapped_column(String(8), default="")
    confirms_columns: Mapped[bool] = mapped_column(default=False)
    chosen_columns: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """Of an unknown table (`service.columns`); None where nothing was chosen."""
    seen: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What looking found (`service.sights.Sight`); counts, lines, three sample readings."""
    done_units: Mapped[int] = mapped_column(BigInt, default=0)
    """Bytes while looking, readings while adding and undoing."""
    total_units: Mapped[int] = mapped_column(BigInt, default=0)
    n_added: Mapped[int] = mapped_column(Integer, default=0)
    n_duplicate: Mapped[int] = mapped_column(Integer, default=0)
    n_rejected: Mapped[int] = mapped_column(Integer, default=0)
    n_removed: Mapped[int] = mapped_column(Integer, default=0)
    """How many undoing took out."""


class ImportColumns(Base):
    """What somebody chose for tables with the same headings; nothing of their rows."""

    __tablename__ = "import_columns"
    __table_args__ = (UniqueConstraint("patient_id", "headings_key"),)

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    headings_key: Mapped[str] = mapped_column(String(KEY_CHARS))
    """SHA-256 of the headings (`devices.files.Table.key`)."""
    by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    """Who chose; None at the command line."""
    chosen_at: Mapped[datetime]
    unit: Mapped[str] = mapped_column(String(8))
    """Of all rows; empty: the table says it."""
    columns: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As `FileImport.chosen_columns`."""


class ImportPart(Base):
    """Up to 5,000 readings of a file; added in one transaction with its mark here, so only once."""

    __tablename__ = "import_part"

    import_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("file_import.id"), primary_key=True, autoincrement=False
    )
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    offset: Mapped[int] = mapped_column(BigInt)
    """Where its line begins in the file of prepared readings."""
    n: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    added_at: Mapped[datetime | None]
    upload_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("upload.id"))
    """None while not added, when nothing was new, and after undoing."""
