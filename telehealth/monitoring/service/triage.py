"""Triage: why a patient stands in the worklist, and how far up. Pure.

Sources: `blip:app/pages/dashboard/TideDashboard.js` (sensors), Glooko support 6795622354579 and
Roche RPM (fingersticks), Battelino 2019 for the goals of populations. Without a source, our choice:
fasting mean, falling adherence, what counts as enough fingersticks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from telehealth.glycemia.bands import BANDS
from telehealth.glycemia.presets import ADULTS, Preset
from telehealth.monitoring.models import Kind, Rule
from telehealth.monitoring.service import alert_reasons
from telehealth.monitoring.service.alert_reasons import PatientAlerts
from telehealth.monitoring.service.codes import Code, Reason, bits_of

DAYS = 14
"""Length of the window, today included, and of the one before it."""
WEEK = 7
ENOUGH_WEAR_PCT = 70
ENOUGH_STICKS, ENOUGH_STICK_DAYS = 10, 4
ENOUGH_PLANNED = 4
"""Planned slots below which adherence is not judged."""
ENOUGH_PAIRS = 3
PUT_AWAY_DAYS = 2
"""Silent for so long while fingersticks go on: a sensor is no longer in use (our choice)."""


DEFAULTS: Mapping[Rule, float] = {
    Rule.CGM_VERY_LOW_PCT: 1, Rule.STICKS_VERY_LOW_N: 1, Rule.CGM_LOW_PCT: 4,
    Rule.STICKS_LOW_PCT: 10, Rule.CGM_HIGH_PCT: 25, Rule.STICKS_HIGH_PCT: 25,
    Rule.CGM_VERY_HIGH_PCT: 5, Rule.STICKS_VERY_HIGH_N: 2, Rule.CGM_IN_RANGE_PCT: 70,
    Rule.CGM_DROP_POINTS: 15, Rule.STICKS_FASTING_RISE_PCT: 20, Rule.CGM_WEAR_PCT: 70,
    Rule.CGM_SILENT_DAYS: 2, Rule.STICKS_MISSED_DAYS: 4, Rule.ADHERENCE_PCT: 50,
    Rule.FALLING_POINTS: 20,
}  # fmt: skip

Thresholds = Mapping[Rule, float | None]
"""None: the rule is off."""

_GOALS = {
    Rule.CGM_LOW_PCT: "below_target_pct",
    Rule.STICKS_LOW_PCT: "below_target_pct",
    Rule.CGM_HIGH_PCT: "above_target_pct",
    Rule.STICKS_HIGH_PCT: "above_target_pct",
    Rule.CGM_VERY_HIGH_PCT: "above_250_pct",
    Rule.CGM_IN_RANGE_PCT: "tir_pct",
}


def thresholds(
    clinic: Thresholds, preset: Preset, own: Thresholds, defaults: Thresholds = DEFAULTS
) -> dict[Rule, float | None]:
    """What holds for one patient: the clinic's, replaced by the targets', replaced by their own.

    Targets other than the adult ones bring their own limits, and rules they have no goal for are
    off; very low and very high fingersticks are a reason for everybody.
    """
    found: dict[Rule, float | None] = {**defaults, **clinic}
    if preset is not ADULTS:
        goals = {name: goal.limit_pct for name, goal in preset.goals.items()}
        found |= {rule: goals.get(goal) for rule, goal in _GOALS.items()}
        if "below_54_pct" in goals:
            found[Rule.CGM_VERY_LOW_PCT] = goals["below_54_pct"]
    return {**found, **own}


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of a window: readings per band, days with data, recorded seconds of a sensor."""

    bands: tuple[int, ...] = (0, 0, 0, 0, 0)
    days: int = 0
    recorded_s: int = 0

    @property
    def n(self) -> int:
        """How many readings."""
        return sum(self.bands)

    def pct(self, *names: str) -> float:
        """Share of some bands in percent; 0 without readings."""
        places = [place for place, band in enumerate(BANDS) if band in names]
        return 100 * sum(self.bands[place] for place in places) / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Adherence:
    """Planned and done slots of a window of complete days."""

    planned: int = 0
    done: int = 0

    @property
    def pct(self) -> float | None:
        """In percent; None where too little was planned to judge."""
        return 100 * self.done / self.planned if self.planned >= ENOUGH_PLANNED else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one patient on one day, from stored sums."""

    today: date
    cgm: Sums = field(default_factory=Sums)
    cgm_before: Sums = field(default_factory=Sums)
    sticks: Sums = field(default_factory=Sums)
    sticks_before: Sums = field(default_factory=Sums)
    elapsed_s: int = DAYS * 86_400
    """Length of the window until now."""
    last_on: date | None = None
    """The newest day with readings."""
    last_cgm_on: date | None = None
    last_stick_on: date | None = None
    has_goals: bool = True
    """Whether the patient's targets name any share to reach."""
    has_very_high_band: bool = True
    """Whether the patient's bands count values above 13.9 mmol/L by themselves."""
    very_high_days: int = 0
    """Days of the window with a fingerstick above 13.9 mmol/L, whatever the bands."""
    missed_days: int = 0
    """Of the last seven complete days, without a fingerstick."""
    has_plan: bool = False
    kept: Adherence = field(default_factory=Adherence)
    kept_before: Adherence = field(default_factory=Adherence)
    fasting: tuple[float, float] | None = None
    """Mean of fasting values now and two weeks before, over days of the same weekday that have
    both; None with fewer than three."""
    alerts: PatientAlerts = field(default_factory=PatientAlerts)

    @property
    def kind(self) -> Kind:
        """What the patient is judged by: what is in use now."""
        has_sticks = bool(self.sticks.n or self.sticks_before.n)
        if (self.cgm.n or self.cgm_before.n) and not self.put_sensor_away:
            return Kind.CGM
        return Kind.STICKS if has_sticks else Kind.NONE

    @property
    def put_sensor_away(self) -> bool:
        """Whether fingersticks go on without the sensor that was there before."""
        if self.last_cgm_on is None or self.last_stick_on is None:
            return False
        return self.sensor_silent_days >= PUT_AWAY_DAYS and self.last_stick_on > self.last_cgm_on

    @property
    def sensor_silent_days(self) -> int:
        """Days since the last value of a sensor; 0 without one."""
        return (self.today - self.last_cgm_on).days if self.last_cgm_on else 0

    @property
    def wear_pct(self) -> float:
        """Recorded share of the window."""
        return min(100.0, 100 * self.cgm.recorded_s / self.elapsed_s)


