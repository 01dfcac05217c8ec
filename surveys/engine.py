"""What a form means for the answers given so far: what is asked, and what is left at the end.

A form is compiled once per version (`compile_form`) and evaluated in one pass (`evaluate`), in
the order of dependence and not of the document. A disabled item counts as unanswered everywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType

from surveys.fhir import Finding, FormRefused
from surveys.model import (
    Answer,
    Behavior,
    EnableWhen,
    Item,
    ItemType,
    Operator,
    PartialDate,
    Questionnaire,
    Response,
    ResponseItem,
    Value,
)

UNANSWERABLE = frozenset({ItemType.GROUP, ItemType.DISPLAY, ItemType.QUESTION})


@dataclass(frozen=True, slots=True)
class Form:
    """A questionnaire made ready: items by linkId, where each lives, and the order to decide in."""

    questionnaire: Questionnaire
    items: Mapping[str, Item]
    places: Mapping[str, tuple[str, ...]]
    order: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Node:
    """One place of the filled form: an item under one instance of its parent.

    `paths` holds the FHIR path of each answer. A node with `of_answer` is a single answer of its
    parent, below which the nested items of that answer live.
    """

    item: Item
    parent: "Node | None"
    path: str
    answers: tuple[Answer, ...] = ()
    paths: tuple[str, ...] = ()
    children: list["Node"] = field(default_factory=list)
    is_given: bool = False
    is_enabled: bool = True
    of_answer: bool = False

    @property
    def values(self) -> tuple[Value, ...]:
        """Give what was answered; an empty text is no answer."""
        return tuple(one.value for one in self.answers if not is_blank(one.value))

    def ancestors(self) -> Iterator["Node"]:
        """Give the enclosing nodes, nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def has_answer(self) -> bool:
        """Say whether an enabled question here or below is answered."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if node.is_enabled and node.values and node.item.type not in UNANSWERABLE:
                return True
            waiting += node.children
        return False


@dataclass(frozen=True, slots=True)
class State:
    """A form with its answers: every node in document order, and what belongs nowhere.

    `strays` holds linkId and path of response items that have no place where they stand.
    """

    form: Form
    response: Response
    roots: tuple[Node, ...]
    nodes: tuple[Node, ...]
    strays: tuple[tuple[str, str], ...]

    def enabled(self) -> frozenset[str]:
        """Give the linkIds that are asked in at least one place."""
        return frozenset(node.item.link_id for node in self.nodes if node.is_enabled)

    def steps(self) -> tuple[Node, ...]:
        """Give the questions to ask one by one, in document order."""
        return tuple(
            node
            for node in self.nodes
            if node.is_enabled
            and not node.of_answer
            and node.item.type not in UNANSWERABLE
            and not any(one.item.is_hidden for one in (node, *node.ancestors()))
        )


def compile_form(questionnaire: Questionnaire) -> Form:
    """Make a questionnaire ready.

    Raises:
        FormRefused: a linkId twice, or conditions that depend on each other in a circle.
    """
    items: dict[str, Item] = {}
    places: dict[str, tuple[str, ...]] = {}
    rows: list[tuple[Item, tuple[str, ...]]] = [(one, ()) for one in reversed(questionnaire.items)]
    while rows:
        item, above = rows.pop()
        if item.link_id in items:
            raise FormRefused((Finding(item.link_id, "que-2", "this linkId is used twice"),))
        items[item.link_id] = item
        places[item.link_id] = (*above, item.link_id)
        rows += [(child, places[item.link_id]) for child in reversed(item.items)]
    order = _order(items, places)
    return Form(questionnaire, MappingProxyType(items), MappingProxyType(places), order)


def _order(items: Mapping[str, Item], places: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Sort so that each item follows its parent and the questions it depends on."""
    needs = {
        link_id: {one.question for one in item.enable_when if one.question in items}
        | set(places[link_id][-2:-1])
        for link_id, item in items.items()
    }
    done: dict[str, None] = {}
    for start in items:
        trail = [start]
        on_trail = {start}
        while trail:
            open_needs = sorted(need for need in needs[trail[-1]] if need not in done)
            if not open_needs:
                done[trail[-1]] = None
                on_trail.discard(trail.pop())
            elif open_needs[0] in on_trail:
                circle = [*trail[trail.index(open_needs[0]) :], open_needs[0]]
                words = "conditions form a circle: " + " -> ".join(circle)
                raise FormRefused((Finding(start, "cycle", words),))
            else:
                trail.append(open_needs[0])
                on_trail.add(open_needs[0])
    return tuple(done)


