"""The database itself numbers every change of an account and writes its history.

Whoever changes an account, this service or a person with a plain UPDATE, the change gets a number
and its history is written. This service sets ``revision`` and ``changed_*`` itself; a statement
that leaves ``revision`` alone is a person's.

PostgreSQL: numbers must become visible in their order, or a reader could pass over one that is
committed late. So every statement on ``account`` first takes one advisory lock until the end of
its transaction (first, before any row is locked: two writers cannot wait for each other). SQLite
has one writer at a time anyway.
"""

# ruff: noqa: S608 - every part of the statements is a constant of this file

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from ubm_store.migrations.columns import POSTGRESQL_NOW, SQLITE_NOW

revision = "0003"
down_revision = "0002"

ACCOUNT_LOCK = 7_021_446_302  # the writer takes the same one

# fmt: off
FIELDS = (
    "sync_id", "customer_key", "request_type", "location_code", "location_name", "address_1",
    "address_2", "city", "state", "zip", "vendor", "vendor_canonical", "commodity",
    "account_number", "account_key", "meter_numbers", "bill_type", "name_on_account",
    "service_start", "service_end", "bill_delivery", "online_access", "gl_code", "notes", "status",
    "approved_by", "approved_at", "data_services", "data_services_ref", "source",
)
# fmt: on

EVENT = """INSERT INTO account_event
    (account_number, at, kind, field, old_value, new_value, source, actor, run_id)"""

LINK = """
INSERT INTO data_services_link
    (account_number, state, ref, requested_at, enrolled_at, changed_at, source, run_id)
SELECT NEW.number, coalesce(NEW.data_services, 'not_requested'), NEW.data_services_ref,
    CASE WHEN NEW.data_services = 'requested' THEN {at} END,
    CASE WHEN NEW.data_services = 'enrolled' THEN {at} END,
    {at}, {source}, {run}
WHERE {when}
ON CONFLICT (account_number) DO UPDATE SET
    state = excluded.state, ref = excluded.ref, changed_at = excluded.changed_at,
    requested_at = coalesce(data_services_link.requested_at, excluded.requested_at),
    enrolled_at = coalesce(excluded.enrolled_at, data_services_link.enrolled_at),
    source = excluded.source, run_id = excluded.run_id;
"""