@dataclass(frozen=True, slots=True)
class Finding:
    """What triage says of one patient."""

    kind: Kind
    is_enough: bool
    """Whether the data suffice to judge; otherwise only very low values and missing data count."""
    reasons: tuple[Reason, ...]
    in_range_pct: float | None
    in_range_before_pct: float | None

    @property
    def severity(self) -> int:
        """Of the worst reason."""
        return max(reason.severity for reason in self.reasons)

    @property
    def worse_points(self) -> float:
        """By how many points the share in range fell; negative: it rose."""
        if self.in_range_pct is None or self.in_range_before_pct is None:
            return 0.0
        return self.in_range_before_pct - self.in_range_pct

    @property
    def bits(self) -> int:
        """The reasons as bits of `CODES`."""
        return bits_of(reason.code for reason in self.reasons)


def judge(facts: Facts, limits: Thresholds) -> Finding:
    """The reasons of one patient, the worst first."""
    find = _Judge(facts, limits)
    is_enough = _is_enough(facts)
    find.always()
    if is_enough:
        (find.sensor if facts.kind is Kind.CGM else find.sticks)()
    elif facts.kind is Kind.STICKS:
        find.add(Code.THIN, n=facts.sticks.n, days=facts.sticks.days)
    find.goals()
    reasons = tuple(sorted(find.reasons, key=lambda one: -one.severity))
    now, before = _in_range(facts)
    return Finding(facts.kind, is_enough, reasons, now, before)


def _is_enough(facts: Facts) -> bool:
    if facts.kind is Kind.CGM:
        return facts.wear_pct >= ENOUGH_WEAR_PCT
    return _has_enough_sticks(facts.sticks)


def _has_enough_sticks(sums: Sums) -> bool:
    return sums.n >= ENOUGH_STICKS and sums.days >= ENOUGH_STICK_DAYS


def _in_range(facts: Facts) -> tuple[float | None, float | None]:
    """Share in range now and before, each only where the data suffice."""
    if facts.kind is Kind.CGM:
        was_worn = facts.cgm_before.recorded_s >= DAYS * 86_400 * ENOUGH_WEAR_PCT / 100
        return (
            facts.cgm.pct("in_range") if _is_enough(facts) else None,
            facts.cgm_before.pct("in_range") if was_worn else None,
        )
    now, before = (
        sums.pct("in_range") if _has_enough_sticks(sums) else None
        for sums in (facts.sticks, facts.sticks_before)
    )
    return now, before


