"""Playing a scenario: the real application, a clock that moves from one due moment to the next."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from devices.glucose import Unit
from telehealth.alerts import service as alerts
from telehealth.alerts.models import RAISED, Alert, AlertWatch, Kind
from telehealth.alerts.service import Threshold
from telehealth.app import create_app
from telehealth.core import schema
from telehealth.core.actor import Actor, Basis
from telehealth.core.db import Database
from telehealth.core.errors import Refusal
from telehealth.core.lanes import Lane
from telehealth.core.outbox import OutboxEvent
from telehealth.core.web.platform import Platform
from telehealth.glycemia.entered import Digits, parse
from telehealth.mandates import service as mandates
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond, Meal, SourceKind, Via
from telehealth.rehearsal import people
from telehealth.rehearsal.mail import RehearsedMail
from telehealth.rehearsal.scenario import BadScenario, Scenario
from telehealth.settings import Settings
from telehealth.targets import service as targets
from telehealth.targets.models import Population

_MINUTE = timedelta(minutes=1)
_SOURCES = {
    "sensor": SourceKind.CGM, "meter": SourceKind.METER, "manual": SourceKind.MANUAL
}  # fmt: skip
_KINDS = {"very_low": Kind.URGENT_LOW}
_POPULATIONS = {
    "child": Population.CHILD,
    "older": Population.OLDER,
    "pregnancy-type1": Population.PREGNANCY_TYPE1,
    "pregnancy-type2": Population.PREGNANCY_TYPE2,
}
_AT_ONCE = 5_000


@dataclass(slots=True)
class Play:
    """A scenario while it is played, and what it leaves behind."""

    scenario: Scenario
    platform: Platform
    cast: people.Cast
    mail: RehearsedMail
    clock: "Clock"
    has_worker: bool = True
    stored: int = 0
    set_aside: int = 0
    refs: dict[str, readings.Reference] = field(default_factory=dict)
    number: int = 0

    @property
    def database(self) -> Database:
        """The database of this rehearsal alone."""
        return self.platform.database

    def minute(self, moment: datetime) -> float:
        """Minutes after the start."""
        return round((moment - self.scenario.start) / _MINUTE, 2)


@dataclass(slots=True)
class Clock:
    """A clock that is moved by hand."""

    at: datetime

    def __call__(self) -> datetime:
        """What time it is in the rehearsal."""
        return self.at


@contextmanager
def played(scenario: Scenario) -> Iterator[Play]:
    """The scenario as it stands when it is over, on a database of its own.

    Raises:
        BadScenario: an event names somebody or something that is not there.
    """
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        path = Path(folder) / "rehearsal.db"
        shutil.copy(_template(), path)
        database = Database(f"sqlite:///{path}")
        try:
            yield _play(scenario, database, Path(folder))
        finally:
            database.close()


@cache
def _template() -> Path:
    """An empty, migrated database, made once in a process."""
    path = Path(tempfile.mkdtemp(prefix="rehearsal-template-")) / "template.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.close()
    return path


def _play(scenario: Scenario, database: Database, folder: Path) -> Play:
    clock, mail = Clock(scenario.start), RehearsedMail()
    settings = Settings(secret_key="rehearsal " * 4, data_dir=folder, log_level="ERROR")
    app = create_app(settings, database, clock, mail=mail)
    platform: Platform = app.extensions["telehealth"]
    with database.unit_of_work() as session:
        cast = people.settle(session, scenario)
    play = Play(scenario, platform, cast, mail, clock)
    _agree(play)
    _remember(play)
    play.platform.queue.drain()
    mail.taken.clear()
    for event in scenario.events:
        _advance(play, scenario.start + event["after_min"] * _MINUTE)
        _DEEDS[event["do"]](play, event)
        _work(play)
    _advance(play, scenario.start + scenario.until_min * _MINUTE)
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
            rule = alerts.in_force(session, play.cast.patient_id, now=now)[kind]
            edge = changes.pop("threshold", None)
            unit = Unit(changes.pop("unit", Unit.MMOL_L.value))
            if edge is not None:
                tick = int(edge * 10) if unit is Unit.MMOL_L else int(edge)
                rule = replace(rule, threshold=Threshold(tick, unit))
            rule = replace(rule, **changes, reason="rehearsal")
            alerts.set_rule(session, doctor, play.cast.patient_id, rule, now=now)


def _remember(play: Play) -> None:
    """The history is in the diary, as it came in its time; nobody is told of it now."""
    for past in play.scenario.history:
        every = past["every_min"] * _MINUTE
        begins = play.scenario.start - timedelta(days=past["days"])
        count = int(timedelta(days=past["days"]) / every)
        moments = [begins + n * every for n in range(count)]
        event = {"source": past["source"], "device": "", "value": past["value"], "unit": "mmol/L"}
        for first in range(0, len(moments), _AT_ONCE):
            some = moments[first : first + _AT_ONCE]
            _store(play, event, some, now=some[-1], via=Via.DIRECT)


def _advance(play: Play, until: datetime) -> None:
    """The time passes, from one moment at which something is due to the next."""
    while (at := _next_due(play)) is not None and at <= until:
        play.clock.at = max(play.clock.at, at)
        _work(play)
    play.clock.at = max(play.clock.at, until)
    _work(play)


def _work(play: Play) -> None:
    if not play.has_worker:
        return
    play.platform.queue.drain()
    play.platform.queue.run_timed(Lane.ALERTS)
    play.platform.queue.drain()


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
    """One reading, or several one after the other, each when it is measured."""
    late = event["after_min"] - (
        event["after_min"] if event["measured_after_min"] is None else event["measured_after_min"]
    )
    for n in range(event["times"]):
        gap = n * (event["every_min"] or 0)
        at = play.scenario.start + (event["after_min"] + gap) * _MINUTE
        if n:
            _advance(play, at)
        _store(play, event, [at - late * _MINUTE], now=play.clock.at, via=Via.DIRECT)
        if event["ref"] and not n:
            _name(play, event)
        _work(play)


def _bring_file(play: Play, event: dict[str, Any]) -> None:
    """Readings that come at once, as a file brings them."""
    first = event["after_min"] if event["measured_after_min"] is None else None
    begins = (
        play.scenario.start
        + (first if first is not None else event["measured_after_min"]) * _MINUTE
    )
    moments = [begins + n * (event["every_min"] or 0) * _MINUTE for n in range(event["times"])]
    _store(play, event, moments, now=play.clock.at, via=Via.FILE)
    if event["ref"]:
        _name(play, event)


def _store(
    play: Play, event: dict[str, Any], moments: list[datetime], *, now: datetime, via: Via
) -> None:
    kind, value = _SOURCES[event["source"]], event["value"]
    digits = Beyond(value) if value in ("HI", "LO") else parse(value)
    if not isinstance(digits, Digits | Beyond):
        raise BadScenario({"#/events": f"No meter shows {value}."})
    found = []
    for at in moments:
        play.number += 1
        device = event["device"] or ("" if kind is SourceKind.MANUAL else event["source"])
        found.append(
            readings.NewReading(
                row=play.number, key=f"{event['source']}-{device}-{at.isoformat()}-{value}",
                measured_at=at, offset_min=0, digits=digits, unit=Unit(event["unit"]), kind=kind,
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


def _reference(play: Play, event: dict[str, Any]) -> readings.Reference:
    try:
        return play.refs[event["ref"]]
    except KeyError as error:
        raise BadScenario({"#/events": f'No reading is called "{event["ref"]}".'}) from error


def _remove(play: Play, event: dict[str, Any]) -> None:
    with play.database.unit_of_work() as session:
        readings.remove(
            session, play.cast.actor(event["by"]), play.cast.patient_id, _reference(play, event),
            now=play.clock.at,
        )  # fmt: skip


def _correct(play: Play, event: dict[str, Any]) -> None:
    digits = parse(event["value"])
    if not isinstance(digits, Digits):
        raise BadScenario({"#/events": "A correction needs a number."})
    reference = _reference(play, event)
    with play.database.unit_of_work() as session:
        actor = play.cast.actor(event["by"])
        window = readings.Window()
        page = readings.page(session, actor, play.cast.patient_id, window, now=play.clock.at)
        at = next(one.measured_at for one in page.items if one.id == str(reference))
        change = readings.Change(at, 0, digits, Unit(event["unit"]), Meal.NONE, "")
        readings.amend(session, actor, play.cast.patient_id, reference, change, now=play.clock.at)


def _end_mandate(play: Play, event: dict[str, Any]) -> None:
    name = event["by"] if event["by"] in play.cast.representations else "proxy"
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
