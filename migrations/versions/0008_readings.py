"""Readings, their sources, uploads, notes, removed readings, daily sums, and the diary row writers queue on.

`reading` is a plain table today and is ready for monthly range partitions on `measured_at`
(PostgreSQL refuses a unique constraint without the partition column, so this is settled now):

- `measured_at` is in the only unique key, the primary key (patient_id, source_id, measured_at, seq),
  and every foreign key to a reading carries that whole key.
- `seq` is 63 bits of the SHA-256 of the sender's key. (source_id, seq) has an index, not a unique
  rule: that no key comes back with another time is kept by the service under the source's row lock.
- No column has a sequence of its own, so rows can be moved into partitions by INSERT ... SELECT.

The value is `mantissa` / 10^`scale` in `unit` (0 mg/dL, 1 mmol/L): the literal as entered. `tick` is the
same in whole mg/dL or tenths of mmol/L, half-even. Columns stand widest first: 72 bytes a row.
On SQLite the table has no rowid: rows lie in the order of the key, which is the order they are read in.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "diary",
        sa.Column("patient_id", BIG, autoincrement=False, nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "mmol/L", "mg/dL", name="unit", native_enum=False, create_constraint=True, length=8
            ),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["person.id"], name=op.f("fk_diary_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_diary")),
    )
    op.create_table(
        "reading_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "manual",
                "meter",
                "cgm",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=8,
            ),
            nullable=False,
        ),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("last_received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_reading_source_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_source")),
        sa.UniqueConstraint("patient_id", "id", name=op.f("uq_reading_source_patient_id_id")),
        sa.UniqueConstraint(
            "patient_id", "kind", "device", name=op.f("uq_reading_source_patient_id_kind_device")
        ),
    )
    op.create_table(
        "upload",
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("by_id", BIG, nullable=True),
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
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_upload_by_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["person.id"], name=op.f("fk_upload_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_patient_id"), "upload", ["patient_id"], unique=False)
    op.create_table(
        "reading",
        sa.Column("patient_id", BIG, autoincrement=False, nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("upload_id", BIG, nullable=False),
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mantissa", sa.SmallInteger(), nullable=False),
        sa.Column("scale", sa.SmallInteger(), nullable=False),
        sa.Column("unit", sa.SmallInteger(), nullable=False),
        sa.Column("tick", sa.SmallInteger(), nullable=False),
        sa.Column("meal", sa.SmallInteger(), nullable=False),
        sa.Column("offset_min", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "mantissa BETWEEN 0 AND 9999 AND scale BETWEEN 0 AND 3", name=op.f("ck_reading_digits")
        ),
        sa.CheckConstraint("meal BETWEEN 0 AND 12", name=op.f("ck_reading_meal")),
        sa.CheckConstraint("tick > 0", name=op.f("ck_reading_tick")),
        sa.CheckConstraint("unit IN (0, 1)", name=op.f("ck_reading_unit")),
        sa.ForeignKeyConstraint(
            ["patient_id", "source_id"],
            ["reading_source.patient_id", "reading_source.id"],
            name=op.f("fk_reading_patient_id_source_id"),
        ),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_reading_upload_id")),
        sa.PrimaryKeyConstraint(
            "patient_id", "source_id", "measured_at", "seq", name=op.f("pk_reading")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_reading_source_id_seq", "reading", ["source_id", "seq"], unique=False)
    op.create_table(
        "reading_note",
        sa.Column("patient_id", BIG, autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id", "source_id", "measured_at", "seq"],
            ["reading.patient_id", "reading.source_id", "reading.measured_at", "reading.seq"],
            name=op.f("fk_reading_note_patient_id_source_id_measured_at_seq"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "patient_id", "source_id", "measured_at", "seq", name=op.f("pk_reading_note")
        ),
    )
    op.create_table(
        "removed_reading",
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("upload_id", BIG, nullable=False),
        sa.Column("mantissa", sa.SmallInteger(), nullable=False),
        sa.Column("scale", sa.SmallInteger(), nullable=False),
        sa.Column("unit", sa.SmallInteger(), nullable=False),
        sa.Column("tick", sa.SmallInteger(), nullable=False),
        sa.Column("meal", sa.SmallInteger(), nullable=False),
        sa.Column("offset_min", sa.SmallInteger(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("removed_by_id", BIG, nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id", "source_id"],
            ["reading_source.patient_id", "reading_source.id"],
            name=op.f("fk_removed_reading_patient_id_source_id"),
        ),
        sa.ForeignKeyConstraint(
            ["removed_by_id"], ["person.id"], name=op.f("fk_removed_reading_removed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_removed_reading_upload_id")
        ),
        sa.PrimaryKeyConstraint("source_id", "seq", name=op.f("pk_removed_reading")),
    )
    op.create_table(
        "day_summary",
        sa.Column("patient_id", BIG, autoincrement=False, nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "manual",
                "meter",
                "cgm",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=8,
            ),
            nullable=False,
        ),
        sa.Column("unit", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("very_low", sa.Integer(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("in_range", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("very_high", sa.Integer(), nullable=False),
        sa.Column("total", BIG, nullable=False),
        sa.Column("squares", BIG, nullable=False),
        sa.Column("lowest", sa.SmallInteger(), nullable=False),
        sa.Column("highest", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "n = very_low + low + in_range + high + very_high AND n > 0",
            name=op.f("ck_day_summary_bands_add_up"),
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_day_summary_patient_id")
        ),
        sa.PrimaryKeyConstraint(
            "patient_id", "day_on", "kind", "unit", name=op.f("pk_day_summary")
        ),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("day_summary")
    op.drop_table("removed_reading")
    op.drop_table("reading_note")
    op.drop_index("ix_reading_source_id_seq", table_name="reading")
    op.drop_table("reading")
    op.drop_index(op.f("ix_upload_patient_id"), table_name="upload")
    op.drop_table("upload")
    op.drop_table("reading_source")
    op.drop_table("diary")