class _Judge:
    """The rules one after the other; each adds its reason."""

    def __init__(self, facts: Facts, limits: Thresholds) -> None:
        self.facts = facts
        self.limits = limits
        self.reasons: list[Reason] = []

    def add(self, code: Code, **numbers: float) -> None:
        self.reasons.append(Reason(code, numbers))

    def _if(
        self, rule: Rule, is_beyond: Callable[[float], bool], code: Code, **numbers: float
    ) -> None:
        limit = self.limits[rule]
        if limit is not None and is_beyond(limit):
            self.add(code, limit=limit, **numbers)

    def always(self) -> None:
        """Rules that need no full window: very low values, and what is missing."""
        facts = self.facts
        self.reasons += alert_reasons.reasons(facts.alerts)
        share = facts.cgm.pct("very_low")
        if facts.cgm.n:
            self._if(Rule.CGM_VERY_LOW_PCT, lambda it: share >= it, Code.VERY_LOW, pct=share)
        lows = facts.sticks.bands[0]
        if not any(reason.code is Code.VERY_LOW for reason in self.reasons):
            self._if(Rule.STICKS_VERY_LOW_N, lambda it: 0 < it <= lows, Code.VERY_LOW, n=lows)
        self._very_high_sticks()
        self._missing()
        self._adherence()

    def _very_high_sticks(self) -> None:
        """Counted, not shared out: two such values are a reason, however few there are."""
        highest, days = self.facts.sticks.bands[4], self.facts.very_high_days
        rule = Rule.STICKS_VERY_HIGH_N
        if self.facts.has_very_high_band:
            self._if(rule, lambda it: 0 < it <= highest, Code.VERY_HIGH, n=highest)
        else:
            self._if(rule, lambda it: 0 < it <= days, Code.VERY_HIGH, days=days)

    def goals(self) -> None:
        """Targets without goals are a reason; goals that are met are said where nothing else is."""
        facts = self.facts
        n_very_low = facts.cgm.bands[0] + facts.sticks.bands[0]
        if not facts.has_goals and facts.kind is not Kind.NONE:
            self.add(Code.NO_GOALS)
        elif not self.reasons:
            self.add(Code.SOME_VERY_LOW, n=n_very_low) if n_very_low else self.add(Code.GOOD)

    def _missing(self) -> None:
        facts = self.facts
        if facts.put_sensor_away:
            silent = facts.sensor_silent_days
            self._if(
                Rule.CGM_SILENT_DAYS, lambda it: silent >= it, Code.SILENT, days=silent, sensor=1
            )
        if facts.kind is Kind.NONE:
            if facts.last_on is None:
                self.add(Code.NEVER)
            else:
                self.add(Code.SILENT, days=(facts.today - facts.last_on).days)
        elif facts.kind is Kind.CGM:
            silent = facts.sensor_silent_days
            self._if(Rule.CGM_SILENT_DAYS, lambda it: silent >= it, Code.SILENT, days=silent)
            wear = facts.wear_pct
            self._if(
                Rule.CGM_WEAR_PCT, lambda it: wear < it, Code.WEAR, pct=wear, days=facts.cgm.days
            )
        elif not facts.has_plan:
            missed = facts.missed_days
            self._if(Rule.STICKS_MISSED_DAYS, lambda it: missed >= it, Code.MISSED, n=missed)

    def _adherence(self) -> None:
        now, before = self.facts.kept.pct, self.facts.kept_before.pct
        if now is None:
            return
        self._if(
            Rule.ADHERENCE_PCT,
            lambda it: now < it,
            Code.ADHERENCE,
            done=self.facts.kept.done,
            planned=self.facts.kept.planned,
        )
        if before is not None:
            fall = before - now
            self._if(
                Rule.FALLING_POINTS, lambda it: fall >= it, Code.FALLING, pct=now, before=before
            )

    def sensor(self) -> None:
        """Shares of a sensor's readings over a window worn long enough."""
        sums = self.facts.cgm
        low, high = sums.pct("very_low", "low"), sums.pct("high", "very_high")
        very_high, in_range = sums.pct("very_high"), sums.pct("in_range")
        self._if(Rule.CGM_LOW_PCT, lambda it: low >= it, Code.LOW, pct=low)
        self._if(Rule.CGM_HIGH_PCT, lambda it: high >= it, Code.HIGH, pct=high)
        self._if(Rule.CGM_VERY_HIGH_PCT, lambda it: very_high >= it, Code.VERY_HIGH, pct=very_high)
        self._if(Rule.CGM_IN_RANGE_PCT, lambda it: in_range < it, Code.IN_RANGE, pct=in_range)
        now, before = _in_range(self.facts)
        if now is not None and before is not None:
            drop = before - now
            self._if(Rule.CGM_DROP_POINTS, lambda it: drop >= it, Code.DROP, pct=now, before=before)

    def sticks(self) -> None:
        """Shares and counts of fingersticks."""
        sums = self.facts.sticks
        low, high = sums.pct("very_low", "low"), sums.pct("high", "very_high")
        self._if(Rule.STICKS_LOW_PCT, lambda it: low >= it, Code.LOW, pct=low)
        self._if(Rule.STICKS_HIGH_PCT, lambda it: high > it, Code.HIGH, pct=high)
        if self.facts.fasting is not None:
            now, before = self.facts.fasting
            rise = 100 * (now - before) / before
            self._if(Rule.STICKS_FASTING_RISE_PCT, lambda it: rise >= it, Code.FASTING, pct=rise)
