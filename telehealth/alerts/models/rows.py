"""Rows of alerts. An alert is an episode of one rule of one patient; its row is its whole state."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
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
from telehealth.alerts.models.states import (
    Action,
    Direction,
    EndReason,
    Kind,
    Ring,
    State,
    StepState,
    VoidReason,
)
from telehealth.core.actor import Basis
from telehealth.core.db import Base, BigInt, Key, one_of

Flagged = Boolean(create_constraint=False)


class RuleColumns:
    """What a rule says; the same for the clinic's default and a patient's own rule."""

    is_on: Mapped[bool] = mapped_column(Flagged)
    unit: Mapped[Unit | None] = mapped_column(one_of(Unit, "unit", 8))
    tick: Mapped[int | None] = mapped_column(SmallInteger)
    """Threshold as it was entered: whole mg/dL or tenths of mmol/L; None for `no_data`."""
    delay_min: Mapped[int] = mapped_column(Integer)
    """How long a sensor must show it; for `no_data` how long nothing may come."""
    values_n: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    """How many single values (fingersticks) open it; HI and LO always open at once."""
    values_within_min: Mapped[int] = mapped_column(SmallInteger, server_default="240")
    """Within how many minutes these values were measured."""
    acknowledged_min: Mapped[int] = mapped_column(SmallInteger, server_default="20")
    """For how long an acknowledgement counts."""
    repeat_min: Mapped[int] = mapped_column(SmallInteger)
    """0: told once."""
    proxy_min: Mapped[int | None] = mapped_column(SmallInteger)
    """Minutes after opening; None: this step is left out."""
    nurse_min: Mapped[int | None] = mapped_column(SmallInteger)
    doctor_min: Mapped[int | None] = mapped_column(SmallInteger)
    changed_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    changed_at: Mapped[datetime]


_HAS_THRESHOLD = (
    "(kind IN ('no_data', 'answer')) = (tick IS NULL) AND (tick IS NULL) = (unit IS NULL)"
    " AND (tick IS NULL OR tick > 0)"
)
_COUNTS = (
    "delay_min >= 0 AND repeat_min >= 0 AND values_n BETWEEN 1 AND 5 AND values_within_min > 0"
    " AND acknowledged_min > 0 AND (kind <> 'urgent_low' OR acknowledged_min <= 30)"
)


class AlertDefault(RuleColumns, Base):
    """Rules of all units, as the previous release keeps them; goes with the next one."""

    __tablename__ = "alert_default"
    __table_args__ = (
        CheckConstraint(_HAS_THRESHOLD, "threshold"),
        CheckConstraint(_COUNTS, "minutes"),
    )

    kind: Mapped[Kind] = mapped_column(one_of(Kind, "kind", 12), primary_key=True)


_NET = (
    "reason <> '' OR ("
    "(kind <> 'urgent_low' OR (is_on AND ((unit = 'mmol/L' AND tick >= 30)"
    " OR (unit = 'mg/dL' AND tick >= 54)) AND repeat_min BETWEEN 1 AND 15"
    " AND COALESCE(proxy_min, 9999) <= 5 AND COALESCE(nurse_min, 9999) <= 15"
    " AND COALESCE(doctor_min, 9999) <= 30))"
    " AND (kind <> 'very_high' OR (is_on AND values_n <= 2 AND delay_min <= 60"
    " AND ((unit = 'mmol/L' AND tick <= 139) OR (unit = 'mg/dL' AND tick <= 250)))))"
)
MAX_REASON_CHARS = 300


class AlertUnitRule(RuleColumns, Base):
    """A rule of a unit, for its patients without one of their own."""

    __tablename__ = "alert_unit_rule"
    __table_args__ = (
        CheckConstraint(_HAS_THRESHOLD, "threshold"),
        CheckConstraint(_COUNTS, "minutes"),
        CheckConstraint(_NET, "net"),
    )

    unit_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("org_unit.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[Kind] = mapped_column(one_of(Kind, "kind", 12), primary_key=True)
    reason: Mapped[str] = mapped_column(String(MAX_REASON_CHARS), server_default="")
    """Why the safety net is looser than usual; empty: it is not."""


class AlertRuleChange(Base):
    """Who changed a rule of a unit or of a patient, when, from what to what. Never changed."""

    __tablename__ = "alert_rule_change"
    __table_args__ = (
        CheckConstraint("(unit_id IS NULL) <> (patient_id IS NULL)", "of_one"),
        Index("ix_alert_rule_change_unit_id", "unit_id"),
        Index("ix_alert_rule_change_patient_id", "patient_id"),
    )

    id: Mapped[Key]
    unit_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("org_unit.id"))
    patient_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    kind: Mapped[Kind] = mapped_column(one_of(Kind, "kind", 12))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(MAX_REASON_CHARS))
    by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    at: Mapped[datetime]


class AlertRule(RuleColumns, Base):
    """A patient's own rule, set by the care team."""

    __tablename__ = "alert_rule"
    __table_args__ = (
        CheckConstraint(_HAS_THRESHOLD, "threshold"),
        CheckConstraint(_COUNTS, "minutes"),
        CheckConstraint(f"NOT has_net OR {_NET}", "net"),
    )

    patient_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[Kind] = mapped_column(one_of(Kind, "kind", 12), primary_key=True)
    reason: Mapped[str] = mapped_column(String(MAX_REASON_CHARS), server_default="")
    """Why the safety net is looser for this patient; empty: it is not."""
    has_net: Mapped[bool] = mapped_column(Flagged, default=True, server_default=text("false"))
    """Whether the constraint `net` counts. False only in rows that an earlier release has made: it
    asks for no reason, and must not fail while the two run beside each other."""


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


