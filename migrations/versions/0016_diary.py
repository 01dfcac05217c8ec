"""Diary entries beside glucose, their versions, pictures of meals, and what workers copied.

A key is unique within a patient's diary, also after removal: the same key never makes a second entry.
Insulin is whole hundredths of a unit. An entry that says nothing cannot be stored.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)

BASES = (
    "self", "guardian", "mandate", "health_care_proxy", "care_team", "clinic_staff", "device", "system",
)  # fmt: skip
ACTIVITIES = ("walk", "run", "cycling", "swimming", "gym", "housework", "other")
ILLNESSES = ("cold", "fever", "stomach", "other")
STRESSES = ("some", "much")
MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp")


def _one_of(values: tuple[str, ...], name: str, length: int = 24) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=length)


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "diary_photo",
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("by_id", BIG, nullable=True),
        sa.Column("kept_at", AT, nullable=False),
        sa.Column("is_linked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("media_type", _one_of(MEDIA_TYPES, "media_type"), nullable=False),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "byte_count > 0 AND byte_count <= 5242880", name=op.f("ck_diary_photo_size")
        ),
        _person("diary_photo", "patient_id"),
        _person("diary_photo", "by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_photo")),
    )
    op.create_index(op.f("ix_diary_photo_patient_id"), "diary_photo", ["patient_id"], unique=False)
    op.create_index(
        "ix_diary_photo_waiting",
        "diary_photo",
        ["kept_at"],
        unique=False,
        sqlite_where=sa.text("NOT is_linked"),
        postgresql_where=sa.text("NOT is_linked"),
    )
    op.create_table(
        "diary_transcript",
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", _one_of(("paper", "phone"), "kind", 8), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("by_id", BIG, nullable=False),
        sa.Column("written_at", AT, nullable=False),
        sa.Column("upload_id", BIG, nullable=True),
        sa.Column("undone_at", AT, nullable=True),
        sa.Column("undone_by_id", BIG, nullable=True),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_diary_transcript_days")),
        _person("diary_transcript", "patient_id"),
        _person("diary_transcript", "by_id"),
        _person("diary_transcript", "undone_by_id"),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_diary_transcript_upload_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_transcript")),
        sa.UniqueConstraint("patient_id", "key", name=op.f("uq_diary_transcript_patient_id_key")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_diary_transcript_upload_id")),
    )
    _make_entries()
    op.create_table(
        "diary_version",
        sa.Column("entry_id", BIG, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("is_removed", sa.Boolean(), nullable=False),
        sa.Column("by_id", BIG, nullable=True),
        sa.Column("basis", _one_of(BASES, "basis"), nullable=False),
        sa.Column("written_at", AT, nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_diary_version_number")),
        _person("diary_version", "by_id"),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["diary_entry.id"], name=op.f("fk_diary_version_entry_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", "number", name=op.f("pk_diary_version")),
    )


def _make_entries() -> None:
    doses = ("rapid", "long", "mixed", "other")
    op.create_table(
        "diary_entry",
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("offset_min", sa.SmallInteger(), nullable=False),
        sa.Column("carbs_g", sa.SmallInteger(), nullable=True),
        *(sa.Column(f"{dose}_hundredths", sa.Integer(), nullable=True) for dose in doses),
        sa.Column("activity", _one_of(ACTIVITIES, "activity", 12), nullable=True),
        sa.Column("activity_min", sa.SmallInteger(), nullable=True),
        sa.Column("illness", _one_of(ILLNESSES, "illness", 12), nullable=True),
        sa.Column("stress", _one_of(STRESSES, "stress", 8), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("photo_id", BIG, nullable=True),
        sa.Column("by_id", BIG, nullable=True),
        sa.Column("basis", _one_of(BASES, "basis"), nullable=False),
        sa.Column("written_at", AT, nullable=False),
        sa.Column("transcript_id", BIG, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed_at", AT, nullable=True),
        sa.Column("removed_by_id", BIG, nullable=True),
        sa.CheckConstraint("carbs_g BETWEEN 1 AND 1000", name=op.f("ck_diary_entry_carbs")),
        *(
            sa.CheckConstraint(
                f"{dose}_hundredths BETWEEN 1 AND 30000", name=op.f(f"ck_diary_entry_{dose}")
            )
            for dose in doses
        ),
        sa.CheckConstraint("activity_min BETWEEN 1 AND 1440", name=op.f("ck_diary_entry_minutes")),
        sa.CheckConstraint(
            "activity_min IS NULL OR activity IS NOT NULL",
            name=op.f("ck_diary_entry_minutes_of_what"),
        ),
        sa.CheckConstraint("offset_min BETWEEN -1080 AND 1080", name=op.f("ck_diary_entry_offset")),
        sa.CheckConstraint("version > 0", name=op.f("ck_diary_entry_version")),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (removed_by_id IS NULL)", name=op.f("ck_diary_entry_removed")
        ),
        sa.CheckConstraint(
            "carbs_g IS NOT NULL OR rapid_hundredths IS NOT NULL OR long_hundredths IS NOT NULL"
            " OR mixed_hundredths IS NOT NULL OR other_hundredths IS NOT NULL"
            " OR activity IS NOT NULL OR illness IS NOT NULL OR stress IS NOT NULL"
            " OR photo_id IS NOT NULL OR note <> ''",
            name=op.f("ck_diary_entry_says_something"),
        ),
        *(_person("diary_entry", column) for column in ("patient_id", "by_id", "removed_by_id")),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["diary_photo.id"], name=op.f("fk_diary_entry_photo_id")
        ),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["diary_transcript.id"], name=op.f("fk_diary_entry_transcript_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_entry")),
        sa.UniqueConstraint("patient_id", "key", name=op.f("uq_diary_entry_patient_id_key")),
    )
    op.create_index("ix_diary_entry_patient_id_at", "diary_entry", ["patient_id", "at"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("diary_version", "diary_entry", "diary_transcript", "diary_photo"):
        op.drop_table(table)
