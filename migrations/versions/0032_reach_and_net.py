"""People whose alerts reach nobody are counted; the net holds for steps and for own rules; children.

`alert_rule.has_net` is false where an earlier release writes a row: it asks for no reason.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
_NET = (
    "reason <> '' OR ("
    "(kind <> 'urgent_low' OR (is_on AND ((unit = 'mmol/L' AND tick >= 30)"
    " OR (unit = 'mg/dL' AND tick >= 54)){steps}))"
    " AND (kind <> 'very_high' OR (is_on AND values_n <= 2 AND delay_min <= 60"
    " AND ((unit = 'mmol/L' AND tick <= 139) OR (unit = 'mg/dL' AND tick <= 250)))))"
)
OLD_NET = _NET.format(steps="")
NET = _NET.format(
    steps=" AND repeat_min BETWEEN 1 AND 15"
    " AND COALESCE(proxy_min, 9999) <= 5 AND COALESCE(nurse_min, 9999) <= 15"
    " AND COALESCE(doctor_min, 9999) <= 30"
)
BEFORE = "set before a reason was asked for"
OLD = ("adult", "older", "pregnancy-type1", "pregnancy-type2")
POPULATIONS = ("adult", "child", *OLD[1:])


SQLITE_APPEND_ONLY = """
CREATE TRIGGER target_version_no_{verb} BEFORE {verb} ON target_version
BEGIN SELECT RAISE(ABORT, 'target_version is append-only'); END
"""
POSTGRESQL_TRIGGER = """
CREATE TRIGGER target_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON target_version
FOR EACH STATEMENT EXECUTE FUNCTION targets_append_only()
"""


def _open_history() -> None:
    """Versions of targets may be written: only here."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER target_version_no_{verb}")
    else:
        op.execute("DROP TRIGGER target_version_append_only ON target_version")


def _close_history() -> None:
    """Nobody changes or removes versions; SQLite has made the table anew, without its triggers."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(SQLITE_APPEND_ONLY.format(verb=verb))
    else:
        op.execute(POSTGRESQL_TRIGGER)


def _unit_net(words: str) -> None:
    with op.batch_alter_table("alert_unit_rule") as batch:
        batch.drop_constraint(op.f("ck_alert_unit_rule_net"), type_="check")
        batch.create_check_constraint(op.f("ck_alert_unit_rule_net"), words)


def _populations(words: tuple[str, ...]) -> None:
    name = op.f("ck_target_version_population")
    allowed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table("target_version") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, f"population IN ({allowed})")


def upgrade() -> None:
    """Rules that are looser than the net now asks get a reason; own rules are held by it."""
    op.create_table(
        "alert_reach",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("begun_at", WHEN, nullable=False),
        sa.Column("counted_at", WHEN, nullable=True),
        sa.Column("no_step", sa.Integer(), nullable=False),
        sa.Column("no_team", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_alert_reach_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_reach")),
    )
    for table in ("alert_rule", "alert_unit_rule"):
        op.execute(sa.text(f"UPDATE {table} SET reason = '{BEFORE}' WHERE NOT ({NET})"))  # noqa: S608
    with op.batch_alter_table("alert_rule") as batch:
        batch.add_column(
            sa.Column("has_net", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute(sa.text("UPDATE alert_rule SET has_net = true"))
    with op.batch_alter_table("alert_rule") as batch:
        batch.create_check_constraint(op.f("ck_alert_rule_net"), f"NOT has_net OR {NET}")
    _unit_net(NET)
    _open_history()
    _populations(POPULATIONS)
    _close_history()


def downgrade() -> None:
    """Children have the targets of adults again: the range and goals in the row are the same."""
    _open_history()
    op.execute(sa.text("UPDATE target_version SET population = 'adult' WHERE population = 'child'"))
    _populations(OLD)
    _close_history()
    _unit_net(OLD_NET)
    with op.batch_alter_table("alert_rule") as batch:
        batch.drop_constraint(op.f("ck_alert_rule_net"), type_="check")
    with op.batch_alter_table("alert_rule") as batch:
        batch.drop_column("has_net")
    op.drop_table("alert_reach")
