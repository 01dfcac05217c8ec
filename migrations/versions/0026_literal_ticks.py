"""Ticks of values with more digits lie on the side of a limit where the literal lies."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MMOL, MG = 1, 0
"""Places of the units in a reading's row."""
TABLES = ("reading", "removed_reading", "reading_version")
_STEP = {(MMOL, 2): (10, 70), (MMOL, 3): (100, 70), (MG, 1): (10, 126), (MG, 2): (100, 126),
         (MG, 3): (1000, 126)}  # fmt: skip
"""For a unit and a scale: how many digits a tick leaves out, and from where it rounds up."""


def _set(table: str, tick: str, unit: int, scale: int) -> None:
    op.execute(
        sa.text(
            f"UPDATE {table} SET tick = {tick}"  # noqa: S608 - our own words
            f" WHERE unit = {unit} AND scale = {scale} AND mantissa IS NOT NULL"
        )
    )


def _recount() -> None:
    """The sums of the days of whoever has such values are counted anew, by an event for each.

    The targets are the same as before: without the empty `sums_ranges` the worker would take the
    days for counted, and a rebuild that has begun would leave out what it has passed.
    """
    connection = op.get_bind()
    concerned = (
        "SELECT DISTINCT patient_id FROM reading WHERE (unit = 1 AND scale > 1)"
        " OR (unit = 0 AND scale > 0)"
    )
    patients = connection.execute(sa.text(concerned)).scalars().all()
    op.execute(
        sa.text(
            "UPDATE diary SET sums_ranges = '', rebuilding_ranges = NULL, rebuild_before = NULL"  # noqa: S608 - our own words
            f" WHERE patient_id IN ({concerned})"
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
            "topic": "targets.changed",
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
    """Below the middle of the scale down, above it up."""
    for table in TABLES:
        for (unit, scale), (step, middle) in _STEP.items():
            down = f"mantissa / {step}"
            _set(
                table,
                f"{down} + (CASE WHEN mantissa % {step} > 0 AND {down} >= {middle}"
                " THEN 1 ELSE 0 END)",
                unit,
                scale,
            )
    _recount()


def downgrade() -> None:
    """Half to even, as before."""
    for table in TABLES:
        for (unit, scale), (step, _) in _STEP.items():
            down, rest = f"mantissa / {step}", f"mantissa % {step}"
            _set(
                table,
                f"{down} + (CASE WHEN {rest} * 2 > {step} OR ({rest} * 2 = {step}"
                f" AND ({down}) % 2 = 1) THEN 1 ELSE 0 END)",
                unit,
                scale,
            )
    _recount()
