"""Alert rules belong to a unit; a looser safety net has a reason; every change is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
KINDS = ("urgent_low", "low", "high", "very_high", "no_data", "answer")
NET = (
    "reason <> '' OR ("
    "(kind <> 'urgent_low' OR (is_on AND ((unit = 'mmol/L' AND tick >= 30)"
    " OR (unit = 'mg/dL' AND tick >= 54))))"
    " AND (kind <> 'very_high' OR (is_on AND values_n <= 2 AND delay_min <= 60"
    " AND ((unit = 'mmol/L' AND tick <= 139) OR (unit = 'mg/dL' AND tick <= 250)))))"
)
COPIED = (
    "kind, is_on, unit, tick, delay_min, repeat_min, proxy_min, nurse_min, doctor_min,"
    " values_n, values_within_min, acknowledged_min, changed_by_id, changed_at"
)
BEFORE = "set before a reason was asked for"


def _kind() -> sa.Column:
    return sa.Column(
        "kind",
        sa.Enum(*KINDS, name="kind", native_enum=False, create_constraint=True, length=12),
        nullable=False,
    )


def _unit() -> sa.Column:
    return sa.Column(
        "unit",
        sa.Enum(
            "mmol/L", "mg/dL", name="unit", native_enum=False, create_constraint=True, length=8
        ),
        nullable=True,
    )


def upgrade() -> None:
    """The clinic's rules become those of each unit; the old table stays for the old release."""
    op.create_table(
        "alert_unit_rule",
        sa.Column("unit_id", BIG, autoincrement=False, nullable=False),
        _kind(),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        _unit(),
        sa.Column("tick", sa.SmallInteger(), nullable=True),
        sa.Column("delay_min", sa.Integer(), nullable=False),
        sa.Column("repeat_min", sa.SmallInteger(), nullable=False),
        sa.Column("proxy_min", sa.SmallInteger(), nullable=True),
        sa.Column("nurse_min", sa.SmallInteger(), nullable=True),
        sa.Column("doctor_min", sa.SmallInteger(), nullable=True),
        sa.Column("values_n", sa.SmallInteger(), nullable=False, server_default="1"),
        sa.Column("values_within_min", sa.SmallInteger(), nullable=False, server_default="240"),
        sa.Column("acknowledged_min", sa.SmallInteger(), nullable=False, server_default="20"),
        sa.Column("reason", sa.String(300), nullable=False, server_default=""),
        sa.Column("changed_by_id", BIG, nullable=True),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "(kind IN ('no_data', 'answer')) = (tick IS NULL) AND (tick IS NULL) = (unit IS NULL)"
            " AND (tick IS NULL OR tick > 0)",
            name=op.f("ck_alert_unit_rule_threshold"),
        ),
        sa.CheckConstraint(
            "delay_min >= 0 AND repeat_min >= 0 AND values_n BETWEEN 1 AND 5"
            " AND values_within_min > 0 AND acknowledged_min > 0"
            " AND (kind <> 'urgent_low' OR acknowledged_min <= 30)",
            name=op.f("ck_alert_unit_rule_minutes"),
        ),
        sa.CheckConstraint(NET, name=op.f("ck_alert_unit_rule_net")),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["person.id"], name=op.f("fk_alert_unit_rule_changed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["org_unit.id"], name=op.f("fk_alert_unit_rule_unit_id")
        ),
        sa.PrimaryKeyConstraint("unit_id", "kind", name=op.f("pk_alert_unit_rule")),
    )
    op.execute(
        sa.text(
            f"INSERT INTO alert_unit_rule (unit_id, reason, {COPIED})"  # noqa: S608 - our own words
            f" SELECT org_unit.id, '{BEFORE}', {COPIED.replace('kind', 'alert_default.kind', 1)}"
            " FROM alert_default CROSS JOIN org_unit"
        )
    )
    with op.batch_alter_table("alert_rule") as batch:
        batch.add_column(sa.Column("reason", sa.String(300), nullable=False, server_default=""))
    op.execute(sa.text(f"UPDATE alert_rule SET reason = '{BEFORE}' WHERE NOT ({NET})"))  # noqa: S608
    op.create_table(
        "alert_rule_change",
        sa.Column("id", BIG, nullable=False),
        sa.Column("unit_id", BIG, nullable=True),
        sa.Column("patient_id", BIG, nullable=True),
        _kind(),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("by_id", BIG, nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.CheckConstraint(
            "(unit_id IS NULL) <> (patient_id IS NULL)", name=op.f("ck_alert_rule_change_of_one")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_alert_rule_change_by_id")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_alert_rule_change_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["org_unit.id"], name=op.f("fk_alert_rule_change_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rule_change")),
    )
    op.create_index("ix_alert_rule_change_unit_id", "alert_rule_change", ["unit_id"])
    op.create_index("ix_alert_rule_change_patient_id", "alert_rule_change", ["patient_id"])


def downgrade() -> None:
    """Of the rules of several units the first unit's count for everybody again."""
    op.drop_table("alert_rule_change")
    with op.batch_alter_table("alert_rule") as batch:
        batch.drop_column("reason")
    op.execute(sa.text("DELETE FROM alert_default"))
    op.execute(
        sa.text(
            f"INSERT INTO alert_default ({COPIED}) SELECT {COPIED} FROM alert_unit_rule"  # noqa: S608
            " WHERE unit_id = (SELECT min(other.unit_id) FROM alert_unit_rule AS other"
            " WHERE other.kind = alert_unit_rule.kind)"
        )
    )
    op.drop_table("alert_unit_rule")