class AlertReach(Base):
    """How many living people have alerts that reach nobody, as last counted. One row."""

    __tablename__ = "alert_reach"
    __table_args__ = (CheckConstraint("id = 1", "one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    begun_at: Mapped[datetime]
    """When the last count began: who comes within the hour does not begin another."""
    counted_at: Mapped[datetime | None]
    no_step: Mapped[int]
    no_team: Mapped[int]


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
            " WHEN kind IN ('no_data', 'answer') THEN 'none' ELSE 'high' END",
            "way",
        ),
        CheckConstraint("(state = 'resolved') = (resolved_at IS NOT NULL)", "resolved"),
        CheckConstraint("state = 'pending' OR opened_at IS NOT NULL", "opened"),
        CheckConstraint(
            "state <> 'acknowledged' OR acknowledged_by_id IS NOT NULL", "names_a_person"
        ),
        CheckConstraint("pauses BETWEEN 0 AND 2", "two_pauses"),
        CheckConstraint("reviewed_at IS NULL OR state = 'resolved'", "reviewed_when_over"),
        Index(
            "ix_alert_to_review",
            "patient_id",
            postgresql_where=text("needs_review AND reviewed_at IS NULL"),
            sqlite_where=text("needs_review AND reviewed_at IS NULL"),
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
    """None: HI or LO, or the rule looks at no value."""
    unit: Mapped[Unit | None] = mapped_column(one_of(Unit, "unit", 8))
    """That value, in its own unit."""
    worst_tick: Mapped[int | None] = mapped_column(SmallInteger)
    """The value farthest beyond the threshold; None: HI or LO."""
    worst_unit: Mapped[Unit | None] = mapped_column(one_of(Unit, "worst_unit", 8))
    worst_at: Mapped[datetime | None]
    worse_at: Mapped[datetime | None]
    """When we last learned that it was worse than we knew; a late value says nothing of when."""
    received_at: Mapped[datetime | None]
    """When the first value of the episode reached us."""
    last_at: Mapped[datetime]
    """When the newest value that says something about the episode was measured."""
    is_sensor: Mapped[bool] = mapped_column(Flagged)
    """Whether the last value beyond the threshold came from a sensor."""
    back_since: Mapped[datetime | None]
    """Since when all sources that saw it, or a fingerstick, have been back in range."""
    opened_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    """When the first to be told were last told."""
    rounds: Mapped[int] = mapped_column(default=0)
    """How often they were told."""
    snoozed_until: Mapped[datetime | None]
    snoozed_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    pauses: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    pause_min: Mapped[int | None] = mapped_column(SmallInteger)
    """Length of the first pause: no step comes later than its time plus this."""
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    """Of the acknowledgement in force; None: there is none, or it is void."""
    acknowledged_until: Mapped[datetime | None]
    needs_review: Mapped[bool] = mapped_column(Flagged, default=False, server_default=text("false"))
    """A person of the team has to close it: the end of the episode does not."""
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("person.id"))
    ref: Mapped[str] = mapped_column(String(80), default="", server_default="")
    """What an answer belongs to; empty for alerts of readings."""
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
    planned_at: Mapped[datetime | None]
    """What the rule says, never moved; None: planned by an earlier release."""
    due_at: Mapped[datetime]
    state: Mapped[StepState] = mapped_column(one_of(StepState, "state", 12))
    done_at: Mapped[datetime | None]
    """When its notices were written; what became of them stands with each notice."""


class AlertAcknowledgement(Base):
    """Somebody has taken an alert on: of what was seen, for a time. Rows are never changed back."""

    __tablename__ = "alert_acknowledgement"
    __table_args__ = (
        Index("ix_alert_acknowledgement_alert_id", "alert_id"),
        CheckConstraint("(void_at IS NULL) = (void_reason IS NULL)", "void_with_reason"),
    )

    id: Mapped[Key]
    alert_id: Mapped[int] = mapped_column(BigInt, ForeignKey("alert.id"))
    by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("person.id"))
    basis: Mapped[Basis] = mapped_column(one_of(Basis, "basis"))
    representation_id: Mapped[int | None] = mapped_column(BigInt)
    at: Mapped[datetime]
    until: Mapped[datetime]
    action: Mapped[Action] = mapped_column(one_of(Action, "action", 12))
    worst_tick: Mapped[int | None] = mapped_column(SmallInteger)
    """The worst value seen by then; None: HI, LO or no value."""
    worst_unit: Mapped[Unit | None] = mapped_column(one_of(Unit, "worst_unit", 8))
    void_at: Mapped[datetime | None]
    void_reason: Mapped[VoidReason | None] = mapped_column(one_of(VoidReason, "void_reason", 12))


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
