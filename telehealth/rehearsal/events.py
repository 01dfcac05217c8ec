"""What happens in a scenario, through the services that a page or a device would use."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from devices.glucose import Unit
from telehealth.alerts import service as alerts
from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import Refusal
from telehealth.glycemia.entered import Digits, parse
from telehealth.mandates import service as mandates
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond, Meal, SourceKind, Via
from telehealth.rehearsal.play import MINUTE, Play
from telehealth.rehearsal.scenario import BadScenario

_SOURCES = {
    "sensor": SourceKind.CGM, "meter": SourceKind.METER, "manual": SourceKind.MANUAL
}  # fmt: skip


def _arrive(play: Play, event: dict[str, Any]) -> None:
    """One reading, when it was measured or later."""
    store(play, event, [play.scenario.start + measured(event)], now=play.clock.at)


def measured(event: dict[str, Any]) -> timedelta:
    """When the value of an event, or the first of a file, was measured, after the start."""
    at = event["measured_after_min"]
    return float(event["after_min"] if at is None else at) * MINUTE


def _bring_file(play: Play, event: dict[str, Any]) -> None:
    """Readings that come at once, as a file brings them."""
    begins = play.scenario.start + measured(event)
    moments = [begins + n * (event["every_min"] or 0) * MINUTE for n in range(event["times"])]
    store(play, event, moments, now=play.clock.at, via=Via.FILE)


def store(
    play: Play,
    event: dict[str, Any],
    moments: list[datetime],
    *,
    now: datetime,
    via: Via = Via.DIRECT,
) -> None:
    """Readings of one value are in the diary, and the first is known by the name in `ref`."""
    new = record(play, readings_of(play, event, moments, via), now=now)
    if event.get("ref") and new:
        play.refs[event["ref"]] = new[0]


def readings_of(
    play: Play, event: dict[str, Any], moments: list[datetime], via: Via
) -> list[readings.NewReading]:
    """The value of an event as it was measured at some moments."""
    kind, value = _SOURCES[event["source"]], event["value"]
    digits = Beyond(value) if value in ("HI", "LO") else parse(value)
    if not isinstance(digits, Digits | Beyond):
        raise TypeError("the scenario was not read")
    zone = ZoneInfo(play.scenario.zone)
    device = event["device"] or ("" if kind is SourceKind.MANUAL else event["source"])
    found = []
    for at in moments:
        play.number += 1
        found.append(
            readings.NewReading(
                row=play.number, key=f"{event['source']}-{device}-{at.isoformat()}-{value}",
                measured_at=at.astimezone(UTC), offset_min=_offset_min(at, zone),
                digits=digits, unit=Unit(event["unit"]), kind=kind,
                device=device, meal=Meal.NONE, note="", via=via,
            )
        )  # fmt: skip
    return found


def record(
    play: Play, found: list[readings.NewReading], *, now: datetime
) -> Sequence[readings.Reference]:
    """The readings are in the diary, or counted as refused; returns those that were not known."""
    own = Actor(play.cast.patient_id, play.cast.patient_id, Basis.SELF)
    with play.database.unit_of_work() as session:
        outcome = readings.record(
            session, own, readings.Batch(play.cast.patient_id, tuple(found)), now=now
        )
    play.stored += outcome.accepted
    play.set_aside += len(outcome.rejected)
    return outcome.new


def _offset_min(at: datetime, zone: ZoneInfo) -> int:
    """What the patient's own clocks are ahead of UTC."""
    offset = at.astimezone(zone).utcoffset() or timedelta(0)
    return int(offset / MINUTE)


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
    """The reading an event names.

    Raises:
        BadScenario: the platform has not taken that reading, so it cannot be changed.
    """
    if event["ref"] not in play.refs:
        place = f"#/events/{event['index']}/ref"
        raise BadScenario({place: f'The reading "{event["ref"]}" was not taken.'})
    return play.refs[event["ref"]]


def _remove(play: Play, event: dict[str, Any]) -> None:
    actor, reference = play.cast.actor(event["by"] or "patient"), _reference(play, event)
    with play.database.unit_of_work() as session:
        readings.remove(session, actor, play.cast.patient_id, reference, now=play.clock.at)


def _correct(play: Play, event: dict[str, Any]) -> None:
    digits = parse(event["value"])
    if not isinstance(digits, Digits):
        raise TypeError("the scenario was not read")
    reference = _reference(play, event)
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


HAPPEN = {
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
