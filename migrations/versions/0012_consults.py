"""Consultations, seats, what happened in calls, notes.

Triggers refuse UPDATE and DELETE on the history of calls and on notes: a correction is a version.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
APPEND_ONLY = ("call_event", "consult_note")

SQLITE_TRIGGER = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
POSTGRESQL_FUNCTION = """
CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$
"""
POSTGRESQL_TRIGGER = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()
"""


def _one_of(name: str, length: int, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=length)


def _link(
    table: str, column: str, target: str, *, nullable: bool = False
) -> list[sa.schema.SchemaItem]:
    name = op.f(f"fk_{table}_{column}")
    return [
        sa.Column(column, BIG, nullable=nullable),
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name),
    ]


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "consultation",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("state", _one_of("state", 8, "open", "ended"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_at IS NOT NULL)",
            name=op.f("ck_consultation_ended_has_a_time"),
        ),
        sa.ForeignKeyConstraint(["id"], ["appointment.id"], name=op.f("fk_consultation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
    )
    _create_seats()
    _create_history()
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                op.execute(SQLITE_TRIGGER.format(table=table, verb=verb))
        else:
            op.execute(POSTGRESQL_FUNCTION.format(table=table))
            op.execute(POSTGRESQL_TRIGGER.format(table=table))


def _create_seats() -> None:
    bases = (
        "self", "guardian", "mandate", "health_care_proxy",
        "care_team", "clinic_staff", "device", "system",
    )  # fmt: skip
    op.create_table(
        "consult_seat",
        sa.Column("id", BIG, nullable=False),
        *_link("consult_seat", "consultation_id", "consultation"),
        *_link("consult_seat", "person_id", "person"),
        sa.Column("participant_id", sa.String(24), nullable=False),
        sa.Column("role", _one_of("role", 12, "clinician", "patient", "companion"), nullable=False),
        sa.Column("basis", _one_of("basis", 24, *bases), nullable=False),
        *_link("consult_seat", "representation_id", "representation", nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column(
            "place",
            _one_of("place", 12, "waiting", "admitted", "in_call", "left"),
            nullable=False,
        ),
        sa.Column("is_welcome", sa.Boolean(), nullable=False),
        sa.Column("has_camera_on", sa.Boolean(), nullable=False),
        sa.Column("has_microphone_on", sa.Boolean(), nullable=False),
        sa.Column("quality", _one_of("quality", 8, "good", "fair", "poor"), nullable=True),
        sa.Column("arrived_at", AT, nullable=False),
        sa.CheckConstraint("generation >= 1 AND number >= 0", name=op.f("ck_consult_seat_counts")),
        sa.UniqueConstraint(
            "consultation_id", "person_id", name=op.f("uq_consult_seat_consultation_id_person_id")
        ),
        sa.UniqueConstraint(
            "consultation_id", "number", name=op.f("uq_consult_seat_consultation_id_number")
        ),
        sa.UniqueConstraint("participant_id", name=op.f("uq_consult_seat_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consult_seat")),
    )
    op.create_index("ix_consult_seat_representation_id", "consult_seat", ["representation_id"])


def _create_history() -> None:
    kinds = ("arrived", "admitted", "entered", "left", "dismissed", "quality", "ended")
    op.create_table(
        "call_event",
        sa.Column("id", BIG, nullable=False),
        *_link("call_event", "consultation_id", "consultation"),
        sa.Column("at", AT, nullable=False),
        sa.Column("kind", _one_of("kind", 12, *kinds), nullable=False),
        *_link("call_event", "seat_id", "consult_seat", nullable=True),
        *_link("call_event", "by_person_id", "person", nullable=True),
        sa.Column("detail", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_event")),
    )
    op.create_index("ix_call_event_consultation_id", "call_event", ["consultation_id", "id"])
    op.create_table(
        "consult_note",
        sa.Column("id", BIG, nullable=False),
        *_link("consult_note", "consultation_id", "consultation"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        *_link("consult_note", "by_id", "person"),
        sa.Column("at", AT, nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_consult_note_version")),
        sa.UniqueConstraint(
            "consultation_id", "version", name=op.f("uq_consult_note_consultation_id_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consult_note")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("consult_note")
    op.drop_index("ix_call_event_consultation_id", table_name="call_event")
    op.drop_table("call_event")
    op.drop_index("ix_consult_seat_representation_id", table_name="consult_seat")
    op.drop_table("consult_seat")
    op.drop_table("consultation")
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP FUNCTION {table}_append_only()")
