"""Playing a scenario: the real application, a clock that moves from one due moment to the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from devices.glucose import Unit
from telehealth.alerts import service as alerts
from telehealth.alerts.models import RAISED, Alert, AlertNotice, AlertWatch, Direction, Kind
from telehealth.alerts.service import Threshold
from telehealth.core.actor import Actor, Basis
from telehealth.core.db import Database
from telehealth.core.errors import Refusal
from telehealth.core.lanes import Lane
from telehealth.core.outbox import OutboxEvent
from telehealth.core.web.platform import Platform
from telehealth.glycemia.entered import TICK_SCALE, Digits, parse
from telehealth.mandates import service as mandates
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond, Meal, SourceKind, Via
from telehealth.rehearsal import people
from telehealth.rehearsal.mail import RehearsedMail
from telehealth.rehearsal.scenario import Scenario
from telehealth.rehearsal.stage import Clock, Stage, stage
from telehealth.targets import service as targets
from telehealth.targets.models import Population

_MINUTE = timedelta(minutes=1)
_SOURCES = {
    "sensor": SourceKind.CGM, "meter": SourceKind.METER, "manual": SourceKind.MANUAL
}  # fmt: skip
_KINDS = {"very_low": Kind.URGENT_LOW}
_POPULATIONS = {
    "older": Population.OLDER,
    "pregnancy-type1": Population.PREGNANCY_TYPE1,
    "pregnancy-type2": Population.PREGNANCY_TYPE2,
}
_AT_MOST = 5_000
"""Readings in one upload."""
_ALL = tuple(Lane)
_AT_ONCE = (Lane.ALERTS, Lane.URGENT)
"""Lanes that tell people. The worklist and the pages follow when somebody does something, and at
the end: between two readings nobody looks at them."""


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
    number: int = 0

    @property
    def database(self) -> Database:
        """The database of this rehearsal alone."""
        return self.platform.database

    def minute(self, moment: datetime) -> float:
        """Minutes after the start."""
        return round((moment - self.scenario.start) / _MINUTE, 2)


@contextmanager
def played(scenario: Scenario) -> Iterator[Play]:
    """The scenario as it stands when it is over, on a database of its own.

    One at a time in a process: all are played on the same stage.
    """
    yield _play(scenario, stage())


def _play(scenario: Scenario, on: Stage) -> Play:
    on.clear(scenario.start)
    with on.database.unit_of_work() as session:
        cast = people.settle(session, scenario)
    play = Play(scenario, on.platform, cast, on.mail, on.clock)
    _agree(play)
    _remember(play)
    _work(play, _ALL)
    play.mail.taken.clear()
    for event in scenario.events:
        _advance(play, scenario.start + event["after_min"] * _MINUTE)
        is_reading = event["do"] == "reading"
        if not is_reading:  # who does something sees the worklist as it is then
            _work(play, _ALL)
        _DEEDS[event["do"]](play, event)
        _work(play, _AT_ONCE if is_reading else _ALL)
    _advance(play, scenario.start + scenario.until_min * _MINUTE)
    _work(play, _ALL)
    return play


def _agree(play: Play) -> None:
    """Targets and rules of the scenario are set by its doctor."""
    scenario, doctor = play.scenario, play.cast.actor("doctor")
    limits, now = None, scenario.start - timedelta(days=100)
    if scenario.target is not None:
        wanted = scenario.target
        limits = targets.OwnLimits(Unit(wanted["unit"]), wanted["low"], wanted["high"])
    with play.database.unit_of_work() as session:
        population = _POPULATIONS.get(scenario.population, Population.ADULT)
        if limits is not None or population is not Population.ADULT:
            new = targets.NewTargets(population, limits)
            targets.set_targets(session, doctor, play.cast.patient_id, new, now=now)
        for name, changes in scenario.rules.items():
            kind = _KINDS.get(name) or Kind(name)
            rule = alerts.in_force(session, play.cast.patient_id)[kind]
            if "threshold" in changes:
                unit = Unit(changes.get("unit", Unit.MMOL_L.value))
                tick = int(changes["threshold"].scaleb(TICK_SCALE[unit]))
                rule = replace(rule, threshold=Threshold(tick, unit))
            others = {k: v for k, v in changes.items() if k not in ("threshold", "unit")}
            rule = replace(rule, **others, reason="rehearsal")
            alerts.set_rule(session, doctor, play.cast.patient_id, rule, now=now)


def _remember(play: Play) -> None:
    """The history is in the diary, as it came in its time; nobody is told of it now."""
    for past in play.scenario.history:
        every = past["every_min"] * _MINUTE
        begins = play.scenario.start - timedelta(days=past["days"])
        count = int(timedelta(days=past["days"]) / every)
        moments = [begins + n * every for n in range(count)]
        event = {"source": past["source"], "device": "", "value": past["value"], "unit": "mmol/L"}
        for first in range(0, len(moments), _AT_MOST):
            some = moments[first : first + _AT_MOST]
            _store(play, event, some, now=some[-1])


def _advance(play: Play, until: datetime) -> None:
    """The time passes, from one moment at which something is due to the next."""
    while (at := _next_due(play)) is not None and at <= until:
        play.clock.at = max(play.clock.at, at)
        _work(play)
    play.clock.at = max(play.clock.at, until)
    _work(play)


def _work(play: Play, lanes: tuple[Lane, ...] = _AT_ONCE) -> None:
    """What is due is done, and what each notice of it says is kept."""
    if not play.has_worker:
        return
    queue = play.platform.queue
    queue.run_timed(Lane.ALERTS)
    if Lane.LIVE in lanes:
        _leave_out_repeated(play)
    if queue.drain(lanes):
        _note_values(play)


def _leave_out_repeated(play: Play) -> None:
    """Of hints to look again at the patient the newest is enough: each looks at everything."""
    waiting = (OutboxEvent.lane == Lane.LIVE, OutboxEvent.done_at.is_(None))
    newest = select(func.max(OutboxEvent.id)).where(*waiting).group_by(OutboxEvent.topic)
    with play.database.unit_of_work() as session:
        session.execute(
            update(OutboxEvent)
            .where(*waiting, OutboxEvent.id.not_in(newest.scalar_subquery()))
            .values(done_at=play.clock.at)
            .execution_options(synchronize_session=False)
        )


def _note_values(play: Play) -> None:
    """The worst value of an alert as it was known when somebody was told."""
    with play.database.reading() as session:
        rows = session.execute(
            select(AlertNotice.id, Alert)
            .join(Alert, Alert.id == AlertNotice.alert_id)
            .where(AlertNotice.id > max(play.values, default=0))
            .order_by(AlertNotice.id)
        ).all()
        play.values |= {row.id: shown(row.Alert) for row in rows}


def shown(alert: Alert) -> str | None:
    """The worst value of an alert: `2.4`, `LO`; None: it is about no value."""
    if alert.worst_unit is None:
        return None
    if alert.worst_tick is None:
        return "LO" if alert.direction is Direction.LOW else "HI"
    whole, tenth = divmod(alert.worst_tick, 10)
    return f"{whole}.{tenth}" if alert.worst_unit is Unit.MMOL_L else str(alert.worst_tick)


def _next_due(play: Play) -> datetime | None:
    if not play.has_worker:
        return None
    with play.database.reading() as session:
        times = (
            session.scalar(
                select(func.min(OutboxEvent.run_at)).where(
                    OutboxEvent.done_at.is_(None), OutboxEvent.failed_at.is_(None),
                    OutboxEvent.run_at > play.clock.at,
                )
            ),
            session.scalar(
                select(func.min(Alert.next_at)).where(
                    Alert.state.in_(RAISED), Alert.next_at > play.clock.at
                )
            ),
            session.scalar(
                select(func.min(AlertWatch.silent_at)).where(AlertWatch.silent_at > play.clock.at)
            ),
        )  # fmt: skip
    return min((time for time in times if time is not None), default=None)


def _arrive(play: Play, event: dict[str, Any]) -> None:
    """One reading, when it was measured or later."""
    _store(play, event, [play.scenario.start + _measured(event)], now=play.clock.at)
    if event["ref"]:
        _name(play, event)


def _measured(event: dict[str, Any]) -> timedelta:
    at = event["measured_after_min"]
    return float(event["after_min"] if at is None else at) * _MINUTE


def _bring_file(play: Play, event: dict[str, Any]) -> None:
    """Readings that come at once, as a file brings them."""
    begins = play.scenario.start + _measured(event)
    moments = [begins + n * (event["every_min"] or 0) * _MINUTE for n in range(event["times"])]
    _store(play, event, moments, now=play.clock.at, via=Via.FILE)
    if event["ref"]:
        _name(play, event)


def _store(
    play: Play,
    event: dict[str, Any],
    moments: list[datetime],
    *,
    now: datetime,
    via: Via = Via.DIRECT,
) -> None:
    kind, value = _SOURCES[event["source"]], event["value"]
    digits = Beyond(value) if value in ("HI", "LO") else parse(value)
    if not isinstance(digits, Digits | Beyond):
        raise TypeError("the scenario was not read")
    zone = ZoneInfo(play.scenario.zone)
    found = []
    for at in moments:
        play.number += 1
        device = event["device"] or ("" if kind is SourceKind.MANUAL else event["source"])
        found.append(
            readings.NewReading(
                row=play.number, key=f"{event['source']}-{device}-{at.isoformat()}-{value}",
                measured_at=at.astimezone(UTC), offset_min=_offset_min(at, zone),
                digits=digits, unit=Unit(event["unit"]), kind=kind,
                device=device, meal=Meal.NONE, note="", via=via,
            )
        )  # fmt: skip
    own = Actor(play.cast.patient_id, play.cast.patient_id, Basis.SELF)
    with play.database.unit_of_work() as session:
        outcome = readings.record(
            session, own, readings.Batch(play.cast.patient_id, tuple(found)), now=now
        )
    play.stored += outcome.accepted
    play.set_aside += len(outcome.rejected)
    if outcome.new:
        play.refs[""] = outcome.new[0]


def _offset_min(at: datetime, zone: ZoneInfo) -> int:
    """What the patient's own clocks are ahead of UTC."""
    offset = at.astimezone(zone).utcoffset() or timedelta(0)
    return int(offset / _MINUTE)


