"""Days are counted anew: fingersticks of one minute count once, each day has its own interval."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def _recount() -> None:
    """The days of every diary are counted again by the worker, by an event for each patient.

    The targets are the same as before: without the empty `sums_ranges` the worker would take the
    days for counted, and a rebuild that has begun would leave out what it has passed.
    """
    connection = op.get_bind()
    patients = connection.execute(sa.text("SELECT patient_id FROM diary")).scalars().all()
    op.execute(
        sa.text(
            "UPDATE diary SET sums_ranges = '', rebuilding_ranges = NULL, rebuild_before = NULL"
        )
    )
    events = sa.table(
        "outbox_event",
        sa.column("topic", sa.String),
        sa.column("payload", sa.JSON),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("run_at", sa.DateTime(timezone=True)),
        sa.column("attempts", sa.Integer),
        sa.column("last_error", sa.String),
    )
    rows = [
        {
            "topic": "readings.outdated",
            "payload": {"patient_id": patient_id},
            "attempts": 0,
            "last_error": "",
        }
        for patient_id in patients
    ]
    for row in rows:
        now = sa.func.current_timestamp()
        connection.execute(sa.insert(events).values(**row, created_at=now, run_at=now))


def upgrade() -> None:
    """What counts beside what is found again, with the sums of the days."""
    _recount()


def downgrade() -> None:
    """The release before counts them again by its own rule."""
    _recount()
