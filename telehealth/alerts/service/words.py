"""Words of codes as message ids: the door translates them."""

from telehealth.alerts.models import Action, EndReason, Kind, State, VoidReason
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

ACTION_WORDS = {
    Action.EATEN: N_("something with sugar was eaten or drunk"),
    Action.HELPED: N_("somebody was with the patient"),
    Action.SPOKEN: N_("the team spoke with the patient"),
    Action.TREATED: N_("something was done about it"),
    Action.SEEN: N_("it was seen"),
}

VOID_WORDS = {
    VoidReason.EXPIRED: N_("its time passed without a value in range"),
    VoidReason.WORSE: N_("a worse value came"),
    VoidReason.RIGHT_ENDED: N_("who gave it may no longer act for the patient"),
    VoidReason.TAKEN_BACK: N_("it was taken back"),
}
