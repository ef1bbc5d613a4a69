"""How Alembic runs the migrations: on a connection that the caller has opened and locked."""

from __future__ import annotations

from alembic import context

from ubm_store.migrations import VERSION_TABLE
from ubm_store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite alters a table by copying it
    transactional_ddl=True,  # SQLite too: the caller's transaction holds all steps or none
)
with context.begin_transaction():
    context.run_migrations()
