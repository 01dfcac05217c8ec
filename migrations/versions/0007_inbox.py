"""Tables of inbox."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "inbox_item",
        sa.Column("id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "notice",
                "appointment",
                "questionnaire",
                "consent",
                "document",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("sender_id", BIG, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_inbox_item_person_id")),
        sa.ForeignKeyConstraint(["sender_id"], ["person.id"], name=op.f("fk_inbox_item_sender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_item")),
    )
    op.create_index("ix_inbox_item_person", "inbox_item", ["person_id", "created_at"], unique=False)
    op.create_index("uq_inbox_item_ref", "inbox_item", ["person_id", "kind", "ref"], unique=True)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("uq_inbox_item_ref", table_name="inbox_item")
    op.drop_index("ix_inbox_item_person", table_name="inbox_item")
    op.drop_table("inbox_item")
