"""The rules of triage, one line each: what is known, what is said."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from devices.glucose import Unit
from telehealth.alerts.models import DIRECTION, EndReason, State
from telehealth.alerts.models import Kind as AlertKind
from telehealth.alerts.service import OpenAlert
from telehealth.core.actor import Basis
from telehealth.glycemia.presets import (
    ADULTS,
    OLDER,
    PREGNANT_TYPE1,
    PREGNANT_TYPE2,
    Goal,
    Preset,
)
from telehealth.monitoring.models import Kind, Rule
from telehealth.monitoring.service.alert_reasons import PatientAlerts
from telehealth.monitoring.service.codes import SEVERITY, Code
from telehealth.monitoring.service.triage import (
    DEFAULTS,
    Adherence,
    Facts,
    Sums,
    judge,
    thresholds,
)

TODAY = date(2026, 11, 23)
DAY_S = 86_400
WORN = 14 * DAY_S
OWN = Preset("own", ADULTS.ranges, {"below_target_pct": Goal(2)})


def cgm(
    very_low: int = 0, low: int = 0, high: int = 0, very_high: int = 0, *, wear: float = 0.9
) -> Sums:
    """A thousand readings of a sensor, in tenths of a percent."""
    rest = 1000 - very_low - low - high - very_high
    return Sums((very_low, low, rest, high, very_high), 13, int(WORN * wear))


def sticks(
    very_low: int = 0, low: int = 0, high: int = 0, very_high: int = 0, *, n: int = 100
) -> Sums:
    rest = n - very_low - low - high - very_high
    return Sums((very_low, low, rest, high, very_high), 13)


def facts(**known: object) -> Facts:
    values = {
        "today": TODAY,
        "last_on": TODAY,
        "last_cgm_on": TODAY if "cgm" in known else None,
        **known,
    }
    return Facts(**values)  # type: ignore[arg-type]  # a table's shorthand


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def alert(
    kind: AlertKind,
    state: State = State.OPEN,
    *,
    tick: int | None = 27,
    end_reason: EndReason | None = None,
    acknowledged_as: Basis | None = None,
) -> OpenAlert:
    return OpenAlert(
        1, 1, kind, DIRECTION[kind], state, NOON, NOON, tick, Unit.MMOL_L, 30, Unit.MMOL_L, 0,
        None, None, None, None, NOON, tick, Unit.MMOL_L, NOON, end_reason, needs_review=True,
        worse_at=None, told_at=NOON, acknowledged_as=acknowledged_as,
    )  # fmt: skip


def codes(known: Facts, preset: Preset = ADULTS, **own: float | None) -> list[Code]:
    limits = thresholds({}, preset, {Rule(rule): value for rule, value in own.items()})
    known = replace(
        known,
        has_goals=bool(preset.goals),
        has_very_high_band=len(preset.ranges.edges[Unit.MG_DL]) == 4,
    )
    return [reason.code for reason in judge(known, limits).reasons]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (facts(cgm=cgm()), [Code.GOOD]),
        (facts(cgm=cgm(very_low=9)), [Code.SOME_VERY_LOW]),
        (facts(cgm=cgm(very_low=10)), [Code.VERY_LOW]),
        (facts(cgm=cgm(low=39)), [Code.GOOD]),
        (facts(cgm=cgm(low=40)), [Code.LOW]),
        (facts(cgm=cgm(very_low=5, low=35)), [Code.LOW]),
        (facts(cgm=cgm(high=249)), [Code.GOOD]),
        (facts(cgm=cgm(high=250)), [Code.HIGH]),
        (facts(cgm=cgm(high=210, very_high=40)), [Code.HIGH]),
        (facts(cgm=cgm(very_high=49)), [Code.GOOD]),
        (facts(cgm=cgm(very_high=50)), [Code.VERY_HIGH]),
        (facts(cgm=cgm(high=300)), [Code.HIGH]),
        (facts(cgm=cgm(high=301)), [Code.HIGH, Code.IN_RANGE]),
        (facts(cgm=cgm(high=140), cgm_before=cgm()), [Code.GOOD]),
        (facts(cgm=cgm(high=200), cgm_before=cgm(high=50)), [Code.DROP]),
        (facts(cgm=cgm(high=200), cgm_before=cgm(high=50, wear=0.5)), [Code.GOOD]),
        (facts(cgm=cgm(wear=0.7)), [Code.GOOD]),
        (facts(cgm=cgm(wear=0.69)), [Code.WEAR]),
        (facts(cgm=cgm(high=900, wear=0.5)), [Code.WEAR]),
        (facts(cgm=cgm(very_low=20, high=900, wear=0.5)), [Code.VERY_LOW, Code.WEAR]),
        (facts(cgm=cgm(), last_cgm_on=TODAY - timedelta(days=1)), [Code.GOOD]),
        (facts(cgm=cgm(), last_cgm_on=TODAY - timedelta(days=2)), [Code.SILENT]),
        (facts(cgm=cgm(), sticks=sticks(very_low=1)), [Code.VERY_LOW]),
        (facts(cgm=cgm(), sticks=sticks(high=90)), [Code.GOOD]),
    ],
)
def test_a_sensor_is_judged_by_shares_of_two_weeks(known: Facts, expected: list[Code]):
    assert codes(known) == expected
    assert known.kind is Kind.CGM


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (facts(sticks=sticks()), [Code.GOOD]),
        (facts(sticks=sticks(very_low=1)), [Code.VERY_LOW]),
        (facts(sticks=sticks(low=9)), [Code.GOOD]),
        (facts(sticks=sticks(low=10)), [Code.LOW]),
        (facts(sticks=sticks(high=25)), [Code.GOOD]),
        (facts(sticks=sticks(high=26)), [Code.HIGH]),
        (facts(sticks=sticks(very_high=1)), [Code.GOOD]),
        (facts(sticks=sticks(very_high=2)), [Code.VERY_HIGH]),
        (facts(sticks=sticks(), fasting=(8.4, 7.0)), [Code.FASTING]),
        (facts(sticks=sticks(), fasting=(8.3, 7.0)), [Code.GOOD]),
        (facts(sticks=sticks(), missed_days=3), [Code.GOOD]),
        (facts(sticks=sticks(), missed_days=4), [Code.MISSED]),
        (facts(sticks=sticks(), missed_days=7, has_plan=True), [Code.GOOD]),
        (facts(sticks=sticks(high=9, n=9)), [Code.THIN]),
        (facts(sticks=sticks(very_low=1, n=9)), [Code.VERY_LOW, Code.THIN]),
    ],
)
def test_fingersticks_are_judged_by_readings(known: Facts, expected: list[Code]):
    assert codes(known) == expected
    assert known.kind is Kind.STICKS


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (facts(last_on=None), [Code.NEVER]),
        (facts(last_on=TODAY - timedelta(days=40)), [Code.SILENT]),
        (
            facts(last_on=None, alerts=PatientAlerts([alert(AlertKind.LOW)])),
            [Code.ALERT_LOW, Code.NEVER],
        ),
        (facts(sticks=sticks(), kept=Adherence(28, 14)), [Code.GOOD]),
        (facts(sticks=sticks(), kept=Adherence(28, 13)), [Code.ADHERENCE]),
        (facts(sticks=sticks(), kept=Adherence(3, 0)), [Code.GOOD]),
        (
            facts(sticks=sticks(), kept=Adherence(20, 16), kept_before=Adherence(20, 20)),
            [Code.FALLING],
        ),
        (
            facts(sticks=sticks(), kept=Adherence(20, 17), kept_before=Adherence(20, 20)),
            [Code.GOOD],
        ),
        (
            facts(sticks=sticks(), kept=Adherence(20, 8), kept_before=Adherence(20, 20)),
            [Code.ADHERENCE, Code.FALLING],
        ),
    ],
)
def test_missing_data_and_falling_adherence_are_reasons_too(known: Facts, expected: list[Code]):
    assert codes(known) == expected


@pytest.mark.parametrize(
    ("preset", "known", "expected"),
    [
        (OLDER, facts(cgm=cgm(low=9)), [Code.GOOD]),
        (OLDER, facts(cgm=cgm(low=10)), [Code.LOW]),
        (OLDER, facts(cgm=cgm(high=400, very_high=90)), [Code.GOOD]),
        (OLDER, facts(cgm=cgm(very_high=100)), [Code.VERY_HIGH]),
        (OLDER, facts(cgm=cgm(very_low=10)), [Code.VERY_LOW, Code.LOW]),
        (OLDER, facts(sticks=sticks(low=1)), [Code.LOW]),
        (PREGNANT_TYPE1, facts(sticks=sticks(low=4)), [Code.LOW]),
        (PREGNANT_TYPE1, facts(sticks=sticks(high=26)), [Code.HIGH]),
        (PREGNANT_TYPE2, facts(cgm=cgm(low=100, high=40)), [Code.NO_GOALS]),
        (PREGNANT_TYPE2, facts(cgm=cgm(very_low=10)), [Code.VERY_LOW, Code.NO_GOALS]),
        (PREGNANT_TYPE2, facts(sticks=sticks(very_low=1)), [Code.VERY_LOW, Code.NO_GOALS]),
        (
            PREGNANT_TYPE2,
            facts(sticks=sticks(high=100), very_high_days=13),
            [Code.VERY_HIGH, Code.NO_GOALS],
        ),
        (PREGNANT_TYPE1, facts(sticks=sticks(high=5), very_high_days=2), [Code.VERY_HIGH]),
        (
            Preset("own", ADULTS.ranges, {"below_target_pct": Goal(2)}),
            facts(cgm=cgm(low=20)),
            [Code.LOW],
        ),
    ],
)
def test_targets_of_a_population_replace_the_thresholds(
    preset: Preset, known: Facts, expected: list[Code]
):
    assert codes(known, preset) == expected


def test_a_patients_own_threshold_beats_clinic_and_targets():
    clinic = {Rule.CGM_LOW_PCT: 6.0, Rule.CGM_HIGH_PCT: None}

    found = thresholds(clinic, ADULTS, {Rule.CGM_LOW_PCT: 8.0})
    of_older = thresholds(clinic, OLDER, {Rule.CGM_LOW_PCT: 8.0})

    assert (found[Rule.CGM_LOW_PCT], found[Rule.CGM_HIGH_PCT]) == (8.0, None)
    assert of_older[Rule.CGM_LOW_PCT] == 8.0
    assert thresholds(clinic, OLDER, {})[Rule.CGM_LOW_PCT] == 1
    assert found[Rule.CGM_WEAR_PCT] == DEFAULTS[Rule.CGM_WEAR_PCT]


@pytest.mark.parametrize("rule", Rule)
def test_a_rule_that_is_off_says_nothing(rule: Rule):
    everything_wrong = (
        facts(
            cgm=cgm(very_low=100, low=100, high=200, very_high=300),
            last_cgm_on=TODAY - timedelta(days=3),
            kept=Adherence(20, 2),
            kept_before=Adherence(20, 20),
        ),
        facts(cgm=cgm(wear=0.1)),
        facts(sticks=sticks(10, 20, 30, 20), fasting=(20.0, 7.0), missed_days=7),
    )
    off = dict.fromkeys(Rule, None)

    for known in everything_wrong:
        assert codes(known, **off) in ([Code.GOOD], [Code.SOME_VERY_LOW])
        with_one = codes(known, **{**off, rule: DEFAULTS[rule]})
        assert len(with_one) == 1


def test_the_worst_reason_decides_and_stands_first():
    known = facts(cgm=cgm(very_low=20, low=30, high=300), cgm_before=cgm(), kept=Adherence(20, 2))

    finding = judge(known, thresholds({}, ADULTS, {}))

    severities = [SEVERITY[reason.code] for reason in finding.reasons]
    assert severities == sorted(severities, reverse=True)
    assert finding.severity == SEVERITY[Code.VERY_LOW]
    assert finding.worse_points == pytest.approx(35)


@pytest.mark.parametrize(
    ("worse", "milder"),
    [
        (alert(AlertKind.URGENT_LOW), alert(AlertKind.URGENT_LOW, State.ACKNOWLEDGED)),
        (alert(AlertKind.URGENT_LOW, State.ACKNOWLEDGED), alert(AlertKind.LOW)),
        (alert(AlertKind.LOW), alert(AlertKind.VERY_HIGH)),
        (alert(AlertKind.VERY_HIGH), alert(AlertKind.NO_DATA)),
    ],
)
def test_alerts_stand_by_danger_and_by_whether_somebody_has_taken_them_on(
    worse: OpenAlert, milder: OpenAlert
):
    first, second = (
        judge(facts(alerts=PatientAlerts([one])), thresholds({}, ADULTS, {})).severity
        for one in (worse, milder)
    )

    assert first > second


def test_no_silent_sensor_stands_above_a_value_below_three():
    silent = facts(alerts=PatientAlerts([alert(AlertKind.NO_DATA)]))

    of_value = judge(facts(sticks=sticks(very_low=1)), thresholds({}, ADULTS, {})).severity
    of_silence = judge(silent, thresholds({}, ADULTS, {})).severity

    assert of_value > of_silence


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (alert(AlertKind.URGENT_LOW, State.RESOLVED, end_reason=EndReason.RECOVERED), Code.EPISODE),
        (
            alert(AlertKind.URGENT_LOW, State.RESOLVED, end_reason=EndReason.SEEN_LATE),
            Code.SEEN_LATE,
        ),
        (
            alert(AlertKind.VERY_HIGH, State.RESOLVED, tick=None, end_reason=EndReason.RECOVERED),
            Code.HI,
        ),
        (
            alert(AlertKind.LOW, State.RESOLVED, tick=34, end_reason=EndReason.RECOVERED),
            Code.UNACKNOWLEDGED,
        ),
    ],
)
def test_meets_the_targets_never_stands_beside_what_nobody_has_closed(ended: OpenAlert, code: Code):
    known = facts(cgm=cgm(very_low=3), alerts=PatientAlerts(to_review=[ended]))

    assert codes(known) == [code]
    assert codes(facts(cgm=cgm(very_low=3))) == [Code.SOME_VERY_LOW]


def test_who_put_the_sensor_away_is_judged_by_the_fingersticks():
    known = facts(
        cgm_before=cgm(),
        cgm=Sums(),
        last_cgm_on=TODAY - timedelta(days=15),
        last_stick_on=TODAY,
        sticks=sticks(very_high=65, n=65),
    )

    assert known.kind is Kind.STICKS
    assert codes(known) == [Code.VERY_HIGH, Code.HIGH, Code.SILENT]


def test_who_only_forgot_the_sensor_for_a_day_is_judged_by_it():
    known = facts(
        cgm=cgm(), last_cgm_on=TODAY - timedelta(days=1), last_stick_on=TODAY, sticks=sticks()
    )

    assert known.kind is Kind.CGM
