"""Questionnaires and responses written as FHIR R4 JSON."""

from typing import Any

from surveys.fhir_values import STRUCTURE, write_value, write_words
from surveys.model import (
    AnswerOption,
    Behavior,
    Item,
    PartialDate,
    Questionnaire,
    Response,
    ResponseItem,
)

_BOUNDS = {
    "min_value": "minValue",
    "max_value": "maxValue",
    "min_length": "minLength",
    "max_decimal_places": "maxDecimalPlaces",
    "min_occurs": "questionnaire-minOccurs",
    "max_occurs": "questionnaire-maxOccurs",
}


def write_questionnaire(questionnaire: Questionnaire) -> dict[str, Any]:
    """Write a questionnaire as a JSON object; `fhir.dumps` makes text of it."""
    data: dict[str, Any] = {"resourceType": "Questionnaire"}
    data |= _present(
        ("url", questionnaire.url),
        ("version", questionnaire.version),
        ("language", questionnaire.language),
        ("title", questionnaire.title),
    )
    write_words(data, "title", questionnaire.translations)
    data["status"] = questionnaire.status.value
    period = _period(questionnaire.effective_from, questionnaire.effective_until)
    if period:
        data["effectivePeriod"] = period
    if questionnaire.items:
        data["item"] = [_item(item) for item in questionnaire.items]
    return data


def _present(*pairs: tuple[str, Any]) -> dict[str, Any]:
    """Keep what says something: FHIR has no empty texts, lists or default flags."""
    return {key: value for key, value in pairs if value}


def _period(start: PartialDate | None, end: PartialDate | None) -> dict[str, str]:
    """Write the edges that are known."""
    return {key: str(day) for key, day in (("start", start), ("end", end)) if day is not None}


def _item(item: Item) -> dict[str, Any]:
    """Write one item with everything below it."""
    data: dict[str, Any] = {"linkId": item.link_id, "type": item.type.value}
    data |= _present(
        ("prefix", item.prefix),
        ("text", item.text),
        ("required", item.is_required),
        ("repeats", item.repeats),
        ("readOnly", item.is_read_only),
    )
    write_words(data, "text", item.translations)
    if item.max_length is not None:
        data["maxLength"] = item.max_length
    if item.enable_when:
        data["enableWhen"] = [
            {"question": one.question, "operator": one.operator.value}
            | write_value("answer", one.answer)
            for one in item.enable_when
        ]
        if len(item.enable_when) > 1 or item.enable_behavior is Behavior.ALL:
            data["enableBehavior"] = item.enable_behavior.value
    extensions = [
        {"url": STRUCTURE + name} | write_value("value", getattr(item, key))
        for key, name in _BOUNDS.items()
        if getattr(item, key) is not None
    ]
    if item.is_hidden:
        extensions.append({"url": STRUCTURE + "questionnaire-hidden", "valueBoolean": True})
    data |= _present(
        ("extension", extensions),
        ("answerOption", [_option(option) for option in item.options]),
        ("initial", [write_value("value", value) for value in item.initial]),
        ("item", [_item(child) for child in item.items]),
    )
    return data


def _option(option: AnswerOption) -> dict[str, Any]:
    """Write one permitted answer."""
    data = write_value("value", option.value)
    extensions: list[dict[str, Any]] = []
    if option.weight is not None:
        extensions.append({"url": STRUCTURE + "ordinalValue", "valueDecimal": option.weight})
    if option.is_exclusive:
        url = STRUCTURE + "questionnaire-optionExclusive"
        extensions.append({"url": url, "valueBoolean": True})
    if extensions:
        data["extension"] = extensions
    if option.is_initial:
        data["initialSelected"] = True
    return data


def write_response(response: Response) -> dict[str, Any]:
    """Write a response as a JSON object; `fhir.dumps` makes text of it."""
    data: dict[str, Any] = {"resourceType": "QuestionnaireResponse"}
    data |= _present(("questionnaire", response.questionnaire), ("language", response.language))
    data["status"] = response.status.value
    if response.authored_at is not None:
        data["authored"] = response.authored_at.isoformat()
    if response.items:
        data["item"] = [_response_item(item) for item in response.items]
    return data


def _response_item(item: ResponseItem) -> dict[str, Any]:
    """Write one answered item."""
    data: dict[str, Any] = {"linkId": item.link_id}
    answers = []
    for answer in item.answers:
        written = write_value("value", answer.value)
        if answer.items:
            written["item"] = [_response_item(child) for child in answer.items]
        answers.append(written)
    if answers:
        data["answer"] = answers
    if item.items:
        data["item"] = [_response_item(child) for child in item.items]
    return data
