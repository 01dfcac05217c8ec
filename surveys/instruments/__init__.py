"""Shipped instruments: a questionnaire with its scores, languages, licence and source.

Each is one JSON file, never edited once published: a change is a new version.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from surveys import fhir, scoring
from surveys.model import Questionnaire

SHIPPED = ("who-5",)


class UnknownInstrument(LookupError):
    """No instrument of this name is shipped."""


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms of use; an instrument with `requires_key` may not be used without a recorded one."""

    text: str
    holder: str
    url: str
    allowed_uses: tuple[str, ...]
    requires_key: bool


@dataclass(frozen=True, slots=True)
class Instrument:
    """One version of a shipped instrument.

    `not_validated` names the languages whose wording is a translation that nobody validated.
    `meaning` says, by language, what the primary score means and does not mean.
    """

    id: str
    version: str
    languages: tuple[str, ...]
    not_validated: frozenset[str]
    licence: Licence
    source: str
    meaning: Mapping[str, str]
    questionnaire: Questionnaire
    scoring: scoring.Scoring
    primary_score: str


@cache
def load(name: str) -> Instrument:
    """Give a shipped instrument by its id, such as `who-5`.

    Raises:
        UnknownInstrument: none of that name is shipped.
    """
    if name not in SHIPPED:
        raise UnknownInstrument(name[:40])
    data = _file(name)
    licence = data["licence"]
    notes = data["translations"]
    return Instrument(
        id=data["id"],
        version=data["version"],
        languages=tuple(data["languages"]),
        not_validated=frozenset(key for key, note in notes.items() if not note["validated"]),
        licence=Licence(**{**licence, "allowed_uses": tuple(licence["allowed_uses"])}),
        source=data["source"],
        meaning=MappingProxyType(data["meaning"]),
        questionnaire=fhir.read_questionnaire(data["questionnaire"]).questionnaire,
        scoring=scoring.read(data["scoring"]),
        primary_score=data["primary_score"],
    )


def scoring_declaration(name: str) -> Mapping[str, Any]:
    """Give the JSON declaration of scores of an instrument, also of those shipped without text.

    Raises:
        UnknownInstrument: no scores of that name are shipped.
    """
    found = _file(name)["scoring"] if name in SHIPPED else _file("scoring").get(name)
    if found is None:
        raise UnknownInstrument(name[:40])
    declaration: Mapping[str, Any] = found
    return declaration


def scoring_of(name: str) -> scoring.Scoring:
    """Give the scores of an instrument, also of those shipped without text.

    Raises:
        UnknownInstrument: no scores of that name are shipped.
    """
    return scoring.read(scoring_declaration(name))


def _file(name: str) -> dict[str, Any]:
    """Read one of our own JSON files."""
    text = files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
