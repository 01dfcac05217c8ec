"""Questionnaires: published versions, what was sent, the answers, scores and flags.

Triggers keep what must not change: a version once it is active, a response once it is completed,
a score ever. They are a guard against mistakes; the owner of the database can drop them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)

# table -> deed -> condition under which the deed is refused
REFUSED = {
    "questionnaire_version": {
        "UPDATE": """OLD.status <> 'draft' AND (
            NEW.instrument <> OLD.instrument OR NEW.version <> OLD.version
            OR NEW.content <> OLD.content OR NEW.content_sha256 <> OLD.content_sha256
            OR NEW.status = 'draft' OR (OLD.status = 'retired' AND NEW.status <> 'retired'))""",
        "DELETE": "OLD.status <> 'draft'",
    },
    "questionnaire_response": {
        "UPDATE": "OLD.status = 'completed'",
        "DELETE": "OLD.status = 'completed'",
    },
    "questionnaire_score": {"UPDATE": "OLD.id IS NOT NULL", "DELETE": "OLD.id IS NOT NULL"},
}
TABLES = (
    "questionnaire_flag",
    "questionnaire_score",
    "questionnaire_response",
    "questionnaire_assignment",
    "questionnaire_version",
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


def _flagged(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(create_constraint=False), nullable=False)


def upgrade() -> None:
    _create_versions()
    _create_responses()
    _create_results()
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, deeds in REFUSED.items():
        for deed, condition in deeds.items():
            (_guard_postgresql if is_postgresql else _guard_sqlite)(table, deed, condition)


def _create_versions() -> None:
    table = "questionnaire_version"
    op.create_table(
        table,
        *_key(table),
        sa.Column("instrument", sa.String(64), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("status", _one_of(("draft", "active", "retired"), "status"), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("activated_at", AT),
        _unique(table, "instrument", "version"),
        _check(table, "activated", "(status = 'draft') = (activated_at IS NULL)"),
    )
    table = "questionnaire_assignment"
    statuses = ("sent", "started", "completed", "withdrawn")
    op.create_table(
        table,
        *_key(table),
        _link(table, "version_id", "questionnaire_version"),
        _link(table, "patient_id", "person"),
        _link(table, "sent_by_id", "person"),
        sa.Column("sent_at", AT, nullable=False),
        sa.Column("due_at", AT),
        sa.Column("status", _one_of(statuses, "status"), nullable=False),
        sa.Column("ended_at", AT),
    )
    op.create_index(f"ix_{table}_patient_id_sent_at", table, ["patient_id", "sent_at"])


def _create_responses() -> None:
    table = "questionnaire_response"
    op.create_table(
        table,
        *_key(table),
        _link(table, "assignment_id", "questionnaire_assignment"),
        sa.Column("status", _one_of(("in-progress", "completed"), "status"), nullable=False),
        sa.Column("answers", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        _link(table, "filled_by_id", "person"),
        sa.Column(
            "respondent", _one_of(("patient", "observer", "proxy"), "respondent"), nullable=False
        ),
        _link(table, "representation_id", "representation", nullable=True),
        sa.Column("stripped", sa.JSON, nullable=False),
        sa.Column("started_at", AT, nullable=False),
        sa.Column("saved_at", AT, nullable=False),
        sa.Column("completed_at", AT),
        _unique(table, "assignment_id"),
        _check(table, "completed", "(status = 'completed') = (completed_at IS NOT NULL)"),
    )


def _create_results() -> None:
    table = "questionnaire_score"
    reasons = ("missing_answers", "not_defined")
    op.create_table(
        table,
        *_key(table),
        _link(table, "response_id", "questionnaire_response"),
        _link(table, "version_id", "questionnaire_version"),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.String(40)),
        sa.Column("band", sa.String(64)),
        sa.Column("missing", sa.Integer, nullable=False),
        _flagged("is_prorated"),
        sa.Column("no_score", _one_of(reasons, "no_score", 24)),
        sa.Column("algorithm_sha256", sa.String(64), nullable=False),
        sa.Column("inputs_sha256", sa.String(64), nullable=False),
        sa.Column("computed_at", AT, nullable=False),
        _check(table, "reason", "(value IS NULL) = (no_score IS NOT NULL)"),
    )
    op.create_index(f"ix_{table}_response_id", table, ["response_id"])
    table = "questionnaire_flag"
    op.create_table(
        table,
        *_key(table),
        _link(table, "response_id", "questionnaire_response"),
        _link(table, "patient_id", "person"),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("raises", sa.String(24), nullable=False),
        _flagged("is_urgent"),
        sa.Column("raised_at", AT, nullable=False),
        _unique(table, "response_id", "rule"),
    )
    op.create_index(f"ix_{table}_patient_id_raised_at", table, ["patient_id", "raised_at"])


def _guard_sqlite(table: str, deed: str, condition: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_kept_{deed.lower()} BEFORE {deed} ON {table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: this row is kept as it is'); END"
    )


def _guard_postgresql(table: str, deed: str, condition: str) -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION questionnaires_keep() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%: this row is kept as it is', TG_TABLE_NAME; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_kept_{deed.lower()} BEFORE {deed} ON {table} "
        f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION questionnaires_keep()"
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)  # its triggers go with it
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION questionnaires_keep()")
