"""Tables of mandates."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "representation",
        sa.Column("id", BIG, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "guardian",
                "mandate",
                "health_care_proxy",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("represented_id", BIG, nullable=False),
        sa.Column("representative_id", BIG, nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "proposed",
                "active",
                "suspended",
                "revoked",
                "expired",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "status_reason",
            sa.Enum(
                "granted_online",
                "registered",
                "by_grantor",
                "by_proxy",
                "came_of_age",
                "end_date",
                name="status_reason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("incapacity_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_by_id", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "represented_id <> representative_id", name=op.f("ck_representation_not_oneself")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from",
            name=op.f("ck_representation_ends_after_start"),
        ),
        sa.ForeignKeyConstraint(
            ["granted_by_id"], ["person.id"], name=op.f("fk_representation_granted_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["representative_id"], ["person.id"], name=op.f("fk_representation_representative_id")
        ),
        sa.ForeignKeyConstraint(
            ["represented_id"], ["person.id"], name=op.f("fk_representation_represented_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_representation")),
    )
    op.create_index(
        "ix_representation_representative", "representation", ["representative_id"], unique=False
    )
    op.create_index(
        "uq_representation_active",
        "representation",
        ["represented_id", "representative_id", "kind"],
        unique=True,
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "representation_event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("representation_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_person_id", BIG, nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "proposed",
                "active",
                "suspended",
                "revoked",
                "expired",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "granted_online",
                "registered",
                "by_grantor",
                "by_proxy",
                "came_of_age",
                "end_date",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["representation_id"],
            ["representation.id"],
            name=op.f("fk_representation_event_representation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_representation_event")),
    )
    op.create_index(
        op.f("ix_representation_event_representation_id"),
        "representation_event",
        ["representation_id"],
        unique=False,
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index(
        op.f("ix_representation_event_representation_id"), table_name="representation_event"
    )
    op.drop_table("representation_event")
    op.drop_index(
        "uq_representation_active",
        table_name="representation",
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.drop_index("ix_representation_representative", table_name="representation")
    op.drop_table("representation")
