"""Playing a scenario: the real application, a clock that moves from one due moment to the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from devices.glucose import Unit
from telehealth.alerts import service as alerts
from telehealth.alerts.models import RAISED, Alert, AlertNotice, AlertWatch, Direction, Kind
from telehealth.alerts.service import Threshold
from telehealth.core.errors import Refusal
from telehealth.core.lanes import Lane
from telehealth.core.outbox import OutboxEvent
from telehealth.glycemia.entered import TICK_SCALE
from telehealth.readings.models import Via
from telehealth.rehearsal import events, people, quiet
from telehealth.rehearsal.play import MINUTE, Play
from telehealth.rehearsal.scenario import BadScenario, Scenario
from telehealth.rehearsal.stage import Stage, stage
from telehealth.targets import service as targets
from telehealth.targets.models import Population

_KINDS = {"very_low": Kind.URGENT_LOW}
_POPULATIONS = {
    "child": Population.CHILD,
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
    place = 0
    while place < len(scenario.events):
        place += _take_together(play, place) or _take(play, scenario.events[place])
    _advance(play, scenario.start + scenario.until_min * MINUTE)
    _work(play, _ALL)
    return play


def _take(play: Play, event: dict[str, Any]) -> int:
    """One event happens, and what follows from it; returns how many."""
    _advance(play, play.scenario.start + event["after_min"] * MINUTE)
    is_reading = event["do"] == "reading"
    if not is_reading:  # who does something sees the worklist as it is then
        _work(play, _ALL)
    try:
        events.HAPPEN[event["do"]](play, event)
    except Refusal as refusal:  # what the platform refuses changes nothing, and is shown
        play.refused.append((event, refusal))
    _work(play, _AT_ONCE if is_reading else _ALL)
    return 1


def _take_together(play: Play, first: int) -> int:
    """Readings that change nothing but the diary are in it; returns how many, 0: something may."""
    count = quiet.length(play.scenario.events, first, play.rules) if play.has_worker else 0
    if count <= 1:
        return 0
    some = play.scenario.events[first : first + count]
    until = play.scenario.start + some[-1]["after_min"] * MINUTE
    with play.database.reading() as session:
        if not quiet.is_calm(session, play.cast.patient_id, until):
            return 0
    play.clock.at = max(play.clock.at, until)
    found = [
        one
        for event in some
        for one in events.readings_of(
            play, event, [play.scenario.start + events.measured(event)], Via.DIRECT
        )
    ]
    events.record(play, found, now=until)
    _work(play)
    return count


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
            try:
                targets.set_targets(session, doctor, play.cast.patient_id, new, now=now)
            except Refusal as refusal:
                raise BadScenario({"#/target": _sentence(refusal)}) from refusal
        for name, changes in scenario.rules.items():
            kind = _KINDS.get(name) or Kind(name)
            rule = alerts.in_force(session, play.cast.patient_id, now=now)[kind]
            if "threshold" in changes:
                unit = Unit(changes.get("unit", Unit.MMOL_L.value))
                tick = int(changes["threshold"].scaleb(TICK_SCALE[unit]))
                rule = replace(rule, threshold=Threshold(tick, unit))
            others = {k: v for k, v in changes.items() if k not in ("threshold", "unit")}
            rule = replace(rule, **others, reason="rehearsal")
            try:
                alerts.set_rule(session, doctor, play.cast.patient_id, rule, now=now)
            except Refusal as refusal:
                raise BadScenario({f"#/rules/{name}": _sentence(refusal)}) from refusal
        play.rules = tuple(alerts.in_force(session, play.cast.patient_id, now=now).values())


def _sentence(refusal: Refusal) -> str:
    words = [refusal.detail or refusal.title, *(error.detail for error in refusal.errors)]
    return " ".join(words)


def _remember(play: Play) -> None:
    """The history is in the diary, as it came in its time; nobody is told of it now."""
    for past in play.scenario.history:
        every = past["every_min"] * MINUTE
        begins = play.scenario.start - timedelta(days=past["days"])
        count = int(timedelta(days=past["days"]) / every)
        moments = [begins + n * every for n in range(count)]
        event = {"source": past["source"], "device": "", "value": past["value"], "unit": "mmol/L"}
        for first in range(0, len(moments), _AT_MOST):
            some = moments[first : first + _AT_MOST]
            events.store(play, event, some, now=some[-1])


def _advance(play: Play, until: datetime) -> None:
    """The time passes, from one moment at which something is due to the next."""
    while (at := _next_due(play)) is not None and at <= until:
        play.clock.at = max(play.clock.at, at)
        _work(play)
    play.clock.at = max(play.clock.at, until)


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
