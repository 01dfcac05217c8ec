"""FHIR R4 `Questionnaire` and `QuestionnaireResponse`, read; `fhir_out` writes them.

The reader is tolerant: unknown properties are ignored, and what would act but is not understood
is listed in `Read.notices`. Structure that cannot be kept is refused, all reasons at once.
Nothing that a form refers to is ever fetched.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from surveys.fhir_values import (
    MAX_LINK_ID,
    STRUCTURE,
    Finding,
    FormRefused,
    clean,
    listing,
    mapping,
    read_value,
    refuse,
    words,
)
from surveys.model import (
    Answer,
    AnswerOption,
    Behavior,
    EnableWhen,
    Item,
    ItemType,
    Operator,
    PartialDate,
    Questionnaire,
    Response,
    ResponseItem,
    ResponseStatus,
    Status,
    Unsupported,
    Value,
)

T = TypeVar("T")
_NOTHING: list[Any] = []

MAX_DEPTH = 12
MAX_ITEMS = 2_000
MAX_OPTIONS = 1_000
MAX_ANSWERS = 5_000
_WEIGHTS = (STRUCTURE + "ordinalValue", STRUCTURE + "itemWeight")
_EXCLUSIVE = STRUCTURE + "questionnaire-optionExclusive"
_BOUNDS = {
    STRUCTURE + "minValue": "min_value",
    STRUCTURE + "maxValue": "max_value",
    STRUCTURE + "minLength": "min_length",
    STRUCTURE + "maxDecimalPlaces": "max_decimal_places",
    STRUCTURE + "questionnaire-minOccurs": "min_occurs",
    STRUCTURE + "questionnaire-maxOccurs": "max_occurs",
    STRUCTURE + "questionnaire-hidden": "is_hidden",
}
_COUNTS = frozenset({"min_length", "max_decimal_places", "min_occurs", "max_occurs"})
_APPEARANCE = (
    "rendering-",
    "questionnaire-itemControl",
    "questionnaire-choiceOrientation",
    "entryFormat",
)


@dataclass(frozen=True, slots=True)
class Read:
    """A questionnaire as read, and what its author should know was not acted upon."""

    questionnaire: Questionnaire
    notices: tuple[Finding, ...]


class _Reading:
    """Collects what is found while one document is read."""

    def __init__(self) -> None:
        self.errors: list[Finding] = []
        self.notices: list[Finding] = []
        self.items = 0

    def attempt(self, otherwise: T, read: Callable[..., T], *parts: Any) -> T:
        """Read a part; when it is refused, remember why and go on."""
        try:
            return read(*parts)
        except FormRefused as error:
            self.errors += error.findings
            return otherwise

    def count(self, path: str, depth: int, limit: int) -> None:
        """Stop before a document grows past the limits."""
        self.items += 1
        if depth > MAX_DEPTH or self.items > limit:
            refuse(path, "tooLarge", f"more than {MAX_DEPTH} levels or {limit} entries")

    def finish(self) -> None:
        """Raise everything found."""
        if self.errors:
            raise FormRefused(tuple(self.errors))


def read_questionnaire(data: Mapping[str, Any]) -> Read:
    """Read a questionnaire.

    Raises:
        FormRefused: with every reason found.
    """
    if data.get("resourceType") != "Questionnaire":
        refuse("$.resourceType", "wrongType", "must be Questionnaire")
    reading = _Reading()
    period = data.get("effectivePeriod", {})
    questionnaire = Questionnaire(
        items=_read_items(reading, data, "$", 1),
        url=reading.attempt(None, _text, data, "url", "$"),
        version=reading.attempt(None, _text, data, "version", "$"),
        title=reading.attempt(None, _text, data, "title", "$") or "",
        translations=reading.attempt((), words, data, "title", "$"),
        status=reading.attempt(Status.UNKNOWN, _enum, Status, data.get("status"), "$.status"),
        language=reading.attempt(None, _text, data, "language", "$"),
        effective_from=reading.attempt(None, _day, period, "start"),
        effective_until=reading.attempt(None, _day, period, "end"),
    )
    _notice_extensions(reading, data, "$")
    reading.finish()
    return Read(questionnaire, tuple(reading.notices))


def _read_items(
    reading: _Reading, data: Mapping[str, Any], path: str, depth: int
) -> tuple[Item, ...]:
    """Read the items below one place, keeping the good ones while reasons are collected."""
    found: list[Item] = []
    for index, raw in enumerate(reading.attempt(_NOTHING, listing, data, "item", path)):
        here = f"{path}.item[{index}]"
        reading.count(here, depth, MAX_ITEMS)
        item = reading.attempt(None, _read_item, reading, raw, here, depth)
        if item is not None:
            found.append(item)
    return tuple(found)


def _read_item(reading: _Reading, raw: object, path: str, depth: int) -> Item | None:
    """Read one item with everything below it."""
    data = mapping(raw, path)
    kind: ItemType = _enum(ItemType, data.get("type"), f"{path}.type")
    if "answerValueSet" in data:
        refuse(f"{path}.answerValueSet", "unsupported", "value sets are not supported")
    options = reading.attempt(_NOTHING, listing, data, "answerOption", path)
    if len(options) > MAX_OPTIONS:
        refuse(f"{path}.answerOption", "tooLarge", f"more than {MAX_OPTIONS} options")
    conditions = reading.attempt(_NOTHING, listing, data, "enableWhen", path)
    initial = reading.attempt(_NOTHING, listing, data, "initial", path)
    return Item(
        link_id=clean(data.get("linkId"), f"{path}.linkId", MAX_LINK_ID),
        type=kind,
        text=_text(data, "text", path) or "",
        translations=words(data, "text", path),
        prefix=_text(data, "prefix", path) or "",
        is_required=_flag(data, "required", path),
        repeats=_flag(data, "repeats", path),
        is_read_only=_flag(data, "readOnly", path),
        max_length=_count(data, "maxLength", path),
        enable_when=tuple(
            _condition(one, f"{path}.enableWhen[{at}]") for at, one in enumerate(conditions)
        ),
        enable_behavior=_enum(
            Behavior, data.get("enableBehavior", "any"), f"{path}.enableBehavior"
        ),
        options=tuple(_option(one, f"{path}.answerOption[{at}]") for at, one in enumerate(options)),
        initial=tuple(
            _value(mapping(one, path), "value", f"{path}.initial[{at}]")
            for at, one in enumerate(initial)
        ),
        items=_read_items(reading, data, path, depth + 1),
        **_bounds(data, path),
        **_notice_extensions(reading, data, path),
    )


def _bounds(data: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Read the extensions that bound an answer."""
    found: dict[str, Any] = {}
    for extension in listing(data, "extension", path):
        name = _BOUNDS.get(str(mapping(extension, path).get("url", "")))
        if name is None:
            continue
        value = _value(extension, "value", f"{path}.extension")
        expected: tuple[type, ...] = (int, Decimal, PartialDate)
        if name == "is_hidden":
            expected = (bool,)
        elif name in _COUNTS:
            expected = (int,)
        if not isinstance(value, expected) or (name != "is_hidden" and isinstance(value, bool)):
            refuse(f"{path}.extension", "wrongType", f"{name} has a value of the wrong type")
        found[name] = value
    return found


