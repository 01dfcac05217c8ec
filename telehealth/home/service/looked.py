"""Who looked at somebody's data: the audit trail in plain words, names found when it is shown."""

from collections import Counter
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
    """What was done, in words (message ids)."""

    words: str | None
    """None: only `room` says where."""
    room: str
    times: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One line: what somebody did within an hour, in one capacity, and whether it was allowed."""

    at: datetime
    """The newest time."""
    deeds: Sequence[Deed]
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

    @property
    def is_for_you(self) -> bool:
        """Whether somebody acted for the person the log is about."""
        return self.basis in REPRESENTING and not self.is_by_owner


@dataclass(frozen=True, slots=True)
class Log:
    """A part of the list, newest first."""

    visits: Sequence[Visit]
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
    visits = _visits(session, actor, shown, now)
    audit.record(session, actor, "home.log", "audit_event", now=now, detail={"rows": len(shown)})
    return Log(visits, scope, shown[-1].seq if len(events) > PAGE else None)


def last_look(session: Session, actor: Actor, *, now: datetime) -> Visit | None:
    """The newest visit of somebody else; for a page that shows one line of the list."""
    others = audit.Excerpt(limit=1, except_actor_id=actor.person_id)
    events = audit.of_person(session, actor.subject_id or 0, others)
    return next(iter(_visits(session, actor, events, now)), None)


def _visits(
    session: Session, actor: Actor, events: Sequence[AuditEvent], now: datetime
) -> list[Visit]:
    ids = {event.actor_person_id for event in events if event.actor_person_id is not None}
    names = identity.names(session, ids)
    workers = {
        person_id: found
        for person_id in ids
        if (found := directory.worker(session, person_id, now=now)) is not None
    }
    newest_first = sorted(events, key=lambda event: (event.at, event.seq), reverse=True)
    return [
        _visit(list(run), actor, names, workers) for _, run in groupby(newest_first, key=_sameness)
    ]


def _sameness(event: AuditEvent) -> tuple[object, ...]:
    """Events in a row that make one line."""
    here = local(event.at)
    return here.date(), here.hour, event.actor_person_id, event.basis, event.outcome


def _visit(
    run: Sequence[AuditEvent], actor: Actor, names: dict[int, str], workers: dict[int, Worker]
) -> Visit:
    newest = run[0]
    person_id = newest.actor_person_id or 0
    is_by_owner = person_id == newest.subject_id
    basis = Basis(newest.basis)
    at_work = None if is_by_owner or basis in REPRESENTING else workers.get(person_id)
    times = Counter((words.deed(event.action), words.room(event.action)) for event in run)
    return Visit(
        at=newest.at,
        deeds=[Deed(what, room, count) for (what, room), count in times.items()],
        name=at_work.full_name if at_work else names.get(person_id, ""),
        place=at_work.unit_name if at_work else "",
        basis=basis,
        is_own=person_id == actor.person_id,
        is_by_owner=is_by_owner,
        is_denied=newest.outcome is Outcome.DENY,
    )
