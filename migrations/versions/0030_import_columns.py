"""Which columns of a table hold time, value and unit, as a person chose them once."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; imports keep what was chosen for them, empty for all others."""
    op.create_table(
        "import_columns",
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("headings_key", sa.String(length=64), nullable=False),
        sa.Column("by_id", BIG, nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_import_columns_by_id")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_import_columns_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_columns")),
        sa.UniqueConstraint(
            "patient_id", "headings_key", name=op.f("uq_import_columns_patient_id_headings_key")
        ),
    )
    op.add_column("file_import", sa.Column("chosen_columns", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Forget the choices; a table that still waits for a yes is asked about again when sent."""
    op.drop_column("file_import", "chosen_columns")
    op.drop_table("import_columns")