def _notice_extensions(reading: _Reading, data: Mapping[str, Any], path: str) -> dict[str, Any]:
    """List the extensions that are not acted upon; returns nothing to add to an item."""
    if "modifierExtension" in data:
        refuse(f"{path}.modifierExtension", "unsupported", "changes the meaning in unknown ways")
    for extension in reading.attempt(_NOTHING, listing, data, "extension", path):
        url = str(mapping(extension, path).get("url", ""))[:200]
        if url not in _BOUNDS and not any(word in url for word in _APPEARANCE):
            reading.notices.append(Finding(path, "notActedUpon", url))
    return {}


def _option(raw: object, path: str) -> AnswerOption:
    """Read one permitted answer with its weight."""
    data = mapping(raw, path)
    value = _value(data, "value", path)
    weight: Decimal | None = None
    is_exclusive = False
    coding = data.get("valueCoding", {})
    extensions = listing(data, "extension", path) + listing(
        mapping(coding, path), "extension", path
    )
    for extension in extensions:
        url = mapping(extension, path).get("url")
        found = read_value(extension, "value", path) if url in (*_WEIGHTS, _EXCLUSIVE) else None
        if url in _WEIGHTS and isinstance(found, Decimal):
            weight = found
        if url == _EXCLUSIVE:
            is_exclusive = found is True
    return AnswerOption(value, weight, is_exclusive, _flag(data, "initialSelected", path))


def _condition(raw: object, path: str) -> EnableWhen:
    """Read one enabling condition."""
    data = mapping(raw, path)
    operator: Operator = _enum(Operator, data.get("operator"), f"{path}.operator")
    answer = _value(data, "answer", path)
    if operator is Operator.EXISTS and not isinstance(answer, bool):
        refuse(path, "que-7", "exists compares with true or false")
    return EnableWhen(clean(data.get("question"), path, MAX_LINK_ID), operator, answer)


