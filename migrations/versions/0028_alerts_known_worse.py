"""When we learned that an alert was worse than we knew."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is known of the alerts so far."""
    op.add_column("alert", sa.Column("worse_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """It is no longer known."""
    with op.batch_alter_table("alert") as batch:
        batch.drop_column("worse_at")
