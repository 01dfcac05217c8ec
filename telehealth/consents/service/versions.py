"""Wordings: which are in use, kept as they were."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveys.consent.document import SHIPPED, ConsentTemplate, load, read
from telehealth.consents.models import TemplateVersion
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_

_KEPT = 64


def offered_templates() -> Sequence[ConsentTemplate]:
    """The consents that may be sent."""
    return [load(name) for name in SHIPPED]


def in_use(session: Session, name: str, *, now: datetime) -> TemplateVersion:
    """The wording of a consent that is signed today; a newer shipped one takes its place.

    Raises:
        Invalid: there is no such consent.
    """
    if name not in SHIPPED:
        problem = FieldError("#/template", N_("There is no such consent."), "unknown_template")
        raise Invalid(errors=(problem,))
    template = load(name)
    found = _by_version(session, template)
    if found is not None:
        return found
    session.execute(
        update(TemplateVersion)
        .where(TemplateVersion.template == name, TemplateVersion.retired_at.is_(None))
        .values(retired_at=now)
    )
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    adding = (sqlite.insert if is_sqlite else postgresql.insert)(TemplateVersion)
    session.execute(
        adding.values(
            template=name,
            version=template.version,
            sha256=template.sha256,
            text_sha256={text.language: text.sha256 for text in template.texts},
            source=_source(name),
            activated_at=now,
        ).on_conflict_do_nothing()
    )
    stored = _by_version(session, template)
    if stored is None or stored.sha256 != template.sha256:
        raise RuntimeError(f"the wording of {name} {template.version} was changed under its number")
    return stored


def template_of(version: TemplateVersion) -> ConsentTemplate:
    """The wording of a stored version, retired when it is."""
    template = _read(version.sha256, json.dumps(version.source, ensure_ascii=False))
    return template.retired() if version.retired_at else template


@lru_cache(_KEPT)
def _read(sha256: str, source: str) -> ConsentTemplate:
    template = read(json.loads(source))
    if template.sha256 != sha256:
        raise RuntimeError("a stored wording is not what its hash says")
    return template


def _by_version(session: Session, template: ConsentTemplate) -> TemplateVersion | None:
    return session.scalar(
        select(TemplateVersion).where(
            TemplateVersion.template == template.id, TemplateVersion.version == template.version
        )
    )


def _source(name: str) -> dict[str, Any]:
    place = files("surveys.consent") / "templates" / f"{name}.json"
    source: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return source