def upgrade() -> None:
    """Create the counter's row and the triggers."""
    op.execute(
        sa.text(
            "INSERT INTO change_counter (id, identity, revision) VALUES (1, :identity, 0)"
        ).bindparams(identity=secrets.token_hex(8))
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _sqlite() if sqlite else _postgresql():
        op.get_bind().exec_driver_sql(statement)


def _sqlite() -> list[str]:
    by_hand = "NEW.revision = OLD.revision"
    at = f"CASE WHEN {by_hand} THEN {SQLITE_NOW} ELSE NEW.changed_at END"
    source = f"CASE WHEN {by_hand} THEN 'MANUAL' ELSE NEW.changed_source END"
    run = f"CASE WHEN {by_hand} THEN NULL ELSE NEW.changed_run END"
    actor = f"CASE WHEN {by_hand} THEN NULL ELSE NEW.changed_by END"
    first = f"coalesce(NEW.changed_at, {SQLITE_NOW})"
    enrolment = "NEW.data_services IS NOT NULL"
    moved = (
        "NEW.data_services IS NOT OLD.data_services"
        " OR NEW.data_services_ref IS NOT OLD.data_services_ref"
    )
    compared = " UNION ALL ".join(
        f"SELECT '{name}' AS field, OLD.{name} AS old_value, NEW.{name} AS new_value"
        for name in FIELDS
    )
    who = "NEW.changed_source, NEW.changed_by, NEW.changed_run"
    link_at_birth = LINK.format(
        at=first, source="NEW.changed_source", run="NEW.changed_run", when=enrolment
    )
    return [
        f"""CREATE TRIGGER account_created AFTER INSERT ON account BEGIN
        UPDATE change_counter SET revision = revision + 1 WHERE NEW.revision = 0;
        UPDATE account SET revision = (SELECT revision FROM change_counter)
            WHERE number = NEW.number AND NEW.revision = 0;
        {EVENT} VALUES (NEW.number, {first}, 'created', NULL, NULL, NULL, {who});
        {EVENT} SELECT NEW.number, {first}, 'changed', 'data_services', NULL, NEW.data_services,
            {who} WHERE {enrolment};
        {link_at_birth} END""",
        f"""CREATE TRIGGER account_changed AFTER UPDATE OF {", ".join(FIELDS)} ON account BEGIN
        {EVENT} SELECT NEW.number, {at}, 'changed', field, old_value, new_value, {source},
            {actor}, {run} FROM ({compared}) WHERE old_value IS NOT new_value;
        {LINK.format(at=at, source=source, run=run, when=moved)} END""",
        f"""CREATE TRIGGER account_changed_by_hand AFTER UPDATE ON account
        WHEN {by_hand} BEGIN
        UPDATE change_counter SET revision = revision + 1;
        UPDATE account SET revision = (SELECT revision FROM change_counter),
            changed_at = {SQLITE_NOW}, changed_by = NULL, changed_source = 'MANUAL',
            changed_run = NULL WHERE number = NEW.number;
        END""",
        """CREATE TRIGGER account_number_fixed BEFORE UPDATE OF number ON account
        WHEN NEW.number <> OLD.number BEGIN
        SELECT RAISE(ABORT, 'the number of an account is set once'); END""",
        f"""CREATE TRIGGER account_deleted AFTER DELETE ON account BEGIN
        {EVENT} VALUES
            (OLD.number, {SQLITE_NOW}, 'deleted', NULL, NULL, NULL, 'MANUAL', NULL, NULL);
        END""",
        """CREATE TRIGGER account_event_unchanged BEFORE UPDATE ON account_event BEGIN
        SELECT RAISE(ABORT, 'the history of an account is append-only'); END""",
        """CREATE TRIGGER account_event_kept BEFORE DELETE ON account_event BEGIN
        SELECT RAISE(ABORT, 'the history of an account is append-only'); END""",
    ]


def _postgresql() -> list[str]:
    who = "NEW.changed_source, NEW.changed_by, NEW.changed_run"
    compared = ", ".join(f"('{name}', OLD.{name}::text, NEW.{name}::text)" for name in FIELDS)
    moved = (
        "NEW.data_services IS DISTINCT FROM OLD.data_services"
        " OR NEW.data_services_ref IS DISTINCT FROM OLD.data_services_ref"
    )
    link = {"at": "NEW.changed_at", "source": "NEW.changed_source", "run": "NEW.changed_run"}
    by_hand = f"""
        NEW.changed_at := {POSTGRESQL_NOW};
        NEW.changed_by := session_user;
        NEW.changed_source := 'MANUAL';
        NEW.changed_run := NULL;
        UPDATE change_counter SET revision = revision + 1 RETURNING revision INTO NEW.revision;"""
    functions = {
        "account_wait": f"PERFORM pg_advisory_xact_lock({ACCOUNT_LOCK}); RETURN NULL;",
        "account_number_change": f"""
        IF TG_OP = 'INSERT' THEN
            IF NEW.revision = 0 THEN {by_hand} END IF;
        ELSE
            IF NEW.number <> OLD.number THEN
                RAISE EXCEPTION 'the number of an account is set once';
            END IF;
            IF NEW.revision = OLD.revision THEN {by_hand} END IF;
        END IF;
        RETURN NEW;""",
        "account_write_created": f"""
        {EVENT} VALUES (NEW.number, NEW.changed_at, 'created', NULL, NULL, NULL, {who});
        IF NEW.data_services IS NOT NULL THEN
            {EVENT} VALUES (NEW.number, NEW.changed_at, 'changed', 'data_services', NULL,
                NEW.data_services, {who});
            {LINK.format(**link, when="true")}
        END IF;
        RETURN NULL;""",
        "account_write_changed": f"""
        {EVENT} SELECT NEW.number, NEW.changed_at, 'changed', field, old_value, new_value, {who}
            FROM (VALUES {compared}) AS compared (field, old_value, new_value)
            WHERE old_value IS DISTINCT FROM new_value;
        IF {moved} THEN {LINK.format(**link, when="true")} END IF;
        RETURN NULL;""",
        "account_write_deleted": f"""
        {EVENT} VALUES (OLD.number, {POSTGRESQL_NOW}, 'deleted', NULL, NULL, NULL, 'MANUAL',
            session_user, NULL);
        RETURN NULL;""",
        "account_event_refuse": "RAISE EXCEPTION 'the history of an account is append-only';",
    }
    triggers = (
        ("BEFORE INSERT OR UPDATE OR DELETE ON account FOR EACH STATEMENT", "account_wait"),
        ("BEFORE INSERT OR UPDATE ON account FOR EACH ROW", "account_number_change"),
        ("AFTER INSERT ON account FOR EACH ROW", "account_write_created"),
        ("AFTER UPDATE ON account FOR EACH ROW", "account_write_changed"),
        ("AFTER DELETE ON account FOR EACH ROW", "account_write_deleted"),
        ("BEFORE UPDATE OR DELETE ON account_event FOR EACH ROW", "account_event_refuse"),
    )
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
        for name, body in functions.items()
    ] + [
        f"CREATE TRIGGER {name}_trigger {when} EXECUTE FUNCTION {name}()" for when, name in triggers
    ]
