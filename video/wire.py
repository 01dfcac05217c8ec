"""Strict reading of JSON from a browser: every fault is one `BadMessage` with field and code."""

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

OPAQUE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Ids that neither a log, nor a URL, nor a TURN name would trip over."""

MAX_GENERATION: Final = 2**31 - 1


class Code(StrEnum):
    """What is wrong with a field."""

    UNKNOWN_EVENT = "unknown_event"
    UNKNOWN_KEY = "unknown_key"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    TOO_LONG = "too_long"
    OUT_OF_RANGE = "out_of_range"
    NOT_ALLOWED = "not_allowed"


class BadMessage(ValueError):
    """A message that is refused whole. Carries no value, so that it may be logged."""

    def __init__(self, field: str, code: Code) -> None:
        super().__init__(f"{field}: {code.value}")
        self.field = field
        """Path with dots, such as `description.sdp`; empty for the message itself."""
        self.code = code


class Fields:
    """One JSON object with exactly these keys, read field by field.

    Raises:
        BadMessage: it is not an object, a key is unknown, or a required one is missing.
    """

    def __init__(
        self,
        payload: object,
        required: frozenset[str],
        optional: frozenset[str] = frozenset(),
        *,
        at: str = "",
    ) -> None:
        if not isinstance(payload, Mapping):
            raise BadMessage(at, Code.WRONG_TYPE)
        self._at = f"{at}." if at else ""
        keys = set(payload)
        for key in keys - required - optional:
            # An unknown key is the sender's text: it is named only if it is harmless to repeat.
            is_plain = isinstance(key, str) and OPAQUE_ID.fullmatch(key) is not None
            raise BadMessage(self._at + (key if is_plain else "?"), Code.UNKNOWN_KEY)
        for key in sorted(required - keys):
            raise BadMessage(self._at + key, Code.MISSING)
        self._payload = payload

    def is_null(self, key: str) -> bool:
        """Whether the key is absent or null."""
        return self._payload.get(key) is None

    def raw(self, key: str) -> object:
        """Return the value unread."""
        return self._payload.get(key)

    def text(self, key: str, *, max_bytes: int) -> str:
        """Return text of at most so many bytes in UTF-8, without NUL."""
        value = self._payload.get(key)
        if not isinstance(value, str) or "\0" in value:
            raise BadMessage(self._at + key, Code.WRONG_TYPE)
        if len(value) > max_bytes:  # before encoding, which would copy an oversized text first
            raise BadMessage(self._at + key, Code.TOO_LONG)
        try:
            size = len(value.encode())
        except UnicodeEncodeError as error:  # a lone surrogate: JSON can carry it, UTF-8 cannot
            raise BadMessage(self._at + key, Code.WRONG_TYPE) from error
        if size > max_bytes:
            raise BadMessage(self._at + key, Code.TOO_LONG)
        return value

    def opaque_id(self, key: str) -> str:
        """Return an id of `OPAQUE_ID` form."""
        value = self.text(key, max_bytes=64)
        if OPAQUE_ID.fullmatch(value) is None:
            raise BadMessage(self._at + key, Code.NOT_ALLOWED)
        return value

    def choice(self, key: str, allowed: frozenset[str]) -> str:
        """Return one of the allowed words."""
        value = self.text(key, max_bytes=64)
        if value not in allowed:
            raise BadMessage(self._at + key, Code.NOT_ALLOWED)
        return value

    def flag(self, key: str) -> bool:
        """Return true or false; 0 and 1 are not flags."""
        value = self._payload.get(key)
        if not isinstance(value, bool):
            raise BadMessage(self._at + key, Code.WRONG_TYPE)
        return value

    def integer(self, key: str, *, low: int, high: int) -> int:
        """Return a whole number within bounds; true and 1.0 are not whole numbers."""
        value = self._payload.get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadMessage(self._at + key, Code.WRONG_TYPE)
        if not low <= value <= high:
            raise BadMessage(self._at + key, Code.OUT_OF_RANGE)
        return value

    def number(self, key: str, *, low: float, high: float) -> float:
        """Return a finite number within bounds."""
        value = self._payload.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadMessage(self._at + key, Code.WRONG_TYPE)
        if not low <= value <= high or not math.isfinite(value):
            raise BadMessage(self._at + key, Code.OUT_OF_RANGE)
        return float(value)
