"""Meters and sensors, whose they are, and records of meters that are no readings.

A meter belongs to one patient at a time: one open binding per meter. One with a serial number
exists once in the world; one without is told apart only within a patient.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)

BASES = (
    "self", "guardian", "mandate", "health_care_proxy", "care_team", "clinic_staff", "device", "system",
)  # fmt: skip
KINDS = (
    "glucose", "high", "low", "control", "ketone", "no_value", "implausible", "unreadable",
)  # fmt: skip


def _one_of(values: tuple[str, ...], name: str, length: int = 24) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=length)


def _references(table: str, column: str, target: str = "person") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name)


def _unique_where(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        table,
        columns,
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "meter",
        sa.Column("id", BIG, nullable=False),
        sa.Column("identity", sa.String(length=120), nullable=False),
        sa.Column("only_for_id", BIG, nullable=True),
        sa.Column("kind", _one_of(("meter", "cgm"), "kind", 8), nullable=False),
        sa.Column("first_seen_at", AT, nullable=False),
        sa.Column("read_at", AT, nullable=True),
        sa.Column("battery_percent", sa.SmallInteger(), nullable=True),
        sa.Column("clock_drift_s", sa.Integer(), nullable=True),
        sa.Column("clock_set_at", AT, nullable=True),
        sa.Column("firmware", sa.String(length=30), nullable=True),
        sa.Column("records", sa.Integer(), nullable=True),
        sa.CheckConstraint("battery_percent BETWEEN 0 AND 100", name=op.f("ck_meter_battery")),
        sa.CheckConstraint("records >= 0", name=op.f("ck_meter_records")),
        _references("meter", "only_for_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter")),
    )
    _unique_where("uq_meter_identity", "meter", ["identity"], "only_for_id IS NULL")
    _unique_where(
        "uq_meter_identity_only_for_id",
        "meter",
        ["identity", "only_for_id"],
        "only_for_id IS NOT NULL",
    )
    _make_bindings()
    _make_records()


def _make_bindings() -> None:
    op.create_table(
        "meter_binding",
        sa.Column("id", BIG, nullable=False),
        sa.Column("meter_id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("how", _one_of(("hand", "browser", "program"), "how", 8), nullable=False),
        sa.Column("bound_by_id", BIG, nullable=True),
        sa.Column("basis", _one_of(BASES, "basis"), nullable=False),
        sa.Column("bound_at", AT, nullable=False),
        sa.Column("unbound_by_id", BIG, nullable=True),
        sa.Column("unbound_at", AT, nullable=True),
        sa.Column("cursor", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.CheckConstraint("unbound_at >= bound_at", name=op.f("ck_meter_binding_order")),
        sa.CheckConstraint(
            "(cursor IS NULL OR cursor BETWEEN 0 AND 65535) AND count >= 0",
            name=op.f("ck_meter_binding_place"),
        ),
        _references("meter_binding", "meter_id", "meter"),
        _references("meter_binding", "patient_id"),
        _references("meter_binding", "bound_by_id"),
        _references("meter_binding", "unbound_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_binding")),
    )
    _unique_where("uq_meter_binding_open", "meter_binding", ["meter_id"], "unbound_at IS NULL")
    op.create_index(
        "ix_meter_binding_patient_id_meter_id", "meter_binding", ["patient_id", "meter_id"]
    )


def _make_records() -> None:
    states = ("waiting", "taken", "dismissed", "kept")
    op.create_table(
        "meter_record",
        sa.Column("id", BIG, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("meter_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", _one_of(KINDS, "kind", 12), nullable=False),
        sa.Column("doubts", sa.String(length=160), nullable=False),
        sa.Column("base_wall", sa.String(length=32), nullable=False),
        sa.Column("measured_at", AT, nullable=True),
        sa.Column("drift_s", sa.Integer(), nullable=True),
        sa.Column("value", sa.String(length=24), nullable=True),
        sa.Column("unit", _one_of(("mmol/L", "mg/dL"), "unit", 8), nullable=True),
        sa.Column("meal", sa.String(length=24), nullable=False),
        sa.Column("raw", sa.LargeBinary(length=64), nullable=False),
        sa.Column("raw_context", sa.LargeBinary(length=64), nullable=True),
        sa.Column("received_at", AT, nullable=False),
        sa.Column("state", _one_of(states, "state", 12), nullable=False),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.Column("decided_at", AT, nullable=True),
        sa.CheckConstraint(
            "(state IN ('waiting', 'kept')) = (decided_at IS NULL)",
            name=op.f("ck_meter_record_decided"),
        ),
        _references("meter_record", "patient_id"),
        _references("meter_record", "meter_id", "meter"),
        _references("meter_record", "decided_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_record")),
        sa.UniqueConstraint("patient_id", "key", name=op.f("uq_meter_record_patient_id_key")),
    )
    op.create_index(
        "ix_meter_record_patient_id_meter_id", "meter_record", ["patient_id", "meter_id"]
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("meter_record")
    op.drop_table("meter_binding")
    op.drop_table("meter")
