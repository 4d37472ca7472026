"""The database's two roles: the owner, who migrates, and the application's login, which may only use.

Everything here is idempotent and runs as the owner.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import LiteralString

import psycopg
from psycopg import errors, sql

from counterflow.config.database_address import CONNECT_SECONDS_MAX, Address
from counterflow.config.database_errors import (
    CannotCreateDatabase,
    CannotCreateRole,
    RoleTooStrong,
    ServerTooOld,
    Unreachable,
    WrongEncoding,
)

OLDEST = 15
# One number for everybody who changes this database's shape.
MIGRATION_LOCK = 0x436F756E746572

# What happened is added to and never rewritten: the audit, events, decisions, and the rows that counters add up.
ADDED_ONLY = (
    "clocks_calendarversion",
    "clocks_calendaryear",
    "clocks_opening",
    "backtests_difference",
    "approvals_agreement",
    "kernel_commandrecord",
    "kernel_eventrecord",
    "logistics_parcelevent",
    "policies_decision",
    "policies_overriderecord",
    "policies_policystep",
    "policies_shadowcount",
    "policies_shadowdifference",
    "receiving_clue",
    "receiving_disposal",
    "receiving_disposalreversal",
    "receiving_inspection",
    "receiving_origin",
    "receiving_putaway",
    "receiving_receiptreversal",
    "receiving_release",
    "reconciliation_adjustment",
    "reconciliation_countentry",
    "reconciliation_statement",
    "recovery_refurbishmentcost",
    "refunds_charge",
    "refunds_creditline",
    "refunds_moneyfact",
    "refunds_offset",
    "registry_change",
    "returns_allocation",
    "returns_milestone",
    "returns_wish",
    "workqueue_casestep",
)
GRANTS = """
DO $grants$
DECLARE
    app text := {role};
    added_only text[] := {added_only};
    thing record;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', app);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %I', app);
    FOR thing IN
        SELECT oid::regclass AS name, relname,
               relispartition AS hidden,
               relname LIKE 'ledger\\_%' OR relname = 'django_migrations' OR relkind IN ('v', 'm') AS readonly
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
        ORDER BY oid
    LOOP
        IF thing.hidden THEN
            -- A partition is reached through its parent, where the rights and triggers are checked.
            EXECUTE format('REVOKE ALL ON %s FROM %I', thing.name, app);
        ELSIF thing.readonly THEN
            EXECUTE format('REVOKE ALL ON %s FROM %I', thing.name, app);
            EXECUTE format('GRANT SELECT ON %s TO %I', thing.name, app);
        ELSIF thing.relname = ANY (added_only) THEN
            EXECUTE format('REVOKE ALL ON %s FROM %I', thing.name, app);
            EXECUTE format('GRANT SELECT, INSERT ON %s TO %I', thing.name, app);
        ELSE
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', thing.name, app);
        END IF;
    END LOOP;
END
$grants$
"""


@contextmanager
def connect(address: Address, variable: str) -> Iterator[psycopg.Connection]:
    """A connection that commits each statement; refusals become a sentence."""
    try:
        connection = psycopg.connect(
            address.url,
            autocommit=True,
            application_name="counterflow setup",
            connect_timeout=CONNECT_SECONDS_MAX,
        )
    except psycopg.OperationalError as error:
        raise Unreachable(where=address.where, reason=plain(error), variable=variable) from error
    with connection:
        yield connection


def plain(error: psycopg.Error) -> str:
    """The server's own words on one line."""
    return " ".join((error.diag.message_primary or str(error)).split())


def refusal(address: Address) -> str | None:
    """Why this login cannot use this database right now; None when it can."""
    try:
        check_application(address, "")
    except Unreachable as error:
        return str(error.facts["reason"])
    return None


def ensure_database(owner: Address, variable: str) -> None:
    """Create the owner's database where the server has none of that name, and check that it will do."""
    try:
        check_server(owner, variable)
        return
    except Unreachable as failure:
        create_database(owner, variable, failure)
    check_server(owner, variable)


