"""Reports: remarks of the care team with their history, and reports shared with the patient.

Triggers keep the history of a remark as it was written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
KEPT = "report_remark_version"


def _audience() -> sa.Enum:
    return sa.Enum(
        "team",
        "patient",
        name="audience",
        native_enum=False,
        create_constraint=True,
        length=8,
    )


def _link(table: str, column: str, target: str) -> sa.Column[int]:
    to = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, BIG, to, nullable=False)


def upgrade() -> None:
    """Make the tables."""
    _create_remarks()
    _create_versions()
    _create_shared()
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for deed in ("UPDATE", "DELETE"):
        (_keep_postgresql if is_postgresql else _keep_sqlite)(deed)


def _create_remarks() -> None:
    table = "report_remark"
    op.create_table(
        table,
        sa.Column("id", BIG, nullable=False),
        _link(table, "patient_id", "person"),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("audience", _audience(), nullable=False),
        _link(table, "by_id", "person"),
        sa.Column("written_at", AT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.CheckConstraint(
            "minute IS NULL OR minute BETWEEN 0 AND 1439", name=op.f(f"ck_{table}_minute")
        ),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 1000", name=op.f(f"ck_{table}_text_length")),
    )
    op.create_index(
        "ix_report_remark_patient_id_day_on", table, ["patient_id", "day_on"], unique=False
    )


def _create_versions() -> None:
    op.create_table(
        KEPT,
        sa.Column("id", BIG, nullable=False),
        _link(KEPT, "remark_id", "report_remark"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("audience", _audience(), nullable=False),
        sa.Column("is_removed", sa.Boolean(create_constraint=False), nullable=False),
        _link(KEPT, "changed_by_id", "person"),
        sa.Column("changed_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{KEPT}")),
        sa.UniqueConstraint("remark_id", "version", name=op.f(f"uq_{KEPT}_remark_id_version")),
    )


def _create_shared() -> None:
    table = "shared_report"
    op.create_table(
        table,
        sa.Column("id", BIG, nullable=False),
        _link(table, "patient_id", "person"),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        _link(table, "shared_by_id", "person"),
        sa.Column("shared_at", AT, nullable=False),
        sa.Column("withdrawn_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(
        "ix_shared_report_patient_id_shared_at", table, ["patient_id", "shared_at"], unique=False
    )


def _keep_sqlite(deed: str) -> None:
    op.execute(
        f"CREATE TRIGGER {KEPT}_no_{deed.lower()} BEFORE {deed} ON {KEPT}"
        f" BEGIN SELECT RAISE(ABORT, '{KEPT} is kept as written'); END"
    )


def _keep_postgresql(deed: str) -> None:
    name = f"{KEPT}_no_{deed.lower()}"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{KEPT} is kept as written'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {deed} ON {KEPT} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


def downgrade() -> None:
    """Drop the tables."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.drop_index("ix_shared_report_patient_id_shared_at", table_name="shared_report")
    op.drop_table("shared_report")
    op.drop_table(KEPT)
    if is_postgresql:
        for deed in ("UPDATE", "DELETE"):
            op.execute(f"DROP FUNCTION {KEPT}_no_{deed.lower()}()")
    op.drop_index("ix_report_remark_patient_id_day_on", table_name="report_remark")
    op.drop_table("report_remark")
