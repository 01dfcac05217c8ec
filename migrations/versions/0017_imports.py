"""Files on their way into a diary, and their readings in parts.

A part is marked as added in the transaction that adds its readings: a worker that dies between two
parts loses nothing and adds nothing twice.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def _one_of(*words: str, name: str, length: int) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=length)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "file_import",
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("by_id", BIG, nullable=True),
        sa.Column(
            "basis",
            _one_of(
                "self",
                "guardian",
                "mandate",
                "health_care_proxy",
                "care_team",
                "clinic_staff",
                "device",
                "system",
                name="basis",
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("representation_id", BIG, nullable=True),
        sa.Column("received_at", AT, nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.Column("held_until", AT, nullable=True),
        sa.Column(
            "state",
            _one_of(
                "looking",
                "asking",
                "refused",
                "ready",
                "adding",
                "done",
                "undoing",
                "undone",
                "discarded",
                "expired",
                name="state",
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("n_bytes", BIG, nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("chosen_order", sa.String(length=3), nullable=False),
        sa.Column("chosen_unit", sa.String(length=8), nullable=False),
        sa.Column("confirms_columns", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("done_units", BIG, nullable=False),
        sa.Column("total_units", BIG, nullable=False),
        sa.Column("n_added", sa.Integer(), nullable=False),
        sa.Column("n_duplicate", sa.Integer(), nullable=False),
        sa.Column("n_rejected", sa.Integer(), nullable=False),
        sa.Column("n_removed", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "done_units >= 0 AND total_units >= 0", name=op.f("ck_file_import_progress")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_file_import_by_id")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_file_import_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_import")),
        sa.UniqueConstraint("token", name=op.f("uq_file_import_token")),
    )
    op.create_index("ix_file_import_patient_id_id", "file_import", ["patient_id", "id"])
    op.create_index(op.f("ix_file_import_changed_at"), "file_import", ["changed_at"])
    op.create_table(
        "import_part",
        sa.Column("import_id", BIG, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset", BIG, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("first_at", AT, nullable=False),
        sa.Column("last_at", AT, nullable=False),
        sa.Column("added_at", AT, nullable=True),
        sa.Column("upload_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["file_import.id"], name=op.f("fk_import_part_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_import_part_upload_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "place", name=op.f("pk_import_part")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("import_part")
    op.drop_table("file_import")