def check_server(owner: Address, variable: str) -> None:
    with connect(owner, variable) as connection:
        version = connection.info.server_version // 10_000
        if version < OLDEST:
            raise ServerTooOld(where=owner.where, found=version)
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise WrongEncoding(where=owner.where, found=encoding)


def create_database(owner: Address, variable: str, failure: Unreachable) -> None:
    """Create it from a neighbouring database; if none answers, the first failure stands."""
    for neighbour in ("postgres", "template1"):
        try:
            with connect(owner.at(neighbour), variable) as connection:
                exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [owner.database]).fetchone()
                if exists:
                    return  # Made a moment ago by somebody else, or closed to us: the next check tells.
                connection.execute(
                    sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(
                        sql.Identifier(owner.database)
                    )
                )
                return
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            return  # Somebody else was quicker.
        except psycopg.Error as error:
            raise CannotCreateDatabase(database=owner.database, where=owner.where, reason=plain(error)) from error
        except Unreachable:
            continue
    raise failure


def create_role(owner: Address, role: str, password: str, variable: str) -> bool:
    """Create the application's login, which owns nothing; False when somebody else was quicker."""
    try:
        with connect(owner, variable) as connection:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                return False
            connection.execute(with_password("CREATE ROLE {} LOGIN PASSWORD {}", connection, role, password))
    except (errors.DuplicateObject, errors.UniqueViolation):
        return False
    except psycopg.Error as error:
        raise CannotCreateRole(role=role, where=owner.where, reason=plain(error)) from error
    return True


def set_password(owner: Address, role: str, password: str, variable: str) -> None:
    try:
        with connect(owner, variable) as connection:
            connection.execute(with_password("ALTER ROLE {} LOGIN PASSWORD {}", connection, role, password))
    except psycopg.Error as error:
        raise CannotCreateRole(role=role, where=owner.where, reason=plain(error)) from error


def with_password(statement: LiteralString, connection: psycopg.Connection, role: str, password: str) -> sql.Composed:
    """The statement with the password already scrambled, so that no server log shows it."""
    scrambled = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return sql.SQL(statement).format(sql.Identifier(role), sql.Literal(scrambled.decode()))


def let_in(owner: Address, role: str, variable: str) -> None:
    """Let the application's login connect, also where the public may not."""
    with connect(owner, variable) as connection:
        connection.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                sql.Identifier(owner.database), sql.Identifier(role)
            )
        )


def check_application(application: Address, variable: str) -> None:
    """Refuse an application login that the database cannot hold to its rights."""
    with connect(application, variable) as connection:
        row = connection.execute(
            """
            SELECT rolsuper, pg_has_role(current_user, d.datdba, 'USAGE')
            FROM pg_roles, pg_database d
            WHERE rolname = current_user AND d.datname = current_database()
            """
        ).fetchone()
    for excess, reason in zip(row or (), ("is a superuser", "owns the database"), strict=True):
        if excess:
            raise RoleTooStrong(role=application.user, where=application.where, reason=reason)


def grant(owner: Address, role: str, variable: str) -> None:
    """Give the login what it needs: most tables, new rows only of what happened, and only reading in the ledger."""
    with connect(owner, variable) as connection:
        connection.execute(sql.SQL(GRANTS).format(role=sql.Literal(role), added_only=sql.Literal(list(ADDED_ONLY))))
        one_process(connection, owner.database, role)


def one_process(connection: psycopg.Connection, database: str, role: str) -> None:
    """Let the application's short questions be answered by one process: starting helpers takes longer than most.

    What reads much, such as `verify`, asks for them itself. An owner who may not say this loses speed only.
    """
    with suppress(errors.InsufficientPrivilege):
        connection.execute(
            sql.SQL("ALTER ROLE {} IN DATABASE {} SET max_parallel_workers_per_gather = 0").format(
                sql.Identifier(role), sql.Identifier(database)
            )
        )


@contextmanager
def migrating(owner: Address, variable: str) -> Iterator[psycopg.Connection]:
    """Hold the right to change this database's shape, waiting for whoever has it."""
    with connect(owner, variable) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        yield connection
