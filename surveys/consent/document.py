"""The text of a consent, the decisions taken on it, and the frozen document to be sealed.

A template version never changes once it is in use: `ConsentTemplate.sha256` and, per language,
`ConsentText.sha256` name exactly what was agreed to.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

SHIPPED = ("diabetes-monitoring",)


class ConsentRefused(ValueError):
    """A template that cannot be used, or a document that cannot be frozen yet."""


class UnknownTemplate(LookupError):
    """No consent template of this name is shipped."""


class MinorRule(StrEnum):
    """Who signs for a person of 15 to 17 years; there is no silent default."""

    SELF = "self"
    BOTH = "both"
    GUARDIAN = "guardian"


class Decision(StrEnum):
    """What was decided on one item; nothing is decided in advance."""

    GRANTED = "granted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


class Gesture(StrEnum):
    """How the signer expressed the will."""

    TYPED_NAME = "typed_name"
    CLICK = "click"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the text that is read as one."""

    key: str
    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsentItem:
    """One thing to grant or refuse, and what refusing means for care."""

    key: str
    text: str
    if_refused: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A template's wording in one language."""

    language: str
    title: str
    summary: str
    sections: tuple[Section, ...]
    items: tuple[ConsentItem, ...]
    withdrawal: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ConsentTemplate:
    """One version of a consent, in all its languages. `valid_months` counts from signing."""

    id: str
    version: str
    texts: tuple[ConsentText, ...]
    minor_from_15: MinorRule
    needs_both_parents: bool
    valid_months: int
    sha256: str
    is_retired: bool = False

    @property
    def languages(self) -> tuple[str, ...]:
        """Give the languages it is written in, the original first."""
        return tuple(text.language for text in self.texts)

    def text(self, language: str) -> ConsentText:
        """Give the wording in a language.

        Raises:
            ConsentRefused: it is not written in that language; nobody signs what they cannot read.
        """
        for text in self.texts:
            if text.language == language:
                return text
        raise ConsentRefused(f"not written in {language[:10]!r}")

    def retired(self) -> "ConsentTemplate":
        """Give the same version, no longer to be signed."""
        return replace(self, is_retired=True)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed, as what, how. `capacity` is the word of `signers.Capacity`."""

    signer_name: str
    capacity: str
    gesture: Gesture
    typed_name: str = ""
    identity_check: str = "password"


@dataclass(frozen=True, slots=True)
class ConsentDocument:
    """Everything the PDF shows, fixed before it is rendered.

    `reference` is the record's public name; `evidence_head` the head of the chain of evidence.
    """

    template: ConsentTemplate
    language: str
    subject_name: str
    subject_born_on: str
    decisions: tuple[tuple[str, Decision], ...]
    signature: Signature
    organisation: str
    prepared_at: datetime
    reference: str
    evidence_head: str = ""

    @property
    def text(self) -> ConsentText:
        """Give the wording that was read."""
        return self.template.text(self.language)


def freeze(document: ConsentDocument) -> ConsentDocument:
    """Check that a document may go before its signer; optional items may stay unanswered.

    Raises:
        ConsentRefused: an unknown item, a required item not granted, a typed name missing, or a
            naive time.
    """
    items = {item.key: item for item in document.text.items}
    decided = dict(document.decisions)
    if len(decided) < len(document.decisions) or set(decided) - set(items):
        raise ConsentRefused("a decision on an item that the text does not have")
    open_items = [
        key
        for key, item in items.items()
        if item.is_required and decided.get(key) is not Decision.GRANTED
    ]
    if open_items:
        raise ConsentRefused("required items are not granted: " + ", ".join(open_items))
    if document.prepared_at.tzinfo is None:
        raise ConsentRefused("the time of preparation must have an offset")
    sign = document.signature
    if sign.gesture is Gesture.TYPED_NAME and not sign.typed_name.strip():
        raise ConsentRefused("the name was not typed")
    complete = tuple((key, decided.get(key, Decision.UNANSWERED)) for key in items)
    return replace(document, decisions=complete)


@cache
def load(name: str) -> ConsentTemplate:
    """Give a shipped template by its id, such as `diabetes-monitoring`.

    Raises:
        UnknownTemplate: none of that name is shipped.
    """
    if name not in SHIPPED:
        raise UnknownTemplate(name[:40])
    place = files("surveys.consent") / "templates" / f"{name}.json"
    return read(json.loads(place.read_text(encoding="utf-8")))


def read(data: Mapping[str, Any]) -> ConsentTemplate:
    """Build a template from its JSON.

    Raises:
        ConsentRefused: something is missing, or the languages do not have the same items.
    """
    try:
        required = {str(item["key"]): item["required"] is True for item in data["items"]}
        texts = tuple(
            _read_text(language, text, required) for language, text in data["texts"].items()
        )
        template = ConsentTemplate(
            id=str(data["id"]),
            version=str(data["version"]),
            texts=texts,
            minor_from_15=MinorRule(data["minor_from_15"]),
            needs_both_parents=data["needs_both_parents"] is True,
            valid_months=int(data["valid_months"]),
            sha256=_sha256(data),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConsentRefused(f"unreadable template: {error!r}") from error
    if not texts or not required:
        raise ConsentRefused("a template needs a language and an item")
    return template


def _read_text(language: str, data: Mapping[str, Any], required: Mapping[str, bool]) -> ConsentText:
    """Read the wording in one language."""
    if set(data["items"]) != set(required):
        raise ConsentRefused(f"the items in {language!r} differ from the template's")
    return ConsentText(
        language=language,
        title=str(data["title"]),
        summary=str(data["summary"]),
        sections=tuple(
            Section(str(one["key"]), str(one["heading"]), tuple(map(str, one["paragraphs"])))
            for one in data["sections"]
        ),
        items=tuple(
            ConsentItem(
                key, str(data["items"][key]["text"]), str(data["items"][key]["if_refused"]), needed
            )
            for key, needed in required.items()
        ),
        withdrawal=str(data["withdrawal"]),
        sha256=_sha256(data),
    )


def _sha256(data: object) -> str:
    """Hash JSON in one canonical form."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
