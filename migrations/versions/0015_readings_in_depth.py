"""Readings in depth: HI and LO, where a reading came from, versions, risk and recorded time per day.

- `reading` takes HI and LO (`beyond`, no number) and a `standing` beside the patient's other
  readings. Old rows are COUNTED; the rebuild below settles them.
- A source also has `via` (sent directly, or out of a file) and the interval of its sensor.
- `reading_version` keeps what an entry said before it was changed.
- `glucose_risk` holds the risk of every value (r = 22.77 f^2, f = ln(mg/dL)^1.084 - 5.381), because
  SQLite need not know logarithms and both databases shall add up the same numbers.
- `day_summary` gains risk, HI/LO and recorded time. No row is computed here: every diary gets an
  event `readings.outdated`, the worker rebuilds its days in chunks, and `diary.sums_ranges` stays
  empty ("being recomputed") until it is done.

PostgreSQL alters in place. SQLite cannot drop a NOT NULL or a rule, and dropping a parent table
empties its children while foreign keys are on, so the whole family is renamed, made anew, filled
and dropped from the youngest child upwards.

Down: HI and LO have no place in the old tables and go; their days keep the bands. Other rows stay.
"""

import math
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
SMALL = sa.SmallInteger()
NUMBER_OR_BEYOND = (
    "(beyond = 0 AND mantissa IS NOT NULL AND scale IS NOT NULL AND tick IS NOT NULL)"
    " OR (beyond IN (-1, 1) AND mantissa IS NULL AND scale IS NULL AND tick IS NULL)"
)
BANDS = "n = very_low + low + in_range + high + very_high AND n > 0"
MG_DL_PER_MMOL_L = 18.0156
BASES = (
    "self", "guardian", "mandate", "health_care_proxy", "care_team", "clinic_staff", "device",
    "system",
)  # fmt: skip


def _one_of(name: str, *values: str, length: int = 8) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=length)


def _kind() -> sa.Enum:
    return _one_of("kind", "manual", "meter", "cgm")


def upgrade() -> None:
    """Widen the tables, make the new ones, ask for the rebuild."""
    if op.get_bind().dialect.name == "sqlite":
        _remake(is_deep=True)
    else:
        _alter()
    op.add_column(
        "diary", sa.Column("sums_ranges", sa.String(64), server_default="", nullable=False)
    )
    op.add_column("diary", sa.Column("rebuilding_ranges", sa.String(64), nullable=True))
    op.add_column("diary", sa.Column("rebuild_before", sa.Date(), nullable=True))
    _make_versions()
    _make_risks()
    _ask_for_rebuild()


def downgrade() -> None:
    """Drop what is new; HI and LO go with it."""
    op.execute("DELETE FROM outbox_event WHERE topic = 'readings.outdated'")
    op.drop_table("glucose_risk")
    op.drop_table("reading_version")
    for name in ("rebuild_before", "rebuilding_ranges", "sums_ranges"):
        op.drop_column("diary", name)
    _leave_out_what_has_no_place()
    if op.get_bind().dialect.name == "sqlite":
        _remake(is_deep=False)
    else:
        _alter_back()


def _make_versions() -> None:
    op.create_table(
        "reading_version",
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("number", SMALL, autoincrement=False, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("measured_at", MOMENT, nullable=False),
        sa.Column("mantissa", SMALL, nullable=True),
        sa.Column("scale", SMALL, nullable=True),
        sa.Column("unit", SMALL, nullable=False),
        sa.Column("tick", SMALL, nullable=True),
        sa.Column("beyond", SMALL, nullable=False),
        sa.Column("meal", SMALL, nullable=False),
        sa.Column("offset_min", SMALL, nullable=False),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("replaced_by_id", BIG, nullable=True),
        sa.Column("replaced_basis", _one_of("replaced_basis", *BASES, length=24), nullable=False),
        sa.Column("replaced_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id", "source_id"],
            ["reading_source.patient_id", "reading_source.id"],
            name=op.f("fk_reading_version_patient_id_source_id"),
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"], ["person.id"], name=op.f("fk_reading_version_replaced_by_id")
        ),
        sa.PrimaryKeyConstraint("source_id", "seq", "number", name=op.f("pk_reading_version")),
    )


def _make_risks() -> None:
    table = op.create_table(
        "glucose_risk",
        sa.Column("unit", SMALL, autoincrement=False, nullable=False),
        sa.Column("tick", SMALL, autoincrement=False, nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "tick", name=op.f("pk_glucose_risk")),
    )
    values = [(0, tick, float(tick)) for tick in range(10, 601)]
    values += [(1, tick, tick * (MG_DL_PER_MMOL_L / 10)) for tick in range(6, 334)]
    rows = []
    for unit, tick, mg_dl in values:
        f = math.log(mg_dl) ** 1.084 - 5.381
        r = 22.77 * f**2
        rows.append(
            {"unit": unit, "tick": tick, "low": r if f < 0 else 0.0, "high": r if f > 0 else 0.0}
        )
    op.bulk_insert(table, rows)