def is_blank(value: Value) -> bool:
    """Say whether a value is an empty text, which is no answer."""
    return isinstance(value, str) and not value.strip()


def evaluate(form: Form, response: Response) -> State:
    """Place the answers in the form and decide which items are asked."""
    strays: list[tuple[str, str]] = []
    roots = _place(form.questionnaire.items, response.items, None, "QuestionnaireResponse", strays)
    nodes: list[Node] = []
    waiting = list(reversed(roots))
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        waiting += reversed(node.children)
    _decide(form, nodes)
    return State(form, response, tuple(roots), tuple(nodes), tuple(strays))


def _place(
    items: tuple[Item, ...],
    given: tuple[ResponseItem, ...],
    parent: Node | None,
    path: str,
    strays: list[tuple[str, str]],
) -> list[Node]:
    """Match response items with the items of one place; depth is bounded by the reader."""
    found: dict[str, list[tuple[ResponseItem, str]]] = {item.link_id: [] for item in items}
    for index, one in enumerate(given):
        here = f"{path}.item[{index}]"
        if one.link_id in found:
            found[one.link_id].append((one, here))
        else:
            strays.append((one.link_id, here))
    nodes: list[Node] = []
    for item in items:
        rows = found[item.link_id]
        if item.type is ItemType.GROUP:
            nodes += [_group(item, one, parent, here, strays) for one, here in rows] or [
                _group(item, ResponseItem(item.link_id), parent, path, strays, is_given=False)
            ]
        else:
            nodes.append(_question(item, rows, parent, path, strays))
    return nodes


def _group(
    item: Item,
    given: ResponseItem,
    parent: Node | None,
    path: str,
    strays: list[tuple[str, str]],
    *,
    is_given: bool = True,
) -> Node:
    """Make the node of one group instance."""
    node = Node(item, parent, path, given.answers, is_given=is_given)
    node.paths = tuple(f"{path}.answer[{index}]" for index in range(len(given.answers)))
    node.children = _place(item.items, given.items, node, path, strays)
    return node


def _question(
    item: Item,
    rows: list[tuple[ResponseItem, str]],
    parent: Node | None,
    path: str,
    strays: list[tuple[str, str]],
) -> Node:
    """Make the node of a question, with one node below it for each answer that has items."""
    node = Node(item, parent, rows[0][1] if rows else path, is_given=bool(rows))
    pairs = [
        (answer, f"{here}.answer[{index}]")
        for one, here in rows
        for index, answer in enumerate(one.answers)
    ]
    node.answers = tuple(answer for answer, _ in pairs)
    node.paths = tuple(here for _, here in pairs)
    for one, here in rows:  # the items of a question belong below its answers
        strays += [
            (child.link_id, f"{here}.item[{index}]") for index, child in enumerate(one.items)
        ]
    for answer, here in pairs:
        if item.items or answer.items:
            below = Node(item, node, here, (answer,), (here,), is_given=True, of_answer=True)
            below.children = _place(item.items, answer.items, below, here, strays)
            node.children.append(below)
    return node


def _decide(form: Form, nodes: list[Node]) -> None:
    """Set `is_enabled` of every node, parents and dependencies first."""
    by_link: dict[str, list[Node]] = {}
    under: dict[tuple[str, Node | None], list[Node]] = {}
    for node in nodes:
        by_link.setdefault(node.item.link_id, []).append(node)
        if not node.of_answer:
            for scope in (*node.ancestors(), None):
                under.setdefault((node.item.link_id, scope), []).append(node)
    for link_id in form.order:
        for node in by_link.get(link_id, []):
            is_parent_on = node.parent is None or node.parent.is_enabled
            node.is_enabled = is_parent_on and (node.of_answer or _asked(form, node, under))


def _asked(form: Form, node: Node, under: Mapping[tuple[str, Node | None], list[Node]]) -> bool:
    """Say whether the conditions of an item hold where it stands."""
    if not node.item.enable_when:
        return True
    results = (
        _holds(condition, _targets(form, node, condition.question, under))
        for condition in node.item.enable_when
    )
    return all(results) if node.item.enable_behavior is Behavior.ALL else any(results)


