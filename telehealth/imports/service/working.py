"""What the worker does with an import, step by step; each step is one transaction.

An import under work is held for two minutes at a time. A worker that dies lets go of it by that,
and another one goes on where the last whole step ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from telehealth.core import outbox
from telehealth.core.actor import Actor, Basis, system
from telehealth.imports.models import WITH_FILE, WORKING, FileImport, ImportPart, State
from telehealth.imports.service import steps
from telehealth.imports.service.drafts import EARLIEST
from telehealth.imports.service.looking import Part, is_own_key
from telehealth.imports.service.sights import GONE, Sight
from telehealth.readings import service as readings

HOLD = timedelta(minutes=2)
KEPT = timedelta(hours=24)
"""How long a file waits for a person."""
_EVENTS = {
    State.LOOKING: steps.LOOK,
    State.ADDING: steps.ADD,
    State.UNDOING: steps.TAKE_BACK,
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A part to be added or taken back."""

    place: int
    offset: int
    upload_id: int | None
    span: tuple[datetime, datetime]


def hold(session: Session, import_id: int, state: State, *, now: datetime) -> FileImport | None:
    """Take an import for work; None when it has moved on or another worker is at it."""
    row = session.scalar(select(FileImport).where(FileImport.id == import_id).with_for_update())
    if row is None or row.state is not state or (row.held_until and row.held_until > now):
        return None
    row.held_until = now + HOLD
    return row


def progress(session: Session, import_id: int, done: int, *, now: datetime) -> bool:
    """Tell how far looking is and hold the import on; False when nobody wants it any more."""
    changed = session.execute(
        update(FileImport)
        .where(FileImport.id == import_id, FileImport.state == State.LOOKING)
        .values(done_units=done, held_until=now + HOLD)
        .returning(FileImport.id)
    )
    return changed.first() is not None


def release(session: Session, import_id: int, *, now: datetime, goes_on: bool = False) -> None:
    """Let an import go; `goes_on`: an event asks for the next slice, after what else waits."""
    row = session.get(FileImport, import_id)
    if row is None:
        return
    row.held_until = None
    if goes_on and row.state in _EVENTS:
        outbox.put(session, _EVENTS[row.state], {"import_id": import_id}, now=now)


def keep_sight(
    session: Session, import_id: int, sight: Sight, parts: Sequence[Part]
) -> State | None:
    """What looking found is kept; the import waits for a person, or is refused.

    Returns:
        Its state; None when it was discarded meanwhile.
    """
    row = session.scalar(select(FileImport).where(FileImport.id == import_id).with_for_update())
    if row is None or row.state is not State.LOOKING:
        return None
    if sight.trouble:
        row.state = State.REFUSED
    else:
        row.state = State.ASKING if sight.questions else State.READY
    row.seen, row.held_until, row.done_units = sight.to_json(), None, row.total_units
    session.execute(delete(ImportPart).where(ImportPart.import_id == import_id))
    if parts and not sight.trouble:
        session.execute(
            insert(ImportPart),
            [
                {
                    "import_id": import_id, "place": place, "offset": part.offset, "n": part.n,
                    "first_at": part.first_at, "last_at": part.last_at,
                }
                for place, part in enumerate(parts)
            ],
        )  # fmt: skip
    return row.state


def next_to_add(session: Session, import_id: int) -> Stage | None:
    """The first part that is not in the diary yet."""
    return _stage(session, import_id, is_added=False)


def next_to_take_back(session: Session, import_id: int) -> Stage | None:
    """The newest part that is still in the diary."""
    return _stage(session, import_id, is_added=True)


def _stage(session: Session, import_id: int, *, is_added: bool) -> Stage | None:
    parts = select(ImportPart).where(ImportPart.import_id == import_id)
    if is_added:
        parts = parts.where(ImportPart.upload_id.is_not(None)).order_by(ImportPart.place.desc())
    else:
        parts = parts.where(ImportPart.added_at.is_(None)).order_by(ImportPart.place)
    part = session.scalar(parts.limit(1))
    if part is None:
        return None
    return Stage(part.place, part.offset, part.upload_id, (part.first_at, part.last_at))


