"""From what a person typed or ticked to a response, and how a form is cut into pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from surveys.engine import UNANSWERABLE, Form, is_blank
from surveys.model import (
    Answer,
    Item,
    ItemType,
    PartialDate,
    Questionnaire,
    Response,
    ResponseItem,
    ResponseStatus,
    Value,
)

MAX_DIGITS = 20


class NotAnAnswer(ValueError):
    """What was typed is no value of the item's type; `code` is one of the validation codes."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown together: a heading (a top-level group, if any) and its items."""

    group: Item | None
    items: tuple[Item, ...]


def pages(questionnaire: Questionnaire) -> tuple[Page, ...]:
    """Cut a form: each top-level group is a page, and so is each run of items between groups."""
    found: list[Page] = []
    loose: list[Item] = []
    for item in questionnaire.items:
        if item.type is not ItemType.GROUP:
            loose.append(item)
            continue
        if loose:
            found.append(Page(None, tuple(loose)))
            loose = []
        found.append(Page(item, item.items))
    if loose:
        found.append(Page(None, tuple(loose)))
    return tuple(found)


def option_keys(item: Item) -> tuple[str, ...]:
    """Give the form value of each option, in order; stable within a version."""
    return tuple(f"o{index}" for index in range(len(item.options)))


def read_field(item: Item, texts: Sequence[str], other: str = "") -> tuple[Value, ...]:
    """Read the values of one HTML field; empty texts are no answer.

    For choices `texts` are option keys; `other` is the free text of an open choice.

    Raises:
        NotAnAnswer: with the code `invalidAnswerType` or `invalidAnswerOption`.
    """
    given = [text for text in texts if text.strip()]
    if item.type in (ItemType.CHOICE, ItemType.OPEN_CHOICE):
        options = dict(zip(option_keys(item), item.options, strict=True))
        if any(key not in options for key in given):
            raise NotAnAnswer("invalidAnswerOption")
        chosen: list[Value] = [options[key].value for key in given]
        if other.strip():
            if item.type is ItemType.CHOICE:
                raise NotAnAnswer("invalidAnswerOption")
            chosen.append(other.strip())
        return tuple(chosen)
    return tuple(_read_text(item.type, text) for text in given)


def _read_text(kind: ItemType, text: str) -> Value:
    """Read one value as a person writes it; a decimal comma is as good as a point."""
    plain = text.strip()
    try:
        if kind is ItemType.BOOLEAN:
            return {"true": True, "false": False}[plain]
        if kind is ItemType.DATE:
            return PartialDate.parse(plain)
        if kind in (ItemType.INTEGER, ItemType.DECIMAL):
            return _read_number(kind, plain)
    except (KeyError, ValueError, InvalidOperation) as error:
        raise NotAnAnswer("invalidAnswerType") from error
    if kind in UNANSWERABLE:
        raise NotAnAnswer("invalidAnswerType")
    return text.replace("\r\n", "\n") if kind is ItemType.TEXT else text


def _read_number(kind: ItemType, plain: str) -> int | Decimal:
    """Read a number of plain digits, with an optional sign, comma or point."""
    written = plain.replace(",", ".").replace("\u2212", "-")
    digits = written.lstrip("+-").replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS):
        raise NotAnAnswer("invalidAnswerType")
    return int(written) if kind is ItemType.INTEGER else Decimal(written)


def respond(
    form: Form,
    answers: Mapping[str, Sequence[Value]],
    *,
    status: ResponseStatus = ResponseStatus.IN_PROGRESS,
    authored_at: datetime | None = None,
    language: str | None = None,
) -> Response:
    """Make a response of answers by linkId.

    For forms without repeating groups: items nested under a question go below its first answer.
    Answers to linkIds the form does not have are kept at the root, where validation names them.
    """
    unknown = tuple(
        ResponseItem(link_id, tuple(Answer(value) for value in values))
        for link_id, values in answers.items()
        if link_id not in form.items
    )
    return Response(
        items=_fill(form.questionnaire.items, answers) + unknown,
        questionnaire=form.questionnaire.canonical,
        status=status,
        authored_at=authored_at,
        language=language,
    )


def _fill(
    items: tuple[Item, ...], answers: Mapping[str, Sequence[Value]]
) -> tuple[ResponseItem, ...]:
    """Make the response items of one place."""
    found: list[ResponseItem] = []
    for item in items:
        below = _fill(item.items, answers)
        values = [value for value in answers.get(item.link_id, ()) if not is_blank(value)]
        if item.type is ItemType.GROUP and (below or values):
            found.append(ResponseItem(item.link_id, tuple(Answer(v) for v in values), below))
        elif values:
            first, *others = values
            found.append(
                ResponseItem(
                    item.link_id, (Answer(first, below), *(Answer(value) for value in others))
                )
            )
    return tuple(found)


def answers_of(response: Response) -> dict[str, tuple[Value, ...]]:
    """Give the answers of a response by linkId, to fill a form again."""
    found: dict[str, tuple[Value, ...]] = {}
    waiting = list(response.items)
    while waiting:
        item = waiting.pop()
        if item.answers:
            values = tuple(answer.value for answer in item.answers)
            found[item.link_id] = found.get(item.link_id, ()) + values
        waiting += item.items
        for answer in item.answers:
            waiting += answer.items
    return found
