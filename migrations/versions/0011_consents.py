"""Tables of consents.

Triggers keep a wording in use and the evidence as they were; as with the audit trail they are
evidence, not prevention.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVING = "state IN ('offered', 'viewed', 'sealing', 'signed')"
VERSION_COLUMNS = "id, template, version, sha256, text_sha256, source, activated_at"

SQLITE_TRIGGERS = (
    """CREATE TRIGGER consent_evidence_event_no_UPDATE BEFORE UPDATE ON consent_evidence_event
BEGIN SELECT RAISE(ABORT, 'consent_evidence_event is append-only'); END""",
    """CREATE TRIGGER consent_evidence_event_no_DELETE BEFORE DELETE ON consent_evidence_event
BEGIN SELECT RAISE(ABORT, 'consent_evidence_event is append-only'); END""",
    f"""CREATE TRIGGER consent_template_version_fixed
BEFORE UPDATE OF {VERSION_COLUMNS} ON consent_template_version
BEGIN SELECT RAISE(ABORT, 'a wording in use never changes'); END""",
    """CREATE TRIGGER consent_template_version_kept BEFORE DELETE ON consent_template_version
BEGIN SELECT RAISE(ABORT, 'a wording in use never changes'); END""",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION consent_evidence_event_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'consent_evidence_event is append-only'; END $$""",
    """CREATE TRIGGER consent_evidence_event_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_evidence_event
FOR EACH STATEMENT EXECUTE FUNCTION consent_evidence_event_append_only()""",
    """CREATE FUNCTION consent_template_version_fixed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a wording in use never changes'; END $$""",
    f"""CREATE TRIGGER consent_template_version_fixed
BEFORE UPDATE OF {VERSION_COLUMNS} OR DELETE OR TRUNCATE ON consent_template_version
FOR EACH STATEMENT EXECUTE FUNCTION consent_template_version_fixed()""",
)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    """Make the tables."""
    _versions()
    _requests()
    _preparations()
    _records()
    _evidence()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if is_sqlite else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def _versions() -> None:
    op.create_table(
        "consent_template_version",
        sa.Column("id", BIG, nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("text_sha256", sa.JSON(), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_template_version")),
        sa.UniqueConstraint(
            "template", "version", name=op.f("uq_consent_template_version_template_version")
        ),
    )
    op.create_index(
        "uq_consent_template_version_active",
        "consent_template_version",
        ["template"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )


def _requests() -> None:
    op.create_table(
        "consent_request",
        sa.Column("id", BIG, nullable=False),
        sa.Column("subject_id", BIG, nullable=False),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("organisation", sa.String(length=120), nullable=False),
        sa.Column("sent_by_id", BIG, nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            _one_of(
                "state",
                "offered",
                "viewed",
                "sealing",
                "signed",
                "declined",
                "withdrawn",
                "expired",
            ),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence_seq", BIG, nullable=False),
        sa.Column("evidence_head", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["person.id"], name=op.f("fk_consent_request_subject_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["consent_template_version.id"],
            name=op.f("fk_consent_request_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["sent_by_id"], ["person.id"], name=op.f("fk_consent_request_sent_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_request")),
        sa.UniqueConstraint("reference", name=op.f("uq_consent_request_reference")),
    )
    op.create_index("ix_consent_request_subject", "consent_request", ["subject_id", "sent_at"])
    op.create_index(
        "uq_consent_request_living",
        "consent_request",
        ["subject_id", "version_id"],
        unique=True,
        sqlite_where=sa.text(LIVING),
        postgresql_where=sa.text(LIVING),
    )


def _signer_keys(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["request_id"], ["consent_request.id"], name=op.f(f"fk_{table}_request_id")
        ),
        sa.ForeignKeyConstraint(["signer_id"], ["person.id"], name=op.f(f"fk_{table}_signer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "request_id", "signer_id", name=op.f(f"uq_{table}_request_id_signer_id")
        ),
    )


def _preparations() -> None:
    op.create_table(
        "consent_preparation",
        sa.Column("id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("signer_id", BIG, nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("decisions", sa.JSON(), nullable=False),
        sa.Column("gesture", sa.String(length=24), nullable=False),
        sa.Column("typed_name", sa.String(length=120), nullable=False),
        sa.Column("capacity", sa.String(length=24), nullable=False),
        sa.Column("inputs_sha256", sa.String(length=64), nullable=False),
        sa.Column("h0", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        *_signer_keys("consent_preparation"),
    )


def _records() -> None:
    op.create_table(
        "consent_record",
        sa.Column("id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("signer_id", BIG, nullable=False),
        sa.Column("capacity", sa.String(length=24), nullable=False),
        sa.Column("representation_id", BIG, nullable=True),
        sa.Column("answer", _one_of("answer", "signed", "declined"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("decisions", sa.JSON(), nullable=False),
        sa.Column("gesture", sa.String(length=24), nullable=False),
        sa.Column("typed_name", sa.String(length=120), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("h0", sa.String(length=64), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("revisions", sa.Integer(), nullable=True),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("seal_sha256", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        *_signer_keys("consent_record"),
        sa.UniqueConstraint("file_sha256", name=op.f("uq_consent_record_file_sha256")),
        sa.CheckConstraint(
            "(answer = 'declined') = (h0 IS NULL)",
            name=op.f("ck_consent_record_only_a_signature_has_a_document"),
        ),
        sa.CheckConstraint(
            "(file_sha256 IS NULL) = (sealed_at IS NULL)",
            name=op.f("ck_consent_record_a_file_is_sealed_at_a_time"),
        ),
    )


def _evidence() -> None:
    op.create_table(
        "consent_evidence_event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("stream", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("capacity", sa.String(length=24), nullable=False),
        sa.Column("representation_id", BIG, nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_evidence_event")),
        sa.UniqueConstraint("stream", "seq", name=op.f("uq_consent_evidence_event_stream_seq")),
        sa.UniqueConstraint(
            "stream", "prev_hash", name=op.f("uq_consent_evidence_event_stream_prev_hash")
        ),
    )


def downgrade() -> None:
    """Drop the tables, and their triggers with them."""
    op.drop_table("consent_evidence_event")
    op.drop_table("consent_record")
    op.drop_table("consent_preparation")
    op.drop_index("uq_consent_request_living", table_name="consent_request")
    op.drop_index("ix_consent_request_subject", table_name="consent_request")
    op.drop_table("consent_request")
    op.drop_table("consent_template_version")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION consent_evidence_event_append_only()")
        op.execute("DROP FUNCTION consent_template_version_fixed()")
