"""Forms: what is asked, on which page, and what an answer must be."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from surveys import engine, entry, fhir, instruments, scoring, validation
from surveys.model import Coding, PartialDate, Response, ResponseItem, ResponseStatus, Value
from tests.surveys.make_forms import BASE, form, when

CASES = Path(__file__).with_name("conformance")


def asked(ready: engine.Form, **answers: Value) -> set[str]:
    """Give the linkIds that are asked after these answers."""
    response = entry.respond(ready, {key: [value] for key, value in answers.items()})
    return set(engine.evaluate(ready, response).enabled())


def codes(ready: engine.Form, response: Response) -> list[tuple[str, str]]:
    problems = validation.validate(engine.evaluate(ready, response))
    return [(problem.code, problem.link_id) for problem in problems]


@pytest.mark.parametrize(
    "case", json.loads((CASES / "cases.json").read_text()), ids=lambda case: case["name"]
)
def test_an_official_response_case_gets_the_official_codes(case: Mapping[str, Any]):
    data = fhir.loads((CASES / case["supporting"][0]).read_bytes())
    ready = engine.compile_form(fhir.read_questionnaire(data).questionnaire)
    response = fhir.read_response(fhir.loads((CASES / case["response"]).read_bytes()))

    problems = validation.validate(engine.evaluate(ready, response))

    expected = {(one["code"], one.get("linkId", "")) for one in case["expected"]}
    assert expected <= {(one.code, one.link_id) for one in problems}
    errors = {(o.code, o.link_id) for o in problems if o.severity is validation.Severity.ERROR}
    assert errors <= expected
    assert (not errors) is case["expect_success"]
    assert validation.blocks(problems) is not case["expect_success"]


def test_who_5_from_ticked_options_to_the_score():
    instrument = instruments.load("who-5")
    ready = engine.compile_form(instrument.questionnaire)
    answers = {}
    for item, wanted in zip(ready.questionnaire.items[1:], [3, 3, 2, 2, 2], strict=True):
        key = entry.option_keys(item)[5 - wanted]
        answers[item.link_id] = entry.read_field(item, [key])

    state = engine.evaluate(
        ready, entry.respond(ready, answers, status=ResponseStatus.COMPLETED)
    )  # fmt: skip
    outcome = scoring.evaluate(instrument.scoring, engine.item_values(state))

    assert validation.validate(state) == ()
    assert outcome.scores[instrument.primary_score].value == 48
    assert outcome.reasons("low") == ("raw_below_13",)
    assert [node.item.prefix for node in state.steps()] == ["1.", "2.", "3.", "4.", "5."]


@pytest.mark.parametrize("language", ["en", "sl"])
def test_who_5_is_complete_in_each_language_and_names_its_source(language: str):
    instrument = instruments.load("who-5")
    items = list(instrument.questionnaire.walk())
    texts = {item.text_in(language) for item in items}
    options = [option.value for item in items for option in item.options]
    labels = {one.display_in(language) for one in options if isinstance(one, Coding)}

    assert len(texts) == 6
    assert len(labels) == 6
    assert (instrument.questionnaire.title_in(language) == instrument.questionnaire.title) is (
        language == "en"
    )
    assert ("Ves čas" in labels) is (language == "sl")
    assert instrument.source
    assert instrument.licence.text
    assert not instrument.licence.requires_key
    assert instrument.not_validated == {"sl"}
    assert instrument.meaning[language]


def test_an_unknown_instrument_is_refused():
    for load in (instruments.load, instruments.scoring_of):
        with pytest.raises(instruments.UnknownInstrument):
            load("../model")


def test_an_unanswered_who_5_names_each_question():
    ready = engine.compile_form(instruments.load("who-5").questionnaire)
    draft = entry.respond(ready, {})
    done = entry.respond(ready, {}, status=ResponseStatus.COMPLETED)

    assert codes(ready, done) == [("required", f"who5-{n}") for n in range(1, 6)]
    assert not validation.blocks(validation.validate(engine.evaluate(ready, draft)))


@pytest.mark.parametrize(
    ("operator", "expected", "given_value", "is_asked"),
    [
        ("exists", {"answerBoolean": True}, 5, True),
        ("exists", {"answerBoolean": True}, None, False),
        ("exists", {"answerBoolean": False}, None, True),
        ("=", {"answerInteger": 5}, 5, True),
        ("=", {"answerInteger": 5}, None, False),
        ("!=", {"answerInteger": 5}, None, True),
        ("!=", {"answerInteger": 5}, 5, False),
        (">", {"answerInteger": 5}, 5, False),
        (">=", {"answerInteger": 5}, 5, True),
        ("<", {"answerDecimal": Decimal("5.5")}, 5, True),
        ("<=", {"answerInteger": 4}, 5, False),
        ("=", {"answerString": "5"}, 5, False),
    ],
)
def test_a_condition_decides(
    operator: str, expected: dict[str, Any], given_value: int | None, *, is_asked: bool
):
    ready = form(
        {"linkId": "a", "type": "integer"},
        {"linkId": "b", "type": "text", "enableWhen": [when("a", operator, **expected)]},
    )

    answers = {} if given_value is None else {"a": given_value}

    assert ("b" in asked(ready, **answers)) is is_asked


def test_a_chain_is_decided_in_the_order_of_dependence_not_of_the_document():
    ready = form(
        {"linkId": "c", "type": "text", "enableWhen": [when("b", "exists", answerBoolean=True)]},
        {"linkId": "b", "type": "text", "enableWhen": [when("a", "=", answerBoolean=True)]},
        {"linkId": "a", "type": "boolean"},
    )

    assert asked(ready, a=True, b="x") == {"a", "b", "c"}
    assert asked(ready, a=False, b="x") == {"a"}


def test_all_and_any_differ():
    conditions = [when("a", "=", answerBoolean=True), when("b", "=", answerBoolean=True)]
    questions = [{"linkId": "a", "type": "boolean"}, {"linkId": "b", "type": "boolean"}]
    both = {"linkId": "c", "type": "text", "enableWhen": conditions, "enableBehavior": "all"}

    assert "c" not in asked(form(*questions, both), a=True)
    assert "c" in asked(form(*questions, both), a=True, b=True)
    assert "c" in asked(form(*questions, {**both, "enableBehavior": "any"}), a=True)


def test_conditions_in_a_circle_are_refused_with_the_way_round():
    with pytest.raises(fhir.FormRefused, match="a -> b -> a"):
        form(
            {"linkId": "a", "type": "text", "enableWhen": [when("b", "=", answerString="x")]},
            {"linkId": "b", "type": "text", "enableWhen": [when("a", "=", answerString="x")]},
        )  # fmt: skip


def test_a_condition_in_a_repeated_group_looks_at_its_own_instance():
    ready = form(
        {
            "linkId": "g",
            "type": "group",
            "repeats": True,
            "item": [
                {"linkId": "a", "type": "boolean"},
                {
                    "linkId": "b",
                    "type": "text",
                    "enableWhen": [when("a", "=", answerBoolean=True)],
                },
            ],
        }
    )
    yes = entry.respond(ready, {"a": [True]}).items[0]
    response = Response((yes, ResponseItem("g")))

    nodes = engine.evaluate(ready, response).nodes

    assert [node.is_enabled for node in nodes if node.item.link_id == "b"] == [True, False]


def test_a_draft_keeps_what_a_submitted_response_strips():
    ready = form(
        {"linkId": "a", "type": "boolean"},
        {"linkId": "b", "type": "text", "enableWhen": [when("a", "=", answerBoolean=True)]},
    )
    draft = entry.respond(ready, {"a": [False], "b": ["kept"]})

    stripped, names = engine.strip_disabled(engine.evaluate(ready, draft))

    assert entry.answers_of(draft)["b"] == ("kept",)
    assert entry.answers_of(stripped) == {"a": (False,)}
    assert names == ("b",)


def test_items_under_an_answer_survive_submitting():
    child = {"linkId": "b", "type": "string", "required": True}
    ready = form({"linkId": "a", "type": "boolean", "item": [child]})
    response = entry.respond(ready, {"a": [True], "b": ["why"]})

    kept, names = engine.strip_disabled(engine.evaluate(ready, response))

    assert (kept.items, names) == (response.items, ())
    alone = entry.respond(ready, {"a": [True]}, status=ResponseStatus.COMPLETED)
    assert codes(ready, alone) == [("required", "b")]


@pytest.mark.parametrize(
    ("item", "value", "expected"),
    [
        ({"type": "integer"}, Decimal("1.5"), ["invalidAnswerType"]),
        ({"type": "integer"}, True, ["invalidAnswerType"]),
        ({"type": "boolean"}, 1, ["invalidAnswerType"]),
        ({"type": "string"}, "a\nb", ["invalidNewLine"]),
        ({"type": "text", "maxLength": 2}, "a\nb", ["maxLength"]),
        ({"type": "group"}, "x", ["groupShouldNotHaveAnswers"]),
        ({"type": "date"}, PartialDate(2024, 2, 29), []),
        ({"type": "decimal"}, 5, []),
        ({"type": "choice", "answerOption": [{"valueInteger": 1}]}, 2, ["invalidAnswerOption"]),
        ({"type": "choice", "answerOption": [{"valueInteger": 1}]}, "1", ["invalidAnswerType"]),
        ({"type": "open-choice", "answerOption": [{"valueString": "a"}]}, "own words", []),
        ({"type": "string", "required": True}, "   ", ["required"]),
    ],
)
def test_one_answer_is_judged(item: dict[str, Any], value: Value, expected: list[str]):
    ready = form({"linkId": "q", **item})
    response = entry.respond(ready, {"q": [value]}, status=ResponseStatus.COMPLETED)

    assert [code for code, _ in codes(ready, response)] == expected


def test_a_month_admits_its_days_and_no_others():
    bound = {"url": BASE + "maxValue", "valueDate": "2024-03"}
    ready = form({"linkId": "q", "type": "date", "extension": [bound]})

    for text, expected in (("2024-03-31", []), ("2024-04", [("maxValue", "q")])):
        answer = {"q": [PartialDate.parse(text)]}
        assert codes(ready, entry.respond(ready, answer)) == expected


def test_an_answer_of_another_form_is_refused():
    ready = engine.compile_form(instruments.load("who-5").questionnaire)
    response = Response(questionnaire="urn:telehealth:questionnaire:who-5|0.9")

    assert ("questionnaireNotFound", "") in codes(ready, response)


def test_every_code_has_a_message():
    assert all(text.endswith(".") for text in validation.MESSAGES.values())


@pytest.mark.parametrize(
    ("kind", "typed", "expected"),
    [
        ("decimal", "7,2", Decimal("7.2")),
        ("decimal", " 7.20 ", Decimal("7.20")),
        ("integer", "-3", -3),
        ("date", "2026-11-24", PartialDate(2026, 11, 24)),
        ("boolean", "true", True),
    ],
)
def test_what_a_person_types_becomes_a_value(kind: str, typed: str, expected: Value):
    item = form({"linkId": "q", "type": kind}).items["q"]

    assert entry.read_field(item, [typed]) == (expected,)
    assert entry.read_field(item, ["", " "]) == ()


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("decimal", "1e9"),
        ("decimal", "NaN"),
        ("decimal", "7,2,1"),
        ("decimal", "9" * 30),
        ("integer", "7,2"),
        ("integer", "\u0667"),
        ("date", "24. 11. 2026"),
        ("date", "2026-02-30"),
        ("boolean", "yes"),
        ("choice", "o7"),
        ("display", "x"),
    ],
)
def test_what_is_no_value_is_refused(kind: str, typed: str):
    item = form({"linkId": "q", "type": kind}).items["q"]

    with pytest.raises(entry.NotAnAnswer):
        entry.read_field(item, [typed])


def test_pages_are_the_top_level_groups_and_what_stands_between():
    group = {"type": "group", "item": [{"linkId": "x", "type": "text"}]}
    ready = form(
        {"linkId": "intro", "type": "display"},
        {"linkId": "g1", **group},
        {"linkId": "q", "type": "text"},
    )

    pages = entry.pages(ready.questionnaire)

    assert [[item.link_id for item in page.items] for page in pages] == [["intro"], ["x"], ["q"]]
    assert pages[1].group is not None
    assert pages[1].group.link_id == "g1"
