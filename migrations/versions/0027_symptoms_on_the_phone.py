"""How a patient with a low value was stands with the call in which it was told."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

NAMED = "ck_diary_transcript_symptoms"


def upgrade() -> None:
    """Nobody has answered for the calls so far."""
    with op.batch_alter_table("diary_transcript") as batch:
        batch.add_column(sa.Column("symptoms", sa.String(8), nullable=True))
        batch.create_check_constraint(
            op.f(NAMED), sa.text("symptoms IN ('none', 'some', 'severe')")
        )


def downgrade() -> None:
    """The answers are lost; the calls stay."""
    with op.batch_alter_table("diary_transcript") as batch:
        batch.drop_constraint(op.f(NAMED), type_="check")
        batch.drop_column("symptoms")
