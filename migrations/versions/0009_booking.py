"""Booking: kinds of service, offered hours, appointments, and the time they take from people.

Overlaps are refused by the database: an exclusion constraint on PostgreSQL, triggers on SQLite.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)

MODALITIES = ("video", "person", "phone")
STATUSES = ("booked", "arrived", "in_progress", "done", "no_show", "cancelled")
BASES = (
    "self",
    "guardian",
    "mandate",
    "health_care_proxy",
    "care_team",
    "clinic_staff",
    "device",
    "system",
)
CHANNELS = ("portal", "phone", "person", "post")
CANCEL_REASONS = ("patient", "clinic", "moved")
RESOURCE_KINDS = ("worker", "patient")

SERVICE_TYPES = (
    # key, sl, en, modality, duration, before, after, lead, horizon, cancel until (minutes, days)
    ("video", "Video posvet", "Video consultation", "video", 20, 0, 10, 0, 90, 60),
    ("visit", "Pregled v ambulanti", "Visit at the clinic", "person", 20, 0, 10, 120, 90, 120),
    ("phone", "Telefonski posvet", "Telephone consultation", "phone", 10, 0, 5, 30, 90, 60),
)

_TAKEN = """
    SELECT RAISE(ABORT, 'appointment_resource: this time is taken')
    WHERE EXISTS (
        SELECT 1 FROM appointment_resource AS other
        WHERE other.resource_id = NEW.resource_id
          AND other.blocking
          AND other.appointment_id <> NEW.appointment_id
          AND other.blocked_from < NEW.blocked_until
          AND other.blocked_until > NEW.blocked_from
    );
