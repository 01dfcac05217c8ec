"""What a rule says, and what it may say. Pure: no rows, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from devices.glucose import MG_DL_PER_MMOL_L, Unit
from telehealth.alerts.models import DIRECTION as DIRECTIONS
from telehealth.alerts.models import TIMELESS, Direction, Kind
from telehealth.core.errors import FieldError
from telehealth.core.i18n import N_
from telehealth.targets.models import Population

_BOUNDARIES = ((30, 54), (35, 63), (39, 70), (78, 140), (100, 180), (139, 250))
"""Boundaries that guidelines print in both units (tenths of mmol/L, mg/dL): rounding a converted
7.8 mmol/L gives 141 mg/dL, which would be another boundary."""
_TO_MG_DL = dict(_BOUNDARIES)
_TO_MMOL_L = {mg_dl: tenths for tenths, mg_dl in _BOUNDARIES}
_MG_DL_PER_TENTH = MG_DL_PER_MMOL_L / 10


@dataclass(frozen=True, slots=True)
class Threshold:
    """A boundary as it was entered: whole mg/dL or tenths of mmol/L."""

    tick: int
    unit: Unit

    def tick_in(self, unit: Unit) -> int:
        """The same boundary for values of another unit: the guideline's, else rounded half-even."""
        if unit is self.unit:
            return self.tick
        if unit is Unit.MG_DL:
            return _TO_MG_DL.get(self.tick) or round(self.tick * _MG_DL_PER_TENTH)
        return _TO_MMOL_L.get(self.tick) or round(Decimal(self.tick) / _MG_DL_PER_TENTH)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in force for a patient."""

    kind: Kind
    is_on: bool
    threshold: Threshold | None
    """None: the rule `no_data`, which looks at the time."""
    delay_min: int
    """How long a sensor must show it; for `no_data` how long nothing may come."""
    repeat_min: int
    """0: told once."""
    proxy_min: int | None = None
    """Minutes after opening; None: this step is left out."""
    nurse_min: int | None = None
    doctor_min: int | None = None
    values_n: int = 1
    """How many single values open it; HI and LO always open at once."""
    values_within_min: int = 240
    acknowledged_min: int = 240
    """For how long an acknowledgement counts."""
    is_own: bool = False
    """Whether the care team has set it for this patient."""
    changed_by_id: int | None = None
    changed_at: datetime | None = None
    reason: str = ""
    """Why it is looser than the safety net; empty: it is not."""
    population: Population | None = None
    """The population it was changed for; None: it counts for everybody of the unit."""

    @property
    def direction(self) -> Direction:
        """Which way the rule looks."""
        return DIRECTIONS[self.kind]

    def is_beyond(self, tick: int, unit: Unit) -> bool:
        """Whether a value, as a tick of its own unit, is beyond the threshold; the edge is not."""
        if self.threshold is None:
            return False
        edge = self.threshold.tick_in(unit)
        return tick < edge if self.direction is Direction.LOW else tick > edge

    def in_unit(self, unit: Unit) -> "Rule":
        """The same rule with its threshold as people with this unit read it."""
        if self.threshold is None or self.threshold.unit is unit:
            return self
        return replace(self, threshold=Threshold(self.threshold.tick_in(unit), unit))


def _mmol(tenths: int) -> Threshold:
    return Threshold(tenths, Unit.MMOL_L)


STARTING = {
    rule.kind: rule
    for rule in (
        Rule(Kind.URGENT_LOW, True, _mmol(30), 0, 15, 5, 15, 30, acknowledged_min=20),
        Rule(Kind.LOW, True, _mmol(39), 10, 30, 20, 60, acknowledged_min=60),
        Rule(Kind.HIGH, False, _mmol(100), 120, 120, values_n=2),
        Rule(Kind.VERY_HIGH, True, _mmol(139), 60, 120, 60, 180, values_n=2),
        Rule(Kind.NO_DATA, True, None, 60, 0, 60),
        Rule(Kind.ANSWER, True, None, 0, 60, None, 0, 60),
    )
}
"""What a clinic starts with until it sets its own: our choice after Battelino 2019 (boundaries),
Tidepool's alerts (delay and repeat) and Dexcom's urgent low (an acknowledgement ends by itself).
High is off: it would tell most people every day."""

_PREGNANT = frozenset({Population.PREGNANCY_TYPE1, Population.PREGNANCY_TYPE2})
_PREGNANT_LOW = _mmol(35)
_SOON = _PREGNANT | {Population.OLDER, Population.CHILD}
"""For whom the nurse is told of a low soon."""
_SOON_MIN, _HIGH_NURSE_MIN = 30, 240


def _lower(one: Threshold | None, other: Threshold) -> Threshold:
    """The stricter of two thresholds of a high rule."""
    return one if one is not None and one.tick < other.tick_in(one.unit) else other


def for_population(book: Mapping[Kind, Rule], population: Population | None) -> dict[Kind, Rule]:
    """The rules of a unit as they count for a population; a patient's own rule beats both.

    In pregnancy the range begins at 3.5 mmol/L (Battelino 2019), and there is no level 2 high: two
    fingersticks above 10.0 mmol/L within a day tell the patient, and the nurse after 4 hours. For
    children, for older people and in pregnancy a low reaches the nurse within 30 minutes. Times and
    counts are our choice, to be confirmed by a clinician.
    """
    found = dict(book)
    if population not in _SOON:
        return found
    low, high = book[Kind.LOW], book[Kind.HIGH]
    nurse = _soonest(_SOON_MIN, low.nurse_min, low.doctor_min)
    proxy = min(nurse, low.proxy_min) if low.proxy_min is not None else None
    low = replace(low, proxy_min=proxy, nurse_min=nurse, population=population)
    found[Kind.LOW] = low
    if population in _PREGNANT:
        found[Kind.LOW] = replace(low, threshold=_PREGNANT_LOW)
        found[Kind.HIGH] = _high_in_pregnancy(high, population)
    return in_order(found)


def _high_in_pregnancy(high: Rule, population: Population | None) -> Rule:
    nurse = high.nurse_min
    if nurse is None:
        nurse = _soonest(_HIGH_NURSE_MIN, high.doctor_min)
    return replace(
        high,
        is_on=True,
        threshold=_lower(high.threshold, _mmol(100)) if high.is_on else _mmol(100),
        values_n=min(2, high.values_n),
        values_within_min=24 * 60,
        proxy_min=min(nurse, high.proxy_min) if high.proxy_min is not None else None,
        nurse_min=nurse,
        population=population,
    )


def _soonest(*minutes: int | None) -> int:
    return min(one for one in minutes if one is not None)


def in_order(book: dict[Kind, Rule]) -> dict[Kind, Rule]:
    """The same rules; a low begins no lower than a very low, whoever set the two."""
    very_low, low = book[Kind.URGENT_LOW].threshold, book[Kind.LOW].threshold
    if very_low is None or low is None or low.tick >= very_low.tick_in(low.unit):
        return book
    return {**book, Kind.LOW: replace(book[Kind.LOW], threshold=very_low)}


_NET_LOW, _NET_HIGH, _NET_DELAY_MIN, _NET_VALUES_N = _mmol(30), _mmol(139), 60, 2
_NET_WITHIN_MIN = 240
_NET_STEPS = {"proxy_min": 5, "nurse_min": 15, "doctor_min": 30}
_NET_REPEAT_MIN = 15


def is_looser(rule: Rule) -> bool:
    """Whether a rule is looser than the safety net for everybody: very low and very high.

    Very low at 3.0 mmol/L or above, told again every 15 minutes, representatives within 5 minutes,
    nurse 15, doctor 30; very high at 13.9 or below, after an hour of a sensor and two fingersticks
    within four hours at the latest. The constraints `net` of the tables say the same.
    """
    if rule.kind is Kind.URGENT_LOW:
        edge = rule.threshold
        steps = ((getattr(rule, name), latest) for name, latest in _NET_STEPS.items())
        return (
            not rule.is_on
            or edge is None
            or edge.tick < _NET_LOW.tick_in(edge.unit)
            or not 0 < rule.repeat_min <= _NET_REPEAT_MIN
            or any(minutes is None or minutes > latest for minutes, latest in steps)
        )
    if rule.kind is Kind.VERY_HIGH:
        edge = rule.threshold
        return (
            not rule.is_on
            or edge is None
            or edge.tick > _NET_HIGH.tick_in(edge.unit)
            or rule.delay_min > _NET_DELAY_MIN
            or rule.values_n > _NET_VALUES_N
            or (rule.values_n > 1 and rule.values_within_min < _NET_WITHIN_MIN)
        )
    return False


SHARPER = {Kind.LOW: Kind.URGENT_LOW, Kind.HIGH: Kind.VERY_HIGH}
"""The rule that takes over from a milder one of the same direction."""

KINDS = tuple(kind for kind in STARTING if kind is not Kind.ANSWER)
"""The rules people see and set; an answer has its own, which is never off."""

TICKS: Mapping[Kind, Mapping[Unit, tuple[int, int]]] = {
    Kind.URGENT_LOW: {Unit.MMOL_L: (22, 39), Unit.MG_DL: (40, 70)},
    Kind.LOW: {Unit.MMOL_L: (30, 60), Unit.MG_DL: (54, 108)},
    Kind.HIGH: {Unit.MMOL_L: (70, 200), Unit.MG_DL: (126, 360)},
    Kind.VERY_HIGH: {Unit.MMOL_L: (100, 270), Unit.MG_DL: (180, 486)},
}
"""Lowest and highest threshold of each rule, both allowed (our choice)."""

MAX_DELAY_MIN = 240
MAX_SILENCE_MIN = 7 * 24 * 60
MIN_SILENCE_MIN = 20
"""Sensors send every 1 to 15 minutes; less would be an alert at every shower."""
MIN_REPEAT_MIN, MAX_REPEAT_MIN = 5, 240
MAX_STEP_MIN = 24 * 60
MAX_VALUES_N = 5
MAX_WITHIN_MIN = 24 * 60
MIN_ACKNOWLEDGED_MIN = 5
MAX_ACKNOWLEDGED_MIN: Mapping[Kind, int] = {Kind.URGENT_LOW: 30, Kind.LOW: 120}
"""Dexcom's urgent low comes back 30 minutes after it was confirmed; that is the most allowed."""
_MAX_ACKNOWLEDGED_MIN = 8 * 60
_STEPS = ("proxy_min", "nurse_min", "doctor_min")


