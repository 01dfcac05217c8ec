"""Triage: why a patient stands in the worklist, and how far up. Pure.

Sources: `blip:app/pages/dashboard/TideDashboard.js` (sensors), Glooko support 6795622354579 and
Roche RPM (fingersticks), Battelino 2019 for the goals of populations. Without a source, our choice:
fasting mean, falling adherence, what counts as enough fingersticks.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from telehealth.glycemia.bands import BANDS
from telehealth.glycemia.presets import ADULTS, Preset
from telehealth.monitoring.models import Kind, Rule

DAYS = 14
"""Length of the window, today included, and of the one before it."""
WEEK = 7
ENOUGH_WEAR_PCT = 70
ENOUGH_STICKS, ENOUGH_STICK_DAYS = 10, 4
ENOUGH_PLANNED = 4
"""Planned slots below which adherence is not judged."""
ENOUGH_PAIRS = 3


class Code(StrEnum):
    """Reasons; the place in `CODES` is stored as a bit: append only."""

    ALERT = "alert"
    VERY_LOW = "very_low"
    LOW = "low"
    VERY_HIGH = "very_high"
    HIGH = "high"
    IN_RANGE = "in_range"
    DROP = "drop"
    FASTING = "fasting"
    NEVER = "never"
    SILENT = "silent"
    MISSED = "missed"
    WEAR = "wear"
    ADHERENCE = "adherence"
    FALLING = "falling"
    THIN = "thin"
    NO_GOALS = "no_goals"
    GOOD = "good"


CODES = tuple(Code)
SEVERITY = {
    Code.ALERT: 70, Code.VERY_LOW: 60, Code.LOW: 50, Code.VERY_HIGH: 40, Code.HIGH: 30,
    Code.IN_RANGE: 25, Code.DROP: 22, Code.FASTING: 20, Code.SILENT: 16, Code.NEVER: 15,
    Code.MISSED: 14, Code.WEAR: 13, Code.ADHERENCE: 12, Code.FALLING: 10, Code.THIN: 5,
    Code.NO_GOALS: 3, Code.GOOD: 0,
}  # fmt: skip
"""How far up a reason lifts its patient; the highest of a patient decides."""
CALM = frozenset({Code.THIN, Code.NO_GOALS, Code.GOOD})
"""Said in the row, but no reason to open it."""


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
    off; only very low values are a reason for everybody.
    """
    found: dict[Rule, float | None] = {**defaults, **clinic}
    if preset is not ADULTS:
        goals = {name: goal.limit_pct for name, goal in preset.goals.items()}
        found |= {rule: goals.get(goal) for rule, goal in _GOALS.items()}
        if "below_54_pct" in goals:
            found[Rule.CGM_VERY_LOW_PCT] = goals["below_54_pct"]
        if "above_250_pct" not in goals:
            found[Rule.STICKS_VERY_HIGH_N] = None
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
    missed_days: int = 0
    """Of the last seven complete days, without a fingerstick."""
    has_plan: bool = False
    kept: Adherence = field(default_factory=Adherence)
    kept_before: Adherence = field(default_factory=Adherence)
    fasting: tuple[float, float] | None = None
    """Mean of fasting values now and two weeks before, over days of the same weekday that have
    both; None with fewer than three."""
    open_alerts: int = 0

    @property
    def kind(self) -> Kind:
        """What the patient is judged by: a sensor if there was one in four weeks."""
        if self.cgm.n or self.cgm_before.n:
            return Kind.CGM
        return Kind.STICKS if self.sticks.n or self.sticks_before.n else Kind.NONE

    @property
    def wear_pct(self) -> float:
        """Recorded share of the window."""
        return min(100.0, 100 * self.cgm.recorded_s / self.elapsed_s)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, with the numbers its sentence needs."""

    code: Code
    numbers: Mapping[str, float] = field(default_factory=dict)


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
        return max(SEVERITY[reason.code] for reason in self.reasons)

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


def bits_of(codes: Iterable[Code]) -> int:
    """Codes as bits."""
    return sum(1 << CODES.index(code) for code in set(codes))


def judge(facts: Facts, limits: Thresholds) -> Finding:
    """The reasons of one patient, the worst first."""
    find = _Judge(facts, limits)
    is_enough = _is_enough(facts)
    find.always()
    if is_enough:
        (find.sensor if facts.kind is Kind.CGM else find.sticks)()
    elif facts.kind is Kind.STICKS:
        find.add(Code.THIN, n=facts.sticks.n, days=facts.sticks.days)
    if not find.reasons:
        has_goals = limits[Rule.CGM_LOW_PCT] is not None or limits[Rule.CGM_HIGH_PCT] is not None
        find.add(Code.GOOD if has_goals else Code.NO_GOALS)
    reasons = tuple(sorted(find.reasons, key=lambda one: -SEVERITY[one.code]))
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
        if facts.open_alerts:
            self.add(Code.ALERT, n=facts.open_alerts)
        share = facts.cgm.pct("very_low")
        if facts.cgm.n:
            self._if(Rule.CGM_VERY_LOW_PCT, lambda it: share >= it, Code.VERY_LOW, pct=share)
        lows = facts.sticks.bands[0]
        if not any(reason.code is Code.VERY_LOW for reason in self.reasons):
            self._if(Rule.STICKS_VERY_LOW_N, lambda it: 0 < it <= lows, Code.VERY_LOW, n=lows)
        self._missing()
        self._adherence()

    def _missing(self) -> None:
        facts = self.facts
        if facts.kind is Kind.NONE:
            if facts.last_on is None:
                self.add(Code.NEVER)
            else:
                self.add(Code.SILENT, days=(facts.today - facts.last_on).days)
        elif facts.kind is Kind.CGM:
            silent = (facts.today - facts.last_cgm_on).days if facts.last_cgm_on else 0
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
        low, high, highest = (
            sums.pct("very_low", "low"),
            sums.pct("high", "very_high"),
            sums.bands[4],
        )
        self._if(Rule.STICKS_LOW_PCT, lambda it: low >= it, Code.LOW, pct=low)
        self._if(Rule.STICKS_HIGH_PCT, lambda it: high > it, Code.HIGH, pct=high)
        self._if(Rule.STICKS_VERY_HIGH_N, lambda it: 0 < it <= highest, Code.VERY_HIGH, n=highest)
        if self.facts.fasting is not None:
            now, before = self.facts.fasting
            rise = 100 * (now - before) / before
            self._if(Rule.STICKS_FASTING_RISE_PCT, lambda it: rise >= it, Code.FASTING, pct=rise)
