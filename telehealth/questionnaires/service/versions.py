"""Published versions: their content is stored once, hashed, and compiled when it is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveys import engine, fhir, instruments, scoring
from telehealth.core.errors import Conflict, Invalid
from telehealth.core.i18n import N_
from telehealth.questionnaires.models import QuestionnaireVersion, VersionStatus

SENDABLE = instruments.SHIPPED
"""Keys of the instruments that can be sent."""
_COMPILED_MAX = 64


@dataclass(frozen=True, slots=True)
class Definition:
    """A published version, ready to be asked and scored."""

    key: str
    version: str
    languages: Sequence[str]
    not_validated: frozenset[str]
    """Languages whose wording is a translation that nobody validated."""
    source: str
    meaning: Mapping[str, str]
    """By language, what the primary score means; empty: the score is not shown to patients."""
    form: engine.Form
    scoring: scoring.Scoring
    primary_score: str

    def title(self, language: str) -> str:
        """The title in a language."""
        return self.form.questionnaire.title_in(language)

    def language(self, wanted: str) -> str:
        """The language the form is shown in: the wanted one, or its own."""
        own = self.form.questionnaire.language or "en"
        return wanted if wanted in (*self.languages, own) else own


def shipped(key: str) -> str:
    """A shipped instrument as the JSON text that is stored.

    Raises:
        Invalid: none of this name is shipped, or it needs a licence.
    """
    if key not in SENDABLE:
        raise Invalid(N_("There is no questionnaire of this name."), code="unknown_instrument")
    found = instruments.load(key)
    if found.licence.requires_key:
        raise Invalid(N_("This questionnaire needs a licence."), code="licence")
    content = {
        "id": found.id,
        "version": found.version,
        "languages": list(found.languages),
        "not_validated": sorted(found.not_validated),
        "licence": asdict(found.licence),
        "source": found.source,
        "meaning": dict(found.meaning),
        "primary_score": found.primary_score,
        "scoring": instruments.scoring_declaration(key),
        "questionnaire": fhir.write_questionnaire(found.questionnaire),
    }
    return fhir.dumps(content)


def title_of(key: str, language: str) -> str:
    """The title of an instrument that can be sent."""
    return instruments.load(key).questionnaire.title_in(language)


def publish(session: Session, content: str, *, now: datetime) -> QuestionnaireVersion:
    """The version is stored and active; storing the same again changes nothing.

    Raises:
        Conflict: this version was published with other content.
    """
    digest = sha256(content.encode()).hexdigest()
    data = fhir.loads(content)
    row = _stored(session, data)
    if row is None:
        row = QuestionnaireVersion(
            instrument=data["id"],
            version=data["version"],
            content=content,
            content_sha256=digest,
            status=VersionStatus.ACTIVE,
            created_at=now,
            activated_at=now,
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # somebody else sent it for the first time a moment ago
            row = _stored(session, data)
    if row is None or row.content_sha256 != digest:
        raise Conflict(
            N_("This version was published with other content. Publish a new version."),
            code="content_changed",
        )
    return row


def _stored(session: Session, data: Mapping[str, Any]) -> QuestionnaireVersion | None:
    return session.scalar(
        select(QuestionnaireVersion).where(
            QuestionnaireVersion.instrument == data["id"],
            QuestionnaireVersion.version == data["version"],
        )
    )


def definition(row: QuestionnaireVersion) -> Definition:
    """The version's meaning, compiled once for each content."""
    return definition_of_text(row.content)


@lru_cache(maxsize=_COMPILED_MAX)
def definition_of_text(content: str) -> Definition:
    """The meaning of a stored JSON text."""
    data = fhir.loads(content)
    return Definition(
        key=data["id"],
        version=data["version"],
        languages=tuple(data["languages"]),
        not_validated=frozenset(data["not_validated"]),
        source=data["source"],
        meaning=MappingProxyType(dict(data["meaning"])),
        form=engine.compile_form(fhir.read_questionnaire(data["questionnaire"]).questionnaire),
        scoring=scoring.read(data["scoring"]),
        primary_score=data["primary_score"],
    )
