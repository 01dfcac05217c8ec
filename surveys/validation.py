"""Whether answers fit their form, with stable codes.

The codes are those of the official FHIR response cases (system
`http://fhir.forms-lab.com/CodeSystem/errors`). A form that could never be published still judges
responses: publishing is another question. Messages are English msgids with `%(name)s` places.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from surveys.engine import Node, State, compare
from surveys.model import (
    Coding,
    Item,
    ItemType,
    Operator,
    PartialDate,
    ResponseStatus,
    Status,
    Value,
)


class Severity(StrEnum):
    """Whether a problem blocks submitting."""

    ERROR = "error"
    WARNING = "warning"


def N_(text: str) -> str:  # noqa: N802 - the name by which message extraction knows it
    """Mark a text for translation without translating it here."""
    return text


MESSAGES = {
    "invalidType": N_("This question cannot be answered."),
    "invalidLinkId": N_("This answer belongs to no question of the form."),
    "displayAnswer": N_("This text takes no answer."),
    "groupShouldNotHaveAnswers": N_("A group takes no answer of its own."),
    "invalidAnswerType": N_("This answer is of the wrong kind."),
    "required": N_("Answer this question."),
    "minCount": N_("Give at least %(limit)s answers."),
    "maxCount": N_("Give no more than %(limit)s answers."),
    "repeats": N_("Give only one answer."),
    "minLength": N_("Write at least %(limit)s characters."),
    "maxLength": N_("Write no more than %(limit)s characters."),
    "invalidNewLine": N_("Write this on one line."),
    "minValue": N_("The value must not be below %(limit)s."),
    "maxValue": N_("The value must not be above %(limit)s."),
    "maxDecimalPlaces": N_("Give no more than %(limit)s decimal places."),
    "invalidAnswerOption": N_("Choose one of the answers offered."),
    "exclusiveAnswerOption": N_("This answer cannot be combined with others."),
    "questionnaireNotFound": N_("This answer belongs to another form."),
    "questionnaireDraft": N_("This form is a draft."),
    "questionnaireRetired": N_("This form is no longer in use."),
    "questionnaireInactive": N_("This form was not in use when it was answered."),
}
"""What to say to the person, by code."""

_STRUCTURE = frozenset(
    {
        "invalidType",
        "invalidLinkId",
        "displayAnswer",
        "groupShouldNotHaveAnswers",
        "invalidAnswerType",
        "questionnaireNotFound",
    }
)
_WARNINGS = frozenset({"questionnaireDraft", "questionnaireRetired", "questionnaireInactive"})
_KINDS: dict[ItemType, tuple[type, ...]] = {
    ItemType.BOOLEAN: (bool,),
    ItemType.DECIMAL: (Decimal, int),
    ItemType.INTEGER: (int,),
    ItemType.DATE: (PartialDate,),
    ItemType.STRING: (str,),
    ItemType.TEXT: (str,),
    ItemType.OPEN_CHOICE: (Coding, str),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one answer, where it stands (FHIR path)."""

    code: str
    link_id: str
    path: str
    severity: Severity
    params: tuple[tuple[str, str], ...] = ()

    @property
    def message(self) -> str:
        """Give the msgid; its places are filled from `params` after translation."""
        return MESSAGES[self.code]


@dataclass(frozen=True, slots=True)
class _Found:
    """A code and its place, before the severity is known."""

    code: str
    path: str
    link_id: str
    limit: object = None


def validate(state: State) -> tuple[Problem, ...]:
    """Check all answers of enabled items; every problem is reported, in document order.

    In a response still in progress wrong content is a warning, so that a draft can be saved.
    """
    is_draft = state.response.status is ResponseStatus.IN_PROGRESS
    return tuple(
        Problem(
            found.code,
            found.link_id,
            found.path,
            Severity.WARNING
            if found.code in _WARNINGS or (is_draft and found.code not in _STRUCTURE)
            else Severity.ERROR,
            () if found.limit is None else (("limit", str(found.limit)),),
        )
        for found in _all(state)
    )


def blocks(problems: tuple[Problem, ...]) -> bool:
    """Say whether a response with these problems must not be accepted."""
    return any(problem.severity is Severity.ERROR for problem in problems)


def _all(state: State) -> Iterator[_Found]:
    """Find everything wrong."""
    yield from _about_the_form(state)
    for link_id, path in state.strays:
        yield _Found("invalidLinkId", path, link_id)
    for node in state.nodes:
        if node.of_answer or not node.is_enabled:
            continue
        if node.item.type is ItemType.GROUP:
            yield from _group(node, state)
        elif node.item.type in (ItemType.DISPLAY, ItemType.QUESTION):
            yield from _without_answer(node)
        else:
            yield from _counts(node)
            for answer, path in zip(node.answers, node.paths, strict=True):
                yield from _answer(node, answer.value, path)


