"""The worker's list: own patients in the order of urgency, filtered, page by page.

Reads stored entries only: one query for the page and one for the counts, whatever the number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from telehealth.audit import service as audit
from telehealth.core import outbox, paging
from telehealth.core.actor import Actor
from telehealth.core.clock import local
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.directory import service as directory
from telehealth.directory.models import CareTeamMember
from telehealth.identity.models import Person
from telehealth.monitoring import policy
from telehealth.monitoring.models import Kind, Stage, WorklistEntry
from telehealth.monitoring.service.codes import CODES, TO_REVIEW, Code, bits_of
from telehealth.monitoring.service.judging import AT_ONCE, fold, judge_all

APPEARED = "monitoring.appeared"
PAGE = 50
MAX_SEARCH_CHARS = 80
_NEVER = date(9999, 12, 31)
_PLACES = 2
_STAGE_SHIFT, _KIND_SHIFT = 32, 34
"""Above the bits of the reasons."""
Enumerated = TypeVar("Enumerated", bound=StrEnum)


class Owner(StrEnum):
    """Whose entries."""

    ME = "me"
    NOBODY = "nobody"


class Sort(StrEnum):
    """In which order."""

    URGENCY = "urgency"
    NAME = "name"
    OLDEST = "oldest"
    """The longest without a reading first."""
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries, in which order, from which place on."""

    reason: Code | None = None
    owner: Owner | None = None
    is_asking: bool = False
    """Open, to be closed by a person, or with a review that is due: whatever the stage."""
    is_due: bool = False
    """The day of the next review has come."""
    kind: Kind | None = None
    stage: Stage | None = None
    search: str = ""
    sort: Sort = Sort.URGENCY
    cursor: str | None = None
    limit: int = PAGE

    @property
    def is_any(self) -> bool:
        """Whether anything narrows the list."""
        return self != replace(Filter(), sort=self.sort, cursor=self.cursor, limit=self.limit)


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the list."""

    entry: WorklistEntry
    name: str
    age_years: int
    owner: str | None
    """Name; None: nobody has taken it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of the worker's patients there are behind each filter."""

    total: int
    reasons: Mapping[Code, int]
    stages: Mapping[Stage, int]
    kinds: Mapping[Kind, int]
    mine: int
    nobodys: int
    due: int
    asking: int
    """Whom `Filter.is_asking` shows."""


@dataclass(frozen=True, slots=True)
class Worklist:
    """A page of the list, and what the filters would show."""

    page: paging.Page[Listed]
    counts: Counts
    version: str
    """Changes when anything in the worker's list does."""


def worklist(session: Session, actor: Actor, wanted: Filter, *, now: datetime) -> Worklist:
    """The actor's own patients that match, in order.

    One event in the worker's own trail says how many rows were shown; opening a patient is told in
    that patient's trail.

    Raises:
        NotFound: the actor looks after nobody here.
        Invalid: not a cursor of this list.
    """
    worker_id = policy.require_list(actor)
    own = directory.patient_ids_of(worker_id, now=now)
    counts, version = _counts(session, own, worker_id, now)
    if _complete(session, own, counts.total, now):
        counts, version = _counts(session, own, worker_id, now)
    rows = session.execute(_page(wanted, own, worker_id, now)).all()
    shown = [_listed(row, now) for row in rows[: wanted.limit]]
    cursor = None
    if len(rows) > wanted.limit:
        last = rows[wanted.limit - 1]
        cursor = paging.encode(_plain(last[-1]), last[0].patient_id)
    audit.record(
        session, actor, "monitoring.list", "patients", now=now, detail={"patients": len(shown)}
    )
    return Worklist(paging.Page(shown, cursor), counts, version)


def version_of(session: Session, actor: Actor, *, now: datetime) -> str:
    """A word that changes when anything in the actor's list does; names nobody.

    Raises:
        NotFound: the actor looks after nobody here.
    """
    own = directory.patient_ids_of(policy.require_list(actor), now=now)
    query = select(func.max(WorklistEntry.changed_at), func.count()).where(
        WorklistEntry.patient_id.in_(own)
    )
    newest, total = session.execute(query).one()
    return _version(newest, total)


def _version(newest: datetime | None, total: int) -> str:
    return f"{total}-{int(newest.timestamp() * 1_000_000) if newest else 0:x}"


def _complete(session: Session, own: Select[Any], total: int, now: datetime) -> bool:
    """Patients registered since the last run get their entries at once; whether there were any."""
    mine = own.with_only_columns(func.count(CareTeamMember.patient_id.distinct()))
    if session.scalar(mine) == total:
        return False
    missing = session.scalars(
        own.where(
            ~select(WorklistEntry.patient_id)
            .where(WorklistEntry.patient_id == CareTeamMember.patient_id)
            .exists()
        ).limit(AT_ONCE)
    ).all()
    judge_all(session, missing, now=now)
    outbox.put(session, APPEARED, {"patient_ids": sorted(set(missing))}, now=now)
    return True


def _page(
    wanted: Filter, own: Select[Any], worker_id: int, now: datetime
) -> Select[tuple[Any, ...]]:
    owner = aliased(Person)
    key = _key(wanted.sort)
    query = (
        select(
            WorklistEntry,
            Person.given_name,
            Person.family_name,
            Person.birth_on,
            owner.given_name,
            owner.family_name,
            key,
        )
        .join(Person, Person.id == WorklistEntry.patient_id)
        .outerjoin(owner, owner.id == WorklistEntry.owner_id)
        .where(WorklistEntry.patient_id.in_(own), *_matching(wanted, worker_id, now))
        .order_by(key, WorklistEntry.patient_id)
        .limit(wanted.limit + 1)
    )
    if wanted.cursor is not None:
        place, patient_id = paging.decode(wanted.cursor, _PLACES)
        query = query.where(
            tuple_(key, WorklistEntry.patient_id) > (_typed(wanted.sort, place), patient_id)
        )
    return query