def _targets(
    form: Form, node: Node, question: str, under: Mapping[tuple[str, Node | None], list[Node]]
) -> list[Node]:
    """Find the question in the nearest instance that encloses both, then outward."""
    own, other = form.places[node.item.link_id], form.places.get(question)
    if other is None:
        return []
    shared = 0
    while shared < min(len(own), len(other)) and own[shared] == other[shared]:
        shared += 1
    scope = None
    if shared:
        scope = next(one for one in node.ancestors() if one.item.link_id == own[shared - 1])
        if scope.item.link_id == question:
            return [scope]
    return under.get((question, scope), [])


def _holds(condition: EnableWhen, targets: Sequence[Node]) -> bool:
    """Compare the answers of enabled questions with a condition."""
    values = [value for node in targets if node.is_enabled for value in node.values]
    if condition.operator is Operator.EXISTS:
        return bool(values) is condition.answer
    if condition.operator is Operator.NOT_EQUAL:  # true also without any answer
        return not any(compare(value, Operator.EQUAL, condition.answer) for value in values)
    return any(compare(value, condition.operator, condition.answer) for value in values)


def compare(left: Value, operator: Operator, right: Value) -> bool:
    """Compare two values; kinds that cannot be compared are never equal nor ordered."""
    if isinstance(left, PartialDate) and isinstance(right, PartialDate):
        return {
            Operator.EQUAL: left == right,
            Operator.ABOVE: left.start > right.end,
            Operator.BELOW: left.end < right.start,
            Operator.AT_LEAST: left.start >= right.start,
            Operator.AT_MOST: left.end <= right.end,
        }.get(operator, False)
    if _is_number(left) and _is_number(right):
        low, high = Decimal(str(left)), Decimal(str(right))
        return {
            Operator.EQUAL: low == high,
            Operator.ABOVE: low > high,
            Operator.BELOW: low < high,
            Operator.AT_LEAST: low >= high,
            Operator.AT_MOST: low <= high,
        }.get(operator, False)
    return operator is Operator.EQUAL and type(left) is type(right) and left == right


def _is_number(value: Value) -> bool:
    """Say whether a value counts; True and False do not."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def strip_disabled(state: State) -> tuple[Response, tuple[str, ...]]:
    """Give the response without answers to items that are not asked, and their linkIds.

    Drafts keep such answers, so that enabling the item again restores them; a submitted response
    must not hold them.
    """
    stripped = tuple(
        node.item.link_id
        for node in state.nodes
        if node.answers and not node.of_answer and not node.is_enabled
    )
    return replace(state.response, items=_kept(list(state.roots))), stripped


def _kept(nodes: list[Node]) -> tuple[ResponseItem, ...]:
    """Write the enabled and answered nodes back as response items."""
    kept: list[ResponseItem] = []
    for node in nodes:
        if not node.is_enabled:
            continue
        if node.item.type is ItemType.GROUP:
            below = _kept(node.children)
            if below:
                kept.append(ResponseItem(node.item.link_id, items=below))
            continue
        nested = {id(child.answers[0]): _kept(child.children) for child in node.children}
        answers = tuple(
            Answer(answer.value, nested.get(id(answer), ()))
            for answer in node.answers
            if not is_blank(answer.value)
        )
        if answers:
            kept.append(ResponseItem(node.item.link_id, answers))
    return tuple(kept)


def item_values(state: State) -> dict[str, Decimal]:
    """Give the numbers that scores are made of: option weights, or numbers as answered.

    An item that is disabled, unanswered, or answered more than once has no value.
    """
    found: dict[str, Decimal] = {}
    several: set[str] = set()
    for node in state.nodes:
        if not node.is_enabled or node.of_answer or not node.values:
            continue
        several |= {node.item.link_id} & found.keys()
        value = node.values[0]
        weights = [one.weight for one in node.item.options if one.value == value]
        number = weights[0] if weights else Decimal(str(value)) if _is_number(value) else None
        if len(node.values) == 1 and number is not None:
            found[node.item.link_id] = number
    return {link_id: value for link_id, value in found.items() if link_id not in several}
