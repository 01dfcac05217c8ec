"""Comparing the name a file bears with the patient's: for the eyes, nothing is kept."""

import re
import unicodedata

_WORD = re.compile(r"\w+")


def is_same_name(one: str, other: str) -> bool:
    """Whether two names are made of the same words, in any order, letter case and accents aside."""
    return _words(one) == _words(other)


def _words(name: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return frozenset(
        _WORD.findall("".join(char for char in plain if not unicodedata.combining(char)))
    )
