"""Rows of alerts. An alert is an episode of one rule of one patient; its row is its whole state."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from devices.glucose import Unit
from telehealth.core.db import Base, BigInt, Key, one_of

Flagged = Boolean(create_constraint=False)


class Kind(StrEnum):
    """The rules a patient has."""

    URGENT_LOW = "urgent_low"
    LOW = "low"
    HIGH = "high"
    VERY_HIGH = "very_high"
    NO_DATA = "no_data"


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
    TOLD = "told"
    NOBODY = "nobody"
    """There is nobody to tell, or nobody who wants to be told."""
    STOPPED = "stopped"
    """The alert was acknowledged or ended before."""


class RuleColumns:
    """What a rule says; the same for the clinic's default and a patient's own rule."""

    is_on: Mapped[bool] = mapped_column(Flagged)
    unit: Mapped[Unit | None] = mapped_column(one_of(Unit, "unit", 8))
    tick: Mapped[int | None] = mapped_column(SmallInteger)
    """Threshold as it was entered: whole mg/dL or tenths of mmol/L; None for `no_data`."""
    delay_min: Mapped[int] = mapped_column(Integer)
    """How long it must last; for `no_data` how long nothing may come."""
    repeat_min: Mapped[int] = mapped_column(SmallInteger)
    """0: told once."""
    proxy_min: Mapped[int | None] = mapped_column(SmallInteger)
    """Minutes after opening; None: this step is left out."""
    nurse_min: Mapped[int | None] = mapped_column(SmallInteger)
    doctor_min: Mapped[int | None] = mapped_column(SmallInteger)
    changed_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    changed_at: Mapped[datetime]


_HAS_THRESHOLD = (
    "(kind = 'no_data') = (tick IS NULL) AND (tick IS NULL) = (unit IS NULL)"
    " AND (tick IS NULL OR tick > 0)"
)
_COUNTS = "delay_min >= 0 AND repeat_min >= 0"


class AlertDefault(RuleColumns, Base):
    """A rule of this clinic, for every patient without one of their own."""

    __tablename__ = "alert_default"
    __table_args__ = (
        CheckConstraint(_HAS_THRESHOLD, "threshold"),
        CheckConstraint(_COUNTS, "minutes"),
    )

    kind: Mapped[Kind] = mapped_column(one_of(Kind, "kind", 12), primary_key=True)


class AlertRule(RuleColumns, Base):
    """A patient's own rule, set by the care team."""

    __tablename__ = "alert_rule"
    __table_args__ = (
        CheckConstraint(_HAS_THRESHOLD, "threshold"),
        CheckConstraint(_COUNTS, "minutes"),
    )

    patient_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[Kind] = mapped_column(one_of(Kind, "kind", 12), primary_key=True)


class AlertMute(Base):
    """A person of the patient's side does not want notices of one rule. Never of the urgent low."""

    __tablename__ = "alert_mute"
    __table_args__ = (CheckConstraint("kind <> 'urgent_low'", "never_urgent"),)

    patient_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    person_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[Kind] = mapped_column(one_of(Kind, "kind", 12), primary_key=True)
    since: Mapped[datetime]


class AlertWatch(Base):
    """One per patient with readings: what has been seen, and when silence becomes an alert.

    Deeds about one patient queue on this row.
    """

    __tablename__ = "alert_watch"
    __table_args__ = (
        Index(
            "ix_alert_watch_silent_at",
            "silent_at",
            postgresql_where=text("silent_at IS NOT NULL"),
            sqlite_where=text("silent_at IS NOT NULL"),
        ),
    )

    patient_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    newest_at: Mapped[datetime | None]
    """When the newest reading of any source was measured."""
    newest_sensor_at: Mapped[datetime | None]
    silent_at: Mapped[datetime | None]
    """When the rule `no_data` has to be looked at; None: off, or the alert is there."""


