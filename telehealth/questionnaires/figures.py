"""Questions, answers and scores as a page shows them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from surveys.engine import Node
from surveys.entry import option_keys
from surveys.model import Coding, Item, ItemType, Value
from surveys.scoring import Kind
from telehealth.core.i18n import N_, number
from telehealth.questionnaires.service import Course, Definition, Opened

YES, NO = N_("Yes"), N_("No")

RULE_WORDS = {
    "raw_below_13": N_("sum of the answers below 13"),
    "item_0_or_1": N_("at least one answer of 0 or 1"),
    "change_down_10": N_("fell by 10 or more since the last time"),
    "item_9": N_("thoughts of being better off dead, or of hurting oneself"),
}
RAISED_WORDS = {"low": N_("low result"), "alert": N_("look at this")}
BAND_WORDS = {
    "minimal": N_("minimal"),
    "mild": N_("mild"),
    "moderate": N_("moderate"),
    "moderately_severe": N_("moderately severe"),
    "severe": N_("severe"),
}
NO_SCORE_WORDS = {
    "missing_answers": N_("No score: answers are missing."),
    "not_defined": N_("No score: it is not defined for these answers."),
}
RESPONDENT_WORDS = {
    "patient": N_("answered by the patient"),
    "observer": N_("answered by a parent or guardian, as observer"),
    "proxy": N_("answered by a proxy, in the patient's place"),
}
STATUS_WORDS = {
    "sent": N_("sent"),
    "started": N_("begun"),
    "completed": N_("answered"),
    "withdrawn": N_("taken back"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question with what has been answered."""

    item: Item
    number: int
    """Place among the questions asked now, from 1."""
    text: str
    leads: Sequence[str]
    """Headings and texts that belong before it."""
    options: Sequence[tuple[str, str]]
    typed: Sequence[str]
    other: str
    shown: str
    """The answer in words; empty: not answered. Message ids for yes and no."""

    @property
    def key(self) -> str:
        """Name of its field: the linkId."""
        return self.item.link_id

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer."""
        return bool(self.typed or self.other)

    @property
    def first(self) -> str:
        """The only text of a field with one."""
        return self.typed[0] if self.typed else ""


def questions(opened: Opened, language: str) -> list[Question]:
    """The questions to ask now, in order, in the form's language nearest to the reader's."""
    state = opened.state
    leads = _leads(state.nodes, language)
    return [
        _question(node, place, leads.get(node.item.link_id, ()), language)
        for place, node in enumerate(state.steps(), start=1)
    ]


def _leads(nodes: Sequence[Node], language: str) -> Mapping[str, Sequence[str]]:
    """By question: the headings of its groups, and the last text before it in the same place."""
    found: dict[str, tuple[str, ...]] = {}
    last: dict[int, str] = {}
    for node in nodes:
        if not node.is_enabled or node.item.is_hidden:
            continue
        place = id(node.parent)
        if node.item.type is ItemType.DISPLAY:
            last[place] = node.item.text_in(language)
            continue
        groups = [
            one.item.text_in(language)
            for one in node.ancestors()
            if one.item.type is ItemType.GROUP
        ]
        texts = [*reversed(groups), last.get(place, "")]
        found[node.item.link_id] = tuple(text for text in texts if text)
    return found


def _question(node: Node, place: int, leads: Sequence[str], language: str) -> Question:
    item = node.item
    typed, other = typed_of(item, node.values)
    options = [
        (key, in_words(option.value, language))
        for key, option in zip(option_keys(item), item.options, strict=True)
    ]
    return Question(
        item=item,
        number=place,
        text=item.text_in(language),
        leads=leads,
        options=options,
        typed=typed,
        other=other,
        shown=", ".join(in_words(value, language) for value in node.values),
    )


def typed_of(item: Item, values: Sequence[Value]) -> tuple[list[str], str]:
    """What a page shows as typed for these answers: the fields' texts, and the free text beside."""
    keys = {option.value: key for option, key in zip(item.options, option_keys(item), strict=True)}
    if item.type in (ItemType.CHOICE, ItemType.OPEN_CHOICE):
        chosen = [keys[value] for value in values if value in keys]
        other = [value for value in values if value not in keys and isinstance(value, str)]
        return chosen, other[0] if other else ""
    return [_text(value) for value in values], ""


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def in_words(value: Value, language: str) -> str:
    """An answer as people read it."""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Coding):
        return value.display_in(language)
    if isinstance(value, int | Decimal):
        return number(value, language)
    return str(value)


def bounds(definition: Definition, name: str) -> tuple[Decimal, Decimal] | None:
    """Lowest and highest possible value of a score that sums weighted choices; None: not known."""
    score = next((one for one in definition.scoring.scores if one.id == name), None)
    if score is None or score.kind is not Kind.SUM or score.reverse:
        return None
    low = high = Decimal(0)
    for link_id in score.items:
        item = definition.form.items[link_id]
        weights = [option.weight for option in item.options if option.weight is not None]
        if not weights:
            return None
        factor = score.weights.get(link_id, Decimal(1))
        ends = sorted((min(weights) * factor, max(weights) * factor))
        low, high = low + ends[0], high + ends[1]
    return low * score.scale, high * score.scale


WIDTH, HEIGHT, EDGE, LEFT = 320, 96, 10, 34
"""Of the small picture of a course, in its own units; `LEFT` is room for the numbers."""


def line(course: Course) -> list[tuple[float, float]]:
    """Points of the small picture, left to right in time."""
    ends = bounds(course.definition, course.definition.primary_score)
    values = [point.value for point in course.points]
    low, high = ends or (min(values), max(values))
    first, last = course.points[0].at, course.points[-1].at
    span = (last - first).total_seconds() or 1
    height = float(high - low) or 1
    return [
        (
            round(
                LEFT + EDGE + (WIDTH - LEFT - 2 * EDGE) * (point.at - first).total_seconds() / span,
                1,
            ),
            round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * float(point.value - low) / height, 1),
        )
        for point in course.points
    ]
