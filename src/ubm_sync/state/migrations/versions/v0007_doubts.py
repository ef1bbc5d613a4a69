"""Fields in doubt, each a row: after a bulk edit there are thousands of them."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_WAITED = "/doubts"  # after a system's name: where all of them stood in one text
_NAMES = ("sync_id", "place", "ref", "container", "field", "seen", "written", "origin")


def upgrade() -> None:
    """Create the table and take over what waited."""
    table = op.create_table(
        "doubt",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True,
            nullable=False,
        ),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _NAMES),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_doubt")),
    )  # fmt: skip
    key = ["place", "ref", "field", "written"]
    op.create_index(op.f("uq_doubt_place_ref_field_written"), "doubt", key, unique=True)
    op.create_index(op.f("ix_doubt_place_number"), "doubt", ["place", "number"])
    connection = op.get_bind()
    waited = sa.text("SELECT position FROM cursor WHERE system LIKE :like")
    found = connection.execute(waited, {"like": f"%{_WAITED}"}).scalars().all()
    rows = {
        (one["place"], one["ref"], one["field"], one["written"]): one
        for text in found
        if text
        for one in (dict(zip(_NAMES, (*each, "")[: len(_NAMES)])) for each in json.loads(text))  # noqa: B905 - an old one has no origin
    }
    if rows:
        op.bulk_insert(table, list(rows.values()))
    gone = sa.text("DELETE FROM cursor WHERE system LIKE :like")
    connection.execute(gone, {"like": f"%{_WAITED}"})