def flaws(rule: Rule, others: Mapping[Kind, Rule]) -> tuple[FieldError, ...]:
    """What is wrong with a rule somebody wants, beside the other rules of the same patient."""
    return (
        *_threshold_flaws(rule, others),
        *_delay_flaws(rule),
        *_count_flaws(rule),
        *_step_flaws(rule),
    )


def flaws_for_all(rule: Rule, others: Mapping[Kind, Rule]) -> tuple[FieldError, ...]:
    """What is wrong with a rule of a unit: for everybody, and as it counts for each population."""
    if wrong := flaws(rule, others):
        return wrong
    if rule.kind is Kind.URGENT_LOW and rule.threshold is not None:
        edge = rule.threshold
        if edge.tick > _PREGNANT_LOW.tick_in(edge.unit):
            words = N_(
                "In pregnancy a low is below 3.5 mmol/L (63 mg/dL), and very low cannot lie above"
                " it. Set a higher value for single patients."
            )
            return (FieldError("#/threshold", words, "order"),)
    book = {**others, rule.kind: rule}
    for population in Population:
        counted = for_population(book, population)
        if wrong := flaws(counted[rule.kind], counted):
            return wrong
    return ()


def _threshold_flaws(rule: Rule, others: Mapping[Kind, Rule]) -> list[FieldError]:
    if rule.kind is Kind.NO_DATA:
        wrong = N_("This rule looks at the time, not at a value.")
        return [FieldError("#/threshold", wrong)] if rule.threshold else []
    if rule.threshold is None:
        return [FieldError("#/threshold", N_("Please fill this in."), "required")]
    lowest, highest = TICKS[rule.kind][rule.threshold.unit]
    if not lowest <= rule.threshold.tick <= highest:
        return [FieldError("#/threshold", N_("This value is too far from usual."), "range")]
    edges = {
        kind: (rule if kind is rule.kind else others[kind]).threshold
        for kind in KINDS
        if kind not in TIMELESS
    }
    ticks = [edge.tick_in(rule.threshold.unit) for edge in edges.values() if edge]
    if ticks != sorted(ticks) or ticks[1] >= ticks[2]:
        wrong = N_("The four values must rise: very low, low, high, very high.")
        return [FieldError("#/threshold", wrong, "order")]
    return []


