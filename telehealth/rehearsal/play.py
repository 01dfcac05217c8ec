"""A scenario while it is played."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from telehealth.alerts.service import Rule
from telehealth.core.db import Database
from telehealth.core.errors import Refusal
from telehealth.core.web.platform import Platform
from telehealth.readings import service as readings
from telehealth.rehearsal import people
from telehealth.rehearsal.mail import RehearsedMail
from telehealth.rehearsal.scenario import Scenario
from telehealth.rehearsal.stage import Clock

MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Play:
    """A scenario while it is played, and what it leaves behind."""

    scenario: Scenario
    platform: Platform
    cast: people.Cast
    mail: RehearsedMail
    clock: Clock
    has_worker: bool = True
    stored: int = 0
    set_aside: int = 0
    refs: dict[str, readings.Reference] = field(default_factory=dict)
    values: dict[int, str | None] = field(default_factory=dict)
    """By notice: the worst value that was known when somebody was told."""
    refused: list[tuple[dict[str, Any], Refusal]] = field(default_factory=list)
    """Events that the platform refused, and why."""
    rules: tuple[Rule, ...] = ()
    """In force for the patient."""
    number: int = 0

    @property
    def database(self) -> Database:
        """The database of this rehearsal alone."""
        return self.platform.database

    def minute(self, moment: datetime) -> float:
        """Minutes after the start."""
        return round((moment - self.scenario.start) / MINUTE, 2)
