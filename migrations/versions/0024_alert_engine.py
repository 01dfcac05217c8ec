"""Alerts of two kinds of data; acknowledgements with an end; ended alerts that somebody closes."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
KINDS = ("urgent_low", "low", "high", "very_high", "no_data")
ENDS = ("recovered", "data_back", "lapsed", "withdrawn", "rule_off", "rule_changed")
NEW_ENDS = ("seen_late", "reviewed", "died")
STEPS = ("waiting", "told", "nobody", "stopped")
NEW_STEPS = ("sending", "unreached")
OPEN_REVIEW = sa.text("needs_review AND reviewed_at IS NULL")
RULE_TABLES = ("alert_default", "alert_rule")


def _in(column: str, values: tuple[str, ...]) -> sa.TextClause:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.text(f"{column} IN ({listed})")


def _check(batch: sa.Table, table: str, name: str, condition: str | sa.TextClause) -> None:
    """Another condition under the same name."""
    named = op.f(f"ck_{table}_{name}")
    batch.drop_constraint(named, type_="check")
    batch.create_check_constraint(
        named, condition if isinstance(condition, sa.TextClause) else sa.text(condition)
    )


def _unit(name: str) -> sa.Enum:
    return sa.Enum(
        "mmol/L", "mg/dL", name=name, native_enum=False, create_constraint=False, length=8
    )


def _set(table: str, values: str, where: str) -> None:
    op.execute(sa.text(f"UPDATE {table} SET {values} WHERE {where}"))  # noqa: S608 - our own words


def _forget_answers(table: str, column: str = "kind") -> None:
    condition = "kind = 'answer'"
    if column != "kind":
        condition = f"{column} IN (SELECT id FROM alert WHERE {condition})"  # noqa: S608
    op.execute(sa.text(f"DELETE FROM {table} WHERE {condition}"))  # noqa: S608


def upgrade() -> None:
    """Old alerts that nobody acknowledged are not asked about again: only new ones are."""
    with op.batch_alter_table("alert") as batch:
        batch.add_column(sa.Column("worst_tick", sa.SmallInteger(), nullable=True))
        batch.add_column(sa.Column("worst_unit", _unit("worst_unit"), nullable=True))
        batch.add_column(sa.Column("worst_at", WHEN, nullable=True))
        batch.add_column(sa.Column("received_at", WHEN, nullable=True))
        batch.add_column(sa.Column("pauses", sa.SmallInteger(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("pause_min", sa.SmallInteger(), nullable=True))
        batch.add_column(sa.Column("acknowledged_until", WHEN, nullable=True))
        batch.add_column(
            sa.Column("needs_review", sa.Boolean(), nullable=False, server_default=sa.text("false"))
        )
        batch.add_column(sa.Column("reviewed_at", WHEN, nullable=True))
        batch.add_column(sa.Column("reviewed_by_id", BIG, nullable=True))
        batch.add_column(sa.Column("ref", sa.String(80), nullable=False, server_default=""))
        batch.create_foreign_key(
            op.f("fk_alert_reviewed_by_id"), "person", ["reviewed_by_id"], ["id"]
        )
        _check(batch, "alert", "kind", _in("kind", (*KINDS, "answer")))
        _check(batch, "alert", "end_reason", _in("end_reason", (*ENDS, *NEW_ENDS)))
        _check(
            batch,
            "alert",
            "way",
            "direction = CASE WHEN kind IN ('urgent_low', 'low') THEN 'low'"
            " WHEN kind IN ('no_data', 'answer') THEN 'none' ELSE 'high' END",
        )
        batch.create_check_constraint(
            op.f("ck_alert_worst_unit"), _in("worst_unit", ("mmol/L", "mg/dL"))
        )
        batch.create_check_constraint(
            op.f("ck_alert_two_pauses"), sa.text("pauses BETWEEN 0 AND 2")
        )
        batch.create_check_constraint(
            op.f("ck_alert_reviewed_when_over"),
            sa.text("reviewed_at IS NULL OR state = 'resolved'"),
        )
    op.create_index(
        "ix_alert_to_review",
        "alert",
        ["patient_id"],
        postgresql_where=OPEN_REVIEW,
        sqlite_where=OPEN_REVIEW,
    )
    op.execute("DELETE FROM alert WHERE state = 'pending'")  # read from the values from now on
    op.execute("UPDATE alert SET worst_tick = tick, worst_unit = unit, worst_at = last_beyond_at")
    op.execute(
        "UPDATE alert SET needs_review = true WHERE state <> 'resolved' AND kind <> 'no_data'"
    )
    with op.batch_alter_table("alert_step") as batch:
        batch.add_column(sa.Column("planned_at", WHEN, nullable=True))
        batch.alter_column("state", type_=sa.String(12), existing_nullable=False)
        _check(batch, "alert_step", "state", _in("state", (*STEPS, *NEW_STEPS)))
    op.execute("UPDATE alert_step SET planned_at = due_at")
    for table in RULE_TABLES:
        with op.batch_alter_table(table) as batch:
            batch.add_column(
                sa.Column("values_n", sa.SmallInteger(), nullable=False, server_default="1")
            )
            batch.add_column(
                sa.Column(
                    "values_within_min", sa.SmallInteger(), nullable=False, server_default="240"
                )
            )
            batch.add_column(
                sa.Column(
                    "acknowledged_min", sa.SmallInteger(), nullable=False, server_default="20"
                )
            )
            _check(batch, table, "kind", _in("kind", (*KINDS, "answer")))
            _check(
                batch,
                table,
                "threshold",
                "(kind IN ('no_data', 'answer')) = (tick IS NULL) AND (tick IS NULL) = (unit IS"
                " NULL) AND (tick IS NULL OR tick > 0)",
            )
            _check(
                batch,
                table,
                "minutes",
                "delay_min >= 0 AND repeat_min >= 0 AND values_n BETWEEN 1 AND 5"
                " AND values_within_min > 0 AND acknowledged_min > 0"
                " AND (kind <> 'urgent_low' OR acknowledged_min <= 30)",
            )
        _set(table, "values_n = 2", "kind IN ('high', 'very_high')")
        _set(table, "acknowledged_min = 60", "kind = 'low'")
        _set(table, "acknowledged_min = 240", "kind NOT IN ('low', 'urgent_low')")
    with op.batch_alter_table("alert_mute") as batch:
        _check(batch, "alert_mute", "kind", _in("kind", (*KINDS, "answer")))
    _make_acknowledgements()


def _make_acknowledgements() -> None:
    op.create_table(
        "alert_acknowledgement",
        sa.Column("id", BIG, nullable=False),
        sa.Column("alert_id", BIG, nullable=False),
        sa.Column("by_id", BIG, nullable=False),
        sa.Column(
            "basis",
            sa.Enum(
                "self",
                "guardian",
                "mandate",
                "health_care_proxy",
                "care_team",
                "clinic_staff",
                "device",
                "system",
                name="basis",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("representation_id", BIG, nullable=True),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("until", WHEN, nullable=False),
        sa.Column(
            "action",
            sa.Enum(
                "eaten",
                "helped",
                "spoken",
                "treated",
                "seen",
                name="action",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("worst_tick", sa.SmallInteger(), nullable=True),
        sa.Column(
            "worst_unit",
            sa.Enum(
                "mmol/L",
                "mg/dL",
                name="worst_unit",
                native_enum=False,
                create_constraint=True,
                length=8,
            ),
            nullable=True,
        ),
        sa.Column("void_at", WHEN, nullable=True),
        sa.Column(
            "void_reason",
            sa.Enum(
                "expired",
                "worse",
                "right_ended",
                "taken_back",
                name="void_reason",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(void_at IS NULL) = (void_reason IS NULL)",
            name=op.f("ck_alert_acknowledgement_void_with_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_alert_acknowledgement_alert_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_alert_acknowledgement_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_acknowledgement")),
    )
    op.create_index("ix_alert_acknowledgement_alert_id", "alert_acknowledgement", ["alert_id"])


def downgrade() -> None:
    """What only the new engine knows ends as far as the old one can say it."""
    op.drop_table("alert_acknowledgement")
    _forget_answers("alert_notice", "alert_id")
    _forget_answers("alert_step", "alert_id")
    for table in ("alert", "alert_mute", *RULE_TABLES):
        _forget_answers(table)
    op.execute(
        "UPDATE alert SET end_reason = 'lapsed' WHERE end_reason IN ('seen_late', 'reviewed')"
    )
    op.execute("UPDATE alert SET end_reason = 'withdrawn' WHERE end_reason = 'died'")
    op.execute("UPDATE alert_step SET state = 'told' WHERE state = 'sending'")
    op.execute("UPDATE alert_step SET state = 'nobody' WHERE state = 'unreached'")
    with op.batch_alter_table("alert_mute") as batch:
        _check(batch, "alert_mute", "kind", _in("kind", KINDS))
    for table in RULE_TABLES:
        with op.batch_alter_table(table) as batch:
            _check(batch, table, "kind", _in("kind", KINDS))
            _check(batch, table, "minutes", "delay_min >= 0 AND repeat_min >= 0")
            _check(
                batch,
                table,
                "threshold",
                "(kind = 'no_data') = (tick IS NULL) AND (tick IS NULL) = (unit IS NULL)"
                " AND (tick IS NULL OR tick > 0)",
            )
            for column in ("values_n", "values_within_min", "acknowledged_min"):
                batch.drop_column(column)
    with op.batch_alter_table("alert_step") as batch:
        _check(batch, "alert_step", "state", _in("state", STEPS))
        batch.alter_column("state", type_=sa.String(8), existing_nullable=False)
        batch.drop_column("planned_at")
    op.drop_index("ix_alert_to_review", table_name="alert")
    with op.batch_alter_table("alert") as batch:
        for name in ("worst_unit", "two_pauses", "reviewed_when_over"):
            batch.drop_constraint(op.f(f"ck_alert_{name}"), type_="check")
        batch.drop_constraint(op.f("fk_alert_reviewed_by_id"), type_="foreignkey")
        _check(batch, "alert", "kind", _in("kind", KINDS))
        _check(batch, "alert", "end_reason", _in("end_reason", ENDS))
        _check(
            batch,
            "alert",
            "way",
            "direction = CASE WHEN kind IN ('urgent_low', 'low') THEN 'low'"
            " WHEN kind = 'no_data' THEN 'none' ELSE 'high' END",
        )
        for column in (
            "worst_tick", "worst_unit", "worst_at", "received_at", "pauses", "pause_min",
            "acknowledged_until", "needs_review", "reviewed_at", "reviewed_by_id", "ref",
        ):  # fmt: skip
            batch.drop_column(column)