def _delay_flaws(rule: Rule) -> list[FieldError]:
    found = []
    lowest, highest = 0, MAX_DELAY_MIN
    if rule.kind is Kind.URGENT_LOW:
        highest = 0
    elif rule.kind is Kind.NO_DATA:
        lowest, highest = MIN_SILENCE_MIN, MAX_SILENCE_MIN
    if not lowest <= rule.delay_min <= highest:
        wrong = (
            N_("A very low value is told at once.")
            if rule.kind is Kind.URGENT_LOW
            else N_("This time is too short or too long.")
        )
        found.append(FieldError("#/delay_min", wrong, "range"))
    if rule.repeat_min and not MIN_REPEAT_MIN <= rule.repeat_min <= MAX_REPEAT_MIN:
        found.append(FieldError("#/repeat_min", N_("From 5 minutes to 4 hours, or 0."), "range"))
    return found


def _count_flaws(rule: Rule) -> list[FieldError]:
    found = []
    most = 1 if rule.direction is Direction.LOW else MAX_VALUES_N
    if not 1 <= rule.values_n <= most:
        wrong = (
            N_("A single low value is told at once.")
            if rule.direction is Direction.LOW
            else N_("From 1 to 5 values.")
        )
        found.append(FieldError("#/values_n", wrong, "range"))
    if not 1 <= rule.values_within_min <= MAX_WITHIN_MIN:
        found.append(FieldError("#/values_within_min", N_("At most 24 hours."), "range"))
    longest = MAX_ACKNOWLEDGED_MIN.get(rule.kind, _MAX_ACKNOWLEDGED_MIN)
    if not MIN_ACKNOWLEDGED_MIN <= rule.acknowledged_min <= longest:
        wrong = N_("This time is too short or too long.")
        found.append(FieldError("#/acknowledged_min", wrong, "range"))
    return found


def _step_flaws(rule: Rule) -> list[FieldError]:
    found, before = [], 0
    for name in _STEPS:
        minutes = getattr(rule, name)
        if minutes is None:
            continue
        if not 0 <= minutes <= MAX_STEP_MIN:
            wrong = N_("At most 24 hours.")
            found.append(FieldError(f"#/{name}", wrong, "range"))
        elif minutes < before:
            wrong = N_("Nobody is told before those who come earlier in the order.")
            found.append(FieldError(f"#/{name}", wrong, "order"))
        else:
            before = minutes
    return found
