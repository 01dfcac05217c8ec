"""Scores as declared data: sums, means, counts, tables and the rules that raise an alert.

Numbers are `Decimal`. Rounding is half up, away from zero at a tie. Bands are read from the
unrounded value. A missing answer is missing, never 0.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from surveys import expression

PRECISION = 28


class ScoringRefused(ValueError):
    """A declaration of scores that cannot be carried out."""


class Kind(StrEnum):
    """How a score comes from its items."""

    SUM = "sum"
    MEAN = "mean"
    COUNT = "count"
    LOOKUP = "lookup"
    EXPR = "expr"


@dataclass(frozen=True, slots=True)
class Missing:
    """How many answers may be missing; with 0 any gap leaves the score empty."""

    max_prorated: int = 0


@dataclass(frozen=True, slots=True)
class Band:
    """A named range that begins at `at_least` and ends where the next begins."""

    at_least: Decimal
    name: str


@dataclass(frozen=True, slots=True)
class Score:
    """One number out of the answers.

    `reverse` holds, for each reversed item, the sum of its lowest and highest value. `thresholds`
    (kind count) says from which value an item counts. `of` names the score a lookup reads.
    """

    id: str
    kind: Kind
    items: tuple[str, ...] = ()
    weights: Mapping[str, Decimal] = field(default_factory=dict)
    reverse: Mapping[str, Decimal] = field(default_factory=dict)
    thresholds: Mapping[str, Decimal] = field(default_factory=dict)
    scale: Decimal = Decimal(1)
    missing: Missing = Missing()
    digits: int | None = None
    bands: tuple[Band, ...] = ()
    of: str = ""
    table: Mapping[Decimal, Decimal] = field(default_factory=dict)
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to raise something: an item, a score or a change across a threshold.

    `raises` is what it raises: `alert` goes to a clinician; other words are labels of the result.
    `drop` is how far a score fell since `previous`. `is_urgent` means at once, whatever the total.
    """

    id: str
    raises: str = "alert"
    items: tuple[str, ...] = ()
    score: str = ""
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    below: Decimal | None = None
    drop: Decimal | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Scoring:
    """All scores and rules of an instrument version; `digest` names the algorithm."""

    scores: tuple[Score, ...]
    rules: tuple[Rule, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A score's result; `value` is None when too much is missing."""

    id: str
    value: Decimal | None
    unrounded: Decimal | None
    band: str | None
    missing: int
    is_prorated: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that follows from one set of answers, with the hashes to prove how."""

    scores: Mapping[str, Scored]
    raised: tuple[Rule, ...]
    algorithm_sha256: str
    inputs_sha256: str

    def reasons(self, what: str) -> tuple[str, ...]:
        """Give the rules that raise `what`, such as `low` or `alert`."""
        return tuple(rule.id for rule in self.raised if rule.raises == what)

    @property
    def alerts(self) -> tuple[Rule, ...]:
        """Give the rules that a clinician must hear of."""
        return tuple(rule for rule in self.raised if rule.raises == "alert")


def half_up(value: Decimal, digits: int) -> Decimal:
    """Round to a number of decimal places, ties away from zero."""
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def evaluate(
    scoring: Scoring,
    values: Mapping[str, Decimal],
    previous: Mapping[str, Decimal] | None = None,
) -> Outcome:
    """Score the answered items.

    `values` holds the item values by linkId; an absent item is missing (unanswered, disabled or
    declined). `previous` holds earlier scores by id, for rules about change.
    """
    results: dict[str, Scored] = {}
    with localcontext() as context:
        context.prec = PRECISION
        for score in scoring.scores:
            results[score.id] = _score(score, values, results)
        raised = tuple(
            rule for rule in scoring.rules if _holds(rule, values, results, previous or {})
        )
    inputs = {key: str(value) for key, value in values.items()}
    return Outcome(MappingProxyType(results), raised, scoring.digest, _sha256(inputs))


def _score(score: Score, values: Mapping[str, Decimal], done: Mapping[str, Scored]) -> Scored:
    """Compute one score; earlier ones are in `done`."""
    missing = sum(1 for item in score.items if item not in values)
    unrounded, is_prorated = _raw(score, values, done, missing)
    if unrounded is None:
        return Scored(score.id, None, None, None, missing, is_prorated=False)
    unrounded *= score.scale
    value = unrounded if score.digits is None else half_up(unrounded, score.digits)
    return Scored(score.id, value, unrounded, _band(score, unrounded), missing, is_prorated)


def _raw(
    score: Score, values: Mapping[str, Decimal], done: Mapping[str, Scored], missing: int
) -> tuple[Decimal | None, bool]:
    """Give the value before scale and rounding, and whether it was prorated."""
    if score.kind is Kind.LOOKUP:
        key = done[score.of].value if score.of else values.get(score.items[0])
        return (None if key is None else score.table.get(key)), False
    if score.kind is Kind.EXPR:
        names = {name: one.unrounded for name, one in done.items() if one.unrounded is not None}
        return expression.evaluate(score.formula, {**values, **names}), False
    if missing > score.missing.max_prorated or missing == len(score.items):
        return None, False
    parts = [_part(score, item, values[item]) for item in score.items if item in values]
    total = sum(parts, Decimal(0))
    if score.kind is Kind.MEAN:
        return total / len(parts), missing > 0
    if missing:
        total = total * len(score.items) / len(parts)
    return total, missing > 0


def _part(score: Score, item: str, value: Decimal) -> Decimal:
    """Give what one item contributes."""
    if score.kind is Kind.COUNT:
        return Decimal(1 if value >= score.thresholds[item] else 0)
    if item in score.reverse:
        value = score.reverse[item] - value
    return value * score.weights.get(item, Decimal(1))


def _band(score: Score, unrounded: Decimal) -> str | None:
    """Name the last band that has begun."""
    begun = [band.name for band in score.bands if band.at_least <= unrounded]
    return begun[-1] if begun else None


def _holds(
    rule: Rule,
    values: Mapping[str, Decimal],
    results: Mapping[str, Scored],
    previous: Mapping[str, Decimal],
) -> bool:
    """Say whether a rule fires; an item rule needs no total."""
    if rule.items:
        return any(_crosses(rule, values[item]) for item in rule.items if item in values)
    value = results[rule.score].unrounded
    if value is None:
        return False
    if rule.drop is not None:
        before = previous.get(rule.score)
        return before is not None and before - value >= rule.drop
    return _crosses(rule, value)


def _crosses(rule: Rule, value: Decimal) -> bool:
    """Say whether a value lies inside every bound the rule names."""
    return (
        (rule.at_least is None or value >= rule.at_least)
        and (rule.at_most is None or value <= rule.at_most)
        and (rule.below is None or value < rule.below)
    )


def read(data: Mapping[str, Any]) -> Scoring:
    """Build a scoring from its JSON declaration `{"scores": [...], "rules": [...]}`.

    Raises:
        ScoringRefused: an unknown name, a number that is none, or a formula that cannot be read.
    """
    try:
        scores = tuple(_read_score(one) for one in data["scores"])
        rules = tuple(_read_rule(one) for one in data.get("rules", []))
    except (KeyError, TypeError, ValueError, InvalidOperation, AttributeError) as error:
        raise ScoringRefused(f"unreadable scoring: {error!r}") from error
    _require_known_names(scores, rules)
    return Scoring(scores, rules, _sha256({"scores": data["scores"], "rules": data.get("rules")}))


def _require_known_names(scores: tuple[Score, ...], rules: tuple[Rule, ...]) -> None:
    """Refuse a score or rule that names what does not come before it."""
    known: set[str] = set()
    for score in scores:
        if score.id in known or (score.of and score.of not in known):
            raise ScoringRefused(f"score {score.id!r} is declared twice or reads a later score")
        if not (score.items or score.of or score.formula):
            raise ScoringRefused(f"score {score.id!r} has nothing to read")
        if score.kind is Kind.COUNT and set(score.items) - set(score.thresholds):
            raise ScoringRefused(f"score {score.id!r} counts an item without a threshold")
        known.add(score.id)
    for rule in rules:
        if not rule.items and rule.score not in known:
            raise ScoringRefused(f"rule {rule.id!r} reads the unknown score {rule.score!r}")
        if all(bound is None for bound in (rule.at_least, rule.at_most, rule.below, rule.drop)):
            raise ScoringRefused(f"rule {rule.id!r} has no threshold")


def _read_score(data: Mapping[str, Any]) -> Score:
    """Build one score from its JSON."""
    formula = str(data.get("formula", ""))
    if formula:
        expression.parse(formula)
    rounding = data.get("round")
    missing = data.get("missing", {"rule": "none"})
    if missing["rule"] not in ("none", "prorate"):
        raise ScoringRefused(f"unknown rule for missing answers: {missing['rule']!r}")
    return Score(
        id=str(data["id"]),
        kind=Kind(data["kind"]),
        items=tuple(str(item) for item in data.get("items", [])),
        weights=_numbers(data.get("weights", {})),
        reverse=_numbers(data.get("reverse", {})),
        thresholds=_numbers(data.get("thresholds", {})),
        scale=_number(data.get("scale", 1)),
        missing=Missing(int(missing["max"]) if missing["rule"] == "prorate" else 0),
        digits=None if rounding is None else int(rounding["digits"]),
        bands=tuple(
            sorted(
                (Band(_number(low), str(name)) for low, name in data.get("bands", [])),
                key=lambda band: band.at_least,
            )
        ),
        of=str(data.get("of", "")),
        table={_number(key): _number(value) for key, value in data.get("table", {}).items()},
        formula=formula,
    )


def _read_rule(data: Mapping[str, Any]) -> Rule:
    """Build one rule from its JSON."""
    bounds = {
        name: _number(data[name]) if name in data else None
        for name in ("at_least", "at_most", "below", "drop")
    }
    return Rule(
        id=str(data["id"]),
        raises=str(data.get("raises", "alert")),
        items=tuple(str(item) for item in data.get("items", [])),
        score=str(data.get("score", "")),
        is_urgent=bool(data.get("urgent", False)),
        **bounds,
    )


def _number(value: object) -> Decimal:
    """Read a finite number from JSON, where a float would already have lost digits."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ScoringRefused(f"write numbers as integers or strings, not {value!r}")
    number = Decimal(value)
    if not number.is_finite():
        raise ScoringRefused(f"not a finite number: {value!r}")
    return number


def _numbers(data: Mapping[str, Any]) -> Mapping[str, Decimal]:
    """Read a table of numbers by item."""
    return MappingProxyType({str(key): _number(value) for key, value in data.items()})


def _sha256(data: object) -> str:
    """Hash JSON in one canonical form."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
