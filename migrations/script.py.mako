"""${message}

Rules: import nothing of ours; go down as well as up; the previous release must run on the new schema
(expand, fill, contract; a rename is three migrations); SQLite's batch mode drops triggers: make them anew.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
