"""Tables of alerts; a notice says with which words it goes."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.execute(
        "ALTER TABLE notification ADD COLUMN wording VARCHAR(12) NOT NULL DEFAULT 'waiting'"
        " CONSTRAINT ck_notification_wording CHECK (wording IN ('waiting', 'attention', 'test'))"
    )
    op.create_table(
        "alert",
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "urgent_low",
                "low",
                "high",
                "very_high",
                "no_data",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column(
            "direction",
            sa.Enum(
                "low",
                "high",
                "none",
                name="direction",
                native_enum=False,
                create_constraint=True,
                length=8,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "open",
                "escalated",
                "acknowledged",
                "resolved",
                name="state",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("threshold_tick", sa.SmallInteger(), nullable=True),
        sa.Column(
            "threshold_unit",
            sa.Enum(
                "mmol/L",
                "mg/dL",
                name="threshold_unit",
                native_enum=False,
                create_constraint=True,
                length=8,
            ),
            nullable=True,
        ),
        sa.Column("delay_min", sa.Integer(), nullable=False),
        sa.Column("beyond_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_beyond_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tick", sa.SmallInteger(), nullable=True),
        sa.Column(
            "unit",
            sa.Enum(
                "mmol/L", "mg/dL", name="unit", native_enum=False, create_constraint=True, length=8
            ),
            nullable=True,
        ),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_sensor", sa.Boolean(), nullable=False),
        sa.Column("back_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("snoozed_by_id", BIG, nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by_id", BIG, nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "end_reason",
            sa.Enum(
                "recovered",
                "data_back",
                "lapsed",
                "withdrawn",
                "rule_off",
                "rule_changed",
                name="end_reason",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'resolved') = (resolved_at IS NOT NULL)", name=op.f("ck_alert_resolved")
        ),
        sa.CheckConstraint(
            "direction = CASE WHEN kind IN ('urgent_low', 'low') THEN 'low' WHEN kind = 'no_data' THEN 'none' ELSE 'high' END",
            name=op.f("ck_alert_way"),
        ),
        sa.CheckConstraint(
            "kind <> 'urgent_low' OR snoozed_until IS NULL",
            name=op.f("ck_alert_urgent_never_snoozed"),
        ),
        sa.CheckConstraint(
            "state <> 'acknowledged' OR acknowledged_by_id IS NOT NULL",
            name=op.f("ck_alert_names_a_person"),
        ),
        sa.CheckConstraint(
            "state = 'pending' OR opened_at IS NOT NULL", name=op.f("ck_alert_opened")
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_by_id"], ["person.id"], name=op.f("fk_alert_acknowledged_by_id")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["person.id"], name=op.f("fk_alert_patient_id")),
        sa.ForeignKeyConstraint(
            ["snoozed_by_id"], ["person.id"], name=op.f("fk_alert_snoozed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(
        "ix_alert_next_at",
        "alert",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
        sqlite_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(
        "ix_alert_patient_id_opened_at", "alert", ["patient_id", "opened_at"], unique=False
    )
    op.create_index(
        "uq_alert_live",
        "alert",
        ["patient_id", "kind", "direction"],
        unique=True,
        postgresql_where=sa.text("state <> 'resolved'"),
        sqlite_where=sa.text("state <> 'resolved'"),
    )
    op.create_table(
        "alert_default",
        sa.Column(
            "kind",
            sa.Enum(
                "urgent_low",
                "low",
                "high",
                "very_high",
                "no_data",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "mmol/L", "mg/dL", name="unit", native_enum=False, create_constraint=True, length=8
            ),
            nullable=True,
        ),
        sa.Column("tick", sa.SmallInteger(), nullable=True),
        sa.Column("delay_min", sa.Integer(), nullable=False),
        sa.Column("repeat_min", sa.SmallInteger(), nullable=False),
        sa.Column("proxy_min", sa.SmallInteger(), nullable=True),
        sa.Column("nurse_min", sa.SmallInteger(), nullable=True),
        sa.Column("doctor_min", sa.SmallInteger(), nullable=True),
        sa.Column("changed_by_id", BIG, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'no_data') = (tick IS NULL) AND (tick IS NULL) = (unit IS NULL) AND (tick IS NULL OR tick > 0)",
            name=op.f("ck_alert_default_threshold"),
        ),
        sa.CheckConstraint(
            "delay_min >= 0 AND repeat_min >= 0", name=op.f("ck_alert_default_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["person.id"], name=op.f("fk_alert_default_changed_by_id")
        ),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_alert_default")),
    )
    op.create_table(
        "alert_mute",
        sa.Column("patient_id", BIG, autoincrement=False, nullable=False),
        sa.Column("person_id", BIG, autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "urgent_low",
                "low",
                "high",
                "very_high",
                "no_data",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind <> 'urgent_low'", name=op.f("ck_alert_mute_never_urgent")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_alert_mute_patient_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_alert_mute_person_id")),
        sa.PrimaryKeyConstraint("patient_id", "person_id", "kind", name=op.f("pk_alert_mute")),
    )
    op.create_table(
        "alert_rule",
        sa.Column("patient_id", BIG, autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "urgent_low",
                "low",
                "high",
                "very_high",
                "no_data",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "mmol/L", "mg/dL", name="unit", native_enum=False, create_constraint=True, length=8
            ),
            nullable=True,
        ),
        sa.Column("tick", sa.SmallInteger(), nullable=True),
        sa.Column("delay_min", sa.Integer(), nullable=False),
        sa.Column("repeat_min", sa.SmallInteger(), nullable=False),
        sa.Column("proxy_min", sa.SmallInteger(), nullable=True),
        sa.Column("nurse_min", sa.SmallInteger(), nullable=True),
        sa.Column("doctor_min", sa.SmallInteger(), nullable=True),
        sa.Column("changed_by_id", BIG, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'no_data') = (tick IS NULL) AND (tick IS NULL) = (unit IS NULL) AND (tick IS NULL OR tick > 0)",
            name=op.f("ck_alert_rule_threshold"),
        ),
        sa.CheckConstraint(
            "delay_min >= 0 AND repeat_min >= 0", name=op.f("ck_alert_rule_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["person.id"], name=op.f("fk_alert_rule_changed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_alert_rule_patient_id")
        ),
        sa.PrimaryKeyConstraint("patient_id", "kind", name=op.f("pk_alert_rule")),
    )
    op.create_table(
        "alert_test",
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("by_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_alert_test_by_id")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_alert_test_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_test")),
    )
    op.create_index("ix_alert_test_patient_id_at", "alert_test", ["patient_id", "at"], unique=False)
    op.create_table(
        "alert_watch",
        sa.Column("patient_id", BIG, autoincrement=False, nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("newest_sensor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("silent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_alert_watch_patient_id")
        ),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_alert_watch")),
    )
    op.create_index(
        "ix_alert_watch_silent_at",
        "alert_watch",
        ["silent_at"],
        unique=False,
        postgresql_where=sa.text("silent_at IS NOT NULL"),
        sqlite_where=sa.text("silent_at IS NOT NULL"),
    )
    op.create_table(
        "alert_notice",
        sa.Column("id", BIG, nullable=False),
        sa.Column("alert_id", BIG, nullable=True),
        sa.Column("test_id", BIG, nullable=True),
        sa.Column(
            "ring",
            sa.Enum(
                "patient",
                "proxy",
                "nurse",
                "doctor",
                name="ring",
                native_enum=False,
                create_constraint=True,
                length=8,
            ),
            nullable=False,
        ),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("recipient_id", BIG, nullable=False),
        sa.Column("representation_id", BIG, nullable=True),
        sa.Column("notification_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "(alert_id IS NULL) <> (test_id IS NULL)", name=op.f("ck_alert_notice_of_one_thing")
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_notice_alert_id")),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_alert_notice_notification_id")
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["person.id"], name=op.f("fk_alert_notice_recipient_id")
        ),
        sa.ForeignKeyConstraint(
            ["test_id"], ["alert_test.id"], name=op.f("fk_alert_notice_test_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_notice")),
        sa.UniqueConstraint(
            "alert_id",
            "ring",
            "round",
            "recipient_id",
            name=op.f("uq_alert_notice_alert_id_ring_round_recipient_id"),
        ),
        sa.UniqueConstraint("notification_id", name=op.f("uq_alert_notice_notification_id")),
    )
    op.create_index("ix_alert_notice_test_id", "alert_notice", ["test_id"], unique=False)
    op.create_table(
        "alert_step",
        sa.Column("alert_id", BIG, autoincrement=False, nullable=False),
        sa.Column(
            "ring",
            sa.Enum(
                "patient",
                "proxy",
                "nurse",
                "doctor",
                name="ring",
                native_enum=False,
                create_constraint=True,
                length=8,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "told",
                "nobody",
                "stopped",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=8,
            ),
            nullable=False,
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_step_alert_id")),
        sa.PrimaryKeyConstraint("alert_id", "ring", name=op.f("pk_alert_step")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("alert_step")
    op.drop_table("alert_notice")
    op.drop_table("alert_watch")
    op.drop_table("alert_test")
    op.drop_table("alert_rule")
    op.drop_table("alert_mute")
    op.drop_table("alert_default")
    op.drop_table("alert")
    op.execute("ALTER TABLE notification DROP COLUMN wording")
