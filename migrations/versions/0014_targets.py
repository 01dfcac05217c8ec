"""Targets and measurement plans: versions with who and when, only ever added."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("target_version", "plan_version", "plan_slot")
GOALS = ("tir_pct", "below_target_pct", "below_54_pct", "above_target_pct", "above_250_pct")

SQLITE_APPEND_ONLY = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
POSTGRESQL_FUNCTION = """
CREATE FUNCTION targets_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
POSTGRESQL_TRIGGER = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION targets_append_only()
"""


def _version_columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("set_by_id", BIG, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
    )


def _version_keys(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(["patient_id"], ["person.id"], name=op.f(f"fk_{table}_patient_id")),
        sa.ForeignKeyConstraint(["set_by_id"], ["person.id"], name=op.f(f"fk_{table}_set_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _make_targets() -> None:
    op.create_table(
        "target_version",
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column(
            "population",
            sa.Enum(
                "adult",
                "older",
                "pregnancy-type1",
                "pregnancy-type2",
                name="population",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "unit",
            sa.Enum(
                "mmol/L", "mg/dL", name="unit", native_enum=False, create_constraint=True, length=8
            ),
            nullable=True,
        ),
        *(
            sa.Column(name, sa.SmallInteger(), nullable=False)
            for name in ("mg_low", "mg_high", "mmol_low", "mmol_high")
        ),
        *(sa.Column(goal, sa.Float(), nullable=True) for goal in GOALS),
        *_version_columns(),
        sa.CheckConstraint(
            "mg_low >= 55 AND mg_high >= mg_low + 16 AND mg_high <= 249"
            " AND mmol_low >= 31 AND mmol_high >= mmol_low + 9 AND mmol_high <= 138",
            name=op.f("ck_target_version_limits_ordered"),
        ),
        sa.CheckConstraint(
            " AND ".join(f"({goal} IS NULL OR ({goal} > 0 AND {goal} < 100))" for goal in GOALS),
            name=op.f("ck_target_version_goals_are_shares"),
        ),
        sa.CheckConstraint(
            "(below_54_pct IS NULL OR below_target_pct IS NULL OR below_54_pct <= below_target_pct)"
            " AND (above_250_pct IS NULL OR above_target_pct IS NULL"
            " OR above_250_pct <= above_target_pct)",
            name=op.f("ck_target_version_goals_ordered"),
        ),
        *_version_keys("target_version"),
    )
    op.create_index("ix_target_version_patient", "target_version", ["patient_id", "id"])


def _make_plans() -> None:
    op.create_table(
        "plan_version",
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("tolerance_min", sa.SmallInteger(), nullable=False),
        *_version_columns(),
        sa.CheckConstraint(
            "tolerance_min BETWEEN 0 AND 120", name=op.f("ck_plan_version_tolerance")
        ),
        *_version_keys("plan_version"),
    )
    op.create_index("ix_plan_version_patient", "plan_version", ["patient_id", "id"])
    op.create_table(
        "plan_slot",
        sa.Column("plan_id", BIG, autoincrement=False, nullable=False),
        sa.Column(
            "slot",
            sa.Enum(
                "before_breakfast",
                "after_breakfast",
                "before_lunch",
                "after_lunch",
                "before_dinner",
                "after_dinner",
                "bedtime",
                "night",
                name="slot",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("weekdays", sa.SmallInteger(), nullable=False),
        sa.Column("starts_min", sa.SmallInteger(), nullable=False),
        sa.Column("ends_min", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name=op.f("ck_plan_slot_weekdays")),
        sa.CheckConstraint(
            "starts_min >= 0 AND ends_min > starts_min AND ends_min <= 1440",
            name=op.f("ck_plan_slot_window"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan_version.id"], name=op.f("fk_plan_slot_plan_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", "slot", name=op.f("pk_plan_slot")),
    )


def upgrade() -> None:
    """Make the tables."""
    _make_targets()
    _make_plans()
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for verb in ("UPDATE", "DELETE"):
                op.execute(SQLITE_APPEND_ONLY.format(table=table, verb=verb))
        return
    op.execute(POSTGRESQL_FUNCTION)
    for table in TABLES:
        op.execute(POSTGRESQL_TRIGGER.format(table=table))


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("plan_slot")
    op.drop_index("ix_plan_version_patient", table_name="plan_version")
    op.drop_table("plan_version")
    op.drop_index("ix_target_version_patient", table_name="target_version")
    op.drop_table("target_version")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION targets_append_only()")