def _ask_for_rebuild() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    pair = sa.func.json_object if is_sqlite else sa.func.json_build_object
    diary = sa.table("diary", sa.column("patient_id", BIG))
    event = sa.table(
        "outbox_event",
        sa.column("topic"), sa.column("payload", sa.JSON()), sa.column("created_at", MOMENT),
        sa.column("run_at", MOMENT), sa.column("attempts"), sa.column("last_error"),
    )  # fmt: skip
    now = sa.literal(datetime.now(UTC), MOMENT)
    op.execute(
        sa.insert(event).from_select(
            ["topic", "payload", "created_at", "run_at", "attempts", "last_error"],
            sa.select(
                sa.literal("readings.outdated"),
                pair(sa.literal_column("'patient_id'"), diary.c.patient_id),
                now, now, sa.literal(0), sa.literal(""),
            ),
        )
    )  # fmt: skip


def _leave_out_what_has_no_place() -> None:
    for table in ("reading", "removed_reading"):
        op.execute(f"DELETE FROM {table} WHERE beyond <> 0")  # noqa: S608 - our own names
    op.execute("DELETE FROM day_summary WHERE n = out_of_range")
    op.execute(
        "UPDATE reading_source SET device = substr(device, 1, 113) || ' (file)' WHERE via = 'file'"
    )


