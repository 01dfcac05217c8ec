"""What can be done with alerts: `look`, `acknowledge`, `snooze`, `set_rule`, `open_for`."""

from telehealth.alerts.service.answering import (
    SNOOZES,
    acknowledge,
    end_snooze,
    snooze,
    withdraw_acknowledgement,
)
from telehealth.alerts.service.lists import (
    OpenAlert,
    Overview,
    Row,
    Shown,
    Told,
    Tried,
    of_patient,
    of_worker,
    one,
    open_for,
)
from telehealth.alerts.service.rule import KINDS, STARTING, TICKS, Rule, Threshold
from telehealth.alerts.service.rules import in_force
from telehealth.alerts.service.setting import (
    DEFAULTS_CHANGED,
    choose_notices,
    clinic_rules,
    follow_default,
    reset_rule,
    set_default,
    set_rule,
)
from telehealth.alerts.service.telling import (
    CHANGED,
    STEP_DUE,
    announce_change,
    audience,
    hear_outcome,
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
    "SNOOZES",
    "STARTING",
    "STATE_WORDS",
    "STEP_DUE",
    "TICKS",
    "OpenAlert",
    "Overview",
    "Row",
    "Rule",
    "Shown",
    "Threshold",
    "Told",
    "Tried",
    "acknowledge",
    "announce_change",
    "audience",
    "choose_notices",
    "clinic_rules",
    "end_snooze",
    "enqueue_due",
    "follow_default",
    "hear_outcome",
    "in_force",
    "look",
    "look_after_changes",
    "look_at_step",
    "of_patient",
    "of_worker",
    "one",
    "open_for",
    "reset_rule",
    "set_default",
    "set_rule",
    "snooze",
    "try_out",
    "withdraw_acknowledgement",
]
