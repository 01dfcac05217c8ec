"""Words of codes as message ids: the door translates them."""

from telehealth.alerts.models import EndReason, Kind, State
from telehealth.core.i18n import N_

KIND_WORDS = {
    Kind.URGENT_LOW: N_("Very low value"),
    Kind.LOW: N_("Low value"),
    Kind.HIGH: N_("High value"),
    Kind.VERY_HIGH: N_("Very high value"),
    Kind.NO_DATA: N_("No readings"),
    Kind.ANSWER: N_("An answer that needs a look"),
}

STATE_WORDS = {
    State.PENDING: N_("not an alert yet"),
    State.OPEN: N_("not acknowledged"),
    State.ESCALATED: N_("not acknowledged, others told"),
    State.ACKNOWLEDGED: N_("acknowledged"),
    State.RESOLVED: N_("ended"),
}

END_WORDS = {
    EndReason.RECOVERED: N_("values were back in range for 15 minutes"),
    EndReason.DATA_BACK: N_("readings come again"),
    EndReason.LAPSED: N_("no further reading came; nobody knows how it went on"),
    EndReason.WITHDRAWN: N_("the value was removed or corrected"),
    EndReason.RULE_OFF: N_("the rule was switched off"),
    EndReason.RULE_CHANGED: N_("the rule was changed"),
    EndReason.SEEN_LATE: N_("seen late: it came to us only afterwards"),
    EndReason.REVIEWED: N_("the team has dealt with it"),
    EndReason.DIED: N_("the patient has died"),
}
