"""Tables of directory."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "org_unit",
        sa.Column("id", BIG, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "health_centre",
                "clinic",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_org_unit")),
    )
    op.create_table(
        "care_team_member",
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("worker_id", BIG, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "personal_doctor",
                "diabetes_nurse",
                "diabetes_doctor",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "ended_on IS NULL OR ended_on >= started_on",
            name=op.f("ck_care_team_member_ends_after_start"),
        ),
        sa.CheckConstraint(
            "patient_id <> worker_id", name=op.f("ck_care_team_member_not_own_patient")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_care_team_member_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["person.id"], name=op.f("fk_care_team_member_worker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_team_member")),
    )
    op.create_index("ix_care_team_member_patient", "care_team_member", ["patient_id"], unique=False)
    op.create_index("ix_care_team_member_worker", "care_team_member", ["worker_id"], unique=False)
    op.create_table(
        "employment",
        sa.Column("id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "doctor",
                "nurse",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("rizddz_number", sa.String(length=20), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "ended_on IS NULL OR ended_on >= started_on",
            name=op.f("ck_employment_ends_after_start"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_employment_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name=op.f("fk_employment_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employment")),
        sa.UniqueConstraint("rizddz_number", name=op.f("uq_employment_rizddz_number")),
    )
    op.create_index("ix_employment_person", "employment", ["person_id"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_employment_person", table_name="employment")
    op.drop_table("employment")
    op.drop_index("ix_care_team_member_worker", table_name="care_team_member")
    op.drop_index("ix_care_team_member_patient", table_name="care_team_member")
    op.drop_table("care_team_member")
    op.drop_table("org_unit")
