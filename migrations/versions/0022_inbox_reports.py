"""The inbox knows reports: one more kind of item."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BEFORE = ("notice", "appointment", "questionnaire", "consent", "document")
NAME = "ck_inbox_item_kind"


def _allow(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("inbox_item") as table:
        table.drop_constraint(op.f(NAME), type_="check")
        table.create_check_constraint(op.f(NAME), sa.text(f"kind IN ({listed})"))


def upgrade() -> None:
    """Let items be reports."""
    _allow((*BEFORE, "report"))


def downgrade() -> None:
    """Reports become notices again; where they lead is known only from 0022 on."""
    op.execute(
        "UPDATE inbox_item SET kind = 'notice', ref = 'report-' || ref WHERE kind = 'report'"
    )
    _allow(BEFORE)