class Alert(Base):
    """One episode: from the first value beyond the threshold until it is over."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_live",
            "patient_id",
            "kind",
            "direction",
            unique=True,
            postgresql_where=text("state <> 'resolved'"),
            sqlite_where=text("state <> 'resolved'"),
        ),
        Index("ix_alert_patient_id_opened_at", "patient_id", "opened_at"),
        Index(
            "ix_alert_next_at",
            "next_at",
            postgresql_where=text("next_at IS NOT NULL"),
            sqlite_where=text("next_at IS NOT NULL"),
        ),
        CheckConstraint(
            "direction = CASE WHEN kind IN ('urgent_low', 'low') THEN 'low'"
            " WHEN kind = 'no_data' THEN 'none' ELSE 'high' END",
            "way",
        ),
        CheckConstraint("(state = 'resolved') = (resolved_at IS NOT NULL)", "resolved"),
        CheckConstraint("state = 'pending' OR opened_at IS NOT NULL", "opened"),
        CheckConstraint(
            "state <> 'acknowledged' OR acknowledged_by_id IS NOT NULL", "names_a_person"
        ),
        CheckConstraint("kind <> 'urgent_low' OR snoozed_until IS NULL", "urgent_never_snoozed"),
    )

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    kind: Mapped[Kind] = mapped_column(one_of(Kind, "kind", 12))
    direction: Mapped[Direction] = mapped_column(one_of(Direction, "direction", 8))
    state: Mapped[State] = mapped_column(one_of(State, "state", 12))
    threshold_tick: Mapped[int | None] = mapped_column(SmallInteger)
    threshold_unit: Mapped[Unit | None] = mapped_column(one_of(Unit, "threshold_unit", 8))
    """What the rule said when the alert began."""
    delay_min: Mapped[int] = mapped_column(Integer)
    beyond_since: Mapped[datetime]
    last_beyond_at: Mapped[datetime]
    """When the last value beyond the threshold was measured."""
    tick: Mapped[int | None] = mapped_column(SmallInteger)
    unit: Mapped[Unit | None] = mapped_column(one_of(Unit, "unit", 8))
    """That value, in its own unit."""
    last_at: Mapped[datetime]
    """When the newest value taken into account was measured."""
    is_sensor: Mapped[bool] = mapped_column(Flagged)
    """Whether that newest value came from a sensor."""
    back_since: Mapped[datetime | None]
    """Since when values have been back."""
    opened_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    """When the first to be told were last told."""
    rounds: Mapped[int] = mapped_column(default=0)
    """How often they were told."""
    snoozed_until: Mapped[datetime | None]
    snoozed_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    resolved_at: Mapped[datetime | None]
    end_reason: Mapped[EndReason | None] = mapped_column(one_of(EndReason, "end_reason", 16))
    next_at: Mapped[datetime | None]
    """When time alone changes something: a repeat, the end of the recovery, giving up."""


class AlertStep(Base):
    """One step of an escalation: planned when the alert opens, done when it is due."""

    __tablename__ = "alert_step"

    alert_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("alert.id"), primary_key=True, autoincrement=False
    )
    ring: Mapped[Ring] = mapped_column(one_of(Ring, "ring", 8), primary_key=True)
    due_at: Mapped[datetime]
    state: Mapped[StepState] = mapped_column(one_of(StepState, "state", 8))
    done_at: Mapped[datetime | None]


class AlertTest(Base):
    """A marked test through the real path."""

    __tablename__ = "alert_test"
    __table_args__ = (Index("ix_alert_test_patient_id_at", "patient_id", "at"),)

    id: Mapped[Key]
    patient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    at: Mapped[datetime]


class AlertNotice(Base):
    """One person was to be told; what became of it stands with the notice's deliveries."""

    __tablename__ = "alert_notice"
    __table_args__ = (
        UniqueConstraint("notification_id"),
        UniqueConstraint("alert_id", "ring", "round", "recipient_id"),
        Index("ix_alert_notice_test_id", "test_id"),
        CheckConstraint("(alert_id IS NULL) <> (test_id IS NULL)", "of_one_thing"),
    )

    id: Mapped[Key]
    alert_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("alert.id"))
    test_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("alert_test.id"))
    ring: Mapped[Ring] = mapped_column(one_of(Ring, "ring", 8))
    round: Mapped[int]
    recipient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    representation_id: Mapped[int | None] = mapped_column(BigInt)
    notification_id: Mapped[int] = mapped_column(BigInt, ForeignKey("notification.id"))
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    """The only receipt there is: the person has looked at the alert in the portal."""
    outcome: Mapped[str] = mapped_column(String(16), default="")
    """State of the delivery as last heard; empty: not yet heard."""
