"""The blueprint of both sides, and what their templates share."""

from typing import Any

from flask import current_app, flash, url_for
from flask_babel import gettext

from telehealth.alerts import figures
from telehealth.alerts import service as alerts
from telehealth.alerts.models import Alert, Kind
from telehealth.core.web.pages import Pages
from telehealth.core.web.platform import now
from telehealth.core.web.words import locale

pages = Pages("alerts", "telehealth.alerts")


def words() -> dict[str, Any]:
    """Alerts and rules in the reader's words, as `w` for the templates and their macros."""
    reader, moment = locale(), now()
    found = {
        "reason": lambda alert: figures.reason(alert, gettext, reader),
        "rule_words": lambda rule, sources=alerts.ANY: figures.rule_words(
            rule, gettext, reader, sources
        ),
        "applies": alerts.applies,
        "repeat_words": lambda rule: figures.repeat_words(rule, gettext),
        "order_words": lambda rule: figures.order_words(rule, gettext),
        "next_words": lambda shown: figures.next_words(shown, gettext, reader),
        "worst_value": lambda alert: figures.worst_value(alert, reader),
        "came_late": figures.came_late,
        "extreme": lambda alert: figures.extreme(alert, reader),
        "headline": lambda alert: figures.headline(alert, gettext, reader),
        "actions": figures.actions,
        "answer_hint": lambda alert: figures.answer_hint(alert, gettext),
        "last_value": lambda alert: figures.last_value(alert, gettext, reader),
        "fate": lambda told: figures.fate(told, gettext, reader),
        "age": lambda alert: figures.span(figures.age_min(alert, moment)),
        "span": figures.span,
        "threshold": lambda rule: figures.edge_words(rule, reader),
        "bounds": lambda rule: figures.bounds_words(rule, gettext, reader),
        "change_words": lambda change: figures.change_words(change, gettext, reader),
        "population_words": figures.POPULATION_WORDS,
        "answers_page": answers_page,
        "action_words": alerts.ACTION_WORDS,
        "void_words": alerts.VOID_WORDS,
        "kind_words": alerts.KIND_WORDS,
        "end_words": alerts.END_WORDS,
        "state_words": alerts.STATE_WORDS,
        "snoozes": alerts.SNOOZES,
    }
    return {"w": found}


def answers_page(alert: Alert) -> str:
    """Where the answers of an alert stand; empty: it is about no answer."""
    endpoint = "questionnaires.results"
    if alert.kind is not Kind.ANSWER or endpoint not in current_app.view_functions:
        return ""
    return url_for(endpoint, patient_id=alert.patient_id)


def flash_with_undo(text: str, undo: str) -> None:
    """Say that it is done, with a button that takes it back."""
    message: Any = {"text": text, "undo": undo}  # the frame's form; Flask's types know only text
    flash(message, "success")
