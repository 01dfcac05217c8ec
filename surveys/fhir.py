"""FHIR R4 `Questionnaire` and `QuestionnaireResponse`, in and out: the public names."""

from surveys.fhir_in import Read, read_questionnaire, read_response
from surveys.fhir_out import write_questionnaire, write_response
from surveys.fhir_values import Finding, FormRefused, dumps, loads

__all__ = [
    "Finding",
    "FormRefused",
    "Read",
    "dumps",
    "loads",
    "read_questionnaire",
    "read_response",
    "write_questionnaire",
    "write_response",
]