def _name(play: Play, event: dict[str, Any]) -> None:
    play.refs[event["ref"]] = play.refs[""]


def _ringing(play: Play) -> list[int]:
    with play.database.reading() as session:
        found = alerts.open_for(session, [play.cast.patient_id])[play.cast.patient_id]
    return [one.id for one in found if one.rings]


def _acknowledge(play: Play, event: dict[str, Any]) -> None:
    with play.database.unit_of_work() as session:
        actor = play.cast.actor(event["by"])
        alerts.acknowledge_all(session, actor, play.cast.patient_id, now=play.clock.at)


def _pause(play: Play, event: dict[str, Any]) -> None:
    """The first alert that may be paused is; a pause that is refused changes nothing."""
    for alert_id in _ringing(play):
        try:
            with play.database.unit_of_work() as session:
                alerts.snooze(
                    session, play.cast.actor(event["by"]), play.cast.patient_id, alert_id,
                    event["minutes"], now=play.clock.at,
                )  # fmt: skip
        except Refusal:
            continue
        return


def _remove(play: Play, event: dict[str, Any]) -> None:
    actor, reference = play.cast.actor(event["by"] or "patient"), play.refs[event["ref"]]
    with play.database.unit_of_work() as session:
        readings.remove(session, actor, play.cast.patient_id, reference, now=play.clock.at)


