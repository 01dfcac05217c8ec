"""Who looked at somebody's data: the audit trail in plain words, names found when it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy.orm import Session

from telehealth.audit import figures as words
from telehealth.audit import service as audit
from telehealth.audit.models import AuditEvent, Outcome
from telehealth.core.actor import REPRESENTING, Actor, Basis
from telehealth.core.clock import local
from telehealth.directory import service as directory
from telehealth.directory.service import Worker
from telehealth.home import policy
from telehealth.identity import service as identity
from telehealth.mandates import policy as mandates_policy

PAGE = 200


@dataclass(frozen=True, slots=True)
class Deed:
    """One line: who did what, once or several times in a row, for whom and in what capacity."""

    at: datetime
    """The newest time."""
    times: int
    name: str
    """Empty: the portal itself, or somebody who was not signed in."""
    place: str
    """The health worker's clinic."""
    basis: Basis
    is_own: bool
    """Done by the reader themself."""
    is_by_owner: bool
    """Done by the person the log is about."""
    is_denied: bool
    deed: str | None
    """Message id of the deed; None: only `room` says where."""
    room: str
    """Message id of the part of the portal."""

    @property
    def is_for_you(self) -> bool:
        """Whether somebody acted for the person the log is about."""
        return self.basis in REPRESENTING and not self.is_by_owner


@dataclass(frozen=True, slots=True)
class Log:
    """A part of the list, newest first."""

    deeds: Sequence[Deed]
    scope: policy.LogScope
    before_seq: int | None
    """Where the older part begins; None: that was all."""


def log_of(
    session: Session,
    actor: Actor,
    *,
    with_own: bool,
    before_seq: int | None = None,
    now: datetime,
) -> Log:
    """What was done with the subject's data; looking at the list stands in the trail itself.

    Raises:
        NotAllowed: not the actor's to see.
    """
    subject = identity.person(session, actor.subject_id or 0)
    is_child = mandates_policy.is_child(subject.birth_on, now)
    scope = policy.log_scope(actor, is_child=is_child)
    is_all = scope is policy.LogScope.ALL
    excerpt = audit.Excerpt(
        limit=PAGE + 1,
        before_seq=before_seq,
        only_actor_id=None if is_all else actor.person_id,
        except_actor_id=actor.person_id if is_all and not with_own else None,
    )
    events = audit.of_person(session, subject.id, excerpt)
    shown = events[:PAGE]
    deeds = _deeds(session, actor, shown, now)
    audit.record(session, actor, "home.log", "audit_event", now=now, detail={"rows": len(shown)})
    return Log(deeds, scope, shown[-1].seq if len(events) > PAGE else None)


def last_look(session: Session, actor: Actor, *, now: datetime) -> Deed | None:
    """The newest deed of somebody else; for a page that shows one line of the list."""
    others = audit.Excerpt(limit=1, except_actor_id=actor.person_id)
    deeds = _deeds(session, actor, audit.of_person(session, actor.subject_id or 0, others), now)
    return deeds[0] if deeds else None


def _deeds(
    session: Session, actor: Actor, events: Sequence[AuditEvent], now: datetime
) -> list[Deed]:
    ids = {event.actor_person_id for event in events if event.actor_person_id is not None}
    names = identity.names(session, ids)
    workers = {
        person_id: found
        for person_id in ids
        if (found := directory.worker(session, person_id, now=now)) is not None
    }
    deeds = []
    for _, run in groupby(events, key=_sameness):
        same = list(run)
        deeds.append(_deed(same[0], len(same), actor, names, workers))
    return deeds


def _sameness(event: AuditEvent) -> tuple[object, ...]:
    """Events in a row that make one line: same day, person, capacity, deed and outcome."""
    day = local(event.at).date()
    return day, event.actor_person_id, event.basis, event.action, event.outcome


def _deed(
    event: AuditEvent,
    times: int,
    actor: Actor,
    names: dict[int, str],
    workers: dict[int, Worker],
) -> Deed:
    person_id = event.actor_person_id or 0
    is_by_owner = person_id == event.subject_id
    worker = None if is_by_owner else workers.get(person_id)
    basis = Basis(event.basis)
    at_work = worker is not None and basis not in REPRESENTING
    return Deed(
        at=event.at,
        times=times,
        name=worker.full_name if worker and at_work else names.get(person_id, ""),
        place=worker.unit_name if worker and at_work else "",
        basis=basis,
        is_own=person_id == actor.person_id,
        is_by_owner=is_by_owner,
        is_denied=event.outcome is Outcome.DENY,
        deed=words.deed(event.action),
        room=words.room(event.action),
    )
