"""Forms for the tests of this folder."""

from collections.abc import Mapping
from typing import Any

from surveys import engine, fhir

BASE = "http://hl7.org/fhir/StructureDefinition/"


def form(*items: Mapping[str, Any]) -> engine.Form:
    """Make a form of FHIR items."""
    data = {"resourceType": "Questionnaire", "status": "active", "item": list(items)}
    return engine.compile_form(fhir.read_questionnaire(data).questionnaire)


def when(question: str, operator: str, **answer: object) -> dict[str, object]:
    """Make a condition."""
    return {"question": question, "operator": operator, **answer}
