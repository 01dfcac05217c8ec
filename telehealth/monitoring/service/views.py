"""A worker's own saved views of the list."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, FieldError, Invalid, NotFound
from telehealth.core.i18n import N_
from telehealth.monitoring import policy
from telehealth.monitoring.models import MAX_VIEW_NAME_CHARS, SavedView

MAX_VIEWS = 20


def views_of(session: Session, actor: Actor) -> Sequence[SavedView]:
    """The actor's views, the oldest first.

    Raises:
        NotFound: the actor looks after nobody here.
    """
    worker_id = policy.require_list(actor)
    return session.scalars(
        select(SavedView).where(SavedView.worker_id == worker_id).order_by(SavedView.id)
    ).all()


def save_view(session: Session, actor: Actor, name: str, query: str) -> SavedView:
    """The combination of filters has a name; a name in use gets the new filters.

    Raises:
        NotFound: the actor looks after nobody here.
        Invalid: no name, or one too long.
        Conflict: there are as many views as one may have.
    """
    worker_id = policy.require_list(actor)
    name = name.strip()
    if not 0 < len(name) <= MAX_VIEW_NAME_CHARS:
        words = N_("Give the view a name of at most 60 letters.")
        raise Invalid(errors=(FieldError("#/name", words, "name"),))
    known = session.scalar(
        select(SavedView).where(SavedView.worker_id == worker_id, SavedView.name == name)
    )
    if known is not None:
        known.query = query
        return known
    total = session.scalar(select(func.count()).where(SavedView.worker_id == worker_id)) or 0
    if total >= MAX_VIEWS:
        raise Conflict(N_("You have 20 saved views. Remove one first."), code="too_many_views")
    row = SavedView(worker_id=worker_id, name=name, query=query)
    session.add(row)
    session.flush()
    return row


def remove_view(session: Session, actor: Actor, view_id: int) -> None:
    """The view is gone; the list stays as it is.

    Raises:
        NotFound: not a view of the actor.
    """
    worker_id = policy.require_list(actor)
    found = session.execute(
        delete(SavedView)
        .where(SavedView.id == view_id, SavedView.worker_id == worker_id)
        .returning(SavedView.id)
    ).all()
    if not found:
        raise NotFound
