"""What adding readings would change, before anything is added."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.readings.models import ReadingSource, SourceKind, Via
from telehealth.readings.service import statements

CHUNK = 5_000


def known(
    session: Session,
    patient_id: int,
    seqs: Sequence[int],
    source: tuple[SourceKind, str, Via] | None = None,
) -> set[int]:
    """Those names that a patient's diary has already, or that a person removed from it.

    For a caller that has checked who asks.

    Args:
        session: the unit of work, or one that only reads.
        patient_id: whose diary.
        seqs: names as `seq_of` gives them.
        source: only in this source; None: in any source of the patient.
    """
    ids = select(ReadingSource.id).where(ReadingSource.patient_id == patient_id)
    if source is not None:
        kind, device, via = source
        ids = ids.where(
            ReadingSource.kind == kind, ReadingSource.device == device, ReadingSource.via == via
        )
    found: set[int] = set()
    for source_id in session.scalars(ids).all():
        for chunk in _chunks(seqs):
            rows = [(source_id, seq) for seq in chunk]
            places = statements.run(session, statements.KNOWN_KEYS, statements.KEY_FIELDS, rows)
            found.update(seq for _, seq in places)
    return found


def _chunks(seqs: Sequence[int]) -> Iterator[Sequence[int]]:
    for begin in range(0, len(seqs), CHUNK):
        yield seqs[begin : begin + CHUNK]
