"""A JSON array of any length, one element at a time."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

from devices.files.records import Reason, Skipped

MAX_ELEMENT_CHARS = 1 << 20
"""No record of any export comes near; where a longer one begins, reading ends."""
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?P<closed>"?)|[{}\[\],]', re.DOTALL)
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1, ",": 0}


@dataclass(frozen=True, slots=True)
class Element:
    """One object of the array and the line it begins on."""

    line: int
    fields: dict[str, Any]

    def text(self, name: str) -> str:
        """Return a field that is text; empty for every other."""
        found = self.fields.get(name)
        return found if isinstance(found, str) else ""


def elements(texts: Iterator[str]) -> Iterator[Element | Skipped]:
    """Read the elements of an array; what is no object or broken is skipped."""
    first = next(texts, "")
    splitter = _splitter_for(first)
    for text in chain([first], texts):
        for line, part in splitter.feed(text):
            yield _element(line, part)
        if len(splitter.held) > MAX_ELEMENT_CHARS:
            break
    if splitter.is_cut_off():
        blank = len(splitter.held) - len(splitter.held.lstrip())
        yield Skipped(splitter.line + splitter.held.count("\n", 0, blank), Reason.CUT_OFF)


def _element(line: int, text: str) -> Element | Skipped:
    try:
        fields = json.loads(
            text, parse_float=Decimal, parse_constant=lambda _: None, object_hook=_untyped
        )
    except (ValueError, RecursionError, ArithmeticError):
        return Skipped(line, Reason.BAD_ROW)
    return Element(line, fields) if isinstance(fields, dict) else Skipped(line, Reason.BAD_ROW)


_TYPED = ("$numberInt", "$numberLong", "$numberDouble", "$numberDecimal")


def _untyped(found: dict[str, Any]) -> Any:
    """Turn what a database exports with its type, `{"$numberInt": "72"}`, into the number."""
    if len(found) == 1:
        for name in _TYPED:
            if isinstance(found.get(name), str):
                number = Decimal(found[name])
                return number if number.is_finite() else None
    return found


class _Splitter:
    """Cuts an array at its outermost commas, holding no more than one element."""

    def __init__(self) -> None:
        self.held = ""
        """What has come of the present element."""
        self.line = 1
        """Where that element begins."""
        self.depth = 0
        self._scan = 0

    def feed(self, text: str) -> Iterator[tuple[int, str]]:
        """Take the next piece and give every element that is whole, with its line."""
        self.held += text
        start = 0
        while token := _TOKEN.search(self.held, self._scan):
            mark = token[0][0]
            if mark == '"':
                if not token["closed"]:  # the string goes on in the next piece
                    self._scan = token.start()
                    break
                self._scan = token.end()
                continue
            self._scan = token.end()
            if self._ends_element(mark):
                yield from self._part(self.held[start : token.start()])
                start = token.end()
        else:
            self._scan = len(self.held)
        self.held = self.held[start:]
        self._scan -= start

    def is_cut_off(self) -> bool:
        """Whether something was still open when the text ended."""
        return bool(self.held.strip() or self.depth)

    def _ends_element(self, mark: str) -> bool:
        self.depth = max(self.depth + _STEPS[mark], 0)
        if _STEPS[mark] > 0:
            return mark == "[" and self.depth == 1
        return self.depth == (1 if mark == "," else 0)

    def _part(self, text: str) -> Iterator[tuple[int, str]]:
        body = text.lstrip()
        line = self.line + text.count("\n", 0, len(text) - len(body))
        self.line += text.count("\n")
        if body:
            yield line, body


class _Objects(_Splitter):
    """Cuts a file of objects one after another, as databases export them."""

    def _ends_element(self, mark: str) -> bool:
        self.depth = max(self.depth + _STEPS[mark], 0)
        return mark == "}" and self.depth == 0

    def _part(self, text: str) -> Iterator[tuple[int, str]]:
        return super()._part(text + "}")


class _Wrapped(_Splitter):
    """Cuts the arrays that stand inside an answer of a server, at one depth."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self._level = level
        self._is_inside = self._is_other = False

    def is_cut_off(self) -> bool:
        return self.depth > 0

    def _ends_element(self, mark: str) -> bool:
        self.depth = max(self.depth + _STEPS[mark], 0)
        if not self._is_inside:
            self._is_inside = self._is_other = mark == "[" and self.depth == self._level
            return self._is_inside
        if mark == "]" and self.depth < self._level:
            self._is_inside = False
            return True
        return mark == "," and self.depth == self._level

    def _part(self, text: str) -> Iterator[tuple[int, str]]:
        if self._is_other:  # what stands before the array is no element
            self._is_other = False
            self.line += text.count("\n")
            return
        yield from super()._part(text)


def _splitter_for(head: str) -> _Splitter:
    if not head.lstrip().startswith("{"):
        return _Splitter()
    depth, before = 0, ""
    for token in _TOKEN.finditer(head):
        mark = token[0][0]
        if mark == '"':
            continue
        if before == "[" and mark == "{":
            return _Wrapped(depth)
        depth += _STEPS[mark]
        if depth == 0:
            break
        before = mark
    return _Objects()
