"""The SQL of daily sums: bands, totals, risk, extremes and recorded time in one statement.

Equal to `glycemia.days.by_day` of the readings that count; a property test holds them together.
"""

from itertools import pairwise

from sqlalchemy import TextClause, text

from devices.glucose import Unit
from telehealth.glycemia.bands import BANDS, HI, Band, Ranges
from telehealth.glycemia.series import (
    INTERVALS_MIN,
    LONGEST_INTERVAL_MIN,
    OTHER_SETTING,
    STEPS_OF_A_SETTING,
    USUAL_INTERVAL_MIN,
)
from telehealth.readings.models import COUNTS_UP_TO, UNIT_CODES, SourceKind
from telehealth.readings.service.statements import READINGS_OF, Statement, table_given
from telehealth.readings.service.values import classified_tick

_N_EDGES = len(BANDS) - 1
_SECONDS = {
    "sqlite": "CAST(strftime('%s', reading.measured_at) AS integer)",
    "postgresql": "CAST(floor(extract(epoch FROM reading.measured_at)) AS bigint)",
}
_DAYS = {
    "day_on": "date",
    "begins_at": "timestamptz",
    "ends_at": "timestamptz",
    "reaches_at": "timestamptz",
}
DAY_FIELDS = tuple(_DAYS)


def edges(ranges: Ranges) -> dict[str, int]:
    """The ranges as parameters: highest tick of each band; a band that is not used is never left.

    HI belongs to the last band there is: very high, or high in pregnancy.
    """
    found = {"top": len(ranges.edges[Unit.MG_DL])}
    for unit, code in UNIT_CODES.items():
        own = ranges.edges[unit]
        for place in range(_N_EDGES):
            found[f"edge_{code}_{place}"] = own[place] if place < len(own) else HI
    return found


def _place() -> str:
    """Place of the band of a row: the literal of each unit against that unit's edges."""
    middles = {unit: f":edge_{code}_1 + 1" for unit, code in UNIT_CODES.items()}
    compared = classified_tick("reading", middles)
    whens = ["WHEN reading.beyond = -1 THEN 0", "WHEN reading.beyond = 1 THEN :top"]
    for code in UNIT_CODES.values():
        whens += [
            f"WHEN reading.unit = {code} AND {compared} <= :edge_{code}_{place} THEN {place}"
            for place in range(_N_EDGES)
        ]
    return f"CASE {' '.join(whens)} ELSE {_N_EDGES} END"


def _counts() -> str:
    return ", ".join(
        f"sum(CASE WHEN place = {place} THEN 1 ELSE 0 END)" for place in range(len(BANDS))
    )


def _own_interval_s() -> str:
    """The interval of a day as `glycemia.series.intervals_by_day` finds it."""
    whens = [
        f"WHEN middle_s <= {30 * (shorter + longer)} THEN {60 * shorter}"
        for shorter, longer in pairwise(INTERVALS_MIN)
    ]
    usual_s = "60 * coalesce(usual_min, 0)"
    return (
        f"CASE WHEN n_steps >= {STEPS_OF_A_SETTING} AND middle_s <= {60 * LONGEST_INTERVAL_MIN}"
        f" AND (middle_s >= {OTHER_SETTING} * {usual_s} OR {OTHER_SETTING} * middle_s <= {usual_s})"
        f" THEN CASE {' '.join(whens)} ELSE {60 * INTERVALS_MIN[-1]} END"
        f" ELSE 60 * coalesce(usual_min, {USUAL_INTERVAL_MIN}) END"
    )


def _with_steps(given: str, seconds: str, readings: str) -> str:
    """The readings with the distance to the next one, and the middle distance of the day."""
    of_source = "PARTITION BY day_on, source_id, is_inside"
    return (
        "SELECT day_on, kind, unit, tick, place, is_inside, step_s,"  # noqa: S608 - our own names
        f" {_own_interval_s()} AS interval_s FROM ("
        "SELECT *, max(CASE WHEN place_of_step = (n_steps + 1) / 2 THEN own_s END)"
        f" OVER ({of_source}) AS middle_s FROM ("
        f"SELECT *, row_number() OVER ({of_source} ORDER BY own_s IS NULL, own_s) AS place_of_step,"
        f" count(own_s) OVER ({of_source}) AS n_steps FROM ("
        "SELECT given.day_on, source.id AS source_id, source.kind, reading.unit, reading.tick,"
        f" {_place()} AS place,"
        " reading.measured_at < given.ends_at AS is_inside,"
        " source.interval_min AS usual_min,"
        f" lead({seconds}) OVER (PARTITION BY given.day_on, source.kind"
        f" ORDER BY reading.measured_at) - {seconds} AS step_s,"
        f" lead({seconds}) OVER (PARTITION BY given.day_on, source.id,"
        f" reading.measured_at < given.ends_at ORDER BY reading.measured_at) - {seconds} AS own_s"
        f" FROM reading_source AS source CROSS JOIN {given}{readings}"
        " WHERE source.patient_id = :patient_id"
        ") AS found) AS ranked) AS middled"
    )


def _sum_days(given: str, seconds: str, readings_of: str) -> TextClause:
    columns = ", ".join(band.value for band in Band)
    readings = readings_of.format(
        conditions="reading.patient_id = source.patient_id AND reading.source_id = source.id"
        " AND reading.measured_at >= given.begins_at AND reading.measured_at < given.reaches_at"
        f" AND reading.standing <= {int(COUNTS_UP_TO)}"
    )
    return text(
        "INSERT INTO day_summary (patient_id, day_on, kind, unit, n,"  # noqa: S608 - our own names
        f" {columns}, total, squares, lowest, highest, out_of_range, recorded_s,"
        " low_risk, high_risk, worst_low_risk, worst_high_risk)"
        " SELECT :patient_id, day_on, kind, counted.unit, count(*),"
        f" {_counts()},"
        " coalesce(sum(CAST(counted.tick AS bigint)), 0),"
        " coalesce(sum(CAST(counted.tick AS bigint) * counted.tick), 0),"
        " min(counted.tick), max(counted.tick), count(*) - count(counted.tick),"
        f" sum(CASE WHEN kind <> '{SourceKind.CGM.value}' THEN 0"
        " WHEN 2 * step_s <= 3 * interval_s THEN step_s ELSE interval_s END),"
        " coalesce(sum(risk.low), 0), coalesce(sum(risk.high), 0),"
        " coalesce(max(risk.low), 0), coalesce(max(risk.high), 0)"
        " FROM ("
        f"{_with_steps(given, seconds, readings)}"
        ") AS counted LEFT JOIN glucose_risk AS risk"
        " ON risk.unit = counted.unit AND risk.tick = counted.tick"
        " WHERE is_inside GROUP BY day_on, kind, counted.unit"
    )


SUM_DAYS: Statement = {
    dialect: _sum_days(given, _SECONDS[dialect], READINGS_OF[dialect])
    for dialect, given in table_given(_DAYS).items()
}
