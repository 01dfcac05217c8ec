"""The worklist: entries, their history, thresholds of triage, saved views, days of fingersticks."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("worklist_deed", "triage_threshold")
RULES = (
    "cgm_very_low_pct", "sticks_very_low_n", "cgm_low_pct", "sticks_low_pct", "cgm_high_pct",
    "sticks_high_pct", "cgm_very_high_pct", "sticks_very_high_n", "cgm_in_range_pct",
    "cgm_drop_points", "sticks_fasting_rise_pct", "cgm_wear_pct", "cgm_silent_days",
    "sticks_missed_days", "adherence_pct", "falling_points",
)  # fmt: skip
DEEDS = (
    "opened", "settled", "acknowledged", "closed", "reopened", "owned", "released", "review",
    "noted",
)  # fmt: skip

SQLITE_APPEND_ONLY = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
POSTGRESQL_FUNCTION = """
CREATE FUNCTION worklist_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
POSTGRESQL_TRIGGER = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION worklist_append_only()
"""


def _one_of(name: str, values: tuple[str, ...], length: int) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=length)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _to(table: str, column: str, target: str = "person") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _make_entries() -> None:
    table = "worklist_entry"
    op.create_table(
        table,
        sa.Column("patient_id", BIG, autoincrement=False, nullable=False),
        sa.Column("order_key", BIG, nullable=False),
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column("name_folded", sa.String(length=170), nullable=False),
        sa.Column("kind", _one_of("kind", ("cgm", "sticks", "none"), 8), nullable=False),
        sa.Column("unit", sa.SmallInteger(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("reason_bits", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("in_range_pct", sa.Float(), nullable=True),
        sa.Column("in_range_before_pct", sa.Float(), nullable=True),
        sa.Column("bands", sa.JSON(), nullable=False),
        sa.Column("strip", sa.String(length=14), nullable=False),
        sa.Column("newest_at", MOMENT, nullable=True),
        sa.Column("newest", sa.JSON(), nullable=True),
        sa.Column("judged_on", sa.Date(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column(
            "stage", _one_of("stage", ("open", "acknowledged", "closed"), 16), nullable=False
        ),
        sa.Column("stage_at", MOMENT, nullable=False),
        sa.Column("stage_by_id", BIG, nullable=True),
        sa.Column("owner_id", BIG, nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("answered_bits", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("unit IN (0, 1)", name=op.f("ck_worklist_entry_unit")),
        sa.CheckConstraint(
            "stage <> 'acknowledged' OR (stage_by_id IS NOT NULL AND owner_id IS NOT NULL)",
            name=op.f("ck_worklist_entry_acknowledged_by_somebody"),
        ),
        *(_to(table, column) for column in ("patient_id", "stage_by_id", "owner_id")),
        _key(table, "patient_id"),
    )
    op.create_index("ix_worklist_entry_order", table, ["order_key", "patient_id"])
    op.create_index("ix_worklist_entry_judged_on", table, ["judged_on"])
    op.create_index(op.f("ix_worklist_entry_owner_id"), table, ["owner_id"])


def _make_deeds() -> None:
    table = "worklist_deed"
    op.create_table(
        table,
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("deed", _one_of("deed", DEEDS, 16), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("reason_bits", sa.Integer(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("by_id", BIG, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        *(_to(table, column) for column in ("patient_id", "by_id")),
        _key(table, "id"),
    )
    op.create_index("ix_worklist_deed_patient", table, ["patient_id", "id"])


def _make_thresholds() -> None:
    table = "triage_threshold"
    op.create_table(
        table,
        sa.Column("id", BIG, nullable=False),
        sa.Column("unit_id", BIG, nullable=True),
        sa.Column("patient_id", BIG, nullable=True),
        sa.Column("rule", _one_of("rule", RULES, 32), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("set_by_id", BIG, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(unit_id IS NULL) <> (patient_id IS NULL)",
            name=op.f("ck_triage_threshold_clinic_or_patient"),
        ),
        sa.CheckConstraint(
            "value IS NULL OR (value > 0 AND value <= 100)", name=op.f("ck_triage_threshold_value")
        ),
        _to(table, "unit_id", "org_unit"),
        *(_to(table, column) for column in ("patient_id", "set_by_id")),
        _key(table, "id"),
    )
    op.create_index("ix_triage_threshold_unit", table, ["unit_id", "id"])
    op.create_index("ix_triage_threshold_patient", table, ["patient_id", "id"])


def _make_views_and_days() -> None:
    op.create_table(
        "worklist_view",
        sa.Column("id", BIG, nullable=False),
        sa.Column("worker_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=300), nullable=False),
        _to("worklist_view", "worker_id"),
        _key("worklist_view", "id"),
        sa.UniqueConstraint("worker_id", "name", name=op.f("uq_worklist_view_worker_id_name")),
    )
    op.create_table(
        "stick_day",
        sa.Column("patient_id", BIG, autoincrement=False, nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("planned", sa.SmallInteger(), nullable=False),
        sa.Column("done", sa.SmallInteger(), nullable=False),
        sa.Column("fasting_n", sa.SmallInteger(), nullable=False),
        sa.Column("fasting_total", sa.Float(), nullable=False),
        sa.CheckConstraint(
            "done >= 0 AND done <= planned", name=op.f("ck_stick_day_done_of_planned")
        ),
        _to("stick_day", "patient_id"),
        _key("stick_day", "patient_id", "day_on"),
    )


def upgrade() -> None:
    """Make the tables."""
    _make_entries()
    _make_deeds()
    _make_thresholds()
    _make_views_and_days()
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(SQLITE_APPEND_ONLY.format(table=table, verb=verb))
        return
    op.execute(POSTGRESQL_FUNCTION)
    for table in APPEND_ONLY:
        op.execute(POSTGRESQL_TRIGGER.format(table=table))


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("stick_day")
    op.drop_table("worklist_view")
    op.drop_index("ix_triage_threshold_patient", table_name="triage_threshold")
    op.drop_index("ix_triage_threshold_unit", table_name="triage_threshold")
    op.drop_table("triage_threshold")
    op.drop_index("ix_worklist_deed_patient", table_name="worklist_deed")
    op.drop_table("worklist_deed")
    op.drop_index(op.f("ix_worklist_entry_owner_id"), table_name="worklist_entry")
    op.drop_index("ix_worklist_entry_judged_on", table_name="worklist_entry")
    op.drop_index("ix_worklist_entry_order", table_name="worklist_entry")
    op.drop_table("worklist_entry")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION worklist_append_only()")
