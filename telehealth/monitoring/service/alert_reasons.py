"""Alerts as reasons of the worklist: those that are open, and those that wait to be closed. Pure.

What a reason keeps is what its sentence needs when it is shown: the value, when it was measured and
whether somebody has taken it on. Ages are computed when it is shown.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from telehealth.alerts.models import EndReason
from telehealth.alerts.models import Kind as AlertKind
from telehealth.alerts.service import OpenAlert
from telehealth.core.actor import Basis
from telehealth.monitoring.service.codes import Code, Reason
from telehealth.readings.models import UNIT_CODES

_OPEN = {
    AlertKind.URGENT_LOW: Code.ALERT_VERY_LOW,
    AlertKind.ANSWER: Code.ALERT_ANSWER,
    AlertKind.LOW: Code.ALERT_LOW,
    AlertKind.VERY_HIGH: Code.ALERT_VERY_HIGH,
    AlertKind.HIGH: Code.ALERT_HIGH,
    AlertKind.NO_DATA: Code.ALERT_NO_DATA,
}


@dataclass(frozen=True, slots=True)
class PatientAlerts:
    """The alerts of one patient that are of interest to the team."""

    open: Sequence[OpenAlert] = field(default_factory=tuple)
    to_review: Sequence[OpenAlert] = field(default_factory=tuple)

    @property
    def newest_event_at(self) -> datetime | None:
        """When something last happened that nobody can have answered before."""
        times = [alert.opened_at for alert in (*self.open, *self.to_review)]
        times += [alert.told_at for alert in self.open if alert.rings and alert.told_at]
        times += [alert.last_beyond_at for alert in self.to_review]
        times += [alert.worse_at for alert in (*self.open, *self.to_review) if alert.worse_at]
        return max(times, default=None)

    @property
    def rings(self) -> bool:
        """Whether an alert is open that nobody has acknowledged."""
        return any(alert.rings for alert in self.open)

    @property
    def taken_on(self) -> OpenAlert | None:
        """The alert by which the team has taken on everything so far; None: it has not."""
        given = [alert for alert in self.open if alert.acknowledged_as is Basis.CARE_TEAM]
        if not given or len(given) < len(self.open):
            return None
        newest = max(given, key=_acknowledged_at)
        event_at = self.newest_event_at
        return None if event_at is not None and event_at > _acknowledged_at(newest) else newest


def _acknowledged_at(alert: OpenAlert) -> datetime:
    return alert.acknowledged_at or alert.opened_at


def reasons(alerts: PatientAlerts) -> Iterator[Reason]:
    """One reason for each kind of alert, with the worst of its kind."""
    for kind, code in _OPEN.items():
        found = [alert for alert in alerts.open if alert.kind is kind]
        if found:
            yield _reason(code, found)
    for code in (Code.EPISODE, Code.SEEN_LATE, Code.HI, Code.UNACKNOWLEDGED):
        found = [alert for alert in alerts.to_review if _code_of(alert) is code]
        if found:
            yield _reason(code, found)


def _code_of(alert: OpenAlert) -> Code:
    if alert.kind is AlertKind.URGENT_LOW:
        return Code.SEEN_LATE if alert.end_reason is EndReason.SEEN_LATE else Code.EPISODE
    is_beyond_measure = alert.worst_unit is not None and alert.worst_tick is None
    return Code.HI if is_beyond_measure else Code.UNACKNOWLEDGED


def _reason(code: Code, found: Sequence[OpenAlert]) -> Reason:
    worst = next((alert for alert in found if alert.rings), found[0])
    numbers: dict[str, float] = {
        "n": len(found),
        "at": worst.last_beyond_at.timestamp(),
        "rings": int(any(alert.rings for alert in found)),
        "low": int(worst.direction.value == "low"),
    }
    if worst.worst_unit is not None:
        numbers["unit"] = UNIT_CODES[worst.worst_unit]
        if worst.worst_tick is not None:
            numbers["tick"] = worst.worst_tick
    return Reason(code, numbers)


def of(open_alerts: Iterable[OpenAlert], to_review: Iterable[OpenAlert]) -> PatientAlerts:
    """The alerts of one patient."""
    return PatientAlerts(tuple(open_alerts), tuple(to_review))