def _about_the_form(state: State) -> Iterator[_Found]:
    """Check that the response belongs to this version, and that the version was in use."""
    form, response = state.form.questionnaire, state.response
    path = "QuestionnaireResponse.questionnaire"
    named = (response.questionnaire or "").partition("|")
    is_other_form = bool(named[0] and form.url and named[0] != form.url)
    if is_other_form or (named[2] and form.version and named[2] != form.version):
        yield _Found("questionnaireNotFound", path, "")
    if form.status is Status.DRAFT:
        yield _Found("questionnaireDraft", path, "")
    if form.status is Status.RETIRED:
        yield _Found("questionnaireRetired", path, "")
    if response.authored_at is not None:
        day = response.authored_at.date()
        is_early = form.effective_from is not None and day < form.effective_from.start
        is_late = form.effective_until is not None and day > form.effective_until.end
        if is_early or is_late:
            yield _Found("questionnaireInactive", path, "")


def _without_answer(node: Node) -> Iterator[_Found]:
    """Check what cannot be answered at all."""
    if node.item.type is ItemType.QUESTION:
        if node.is_given:
            yield _Found("invalidType", node.path, node.item.link_id)
    elif node.answers:
        yield _Found("displayAnswer", node.path, node.item.link_id)


def _group(node: Node, state: State) -> Iterator[_Found]:
    """Check one instance of a group; counting happens at the first."""
    item = node.item
    if node.answers:
        yield _Found("groupShouldNotHaveAnswers", node.path, item.link_id)
    if item.is_required and not any(child.has_answer() for child in node.children):
        yield _Found("required", node.path, item.link_id)
    siblings = node.parent.children if node.parent else state.roots
    instances = [one for one in siblings if one.item is item]
    if instances[0] is node:
        count = sum(one.is_given for one in instances)
        yield from _count(item, count, node.path)


def _counts(node: Node) -> Iterator[_Found]:
    """Check how many answers a question has."""
    count = len(node.values)
    if node.item.is_required and not count:
        yield _Found("required", node.path, node.item.link_id)
    yield from _count(node.item, count, node.path)


def _count(item: Item, count: int, path: str) -> Iterator[_Found]:
    """Compare a number of answers or instances with what the item allows."""
    if not item.repeats and count > 1:
        yield _Found("repeats", path, item.link_id)
    if item.min_occurs is not None and count < item.min_occurs:
        yield _Found("minCount", path, item.link_id, item.min_occurs)
    if item.max_occurs is not None and count > item.max_occurs:
        yield _Found("maxCount", path, item.link_id, item.max_occurs)


def _answer(node: Node, value: Value, path: str) -> Iterator[_Found]:
    """Check one answer by itself; a wrong kind makes the other checks meaningless."""
    item = node.item
    if not _is_of_kind(item, value):
        yield _Found("invalidAnswerType", path, item.link_id)
        return
    if item.type in (ItemType.CHOICE, ItemType.OPEN_CHOICE):
        yield from _option(node, value, path)
    if isinstance(value, str):
        yield from _text(item, value, path)
    yield from _bounds(item, value, path)


def _is_of_kind(item: Item, value: Value) -> bool:
    """Say whether a value is of the kind the item takes."""
    kinds = _KINDS.get(item.type)
    if item.type is ItemType.CHOICE:  # a coding, unless the options are of another type
        kinds = tuple({type(option.value) for option in item.options}) or (Coding,)
    if kinds is None or (isinstance(value, bool) and bool not in kinds):
        return False
    return isinstance(value, kinds)


def _option(node: Node, value: Value, path: str) -> Iterator[_Found]:
    """Check a choice against what was offered."""
    item = node.item
    is_free_text = item.type is ItemType.OPEN_CHOICE and isinstance(value, str)
    offered = [option for option in item.options if option.value == value]
    if item.options and not offered and not is_free_text:
        yield _Found("invalidAnswerOption", path, item.link_id)
    if offered and offered[0].is_exclusive and len(node.values) > 1:
        yield _Found("exclusiveAnswerOption", path, item.link_id)


def _text(item: Item, value: str, path: str) -> Iterator[_Found]:
    """Check the length of a text and its lines."""
    if item.type is not ItemType.TEXT and ("\n" in value or "\r" in value):
        yield _Found("invalidNewLine", path, item.link_id)
    if item.min_length is not None and len(value) < item.min_length:
        yield _Found("minLength", path, item.link_id, item.min_length)
    if item.max_length is not None and len(value) > item.max_length:
        yield _Found("maxLength", path, item.link_id, item.max_length)


def _bounds(item: Item, value: Value, path: str) -> Iterator[_Found]:
    """Check a number or a date against its bounds; both can be broken at once."""
    if not isinstance(value, int | Decimal | PartialDate) or isinstance(value, bool):
        return
    if item.min_value is not None and not compare(value, Operator.AT_LEAST, item.min_value):
        yield _Found("minValue", path, item.link_id, item.min_value)
    if item.max_value is not None and not compare(value, Operator.AT_MOST, item.max_value):
        yield _Found("maxValue", path, item.link_id, item.max_value)
    if item.max_decimal_places is not None and isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > item.max_decimal_places:
            yield _Found("maxDecimalPlaces", path, item.link_id, item.max_decimal_places)
