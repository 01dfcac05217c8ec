"""Rules of other rooms that come with a population: shown with the targets, taken or not.

Alerts lie above this room: the application puts them into `OFFERS`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from telehealth.core.actor import Actor
from telehealth.targets.models import Population


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """One rule before and after the targets of a population are set, in the reader's words."""

    name: str
    before: str
    after: str
    is_changed: bool
    is_own: bool
    """The patient's own: it stays as it is."""


class RuleOffer(Protocol):
    """Rules that follow the population of a patient's targets."""

    def lines(
        self, session: Session, actor: Actor, patient_id: int, *, now: datetime
    ) -> Mapping[Population, Sequence[OfferedLine]]:
        """Each rule for each population."""
        ...

    def json(
        self, session: Session, actor: Actor, patient_id: int, *, now: datetime
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The same as plain values."""
        ...

    def keeper(self, session: Session, actor: Actor, patient_id: int, *, now: datetime) -> Any:
        """What `keep` needs to know of before the targets were set."""
        ...

    def keep(
        self, session: Session, actor: Actor, patient_id: int, before: Any, *, now: datetime
    ) -> None:
        """The rules stay as they were before the targets were set."""
        ...


OFFERS: list[RuleOffer] = []
"""Filled by the application."""
