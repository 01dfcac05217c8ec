"""Judge patients anew and keep what was found in their worklist entries.

From daily sums, stored days of fingersticks, targets and thresholds; some patients at a time, with
the same number of queries for one as for a thousand.
"""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.alerts import service as alerts
from telehealth.core.clock import HOME_ZONE, local
from telehealth.core.i18n import sort_key
from telehealth.glycemia.bands import ADULT, BANDS
from telehealth.identity.models import Person
from telehealth.monitoring.models import Deed, Kind, Stage, StickDay, WorklistDeed, WorklistEntry
from telehealth.monitoring.service import alert_reasons
from telehealth.monitoring.service.alert_reasons import PatientAlerts
from telehealth.monitoring.service.codes import CALM, OF_ALERTS, TO_REVIEW, bits_of
from telehealth.monitoring.service.stick_days import fill
from telehealth.monitoring.service.thresholds import limits_of
from telehealth.monitoring.service.triage import (
    DAYS,
    ENOUGH_PAIRS,
    WEEK,
    Adherence,
    Facts,
    Finding,
    Sums,
    judge,
)
from telehealth.readings.models import UNIT_CODES, DaySummary, SourceKind
from telehealth.targets import service as targets

_Day = Sequence[Any]
"""A row of sums: patient, day, kind, unit, five bands, recorded seconds."""
AT_ONCE = 1_000
_CALM_BITS = bits_of(CALM)
_ALERT_BITS = bits_of(OF_ALERTS)
_EVENT_BITS = bits_of(OF_ALERTS | TO_REVIEW)
_VERY_HIGH = {code: ADULT.edges[unit][3] for unit, code in UNIT_CODES.items()}
"""Highest tick that is not very high for adults, by the unit's code: the net for everybody."""
_STRIP = (("very_low", "v"), ("low", "l"), ("very_high", "w"), ("high", "h"), ("in_range", "o"))
"""Worst first: low ones ask for most attention."""
_NAME_PLACES = 80
_SUMMED = (
    DaySummary.patient_id,
    DaySummary.day_on,
    DaySummary.kind,
    DaySummary.unit,
    *(getattr(DaySummary, band.value) for band in BANDS),
    DaySummary.recorded_s,
    DaySummary.highest,
)


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest value of a patient, for the list."""

    at: datetime
    shown: dict[str, Any]


def judge_all(
    session: Session,
    patient_ids: Collection[int],
    *,
    now: datetime,
    newest: dict[int, Newest] | None = None,
) -> None:
    """The entries of these patients say what their sums say; entries appear where there are none.

    Args:
        session: the unit of work.
        patient_ids: any number of patients.
        now: when.
        newest: the newest values where the caller has looked; otherwise the stored ones stay.
    """
    ids = sorted(set(patient_ids))
    for begin in range(0, len(ids), AT_ONCE):
        _judge_some(session, ids[begin : begin + AT_ONCE], now, newest or {})


def _judge_some(
    session: Session, ids: Sequence[int], now: datetime, newest: dict[int, Newest]
) -> None:
    today = local(now).date()
    entries = {
        entry.patient_id: entry
        for entry in session.scalars(
            select(WorklistEntry).where(WorklistEntry.patient_id.in_(ids)).with_for_update()
        )
    }
    people = session.execute(
        select(Person.id, Person.family_name, Person.given_name).where(Person.id.in_(ids))
    ).all()
    days = _days(session, ids, today)
    sticks = fill(session, ids, today - timedelta(days=2 * DAYS), today)
    limits = limits_of(session, ids, now=now)
    deeds: list[dict[str, Any]] = []
    open_alerts, to_review = alerts.open_for(session, ids), alerts.to_review_for(session, ids)
    presets = targets.current(session, ids)
    for patient_id, family_name, given_name in people:
        entry = entries.get(patient_id) or _fresh(session, patient_id, now)
        if patient_id in newest:
            entry.newest_at = newest[patient_id].at
            entry.newest = newest[patient_id].shown
        entry.name_key = name_key(family_name, given_name)
        entry.name_folded = fold(f"{family_name} {given_name} {family_name}")
        of_patient = days.get(patient_id, [])
        facts = _facts(of_patient, sticks.get(patient_id), entry.newest_at, now)
        facts = replace(
            facts,
            alerts=alert_reasons.of(open_alerts[patient_id], to_review[patient_id]),
            has_goals=bool(presets[patient_id].goals),
            has_very_high_band=len(presets[patient_id].ranges.edges[Unit.MG_DL]) == len(BANDS) - 1,
        )
        _draw(entry, facts, of_patient)
        finding = judge(facts, limits[patient_id])
        deeds += _keep(session, entry, finding, facts.alerts, now)
    session.flush()
    if deeds:  # one statement: row by row it would take one for each
        session.execute(insert(WorklistDeed), deeds)


def _draw(entry: WorklistEntry, facts: Facts, days: Sequence[_Day]) -> None:
    """What the list shows beside the reasons."""
    entry.strip = _strip(days, facts.today)
    entry.unit = _unit(days)
    entry.bands = list(facts.cgm.bands if facts.kind is Kind.CGM else facts.sticks.bands)


def _days(session: Session, ids: Collection[int], today: date) -> dict[int, list[_Day]]:
    rows = session.execute(
        select(*_SUMMED)
        .where(
            DaySummary.patient_id.in_(ids),
            DaySummary.day_on > today - timedelta(days=2 * DAYS),
            DaySummary.day_on <= today,
        )
        .order_by(DaySummary.patient_id, DaySummary.day_on)
    )
    found: dict[int, list[_Day]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(tuple(row))
    return found


def _facts(
    rows: Sequence[_Day],
    sticks: dict[date, StickDay] | None,
    newest_at: datetime | None,
    now: datetime,
) -> Facts:
    today = local(now).date()
    first = today - timedelta(days=DAYS - 1)
    cgm = [row for row in rows if row[2] is SourceKind.CGM]
    fingers = [row for row in rows if row[2] is not SourceKind.CGM]
    seen = {row[1] for row in fingers}
    known = [row[1] for row in rows] + ([local(newest_at).date()] if newest_at else [])
    begins_at = datetime.combine(first, time(), HOME_ZONE)
    stored = sticks or {}
    return Facts(
        today=today,
        cgm=_sums(row for row in cgm if row[1] >= first),
        cgm_before=_sums(row for row in cgm if row[1] < first),
        sticks=_sums(row for row in fingers if row[1] >= first),
        sticks_before=_sums(row for row in fingers if row[1] < first),
        elapsed_s=max(1, int((now - begins_at).total_seconds())),
        last_on=max(known, default=None),
        last_cgm_on=max((row[1] for row in cgm), default=None),
        last_stick_on=max((row[1] for row in fingers), default=None),
        very_high_days=len(
            {row[1] for row in fingers if row[1] >= first and (row[10] or 0) > _VERY_HIGH[row[3]]}
        ),
        missed_days=sum(today - timedelta(days=back) not in seen for back in range(1, WEEK + 1)),
        has_plan=any(day.planned for day in stored.values()),
        kept=_kept(stored, today, 1),
        kept_before=_kept(stored, today, 1 + DAYS),
        fasting=_fasting(stored, today),
    )


def _sums(rows: Iterable[_Day]) -> Sums:
    bands, days, recorded_s = [0, 0, 0, 0, 0], set(), 0
    for row in rows:
        for place in range(5):
            bands[place] += row[4 + place]
        days.add(row[1])
        recorded_s += row[9]
    return Sums(tuple(bands), len(days), recorded_s)


def _kept(stored: dict[date, StickDay], today: date, back: int) -> Adherence:
    found = [stored.get(today - timedelta(days=back + n)) for n in range(DAYS)]
    days = [day for day in found if day is not None]
    return Adherence(sum(day.planned for day in days), sum(day.done for day in days))


def _fasting(stored: dict[date, StickDay], today: date) -> tuple[float, float] | None:
    """Means of days of the same weekday that have a fasting value now and two weeks before."""
    pairs = []
    for back in range(DAYS):
        now, before = (stored.get(today - timedelta(days=back + far)) for far in (0, DAYS))
        if now and before and now.fasting_n and before.fasting_n:
            pairs.append(
                (now.fasting_total / now.fasting_n, before.fasting_total / before.fasting_n)
            )
    if len(pairs) < ENOUGH_PAIRS:
        return None
    return sum(pair[0] for pair in pairs) / len(pairs), sum(pair[1] for pair in pairs) / len(pairs)


def _strip(rows: Sequence[_Day], today: date) -> str:
    worst: dict[date, str] = {}
    for row in rows:
        marks = [mark for place, mark in _RANKED if row[4 + place]]
        known = worst.get(row[1])
        best = marks[0]
        if known is None or _RANK[best] < _RANK[known]:
            worst[row[1]] = best
    return "".join(worst.get(today - timedelta(days=back), ".") for back in range(DAYS - 1, -1, -1))


_RANKED = tuple(
    (next(place for place, band in enumerate(BANDS) if band.value == name), mark)
    for name, mark in _STRIP
)
_RANK = {mark: rank for rank, (_, mark) in enumerate(_STRIP)}


def _unit(rows: Sequence[_Day]) -> int:
    """The unit of most readings; mmol/L, as usual in Slovenia, without any."""
    weight = sum(sum(row[4:9]) * (1 if row[3] else -1) for row in rows)
    return int(weight >= 0)


def _fresh(session: Session, patient_id: int, now: datetime) -> WorklistEntry:
    entry = WorklistEntry(
        patient_id=patient_id,
        reason_bits=0,
        stage=Stage.CLOSED,
        stage_at=now,
        answered_bits=0,
        version=0,
        changed_at=now,
        newest_at=None,
        owner_id=None,
        review_on=None,
    )
    session.add(entry)
    return entry


def _keep(
    session: Session,
    entry: WorklistEntry,
    finding: Finding,
    alerts_of_patient: PatientAlerts,
    now: datetime,
) -> list[dict[str, Any]]:
    """Write a finding into its entry.

    A new reason opens it, and so does a new event of a reason that was answered: an alert that
    opened, rings again or got worse since. The last reason gone settles it, but for what only a
    person closes.
    """
    bits = finding.bits & ~_CALM_BITS
    deeds = _step(entry, alerts_of_patient, bits, now)
    entry.answered_bits &= bits
    if entry.reason_bits != finding.bits:
        entry.version += 1
    entry.kind = finding.kind
    entry.severity = finding.severity
    entry.reason_bits = finding.bits
    entry.reasons = [[one.code.value, dict(one.numbers)] for one in finding.reasons]
    entry.in_range_pct = finding.in_range_pct
    entry.in_range_before_pct = finding.in_range_before_pct
    entry.order_key = order_key(entry)
    if session.is_modified(entry):
        entry.changed_at = now
    entry.judged_on = local(now).date()
    return deeds


def _step(
    entry: WorklistEntry, alerts_of_patient: PatientAlerts, bits: int, now: datetime
) -> list[dict[str, Any]]:
    """Open, settle or acknowledge an entry whose reasons are now `bits`; lines of its history."""
    if entry.stage is not Stage.OPEN:
        new = _unanswered(entry, alerts_of_patient, bits)
        return [_move(entry, Stage.OPEN, Deed.OPENED, new, now)] if new else []
    if not bits:
        return [_move(entry, Stage.CLOSED, Deed.SETTLED, bits, now)]
    given = alerts_of_patient.taken_on
    if given is None or (given.acknowledged_at or given.opened_at) < entry.stage_at:
        return []  # opened since, by something else or by a person: that nobody has answered
    if new := bits & ~entry.reason_bits & ~_EVENT_BITS:
        return [_move(entry, Stage.OPEN, Deed.OPENED, new, now)]
    return [_take_on(entry, given, bits)]


def _unanswered(entry: WorklistEntry, alerts_of_patient: PatientAlerts, bits: int) -> int:
    """Reasons that came after an entry was answered. What rings is answered by nobody."""
    new = bits & ~entry.answered_bits
    event_at = alerts_of_patient.newest_event_at
    if event_at is not None and event_at > entry.stage_at:
        new |= bits & _EVENT_BITS
    if alerts_of_patient.rings:
        new |= bits & _ALERT_BITS
    return new


def _take_on(entry: WorklistEntry, given: alerts.OpenAlert, bits: int) -> dict[str, Any]:
    """Whoever of the team acknowledged the alerts has acknowledged the entry."""
    at = given.acknowledged_at or entry.stage_at
    entry.stage, entry.stage_at = Stage.ACKNOWLEDGED, at
    entry.stage_by_id = given.acknowledged_by_id
    entry.owner_id = entry.owner_id or given.acknowledged_by_id
    entry.answered_bits = bits
    entry.version += 1
    return {
        "patient_id": entry.patient_id,
        "deed": Deed.ACKNOWLEDGED,
        "text": "",
        "reason_bits": bits,
        "by_id": given.acknowledged_by_id,
        "at": at,
    }


def _move(
    entry: WorklistEntry, stage: Stage, deed: Deed, bits: int, now: datetime
) -> dict[str, Any]:
    """The entry is there by itself; the line of its history that says so."""
    entry.stage, entry.stage_at, entry.stage_by_id = stage, now, None
    entry.version += 1
    return {
        "patient_id": entry.patient_id,
        "deed": deed,
        "text": "",
        "reason_bits": bits,
        "by_id": None,
        "at": now,
    }


def order_key(entry: WorklistEntry) -> int:
    """Severity, then change for the worse, then age of the newest reading: lowest first.

    Closed entries stand behind all others but the good ones.
    """
    rank = entry.severity
    if entry.stage is Stage.CLOSED and entry.reason_bits & ~_CALM_BITS:
        rank = 1
    worse = 0.0
    if entry.in_range_pct is not None and entry.in_range_before_pct is not None:
        worse = entry.in_range_before_pct - entry.in_range_pct
    change = 1000 - max(-1000, min(1000, round(worse * 10)))
    minutes = int(entry.newest_at.timestamp()) // 60 if entry.newest_at else 0
    return (99 - rank) << 40 | change << 28 | minutes


def name_key(family_name: str, given_name: str) -> str:
    """A text that sorts as `i18n.sort_key` does, whatever the database's own alphabet is."""
    places = sort_key(f"{family_name} {given_name}")[:_NAME_PLACES]
    return "".join(f"{group}{min(place, 0xFFFF):04x}" for group, place in places)


def fold(name: str) -> str:
    """Lower case without carons: "sustar" finds Šuštar."""
    parts = unicodedata.normalize("NFKD", name.casefold().replace("đ", "d"))
    return "".join(char for char in parts if not unicodedata.combining(char))[:170]