def _value(data: Mapping[str, Any], name: str, path: str) -> Value:
    """Read a value that must be there."""
    value = read_value(data, name, path)
    if value is None:
        refuse(path, "missing", f"{name}[x] is missing")
    return value


def _text(data: Mapping[str, Any], key: str, path: str) -> str | None:
    """Read an optional text."""
    return clean(data[key], f"{path}.{key}") if key in data else None


def _flag(data: Mapping[str, Any], key: str, path: str) -> bool:
    """Read an optional boolean, absent meaning false."""
    value = data.get(key, False)
    if not isinstance(value, bool):
        refuse(f"{path}.{key}", "wrongType", "must be true or false")
    return value


def _count(data: Mapping[str, Any], key: str, path: str) -> int | None:
    """Read an optional number of things."""
    value = data.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        refuse(f"{path}.{key}", "wrongType", "must be a whole number from 0")
    return value


def _enum(kind: Callable[[Any], T], value: object, path: str) -> T:
    """Read a code of a fixed list."""
    try:
        return kind(value)
    except (ValueError, TypeError) as error:
        raise FormRefused(
            (Finding(path, "unknownCode", f"unknown: {str(value)[:40]!r}"),)
        ) from error


def _day(period: object, key: str) -> PartialDate | None:
    """Read an edge of a period, of which only the day matters here."""
    text = mapping(period, "$.effectivePeriod").get(key)
    if text is None:
        return None
    try:
        return PartialDate.parse(clean(text, f"$.effectivePeriod.{key}")[:10])
    except ValueError as error:
        path = f"$.effectivePeriod.{key}"
        raise FormRefused((Finding(path, "wrongType", "must be a date"),)) from error


def read_response(data: Mapping[str, Any]) -> Response:
    """Read a response; whether its answers fit the form is for `engine.validate`.

    Raises:
        FormRefused: with every reason found.
    """
    if data.get("resourceType") != "QuestionnaireResponse":
        refuse("$.resourceType", "wrongType", "must be QuestionnaireResponse")
    reading = _Reading()
    response = Response(
        items=_read_response_items(reading, data, "$", 1),
        questionnaire=reading.attempt(None, _text, data, "questionnaire", "$"),
        status=reading.attempt(
            ResponseStatus.IN_PROGRESS, _enum, ResponseStatus, data.get("status"), "$.status"
        ),
        authored_at=reading.attempt(None, _instant, data.get("authored")),
        language=reading.attempt(None, _text, data, "language", "$"),
    )
    reading.finish()
    return response


def _instant(raw: object) -> datetime | None:
    """Read a time with its offset, or a date; a naive time says too little and is dropped."""
    if raw is None:
        return None
    try:
        found = datetime.fromisoformat(clean(raw, "$.authored", 40))
    except ValueError as error:
        raise FormRefused((Finding("$.authored", "wrongType", "must be a time"),)) from error
    if len(str(raw)) == len("2024-03-31"):
        return found.replace(tzinfo=UTC)
    return found if found.tzinfo is not None else None


def _read_response_items(
    reading: _Reading, data: Mapping[str, Any], path: str, depth: int
) -> tuple[ResponseItem, ...]:
    """Read the answered items below one place."""
    found = []
    for index, raw in enumerate(reading.attempt(_NOTHING, listing, data, "item", path)):
        here = f"{path}.item[{index}]"
        reading.count(here, depth, MAX_ANSWERS)
        item = reading.attempt(None, _read_response_item, reading, raw, here, depth)
        if item is not None:
            found.append(item)
    return tuple(found)


def _read_response_item(
    reading: _Reading, raw: object, path: str, depth: int
) -> ResponseItem | None:
    """Read one answered item."""
    data = mapping(raw, path)
    answers = []
    for index, answer in enumerate(listing(data, "answer", path)):
        here = f"{path}.answer[{index}]"
        reading.count(here, depth, MAX_ANSWERS)
        value = read_value(mapping(answer, here), "value", here)
        below = _read_response_items(reading, answer, here, depth + 1)
        if value is not None or below:
            answers.append(Answer(Unsupported("nothing") if value is None else value, below))
    return ResponseItem(
        clean(data.get("linkId"), f"{path}.linkId", MAX_LINK_ID),
        tuple(answers),
        _read_response_items(reading, data, path, depth + 1),
    )
