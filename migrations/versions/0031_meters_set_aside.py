"""How many records of a meter wait on the computer that reads it, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

COLUMNS = ("set_aside", "set_aside_clock", "set_aside_drift_s")


def upgrade() -> None:
    """Nothing is known of the meters that are here."""
    for name in COLUMNS:
        op.add_column("meter", sa.Column(name, sa.Integer()))


def downgrade() -> None:
    """The computer that reads a meter knows it still."""
    for name in COLUMNS:
        op.drop_column("meter", name)