def add_part(
    session: Session,
    import_id: int,
    stage: Stage,
    rows: Sequence[readings.NewReading],
    *,
    now: datetime,
) -> None:
    """The readings of one part are in the diary and the part is marked, both or neither.

    The right to import was checked when the person said yes; the readings come in that name.
    """
    row = session.get_one(FileImport, import_id)
    fresh = _without_own(session, row.patient_id, rows)
    batch = readings.Batch(row.patient_id, tuple(fresh), oldest=EARLIEST)
    outcome = readings.record(session, _actor_of(row), batch, now=now)
    session.execute(
        update(ImportPart)
        .where(ImportPart.import_id == import_id, ImportPart.place == stage.place)
        .values(added_at=now, upload_id=outcome.upload_id)
    )
    row.n_added += outcome.accepted
    row.n_duplicate += len(rows) - len(fresh) + outcome.duplicate
    row.n_rejected += len(outcome.rejected)
    row.done_units += len(rows)
    row.held_until = now + HOLD


def _without_own(
    session: Session, patient_id: int, rows: Sequence[readings.NewReading]
) -> Sequence[readings.NewReading]:
    """Leave out what our own export says and this diary has, whatever its source here."""
    own = [readings.seq_of(one.key) for one in rows if is_own_key(one.key)]
    known = readings.known(session, patient_id, own) if own else set()
    if not known:
        return rows
    return [one for one in rows if not is_own_key(one.key) or readings.seq_of(one.key) not in known]


def break_off(session: Session, import_id: int) -> None:
    """The prepared file is gone: the parts not yet added never will be, and the page says so."""
    row = session.get_one(FileImport, import_id)
    row.seen = {**row.seen, "trouble": GONE}
    session.execute(
        delete(ImportPart).where(ImportPart.import_id == import_id, ImportPart.added_at.is_(None))
    )


def finish_adding(session: Session, import_id: int, *, now: datetime) -> None:
    """All parts are in; the caller deletes the file."""
    row = session.get_one(FileImport, import_id)
    row.state, row.changed_at, row.held_until = State.DONE, now, None


def take_back_part(session: Session, import_id: int, stage: Stage, *, now: datetime) -> None:
    """What one part added is out of the diary and the part is marked, both or neither."""
    row = session.get_one(FileImport, import_id)
    if stage.upload_id is None:
        return
    # Who asked for it stands in the trail already (`imports.undo`).
    actor = system(steps.TAKE_BACK, row.patient_id)
    n = readings.undo(session, actor, row.patient_id, stage.upload_id, stage.span, now=now)
    session.execute(
        update(ImportPart)
        .where(ImportPart.import_id == import_id, ImportPart.place == stage.place)
        .values(upload_id=None)
    )
    row.n_removed += n
    row.done_units += n
    row.held_until = now + HOLD


def finish_taking_back(session: Session, import_id: int, *, now: datetime) -> None:
    """Nothing of this import is in the diary."""
    row = session.get_one(FileImport, import_id)
    row.state, row.changed_at, row.held_until = State.UNDONE, now, None


def expire(session: Session, *, now: datetime) -> Sequence[str]:
    """Files nobody answered for a day are given up; returns their names on the shelf."""
    waiting = WITH_FILE - {State.ADDING}
    rows = session.scalars(
        select(FileImport).where(FileImport.state.in_(waiting), FileImport.changed_at <= now - KEPT)
    ).all()
    for row in rows:
        row.state, row.changed_at, row.held_until, row.seen = State.EXPIRED, now, None, {}
    return [row.token for row in rows]


def resume(session: Session, *, now: datetime) -> int:
    """Ask again for imports that a dead worker left; returns how many."""
    rows = session.scalars(
        select(FileImport).where(FileImport.state.in_(WORKING), FileImport.held_until <= now)
    ).all()
    for row in rows:
        row.held_until = None
        outbox.put(session, _EVENTS[row.state], {"import_id": row.id}, now=now)
    return len(rows)


def _actor_of(row: FileImport) -> Actor:
    """Who said yes, as the trail names them."""
    if row.basis is Basis.SYSTEM:
        return system(steps.ADD, row.patient_id)
    return Actor(
        row.by_id,
        row.patient_id,
        row.basis,
        representation_id=row.representation_id,
        cause=steps.ADD,
    )