def _alter() -> None:
    for table in ("reading", "removed_reading"):
        for name in ("mantissa", "scale", "tick"):
            op.alter_column(table, name, existing_type=SMALL, nullable=True)
        for name in ("beyond", "standing"):
            op.add_column(table, sa.Column(name, SMALL, server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_reading_number_or_beyond"), "reading", NUMBER_OR_BEYOND)
    op.create_check_constraint(op.f("ck_reading_standing"), "reading", "standing BETWEEN 0 AND 4")
    for column in _source_columns():
        op.add_column("reading_source", column)
    op.create_check_constraint(
        op.f("ck_reading_source_via"), "reading_source", "via IN ('direct', 'file')"
    )
    op.drop_constraint(
        op.f("uq_reading_source_patient_id_kind_device"), "reading_source", type_="unique"
    )
    op.create_unique_constraint(
        op.f("uq_reading_source_patient_id_kind_device_via"),
        "reading_source",
        ["patient_id", "kind", "device", "via"],
    )
    for column in _summary_columns():
        op.add_column("day_summary", column)
    for name in ("lowest", "highest"):
        op.alter_column("day_summary", name, existing_type=SMALL, nullable=True)


def _alter_back() -> None:
    for name in ("lowest", "highest"):
        op.alter_column("day_summary", name, existing_type=SMALL, nullable=False)
    for column in _summary_columns():
        op.drop_column("day_summary", column.name)
    op.drop_constraint(
        "uq_reading_source_patient_id_kind_device_via", "reading_source", type_="unique"
    )
    for column in _source_columns():
        op.drop_column("reading_source", column.name)
    op.create_unique_constraint(
        op.f("uq_reading_source_patient_id_kind_device"),
        "reading_source",
        ["patient_id", "kind", "device"],
    )
    for table in ("reading", "removed_reading"):
        for name in ("beyond", "standing"):
            op.drop_column(table, name)
        for name in ("mantissa", "scale", "tick"):
            op.alter_column(table, name, existing_type=SMALL, nullable=False)


def _source_columns() -> list[sa.Column]:
    return [
        sa.Column("via", sa.String(8), server_default="direct", nullable=False),
        sa.Column("interval_min", SMALL, nullable=True),
        sa.Column("given_interval_min", SMALL, nullable=True),
    ]


def _summary_columns() -> list[sa.Column]:
    whole = [
        sa.Column(name, sa.Integer(), server_default="0", nullable=False)
        for name in ("out_of_range", "recorded_s")
    ]
    risks = ("low_risk", "high_risk", "worst_low_risk", "worst_high_risk")
    return whole + [
        sa.Column(name, sa.Double(), server_default="0", nullable=False) for name in risks
    ]


FAMILY = ("reading_source", "reading", "reading_note", "removed_reading", "day_summary")


def _remake(*, is_deep: bool) -> None:
    """SQLite: the whole family anew, with or without what this migration adds."""
    op.drop_index("ix_reading_source_id_seq", table_name="reading")
    for table in FAMILY:
        op.rename_table(table, f"{table}_old")
    _make_source(is_deep=is_deep)
    _make_reading(is_deep=is_deep)
    _make_note()
    _make_removed(is_deep=is_deep)
    _make_summary(is_deep=is_deep)
    for table in FAMILY:
        _copy(table)
    for table in ("reading_note", "removed_reading", "reading", "reading_source", "day_summary"):
        op.drop_table(f"{table}_old")
    op.create_index("ix_reading_source_id_seq", "reading", ["source_id", "seq"], unique=False)


def _copy(table: str) -> None:
    found = sa.inspect(op.get_bind())
    olds = [column["name"] for column in found.get_columns(f"{table}_old")]
    news = {column["name"] for column in found.get_columns(table)}
    names = [name for name in olds if name in news]
    op.execute(
        f"INSERT INTO {table} ({', '.join(names)})"  # noqa: S608 - our own names
        f" SELECT {', '.join(names)} FROM {table}_old"
    )


def _make_source(*, is_deep: bool) -> None:
    rule = ["patient_id", "kind", "device", *(["via"] if is_deep else [])]
    deep = _source_columns()
    if is_deep:
        deep[0].type = _one_of("via", "direct", "file")
    op.create_table(
        "reading_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("device", sa.String(120), nullable=False),
        sa.Column("last_received_at", MOMENT, nullable=False),
        *(deep if is_deep else []),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_reading_source_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_source")),
        sa.UniqueConstraint("patient_id", "id", name=op.f("uq_reading_source_patient_id_id")),
        sa.UniqueConstraint(*rule, name=op.f(f"uq_reading_source_{'_'.join(rule)}")),
    )


def _value_columns(*, is_deep: bool) -> list[sa.Column]:
    numbers = [sa.Column(name, SMALL, nullable=is_deep) for name in ("mantissa", "scale")]
    return [
        *numbers,
        sa.Column("unit", SMALL, nullable=False),
        sa.Column("tick", SMALL, nullable=is_deep),
        sa.Column("meal", SMALL, nullable=False),
        sa.Column("offset_min", SMALL, nullable=False),
    ]


def _deep_columns(*, is_deep: bool) -> list[sa.Column]:
    names = ("beyond", "standing") if is_deep else ()
    return [sa.Column(name, SMALL, server_default="0", nullable=False) for name in names]


def _make_reading(*, is_deep: bool) -> None:
    rules = {
        "digits": "mantissa BETWEEN 0 AND 9999 AND scale BETWEEN 0 AND 3",
        "meal": "meal BETWEEN 0 AND 12",
        "tick": "tick > 0",
        "unit": "unit IN (0, 1)",
    }
    if is_deep:
        rules |= {"number_or_beyond": NUMBER_OR_BEYOND, "standing": "standing BETWEEN 0 AND 4"}
    op.create_table(
        "reading",
        sa.Column("patient_id", BIG, autoincrement=False, nullable=False),
        sa.Column("measured_at", MOMENT, nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("upload_id", BIG, nullable=False),
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        *_value_columns(is_deep=is_deep),
        *_deep_columns(is_deep=is_deep),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_reading_{name}"))
            for name, rule in rules.items()
        ),
        _of_source("reading"),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_reading_upload_id")),
        sa.PrimaryKeyConstraint(
            "patient_id", "source_id", "measured_at", "seq", name=op.f("pk_reading")
        ),
        sqlite_with_rowid=False,
    )


def _of_source(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["patient_id", "source_id"],
        ["reading_source.patient_id", "reading_source.id"],
        name=op.f(f"fk_{table}_patient_id_source_id"),
    )


def _make_note() -> None:
    key = ["patient_id", "source_id", "measured_at", "seq"]
    op.create_table(
        "reading_note",
        sa.Column("patient_id", BIG, autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("measured_at", MOMENT, nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.ForeignKeyConstraint(
            key,
            [f"reading.{name}" for name in key],
            name=op.f("fk_reading_note_patient_id_source_id_measured_at_seq"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_reading_note")),
    )


def _make_removed(*, is_deep: bool) -> None:
    op.create_table(
        "removed_reading",
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("patient_id", BIG, nullable=False),
        sa.Column("measured_at", MOMENT, nullable=False),
        sa.Column("upload_id", BIG, nullable=False),
        *_value_columns(is_deep=is_deep),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("removed_by_id", BIG, nullable=True),
        sa.Column("removed_at", MOMENT, nullable=False),
        *_deep_columns(is_deep=is_deep),
        _of_source("removed_reading"),
        sa.ForeignKeyConstraint(
            ["removed_by_id"], ["person.id"], name=op.f("fk_removed_reading_removed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_removed_reading_upload_id")
        ),
        sa.PrimaryKeyConstraint("source_id", "seq", name=op.f("pk_removed_reading")),
    )


def _make_summary(*, is_deep: bool) -> None:
    counts = ("n", "very_low", "low", "in_range", "high", "very_high")
    op.create_table(
        "day_summary",
        sa.Column("patient_id", BIG, autoincrement=False, nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("unit", SMALL, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        *(sa.Column(name, BIG, nullable=False) for name in ("total", "squares")),
        *(sa.Column(name, SMALL, nullable=is_deep) for name in ("lowest", "highest")),
        *(_summary_columns() if is_deep else []),
        sa.CheckConstraint(BANDS, name=op.f("ck_day_summary_bands_add_up")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_day_summary_patient_id")
        ),
        sa.PrimaryKeyConstraint(
            "patient_id", "day_on", "kind", "unit", name=op.f("pk_day_summary")
        ),
    )
