"""Background work in lanes: events know theirs, lanes have a heartbeat, notices can be withdrawn.

The previous release puts events without a lane; a worker of this one sorts them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

IS_OPEN = "done_at IS NULL AND failed_at IS NULL"


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, "outbox_event", columns, unique=False,
        postgresql_where=sa.text(where), sqlite_where=sa.text(where),
    )  # fmt: skip


def upgrade() -> None:
    """Add lanes, leases by worker, heartbeats and withdrawn notices."""
    op.create_table(
        "lane_heartbeat",
        sa.Column("lane", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("lane", name=op.f("pk_lane_heartbeat")),
    )
    op.add_column(
        "outbox_event", sa.Column("lane", sa.String(length=12), server_default="", nullable=False)
    )
    op.add_column("outbox_event", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox_event", sa.Column("claimed_by", sa.String(length=36), nullable=True))
    op.drop_index("ix_outbox_event_open", table_name="outbox_event")
    _index("ix_outbox_event_open", ["lane", "run_at"], IS_OPEN)
    _index("ix_outbox_event_due", ["lane", "due_at"], IS_OPEN)
    _index("ix_outbox_event_failed", ["failed_at"], "failed_at IS NOT NULL")
    op.add_column(
        "notification",
        sa.Column("withdrawn", sa.String(length=40), server_default="", nullable=False),
    )
    op.create_index("ix_delivery_state_id", "delivery", ["state", "id"], unique=False)


def downgrade() -> None:
    """Back to one line of work.

    An event sorted into several lanes stays several events: each is handled, harmlessly repeated.
    """
    op.drop_index("ix_delivery_state_id", table_name="delivery")
    op.drop_column("notification", "withdrawn")
    for name in ("failed", "due", "open"):
        op.drop_index(f"ix_outbox_event_{name}", table_name="outbox_event")
    _index("ix_outbox_event_open", ["run_at"], "done_at IS NULL")
    for column in ("claimed_by", "due_at", "lane"):
        op.drop_column("outbox_event", column)
    op.drop_table("lane_heartbeat")
