"""Scores agree with the published vectors, and nonsense is refused."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import expression, instruments, scoring

VECTORS = json.loads(Path(__file__).with_name("score-vectors.json").read_text(encoding="utf-8"))


def declared(vector: Mapping[str, Any]) -> tuple[scoring.Scoring, list[str]]:
    """Give the scoring a vector is about, under its rule for missing answers, and its items."""
    name = vector["instrument"].lower()
    data = json.loads(json.dumps(instruments.scoring_declaration(name)))
    rule = vector.get("missing_rule", {"kind": "none"})
    if rule["kind"] == "prorate":
        data["scores"] = data["scores"][:1]
        data["scores"][0]["missing"] = {"rule": "prorate", "max": rule["max_missing"]}
        data["scores"][0]["round"] = {"digits": rule["digits"]}
    return scoring.read(data), max((one.get("items", []) for one in data["scores"]), key=len)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["id"])
def test_a_score_vector_gives_the_published_result(vector: Mapping[str, Any]):
    spec, items = declared(vector)
    answers = vector.get("answers", [vector.get("raw")])
    values = {
        item: Decimal(answer)
        for item, answer in zip(items, answers, strict=True)
        if answer is not None and answer != "asked-declined"
    }
    previous = {"index": Decimal(vector["previous_index"])} if "previous_index" in vector else {}

    outcome = scoring.evaluate(spec, values, previous)

    expected = vector["expected"]
    for name, value in expected["scores"].items():
        got = outcome.scores[name].value
        assert got == (None if value is None else Decimal(value)), name
    main = next(iter(outcome.scores.values() if "band" in expected else []), None)
    if "band" in expected and vector["instrument"] != "PAID-20":
        assert main is not None
        assert main.band == expected["band"]
    for name, band in expected.get("bands", {}).items():
        assert outcome.scores[name].band == band
    if "low" in expected:
        assert list(outcome.reasons("low")) == expected["reasons"]
        assert bool(outcome.reasons("low")) is expected["low"]
    if "alerts" in expected:
        assert list(outcome.reasons("alert")) == expected["alerts"]
    if "missing" in expected:
        assert main is not None
        assert main.missing == expected["missing"]
        assert main.is_prorated is expected.get("prorated", False)
    if expected.get("algorithm") is not None:
        assert outcome.scores["algorithm"].band == expected["algorithm"]
    elif "algorithm" in outcome.scores:
        assert outcome.scores["algorithm"].band is None


@pytest.mark.parametrize("case", VECTORS["rounding"], ids=lambda case: case["id"])
def test_rounding_is_half_up_away_from_zero(case: Mapping[str, Any]):
    assert scoring.half_up(Decimal(case["value"]), case["digits"]) == Decimal(case["expected"])


def test_paid_20_is_read_from_the_unrounded_index():
    spec = instruments.scoring_of("paid-20")
    values = {f"paid20-{n}": Decimal(2 if n <= 12 else 1) for n in range(1, 21)}

    assert scoring.evaluate(spec, values).scores["index"].band == "severe"
    values["paid20-1"] = Decimal(1)
    assert scoring.evaluate(spec, values).scores["index"].band == "below_40"


def test_a_positive_item_9_is_urgent_whatever_is_missing():
    outcome = scoring.evaluate(instruments.scoring_of("phq-9"), {"phq9-9": Decimal(1)})

    assert [rule.is_urgent for rule in outcome.alerts] == [True]
    assert outcome.scores["total"].value is None


def test_a_reversed_item_counts_from_the_other_end():
    spec = scoring.read(
        {"scores": [{"id": "s", "kind": "sum", "items": ["a"], "reverse": {"a": 4}}]}
    )

    assert scoring.evaluate(spec, {"a": Decimal(1)}).scores["s"].value == 3


@given(st.lists(st.integers(0, 5), min_size=5, max_size=5))
def test_the_who_5_index_is_four_times_the_raw_score_and_low_by_either_rule(answers: list[int]):
    spec = instruments.load("who-5").scoring
    values = {f"who5-{n}": Decimal(answer) for n, answer in enumerate(answers, 1)}

    outcome = scoring.evaluate(spec, values)

    assert outcome.scores["index"].value == 4 * sum(answers)
    assert bool(outcome.reasons("low")) is (sum(answers) < 13 or min(answers) <= 1)


@given(st.dictionaries(st.sampled_from(["who5-1", "who5-2", "who5-3"]), st.integers(0, 5)))
def test_a_gap_leaves_no_score_never_a_zero(answers: dict[str, int]):
    values = {item: Decimal(answer) for item, answer in answers.items()}

    outcome = scoring.evaluate(instruments.load("who-5").scoring, values)

    assert outcome.scores["index"].value is None
    assert outcome.scores["index"].missing == 5 - len(answers)


def test_the_same_answers_have_the_same_hashes_and_others_do_not():
    spec = instruments.scoring_of("phq-8")
    one = scoring.evaluate(spec, {"phq8-1": Decimal(1), "phq8-2": Decimal(2)})
    same = scoring.evaluate(spec, {"phq8-2": Decimal(2), "phq8-1": Decimal(1)})
    other = scoring.evaluate(spec, {"phq8-1": Decimal(2), "phq8-2": Decimal(2)})

    assert one.inputs_sha256 == same.inputs_sha256 != other.inputs_sha256
    assert one.algorithm_sha256 == other.algorithm_sha256
    assert one.algorithm_sha256 != instruments.scoring_of("phq-9").digest


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"scores": [{"id": "s", "kind": "median", "items": ["a"]}]},
        {"scores": [{"id": "s", "kind": "sum", "items": []}]},
        {"scores": [{"id": "s", "kind": "sum", "items": ["a"], "scale": 1.25}]},
        {"scores": [{"id": "s", "kind": "sum", "items": ["a"], "scale": "NaN"}]},
        {"scores": [{"id": "s", "kind": "sum", "items": ["a"], "scale": "many"}]},
        {"scores": [{"id": "s", "kind": "sum", "items": ["a"], "missing": {"rule": "zero"}}]},
        {"scores": [{"id": "s", "kind": "count", "items": ["a"]}]},
        {"scores": [{"id": "s", "kind": "lookup", "of": "later", "table": {}}]},
        {"scores": [{"id": "s", "kind": "expr", "formula": "__import__('os')"}]},
        {"scores": [{"id": "s", "kind": "sum", "items": ["a"]}] * 2},
        {"scores": [], "rules": [{"id": "r", "score": "s", "below": 1}]},
        {"scores": [], "rules": [{"id": "r", "items": ["a"]}]},
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(data: dict[str, Any]):
    with pytest.raises(scoring.ScoringRefused):
        scoring.read(data)


def test_a_formula_knows_arithmetic_and_has_no_value_without_its_inputs():
    values = {"a": Decimal(6), "b-1": Decimal(2)}

    assert expression.evaluate("({a} + {b-1}) * 2 / min({a}, 4)", values) == 4
    assert expression.evaluate("{a} - {b-1} - 1", values) == 3
    assert expression.evaluate("{a} + {c}", values) is None
    assert expression.evaluate("max({c}, 1)", values) is None
    assert expression.evaluate("{a} / 0", values) is None


@pytest.mark.parametrize(
    "text", ["", "1 +", "(1", "1 2", "max()", "{a", "**", "(" * 40, "1" * 3000]
)
def test_a_formula_outside_the_language_is_refused(text: str):
    with pytest.raises(expression.FormulaRefused):
        expression.parse(text)


@given(st.text(max_size=60))
def test_any_text_is_a_formula_or_refused(text: str):
    try:
        expression.evaluate(text, {})
    except expression.FormulaRefused:
        return