def _key(sort: Sort) -> ColumnElement[Any]:
    if sort is Sort.NAME:
        return WorklistEntry.name_key.expression
    if sort is Sort.REVIEW:
        return func.coalesce(WorklistEntry.review_on, _NEVER)
    if sort is Sort.OLDEST:
        return WorklistEntry.order_key.op("&")((1 << 28) - 1)
    return WorklistEntry.order_key.expression


def _plain(place: object) -> str | int:
    return place if isinstance(place, int | str) else str(place)


def _typed(sort: Sort, place: str | int) -> object:
    """The place of a cursor in the type of its order.

    Raises:
        Invalid: a cursor of another order.
    """
    try:
        if sort is Sort.REVIEW:
            return date.fromisoformat(str(place))
        return str(place) if sort is Sort.NAME else int(place)
    except ValueError as error:
        wrong = FieldError("#/cursor", N_("This page cannot be found."), "bad_cursor")
        raise Invalid(errors=(wrong,)) from error


def _matching(wanted: Filter, worker_id: int, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.reason is not None:
        found.append(_has(wanted.reason))
    if wanted.owner is Owner.ME:
        found.append(WorklistEntry.owner_id == worker_id)
    if wanted.owner is Owner.NOBODY:
        found.append(WorklistEntry.owner_id.is_(None))
    if wanted.is_asking:
        found.append(_is_asking(now))
    if wanted.is_due:
        found.append(WorklistEntry.review_on <= local(now).date())
    if wanted.kind is not None:
        found.append(WorklistEntry.kind == wanted.kind)
    if wanted.stage is not None:
        found.append(WorklistEntry.stage == wanted.stage)
    found.extend(
        WorklistEntry.name_folded.contains(word, autoescape=True)
        for word in fold(wanted.search[:MAX_SEARCH_CHARS]).split()
    )
    return found


def _is_asking(now: datetime) -> ColumnElement[bool]:
    return or_(
        WorklistEntry.stage == Stage.OPEN,
        WorklistEntry.review_on <= local(now).date(),
        WorklistEntry.reason_bits.op("&")(bits_of(TO_REVIEW)) != 0,
    )


def _has(code: Code) -> ColumnElement[bool]:
    return WorklistEntry.reason_bits.op("&")(1 << CODES.index(code)) != 0


def _counts(
    session: Session, own: Select[Any], worker_id: int, now: datetime
) -> tuple[Counts, str]:
    """All counts in one scan of the worker's entries, which fall into few groups."""
    entry = WorklistEntry
    group = (
        cast(entry.reason_bits, BigInteger)
        + case((entry.stage == Stage.OPEN, 0), (entry.stage == Stage.CLOSED, 2), else_=1)
        * literal(1 << _STAGE_SHIFT, BigInteger)
        + case((entry.kind == Kind.CGM, 0), (entry.kind == Kind.NONE, 2), else_=1)
        * literal(1 << _KIND_SHIFT, BigInteger)
    ).label("facets")
    rows = session.execute(
        select(
            group,
            func.count(),
            func.max(entry.changed_at),
            func.sum(case((entry.owner_id == worker_id, 1), else_=0)),
            func.count(entry.owner_id),
            func.sum(case((entry.review_on <= local(now).date(), 1), else_=0)),
            func.sum(case((_is_asking(now), 1), else_=0)),
        )
        .where(entry.patient_id.in_(own))
        .group_by(group)
    ).all()
    counts = Counts(
        sum(row[1] for row in rows),
        {code: sum(row[1] for row in rows if row[0] >> n & 1) for n, code in enumerate(CODES)},
        _by_place(Stage, rows, _STAGE_SHIFT),
        _by_place(Kind, rows, _KIND_SHIFT),
        mine=sum(row[3] for row in rows),
        nobodys=sum(row[1] - row[4] for row in rows),
        due=sum(row[5] for row in rows),
        asking=sum(row[6] for row in rows),
    )
    return counts, _version(max((row[2] for row in rows), default=None), counts.total)


def _by_place(words: type[Enumerated], rows: Sequence[Any], shift: int) -> dict[Enumerated, int]:
    return {
        word: sum(row[1] for row in rows if row[0] >> shift & 3 == place)
        for place, word in enumerate(words)
    }


def _listed(row: Sequence[Any], now: datetime) -> Listed:
    entry, given, family, birth_on, owner_given, owner_family, _ = row
    owner = f"{owner_given} {owner_family}" if owner_family else None
    return Listed(entry, f"{family} {given}", age_years(birth_on, now), owner)


def listed(entry: WorklistEntry, person: Person, owner: Person | None, *, now: datetime) -> Listed:
    """One entry as a row of the list."""
    name = f"{person.family_name} {person.given_name}"
    return Listed(entry, name, age_years(person.birth_on, now), owner.name if owner else None)


def age_years(birth_on: date, now: datetime) -> int:
    """Age in full years on the local day."""
    today = local(now).date()
    return today.year - birth_on.year - ((today.month, today.day) < (birth_on.month, birth_on.day))
