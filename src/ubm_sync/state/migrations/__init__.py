"""Alembic migrations of the state; run by ``ubm_sync.state.migrate``."""
