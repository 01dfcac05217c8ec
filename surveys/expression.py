"""A small arithmetic language for scores: + - * / min max, numbers and names. Nothing else.

Names are letters, digits, `_`, `-` or `.` in braces, such as `{phq-1} + {phq-2}`. A formula that
names a missing value, or divides by zero, has no value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

MAX_LENGTH = 2_000
MAX_DEPTH = 30
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|\{([\w.-]+)\}|(min|max)\b|([-+*/(),]))")


class FormulaRefused(ValueError):
    """A formula that cannot be read."""


@dataclass(frozen=True, slots=True)
class Node:
    """A number (`value`), a name, or an operation on other nodes."""

    op: str
    parts: tuple["Node", ...] = ()
    value: Decimal = Decimal(0)
    name: str = ""


def parse(text: str) -> Node:
    """Read a formula.

    Raises:
        FormulaRefused: it is too long, too deep or not in the language.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaRefused("the formula is too long")
    reader = _Reader(_tokens(text))
    node = reader.sum(0)
    if reader.at < len(reader.tokens):
        raise FormulaRefused(f"unexpected {reader.tokens[reader.at][1]!r}")
    return node


def evaluate(text: str, values: Mapping[str, Decimal]) -> Decimal | None:
    """Compute a formula; None when a value it needs is missing or it divides by zero."""
    return _compute(parse(text), values)


def _tokens(text: str) -> list[tuple[str, str]]:
    """Cut a formula into (kind, text)."""
    tokens: list[tuple[str, str]] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise FormulaRefused(f"cannot read {text[at : at + 10]!r}")
        kinds = ("number", "name", "function", "sign")
        tokens += [(kind, part) for kind, part in zip(kinds, found.groups(), strict=True) if part]
        at = found.end()
    return tokens


class _Reader:
    """Recursive descent with a bounded depth."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def take(self, *signs: str) -> str:
        """Consume one of the signs, or nothing."""
        if self.at < len(self.tokens) and self.tokens[self.at] in [("sign", s) for s in signs]:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def need(self, sign: str) -> None:
        """Consume a sign that must be there."""
        if not self.take(sign):
            raise FormulaRefused(f"expected {sign!r}")

    def sum(self, depth: int) -> Node:
        """Read terms joined by + and -."""
        if depth > MAX_DEPTH:
            raise FormulaRefused("the formula is nested too deeply")
        node = self.product(depth)
        while sign := self.take("+", "-"):
            node = Node(sign, (node, self.product(depth)))
        return node

    def product(self, depth: int) -> Node:
        """Read factors joined by * and /."""
        node = self.factor(depth)
        while sign := self.take("*", "/"):
            node = Node(sign, (node, self.factor(depth)))
        return node

    def factor(self, depth: int) -> Node:
        """Read a number, a name, a function or something in parentheses."""
        if self.take("("):
            node = self.sum(depth + 1)
            self.need(")")
            return node
        if self.at >= len(self.tokens):
            raise FormulaRefused("the formula ends too early")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return Node("number", value=Decimal(text))
        if kind == "name":
            return Node("name", name=text)
        if kind == "function":
            return Node(text, self.arguments(depth + 1))
        raise FormulaRefused(f"unexpected {text!r}")

    def arguments(self, depth: int) -> tuple[Node, ...]:
        """Read the arguments of min or max."""
        self.need("(")
        parts = [self.sum(depth)]
        while self.take(","):
            parts.append(self.sum(depth))
        self.need(")")
        return tuple(parts)


def _compute(node: Node, values: Mapping[str, Decimal]) -> Decimal | None:
    """Compute a node; a chain of + grows to the left, so it is folded without recursion there."""
    chain: list[Node] = []
    while node.op in ("+", "-", "*", "/"):
        chain.append(node)
        node = node.parts[0]
    result = _leaf(node, values)
    for step in reversed(chain):
        other = _compute(step.parts[1], values)
        if result is None or other is None or (step.op == "/" and other == 0):
            return None
        result = _apply(step.op, result, other)
    return result


def _leaf(node: Node, values: Mapping[str, Decimal]) -> Decimal | None:
    """Give the value of a number, a name, min or max."""
    if node.op == "number":
        return node.value
    if node.op == "name":
        return values.get(node.name)
    parts = [_compute(part, values) for part in node.parts]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return min(known) if node.op == "min" else max(known)


def _apply(op: str, left: Decimal, right: Decimal) -> Decimal:
    """Carry out one operation."""
    if op == "+":
        return left + right
    if op == "-":
        return left - right
    return left * right if op == "*" else left / right
