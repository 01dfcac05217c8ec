"""Scores and flags, in the transaction of the answers they come from."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys import engine, scoring
from telehealth.alerts import service as alerts
from telehealth.questionnaires.models import (
    Assignment,
    Flag,
    NoScore,
    ResponseStatus,
    StoredResponse,
    StoredScore,
)
from telehealth.questionnaires.service.finding import Opened


def score(session: Session, done: Opened, *, now: datetime) -> None:
    """The scores and flags of a completed response are stored."""
    stored = _response(done)
    definition = done.definition
    values = engine.item_values(done.state)
    outcome = scoring.evaluate(definition.scoring, values, _previous(session, done))
    for declared in definition.scoring.scores:
        result = outcome.scores[declared.id]
        session.add(
            StoredScore(
                response_id=stored.id,
                version_id=done.assignment.version_id,
                name=result.id,
                value=result.value,
                band=result.band,
                missing=result.missing,
                is_prorated=result.is_prorated,
                no_score=_reason(result),
                algorithm_sha256=outcome.algorithm_sha256,
                inputs_sha256=outcome.inputs_sha256,
                computed_at=now,
            )
        )
    _raise(session, done, outcome.raised, now)


def watch_draft(session: Session, draft: Opened, *, now: datetime) -> None:
    """What is urgent in an answer is flagged at once; it does not wait for the form to be sent."""
    rules = [rule for rule in draft.definition.scoring.rules if rule.is_urgent]
    if rules:
        values = engine.item_values(draft.state)
        outcome = scoring.evaluate(draft.definition.scoring, values)
        _raise(session, draft, [rule for rule in outcome.raised if rule.is_urgent], now)


def _raise(session: Session, opened: Opened, rules: Iterable[scoring.Rule], now: datetime) -> None:
    """Flags that are new are stored; a new urgent one is an alert in the same transaction.

    A flag stays, and so does its alert, when the answer is changed before the form is sent.
    """
    stored, row = _response(opened), opened.assignment
    known = set(session.scalars(select(Flag.rule).where(Flag.response_id == stored.id)))
    new = [
        Flag(
            response_id=stored.id,
            patient_id=row.patient_id,
            rule=rule.id,
            raises=rule.raises,
            is_urgent=rule.is_urgent,
            raised_at=now,
        )
        for rule in rules
        if rule.id not in known
    ]
    session.add_all(new)
    session.flush()
    if any(flag.is_urgent for flag in new):
        alerts.raise_for_answer(session, row.patient_id, f"questionnaire:{row.id}", now=now)


def _response(opened: Opened) -> StoredResponse:
    if opened.stored is None:
        raise ValueError("scores need stored answers")
    return opened.stored


def _reason(result: scoring.Scored) -> NoScore | None:
    if result.value is not None:
        return None
    return NoScore.MISSING_ANSWERS if result.missing else NoScore.NOT_DEFINED


def _previous(session: Session, done: Opened) -> Mapping[str, Decimal]:
    """The last scores of the same version: other versions are not compared."""
    rows = session.execute(
        select(StoredScore.name, StoredScore.value)
        .join(StoredResponse, StoredResponse.id == StoredScore.response_id)
        .join(Assignment, Assignment.id == StoredResponse.assignment_id)
        .where(
            Assignment.patient_id == done.assignment.patient_id,
            Assignment.id != done.assignment.id,
            StoredScore.version_id == done.assignment.version_id,
            StoredScore.value.is_not(None),
            StoredResponse.status == ResponseStatus.COMPLETED,
        )
        .order_by(StoredResponse.completed_at, StoredScore.id)
    )
    return {name: value for name, value in rows if value is not None}
