"""What can be done with alerts: `look`, `acknowledge`, `snooze`, `set_rule`, `open_for`."""

from telehealth.alerts.service.answering import (
    SNOOZES,
    acknowledge,
    acknowledge_all,
    end_snooze,
    review,
    snooze,
    withdraw_acknowledgement,
)
from telehealth.alerts.service.circle import audience
from telehealth.alerts.service.lists import (
    Overview,
    Row,
    Shown,
    Told,
    Tried,
    of_patient,
    of_worker,
    one,
    to_close_of_worker,
)
from telehealth.alerts.service.raising import (
    Hearing,
    answers_unclosed_since,
    hearing_of_answers,
    look_on_the_phone,
    raise_for_answer,
)
from telehealth.alerts.service.rule import KINDS, STARTING, TICKS, Rule, Threshold
from telehealth.alerts.service.rules import in_force
from telehealth.alerts.service.setting import (
    DEFAULTS_CHANGED,
    choose_notices,
    follow_default,
    reset_rule,
    set_default,
    set_rule,
    unit_rules,
)
from telehealth.alerts.service.summary import OpenAlert, open_for, to_review_for
from telehealth.alerts.service.telling import (
    CHANGED,
    RECEIPT_DUE,
    STEP_DUE,
    announce_change,
    hear_outcome,
    look_for_receipt,
)
from telehealth.alerts.service.trying import try_out
from telehealth.alerts.service.watching import (
    BATCH,
    LOOK_DUE,
    MAX_ROUNDS,
    enqueue_due,
    look,
    look_after_changes,
    look_at_step,
)
from telehealth.alerts.service.words import END_WORDS, KIND_WORDS, STATE_WORDS

__all__ = [
    "BATCH",
    "CHANGED",
    "DEFAULTS_CHANGED",
    "END_WORDS",
    "KINDS",
    "KIND_WORDS",
    "LOOK_DUE",
    "MAX_ROUNDS",
    "RECEIPT_DUE",
    "SNOOZES",
    "STARTING",
    "STATE_WORDS",
    "STEP_DUE",
    "TICKS",
    "Hearing",
    "OpenAlert",
    "Overview",
    "Row",
    "Rule",
    "Shown",
    "Threshold",
    "Told",
    "Tried",
    "acknowledge",
    "acknowledge_all",
    "announce_change",
    "answers_unclosed_since",
    "audience",
    "choose_notices",
    "end_snooze",
    "enqueue_due",
    "follow_default",
    "hear_outcome",
    "hearing_of_answers",
    "in_force",
    "look",
    "look_after_changes",
    "look_at_step",
    "look_for_receipt",
    "look_on_the_phone",
    "of_patient",
    "of_worker",
    "one",
    "open_for",
    "raise_for_answer",
    "reset_rule",
    "review",
    "set_default",
    "set_rule",
    "snooze",
    "to_close_of_worker",
    "to_review_for",
    "try_out",
    "unit_rules",
    "withdraw_acknowledgement",
]
