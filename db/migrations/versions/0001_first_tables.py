"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.columns import Exact, Json, UtcTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "archives",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("schema", sa.String(length=64), nullable=False),
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("path", sa.String(length=1000), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("text_bytes", sa.BigInteger(), nullable=False),
        sa.Column("travelled", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("tables", sa.BigInteger(), nullable=False),
        sa.Column("consistency", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.Text(length=16000000), nullable=False),
        sa.Column("manifest_digest", sa.String(length=64), nullable=False),
        sa.Column("verified_at", UtcTime(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=True),
        sa.Column("more", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_archives_at", "archives", ["at"])
    op.create_index("ix_archives_manifest_digest", "archives", ["manifest_digest"])
    op.create_index("ix_archives_resource_id", "archives", ["resource_id"])

    op.create_table(
        "changes",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("ticket_id", sa.String(length=36), nullable=False),
        sa.Column("archive_id", sa.String(length=36), nullable=False),
        sa.Column("plan", Json(), nullable=True),
        sa.Column("gates", Json(), nullable=True),
        sa.Column("announced", Json(), nullable=True),
        sa.Column("emergency", sa.String(length=1000), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("simulated_at", UtcTime(), nullable=True),
        sa.Column("window_from", UtcTime(), nullable=True),
        sa.Column("window_to", UtcTime(), nullable=True),
        sa.Column("applied_at", UtcTime(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=100), nullable=False),
        sa.Column("claimed", sa.String(length=30), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conflicts", Json(), nullable=False),
        sa.Column("more", Json(), nullable=False),
        sa.Column("first_clock", sa.BigInteger(), nullable=False),
        sa.Column("first_device", sa.String(length=36), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_changes_claimed", "changes", ["claimed"])
    op.create_index("ix_changes_number", "changes", ["number"])
    op.create_index("ix_changes_resource_id", "changes", ["resource_id"])
    op.create_index("ix_changes_state", "changes", ["state"])

    op.create_table(
        "contacts",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("party", sa.String(length=1), nullable=False),
        sa.Column("role", sa.String(length=100), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conflicts", Json(), nullable=False),
        sa.Column("more", Json(), nullable=False),
        sa.Column("first_clock", sa.BigInteger(), nullable=False),
        sa.Column("first_device", sa.String(length=36), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_contacts_name", "contacts", ["name"])

    op.create_table(
        "contracts",
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("party_a", sa.String(length=200), nullable=False),
        sa.Column("party_b", sa.String(length=200), nullable=False),
        sa.Column("start", sa.Date(), nullable=True),
        sa.Column("end", sa.Date(), nullable=True),
        sa.Column("total", Exact(), nullable=True),
        sa.Column("payable", Exact(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("person_days", Exact(), nullable=True),
        sa.Column("items", Json(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conflicts", Json(), nullable=False),
        sa.Column("more", Json(), nullable=False),
        sa.Column("first_clock", sa.BigInteger(), nullable=False),
        sa.Column("first_device", sa.String(length=36), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("letter", sa.String(length=4), nullable=False),
        sa.Column("machine", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_devices_machine", "devices", ["machine"])

    op.create_table(
        "inventories",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("manager", sa.String(length=20), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.PrimaryKeyConstraint("resource_id"),
    )
    op.create_table(
        "looks",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(length=16000000), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.PrimaryKeyConstraint("resource_id"),
    )
    op.create_table(
        "reports",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=1000), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=True),
        sa.Column("pages", sa.BigInteger(), nullable=True),
        sa.Column("file_bytes", sa.BigInteger(), nullable=True),
        sa.Column("file_digest", sa.String(length=64), nullable=False),
        sa.Column("heads", Json(), nullable=True),
        sa.Column("signed", sa.String(length=20), nullable=False),
        sa.Column("claimed", sa.String(length=30), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conflicts", Json(), nullable=False),
        sa.Column("more", Json(), nullable=False),
        sa.Column("first_clock", sa.BigInteger(), nullable=False),
        sa.Column("first_device", sa.String(length=36), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_reports_claimed", "reports", ["claimed"])
    op.create_index("ix_reports_number", "reports", ["number"])
    op.create_index("ix_reports_period", "reports", ["period"])

    op.create_table(
        "resources",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("address", Json(), nullable=True),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conflicts", Json(), nullable=False),
        sa.Column("more", Json(), nullable=False),
        sa.Column("first_clock", sa.BigInteger(), nullable=False),
        sa.Column("first_device", sa.String(length=36), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "restores",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("schema", sa.String(length=64), nullable=False),
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("archive_id", sa.String(length=36), nullable=False),
        sa.Column("archive_path", sa.String(length=1000), nullable=False),
        sa.Column("safety_id", sa.String(length=36), nullable=False),
        sa.Column("undoes", sa.String(length=36), nullable=False),
        sa.Column("tables", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("text_bytes", sa.BigInteger(), nullable=False),
        sa.Column("proved", sa.Boolean(), nullable=False),
        sa.Column("differences", Json(), nullable=False),
        sa.Column("more", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_restores_at", "restores", ["at"])
    op.create_index("ix_restores_resource_id", "restores", ["resource_id"])

    op.create_table(
        "samples",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("resource_id", "metric", "at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tickets",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("description", sa.Text(length=16000000), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=True),
        sa.Column("estimate", sa.BigInteger(), nullable=True),
        sa.Column("requester", sa.String(length=100), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("emergency", sa.String(length=1000), nullable=False),
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=100), nullable=False),
        sa.Column("person_days", Exact(), nullable=True),
        sa.Column("words", sa.Text(length=16000000), nullable=False),
        sa.Column("claimed", sa.String(length=30), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conflicts", Json(), nullable=False),
        sa.Column("more", Json(), nullable=False),
        sa.Column("first_clock", sa.BigInteger(), nullable=False),
        sa.Column("first_device", sa.String(length=36), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_tickets_claimed", "tickets", ["claimed"])
    op.create_index("ix_tickets_number", "tickets", ["number"])
    op.create_index("ix_tickets_opened_at", "tickets", ["opened_at"])
    op.create_index("ix_tickets_resource_id", "tickets", ["resource_id"])
    op.create_index("ix_tickets_state", "tickets", ["state"])

    op.create_table(
        "entries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("device", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("offset_minutes", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("data", sa.Text(length=16000000), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["device"],
            ["devices.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("device", "sequence", name="uq_entries_device_sequence"),
    )
    op.create_index("ix_entries_clock", "entries", ["clock"])
    op.create_index("ix_entries_kind_subject", "entries", ["kind", "subject"])
