"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# SQLite numbers rows by itself only in a column that is declared INTEGER
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create everything."""
    _records()
    _observations()
    _log()
    _people()
    _troubles()
    _rest()
    op.execute("INSERT INTO audit_head (id, count, hash) VALUES (1, 0, '')")


def _records() -> None:
    """Create the records."""
    op.create_table(
        "record",
        sa.Column("sync_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("memory", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("wake_at", sa.BigInteger(), nullable=True),
        sa.Column("dirty", sa.Boolean(), nullable=False),
        sa.Column("quarantined", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", name=op.f("pk_record")),
    )
    op.create_index(
        "ix_record_account_key",
        "record",
        ["account_key"],
        sqlite_where=sa.text("account_key <> ''"),
        postgresql_where=sa.text("account_key <> ''"),
    )
    op.create_index("ix_record_customer_kind_status", "record", ["customer", "kind", "status"])
    op.create_index(
        "ix_record_dirty",
        "record",
        ["created_at", "sync_id"],
        sqlite_where=sa.text("dirty AND quarantined = ''"),
        postgresql_where=sa.text("dirty AND quarantined = ''"),
    )
    op.create_index(
        "ix_record_wake_at",
        "record",
        ["wake_at"],
        sqlite_where=sa.text("NOT dirty AND quarantined = '' AND wake_at IS NOT NULL"),
        postgresql_where=sa.text("NOT dirty AND quarantined = '' AND wake_at IS NOT NULL"),
    )


def _observations() -> None:
    """Create what was last seen of it and where reading continues."""
    op.create_table(
        "observation",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("sync_id", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=True),
        sa.Column("container", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("seen_values", sa.Text(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("modified_by", sa.Text(), nullable=True),
        sa.Column("gone", sa.Text(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place", "ref", name=op.f("pk_observation")),
    )
    op.create_index("ix_observation_place_container", "observation", ["place", "container"])
    op.create_index(op.f("ix_observation_sync_id"), "observation", ["sync_id"])
    op.create_table(
        "observation_alias",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("old_ref", sa.Text(), nullable=False),
        sa.Column("new_ref", sa.Text(), nullable=False),
        sa.Column("sync_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", "old_ref", name=op.f("pk_observation_alias")),
    )
    op.create_index("ix_observation_alias_place_new_ref", "observation_alias", ["place", "new_ref"])
    op.create_table(
        "cursor",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("system", name=op.f("pk_cursor")),
    )


def _log() -> None:
    """Create the audit log, the journal and the runs."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_run"), "audit", ["run"])
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "journal",
        sa.Column("intent", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("outcome", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("intent", name=op.f("pk_journal")),
    )
    op.create_index(
        "ix_journal_unanswered",
        "journal",
        ["intent"],
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "run",
        sa.Column("number", ROW_NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_run")),
    )


def _people() -> None:
    """Create what waits for a person."""
    op.create_table(
        "outbox",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sync_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_open",
        "outbox",
        ["at", "key"],
        sqlite_where=sa.text("state IN ('queued', 'unknown')"),
        postgresql_where=sa.text("state IN ('queued', 'unknown')"),
    )
    op.create_index("ix_outbox_sync_id", "outbox", ["sync_id"])
    op.create_table(
        "conflict",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("sync_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("sides", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
    )
    op.create_index(op.f("ix_conflict_sync_id"), "conflict", ["sync_id"])
    op.create_index(
        "uq_conflict_open",
        "conflict",
        ["sync_id", "field"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "kept_value",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("sync_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("typed_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_value")),
    )
    op.create_index(op.f("ix_kept_value_sync_id"), "kept_value", ["sync_id"])


def _troubles() -> None:
    """Create what is set aside, wrong or stopped."""
    op.create_table(
        "quarantine",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("sync_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("place", "subject", name=op.f("uq_quarantine_place_subject")),
    )
    op.create_index(op.f("ix_quarantine_sync_id"), "quarantine", ["sync_id"])
    op.create_table(
        "problem",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("blocks", sa.Boolean(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "code", name=op.f("pk_problem")),
    )
    op.create_table(
        "guard_stop",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_guard_stop")),
    )


def _rest() -> None:
    """Create leases, settings and the mapping's history."""
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "mapping_version",
        sa.Column("number", ROW_NUMBER, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_mapping_version")),
    )