"""
SQLITE_TRIGGERS = tuple(
    f"""
    CREATE TRIGGER appointment_resource_no_overlap_{deed.lower()}
    BEFORE {deed} ON appointment_resource WHEN NEW.blocking
    BEGIN {_TAKEN} END
    """
    for deed in ("INSERT", "UPDATE")
)

POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    """
    ALTER TABLE appointment_resource ADD CONSTRAINT ex_appointment_resource_no_overlap
    EXCLUDE USING gist (
        resource_id WITH =, tstzrange(blocked_from, blocked_until, '[)') WITH &&
    ) WHERE (blocking)
    """,
)


def _one_of(values: tuple[str, ...], name: str, length: int = 12) -> sa.Enum:
    # The check is named by the convention (ck_<table>_<name>): a type does not know its table.
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=length)


def _link(table: str, column: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    to = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, BIG, to, nullable=nullable)


def _key(table: str) -> tuple[sa.Column[int], sa.PrimaryKeyConstraint]:
    return sa.Column("id", BIG, nullable=False), sa.PrimaryKeyConstraint(
        "id", name=op.f(f"pk_{table}")
    )


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def upgrade() -> None:
    _create_service_types()
    _create_offers()
    _create_appointments()
    _create_taken_time()


def _create_service_types() -> None:
    kinds = op.create_table(
        "service_type",
        *_key("service_type"),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("name_sl", sa.String(80), nullable=False),
        sa.Column("name_en", sa.String(80), nullable=False),
        sa.Column("modality", _one_of(MODALITIES, "modality"), nullable=False),
        sa.Column("duration_min", sa.Integer, nullable=False),
        sa.Column("before_min", sa.Integer, nullable=False),
        sa.Column("after_min", sa.Integer, nullable=False),
        sa.Column("lead_min", sa.Integer, nullable=False),
        sa.Column("horizon_days", sa.Integer, nullable=False),
        sa.Column("cancel_until_min", sa.Integer, nullable=False),
        sa.Column("is_active", sa.Boolean(create_constraint=False), nullable=False),
        _unique("service_type", "key"),
        _check("service_type", "duration", "duration_min BETWEEN 5 AND 480"),
        _check("service_type", "buffers", "before_min >= 0 AND after_min >= 0"),
        _check(
            "service_type", "limits", "lead_min >= 0 AND horizon_days > 0 AND cancel_until_min >= 0"
        ),
    )
    columns = [column.name for column in kinds.columns if column.name not in ("id", "is_active")]
    op.bulk_insert(
        kinds, [dict(zip(columns, row, strict=True), is_active=True) for row in SERVICE_TYPES]
    )


def _create_offers() -> None:
    op.create_table(
        "offer",
        *_key("offer"),
        _link("offer", "worker_id", "person"),
        _link("offer", "service_type_id", "service_type"),
        sa.Column("first_on", sa.Date, nullable=False),
        sa.Column("last_on", sa.Date),
        sa.Column("starts_wall", sa.Time, nullable=False),
        sa.Column("ends_wall", sa.Time, nullable=False),
        sa.Column("zone", sa.String(40), nullable=False),
        sa.Column("slot_min", sa.Integer, nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("withdrawn_at", AT),
        _check("offer", "window", "starts_wall < ends_wall"),
        _check("offer", "days", "last_on IS NULL OR first_on <= last_on"),
        _check("offer", "slot", "slot_min BETWEEN 5 AND 480"),
    )
    op.create_index("ix_offer_worker_id", "offer", ["worker_id"])


def _create_appointments() -> None:
    op.create_table(
        "appointment",
        *_key("appointment"),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        _link("appointment", "patient_id", "person"),
        _link("appointment", "worker_id", "person"),
        _link("appointment", "service_type_id", "service_type"),
        _link("appointment", "offer_id", "offer"),
        sa.Column("modality", _one_of(MODALITIES, "modality"), nullable=False),
        sa.Column("starts_at", AT, nullable=False),
        sa.Column("ends_at", AT, nullable=False),
        sa.Column("zone", sa.String(40), nullable=False),
        sa.Column("starts_wall", sa.DateTime, nullable=False),
        sa.Column("status", _one_of(STATUSES, "status"), nullable=False),
        sa.Column(
            "blocking",
            sa.Boolean(create_constraint=False),
            sa.Computed("status IN ('booked', 'arrived', 'in_progress')", persisted=True),
            nullable=False,
        ),
        _link("appointment", "booked_by_id", "person"),
        sa.Column("booked_basis", _one_of(BASES, "booked_basis", 24), nullable=False),
        sa.Column("channel", _one_of(CHANNELS, "channel"), nullable=False),
        sa.Column("attempt_key", sa.String(64), nullable=False),
        sa.Column("booked_at", AT, nullable=False),
        _link("appointment", "moved_from_id", "appointment", nullable=True),
        sa.Column("started_at", AT),
        sa.Column("finished_at", AT),
        sa.Column("cancelled_at", AT),
        _link("appointment", "cancelled_by_id", "person", nullable=True),
        sa.Column("cancel_reason", _one_of(CANCEL_REASONS, "cancel_reason")),
        _unique("appointment", "id", "blocking"),
        _unique("appointment", "booked_by_id", "attempt_key"),
        _unique("appointment", "moved_from_id"),
        _check("appointment", "times", "starts_at < ends_at"),
        _check("appointment", "cancelled", "(status = 'cancelled') = (cancelled_at IS NOT NULL)"),
        _check(
            "appointment", "cancel_has_a_reason", "(cancelled_at IS NULL) = (cancel_reason IS NULL)"
        ),
    )
    for person in ("patient_id", "worker_id"):
        op.create_index(f"ix_appointment_{person}_starts_at", "appointment", [person, "starts_at"])


def _create_taken_time() -> None:
    op.create_table(
        "resource",
        *_key("resource"),
        sa.Column("kind", _one_of(RESOURCE_KINDS, "kind"), nullable=False),
        _link("resource", "person_id", "person"),
        _unique("resource", "kind", "person_id"),
    )
    op.create_table(
        "appointment_resource",
        sa.Column("appointment_id", BIG, nullable=False, autoincrement=False),
        _link("appointment_resource", "resource_id", "resource"),
        sa.Column("blocking", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("blocked_from", AT, nullable=False),
        sa.Column("blocked_until", AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id", "blocking"],
            ["appointment.id", "appointment.blocking"],
            name=op.f("fk_appointment_resource_appointment_id_blocking"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "appointment_id", "resource_id", name=op.f("pk_appointment_resource")
        ),
        _check("appointment_resource", "range", "blocked_from < blocked_until"),
    )
    op.create_index(
        "ix_appointment_resource_resource_id_blocked_from",
        "appointment_resource",
        ["resource_id", "blocked_from"],
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRESQL if is_postgresql else SQLITE_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    # Triggers and the exclusion constraint go with their table; the extension may serve others.
    for table in ("appointment_resource", "resource", "appointment", "offer", "service_type"):
        op.drop_table(table)
