"""The words of alerts: rules, states, steps, and why something ends."""

from enum import StrEnum


class Kind(StrEnum):
    """The rules a patient has."""

    URGENT_LOW = "urgent_low"
    LOW = "low"
    HIGH = "high"
    VERY_HIGH = "very_high"
    NO_DATA = "no_data"
    ANSWER = "answer"
    """An answer of a questionnaire that somebody of the team must see."""


TIMELESS = frozenset({Kind.NO_DATA, Kind.ANSWER})
"""Rules without a threshold."""


class Direction(StrEnum):
    """Which way a rule looks; a pause of one way never silences the other."""

    LOW = "low"
    HIGH = "high"
    NONE = "none"


DIRECTION = {
    Kind.URGENT_LOW: Direction.LOW,
    Kind.LOW: Direction.LOW,
    Kind.HIGH: Direction.HIGH,
    Kind.VERY_HIGH: Direction.HIGH,
    Kind.NO_DATA: Direction.NONE,
    Kind.ANSWER: Direction.NONE,
}


class State(StrEnum):
    """Life of an alert."""

    PENDING = "pending"
    """Beyond the threshold, not yet for as long as the rule says: nobody knows, nobody is told."""
    OPEN = "open"
    ESCALATED = "escalated"
    """Somebody besides the first to be told has been told."""
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


RAISED = (State.OPEN, State.ESCALATED, State.ACKNOWLEDGED)
"""States in which an alert is shown as open."""


class EndReason(StrEnum):
    """Why an alert has ended."""

    RECOVERED = "recovered"
    DATA_BACK = "data_back"
    LAPSED = "lapsed"
    """No reading came for a day: nobody knows how it went on."""
    WITHDRAWN = "withdrawn"
    """The value was a mistake: it was removed or corrected."""
    RULE_OFF = "rule_off"
    RULE_CHANGED = "rule_changed"
    SEEN_LATE = "seen_late"
    """It was over, or too old to ring, when it reached us: it was never open."""
    REVIEWED = "reviewed"
    """A person of the team has dealt with it: the only end of an answer."""
    DIED = "died"


class Ring(StrEnum):
    """Who is told, one step after the other."""

    PATIENT = "patient"
    """A child's guardians instead of the child."""
    PROXY = "proxy"
    NURSE = "nurse"
    DOCTOR = "doctor"


RINGS = tuple(Ring)


class StepState(StrEnum):
    """Life of one step of an escalation."""

    WAITING = "waiting"
    SENDING = "sending"
    """Notices are on their way; no mail server has taken one yet."""
    TOLD = "told"
    """A mail server has taken at least one notice."""
    UNREACHED = "unreached"
    """No notice of the step was taken: refused, no address, or no mail server."""
    NOBODY = "nobody"
    """There is nobody to tell, or nobody who wants to be told."""
    STOPPED = "stopped"
    """The alert was acknowledged or ended before."""


class Action(StrEnum):
    """What whoever acknowledged says was done."""

    EATEN = "eaten"
    """Something with sugar was eaten or drunk."""
    HELPED = "helped"
    """Somebody is with the patient."""
    SPOKEN = "spoken"
    """The team has spoken with the patient."""
    TREATED = "treated"
    """Something else was done about it: insulin, a sensor looked at."""
    SEEN = "seen"
    """Nothing is said."""


class VoidReason(StrEnum):
    """Why an acknowledgement counts no longer."""

    EXPIRED = "expired"
    """Its time passed and no value in range had come."""
    WORSE = "worse"
    """A value beyond everything that had been seen came, or LO or HI."""
    RIGHT_ENDED = "right_ended"
    """Whoever gave it may not act for the patient any more."""
    TAKEN_BACK = "taken_back"
