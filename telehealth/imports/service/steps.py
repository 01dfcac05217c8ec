"""What a person does with a file: bring it, answer, say yes, throw it away, take it back."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from devices.files import Columns, DateOrder
from devices.glucose import Unit
from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.imports import policy
from telehealth.imports.models import WITH_FILE, FileImport, State
from telehealth.imports.service.columns import Choice, Words, remember, remembered

MAX_OPEN = 5
"""Files of one patient at a time; more fill the disk for nobody."""
LOOK, ADD, TAKE_BACK = "imports.look", "imports.add", "imports.take_back"
"""Events the worker listens to."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that has arrived on the shelf."""

    token: str
    n_bytes: int
    zone: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says about a file; None: nothing about this."""

    zone: str | None = None
    date_order: DateOrder | None = None
    unit: Unit | None = None
    confirms_columns: bool | None = None
    columns: Columns | None = None
    """Of an unknown table; what was said about its words before no longer counts."""
    unit_is_in_table: bool = False
    """The unit said before no longer counts."""
    words: Words = ()


def receive(
    session: Session, actor: Actor, patient_id: int, sent: Sent, *, now: datetime
) -> FileImport:
    """The file waits for the worker to look at it.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not import.
        Conflict: five files of this patient wait already.
        Invalid: there is no such zone, or the file is empty.
    """
    policy.require_importing(actor, patient_id)
    _require_zone(sent.zone)
    if not sent.n_bytes:
        raise Invalid(errors=(FieldError("#/file", N_("This file is empty."), "empty"),))
    waiting = session.scalar(
        select(func.count())
        .select_from(FileImport)
        .where(FileImport.patient_id == patient_id, FileImport.state.in_(WITH_FILE))
    )
    if (waiting or 0) >= MAX_OPEN:
        raise Conflict(N_("Five files are waiting already. Finish or discard one of them first."))
    row = FileImport(
        patient_id=patient_id,
        by_id=actor.person_id,
        basis=actor.basis,
        representation_id=actor.representation_id,
        received_at=now,
        changed_at=now,
        state=State.LOOKING,
        token=sent.token,
        n_bytes=sent.n_bytes,
        total_units=sent.n_bytes,
        zone=sent.zone,
    )
    session.add(row)
    session.flush()
    outbox.put(session, LOOK, {"import_id": row.id}, now=now)
    audit.record(
        session, actor, "imports.receive", "import", row.id, now=now, detail={"bytes": row.n_bytes}
    )
    return row


def answer(
    session: Session, actor: Actor, patient_id: int, import_id: int, given: Answer, *, now: datetime
) -> FileImport:
    """The answer is kept and the file is looked at again with it.

    Raises:
        NotFound: no such import of this patient.
        NotAllowed: the actor may not import.
        Conflict: it no longer waits for an answer.
        Invalid: there is no such zone.
    """
    policy.require_importing(actor, patient_id)
    row = _locked(session, patient_id, import_id)
    _require_state(row, State.ASKING, State.READY)
    if given.zone is not None:
        _require_zone(given.zone)
        row.zone = given.zone
    if given.date_order is not None:
        row.chosen_order = given.date_order.value
    if given.unit is not None:
        row.chosen_unit = given.unit.value
    if given.confirms_columns is not None:
        row.confirms_columns = given.confirms_columns
    if given.unit is None and given.unit_is_in_table:
        row.chosen_unit = ""
    _choose(session, actor, row, given)
    _move(row, State.LOOKING, row.n_bytes, now)
    outbox.put(session, LOOK, {"import_id": row.id}, now=now)
    audit.record(session, actor, "imports.answer", "import", row.id, now=now)
    return row


def _choose(session: Session, actor: Actor, row: FileImport, given: Answer) -> None:
    """Keep what was said about an unknown table; known words of the same columns go along."""
    choice = Choice.from_json(row.chosen_columns)
    if given.columns is not None:
        words: Words = ()
        before = remembered(session, actor, row.patient_id, row.seen.get("table_key", ""))
        if before is not None and before.choice.columns == given.columns:
            words = before.choice.words
        choice = Choice(given.columns, words)
    if given.words:
        choice = Choice(choice.columns, tuple((dict(choice.words) | dict(given.words)).items()))
    if choice != Choice():
        row.chosen_columns = choice.to_json()


def confirm(
    session: Session, actor: Actor, patient_id: int, import_id: int, *, now: datetime
) -> FileImport:
    """The worker adds the readings, in the name of who says yes now; a second yes changes nothing.

    Raises:
        NotFound: no such import of this patient.
        NotAllowed: the actor may not import.
        Conflict: it is not ready, or was discarded meanwhile.
    """
    policy.require_importing(actor, patient_id)
    row = _locked(session, patient_id, import_id)
    if row.state in (State.ADDING, State.DONE):
        return row
    _require_state(row, State.READY)
    row.by_id, row.basis = actor.person_id, actor.basis
    row.representation_id = actor.representation_id
    remember(session, row, now=now)
    _move(row, State.ADDING, sum(row.seen["taken"].values()), now)
    outbox.put(session, ADD, {"import_id": row.id}, now=now)
    audit.record(session, actor, "imports.confirm", "import", row.id, now=now)
    return row


def discard(
    session: Session, actor: Actor, patient_id: int, import_id: int, *, now: datetime
) -> FileImport:
    """Nothing of the file comes in; the caller deletes it from the shelf.

    Raises:
        NotFound: no such import of this patient.
        NotAllowed: the actor may not import.
        Conflict: its readings are in the diary already: they can be taken back.
    """
    policy.require_importing(actor, patient_id)
    row = _locked(session, patient_id, import_id)
    if row.state is State.DISCARDED:
        return row
    _require_state(row, State.LOOKING, State.ASKING, State.READY)
    _move(row, State.DISCARDED, 0, now)
    row.seen = {}
    audit.record(session, actor, "imports.discard", "import", row.id, now=now)
    return row


def undo(
    session: Session, actor: Actor, patient_id: int, import_id: int, *, now: datetime
) -> FileImport:
    """The worker takes out what this import added, and nothing else.

    Raises:
        NotFound: no such import of this patient.
        NotAllowed: the actor may not take it back.
        Conflict: it has not been added.
    """
    policy.require_importing(actor, patient_id)
    row = _locked(session, patient_id, import_id)
    policy.require_undoing(actor, patient_id, row.by_id)
    if row.state in (State.UNDOING, State.UNDONE):
        return row
    _require_state(row, State.DONE)
    _move(row, State.UNDOING, row.n_added, now)
    outbox.put(session, TAKE_BACK, {"import_id": row.id}, now=now)
    audit.record(session, actor, "imports.undo", "import", row.id, now=now)
    return row


def _locked(session: Session, patient_id: int, import_id: int) -> FileImport:
    row = session.scalar(
        select(FileImport)
        .where(FileImport.id == import_id, FileImport.patient_id == patient_id)
        .with_for_update()
    )
    if row is None:
        raise NotFound
    return row


def _require_state(row: FileImport, *allowed: State) -> None:
    if row.state not in allowed:
        raise Conflict(N_("This import has moved on meanwhile. Look at it again."))


def _move(row: FileImport, state: State, total: int, now: datetime) -> None:
    row.state, row.changed_at, row.held_until = state, now, None
    row.done_units, row.total_units = 0, total


def _require_zone(name: str) -> None:
    if name not in zones():
        wrong = FieldError("#/zone", N_("Choose a time zone from the list."), "zone")
        raise Invalid(errors=(wrong,))


@cache
def zones() -> tuple[str, ...]:
    """Zones of places; none of the kind that only names an offset and forgets summer time."""
    places = (name for name in available_timezones() if "/" in name)
    return tuple(sorted(name for name in places if not name.startswith(("Etc/", "SystemV/"))))