def _correct(play: Play, event: dict[str, Any]) -> None:
    digits = parse(event["value"])
    if not isinstance(digits, Digits):
        raise TypeError("the scenario was not read")
    reference = play.refs[event["ref"]]
    with play.database.unit_of_work() as session:
        actor = play.cast.actor(event["by"] or "patient")
        window = readings.Window()
        page = readings.page(session, actor, play.cast.patient_id, window, now=play.clock.at)
        at = next(one.measured_at for one in page.items if one.id == str(reference))
        change = readings.Change(at, 0, digits, Unit(event["unit"]), Meal.NONE, "")
        readings.amend(session, actor, play.cast.patient_id, reference, change, now=play.clock.at)


def _end_mandate(play: Play, event: dict[str, Any]) -> None:
    name = event["by"]
    with play.database.unit_of_work() as session:
        mandates.end(
            session, play.cast.actor("patient"), play.cast.representations[name],
            now=play.clock.at,
        )  # fmt: skip


def _mail(play: Play, event: dict[str, Any]) -> None:
    play.mail.is_down = event["do"] == "mail_down"


def _worker(play: Play, event: dict[str, Any]) -> None:
    play.has_worker = event["do"] == "worker_up"


_DEEDS = {
    "reading": _arrive,
    "file": _bring_file,
    "acknowledge": _acknowledge,
    "pause": _pause,
    "remove": _remove,
    "correct": _correct,
    "end_mandate": _end_mandate,
    "mail_down": _mail,
    "mail_up": _mail,
    "worker_down": _worker,
    "worker_up": _worker,
}
