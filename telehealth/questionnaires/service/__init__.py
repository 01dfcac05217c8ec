"""What can be done with questionnaires."""

from telehealth.questionnaires.service.answering import (
    AnswersRefused,
    keep_answers,
    open_form,
    pointer,
    save_draft,
    submit,
)
from telehealth.questionnaires.service.finding import Opened
from telehealth.questionnaires.service.results import (
    Course,
    Found,
    Point,
    Result,
    Results,
    find,
    results,
)
from telehealth.questionnaires.service.sending import Sending, send, withdraw
from telehealth.questionnaires.service.urgent import has_urgent_rules, hearing
from telehealth.questionnaires.service.versions import (
    SENDABLE,
    Definition,
    definition,
    definition_of_text,
    publish,
    shipped,
    title_of,
)

__all__ = [
    "SENDABLE",
    "AnswersRefused",
    "Course",
    "Definition",
    "Found",
    "Opened",
    "Point",
    "Result",
    "Results",
    "Sending",
    "definition",
    "definition_of_text",
    "find",
    "has_urgent_rules",
    "hearing",
    "keep_answers",
    "open_form",
    "pointer",
    "publish",
    "results",
    "save_draft",
    "send",
    "shipped",
    "submit",
    "title_of",
    "withdraw",
]
