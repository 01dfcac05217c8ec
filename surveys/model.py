"""Questionnaires and responses as values that cannot change.

The shapes follow FHIR R4 `Questionnaire` and `QuestionnaireResponse`, reduced to what a form for
patients needs. Reading and writing the JSON is `surveys.fhir`; meaning is `surveys.engine`.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

Words = tuple[tuple[str, str], ...]
"""Translations as (language, text) pairs: a value that cannot change, unlike a mapping."""


class ItemType(StrEnum):
    """What an item asks for; `QUESTION` is abstract and never answerable."""

    GROUP = "group"
    DISPLAY = "display"
    QUESTION = "question"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE = "date"
    STRING = "string"
    TEXT = "text"
    CHOICE = "choice"
    OPEN_CHOICE = "open-choice"


class Operator(StrEnum):
    """How an enabling condition compares."""

    EXISTS = "exists"
    EQUAL = "="
    NOT_EQUAL = "!="
    ABOVE = ">"
    BELOW = "<"
    AT_LEAST = ">="
    AT_MOST = "<="


class Behavior(StrEnum):
    """Whether one condition is enough or all must hold."""

    ANY = "any"
    ALL = "all"


class Status(StrEnum):
    """Life of a questionnaire version."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"
    UNKNOWN = "unknown"


class ResponseStatus(StrEnum):
    """Life of a response."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    AMENDED = "amended"
    ENTERED_IN_ERROR = "entered-in-error"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A FHIR date: a year, a month or a day, understood as the interval it covers."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        """Refuse days that no calendar has."""
        if self.day is not None and self.month is None:
            raise ValueError("a day needs a month")
        date(self.year, self.month or 1, self.day or 1)

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """Read `2024`, `2024-03` or `2024-03-31`.

        Raises:
            ValueError: any other shape, or a day that does not exist.
        """
        parts = text.split("-")
        widths = [4, 2, 2][: len(parts)]
        digits = text.isascii() and all(part.isdigit() for part in parts)
        if len(parts) > len(widths) or not digits or [len(part) for part in parts] != widths:
            raise ValueError(f"not a date: {text[:20]!r}")
        return cls(*(int(part) for part in parts))

    @property
    def start(self) -> date:
        """First day covered."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def end(self) -> date:
        """Last day covered."""
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    def __str__(self) -> str:
        """Write it with the precision it was given with."""
        parts = [f"{self.year:04}"]
        parts += [f"{part:02}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)


@dataclass(frozen=True, slots=True)
class Coding:
    """A code of a system; two codings are the same answer when system and code agree."""

    code: str
    system: str | None = None
    display: str | None = field(default=None, compare=False)
    translations: Words = field(default=(), compare=False)

    def display_in(self, language: str) -> str:
        """Give the wording in a language, or the original, or the bare code."""
        return dict(self.translations).get(language, self.display or self.code)


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A value of a kind that no item here takes; kept so that it can be refused by name."""

    kind: str


Value = bool | int | Decimal | PartialDate | str | Coding | Unsupported


@dataclass(frozen=True, slots=True)
class AnswerOption:
    """One permitted answer; `weight` is what it adds to a score."""

    value: Value
    weight: Decimal | None = None
    is_exclusive: bool = False
    is_initial: bool = False


@dataclass(frozen=True, slots=True)
class EnableWhen:
    """A condition on another question's answer."""

    question: str
    operator: Operator
    answer: Value


@dataclass(frozen=True, slots=True)
class Item:
    """A question, a group of items, or a text to read. Bounds are inclusive."""

    link_id: str
    type: ItemType
    text: str = ""
    translations: Words = ()
    prefix: str = ""
    is_required: bool = False
    repeats: bool = False
    is_read_only: bool = False
    is_hidden: bool = False
    min_length: int | None = None
    max_length: int | None = None
    min_value: int | Decimal | PartialDate | None = None
    max_value: int | Decimal | PartialDate | None = None
    max_decimal_places: int | None = None
    min_occurs: int | None = None
    max_occurs: int | None = None
    enable_when: tuple[EnableWhen, ...] = ()
    enable_behavior: Behavior = Behavior.ANY
    options: tuple[AnswerOption, ...] = ()
    initial: tuple[Value, ...] = ()
    items: tuple["Item", ...] = ()

    def text_in(self, language: str) -> str:
        """Give the wording in a language, or in the form's own where it was not translated."""
        return dict(self.translations).get(language, self.text)


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One version of a form, in the order of its author."""

    items: tuple[Item, ...]
    url: str | None = None
    version: str | None = None
    title: str = ""
    translations: Words = ()
    status: Status = Status.DRAFT
    language: str | None = None
    effective_from: PartialDate | None = None
    effective_until: PartialDate | None = None

    @property
    def canonical(self) -> str | None:
        """Give `url|version`, which responses name."""
        return f"{self.url}|{self.version}" if self.url and self.version else self.url

    def title_in(self, language: str) -> str:
        """Give the title in a language, or in the form's own."""
        return dict(self.translations).get(language, self.title)

    def walk(self) -> Iterator[Item]:
        """Give every item once, parents before children, in document order."""
        waiting = list(reversed(self.items))
        while waiting:
            item = waiting.pop()
            yield item
            waiting.extend(reversed(item.items))


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, with the items nested under it."""

    value: Value
    items: tuple["ResponseItem", ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseItem:
    """What was answered at one place of the tree; a group instance has items instead."""

    link_id: str
    answers: tuple[Answer, ...] = ()
    items: tuple["ResponseItem", ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """A person's answers to one version of a questionnaire."""

    items: tuple[ResponseItem, ...] = ()
    questionnaire: str | None = None
    status: ResponseStatus = ResponseStatus.IN_PROGRESS
    authored_at: datetime | None = None
    language: str | None = None
