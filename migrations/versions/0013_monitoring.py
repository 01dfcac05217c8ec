"""Monitoring: no table yet; it reads the rows of readings and directory."""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to make."""


def downgrade() -> None:
    """Nothing to drop."""
