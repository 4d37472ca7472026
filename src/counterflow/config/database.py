"""Which database this is: the owner's address for migrations, the application's for everything else.

DATABASE_URL                  the owner's address on a server you run; without it, the embedded one
COUNTERFLOW_APP_DATABASE_URL  the application's own login, where an administrator made one
COUNTERFLOW_APP_ROLE          the application's login by name, where several databases share one
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Event
from typing import Any

import psycopg

from counterflow.config import database_roles, database_secrets, embedded, embedded_layout
from counterflow.config.database_address import Address, parse
from counterflow.config.database_errors import CannotCreateRole, DatabaseProblem, NoOwner, RoleClosed
from counterflow.config.embedded_lock import exclusive

OWNER_VARIABLE = "DATABASE_URL"
APPLICATION_VARIABLE = "COUNTERFLOW_APP_DATABASE_URL"
ROLE_VARIABLE = "COUNTERFLOW_APP_ROLE"
ROLE_BYTES_MAX = 63
WATCH_SECONDS = 2


def is_embedded() -> bool:
    """Whether the database is the one we run ourselves."""
    return not (os.environ.get(OWNER_VARIABLE) or os.environ.get(APPLICATION_VARIABLE))


def owner_url() -> str:
    """The address of the login that owns the tables; starts nothing."""
    return owner_address().url


def application_url() -> str:
    """The address of the login that the web, the workers and the commands use; starts nothing."""
    return application_address().url


def application_role() -> str:
    """The name of the application's login, for grants in migrations."""
    return application_address().user


def databases() -> dict[str, dict[str, Any]]:
    """Django's DATABASES: `default` is the application, `owner` is for migrations only.

    Reads what is known and starts nothing, so that settings can be imported without a database;
    `ensure_ready()` comes before the first query.
    """
    known = {"default": application_address().django()}
    if is_embedded() or os.environ.get(OWNER_VARIABLE):
        known["owner"] = {**owner_address().django(), "CONN_MAX_AGE": 0}
    return known


def owner_address() -> Address:
    """Who migrates, and where."""
    url = os.environ.get(OWNER_VARIABLE)
    if url:
        return parse(url, OWNER_VARIABLE)
    if os.environ.get(APPLICATION_VARIABLE):
        raise NoOwner()
    return embedded_address(embedded.OWNER)


def application_address() -> Address:
    """Who does everything else, in the same database."""
    url = os.environ.get(APPLICATION_VARIABLE)
    if url:
        return parse(url, APPLICATION_VARIABLE)
    if is_embedded():
        return embedded_address(embedded.APPLICATION)
    owner = owner_address()
    role = os.environ.get(ROLE_VARIABLE) or role_name(owner.database)
    address = Address(owner.host, owner.port, owner.database, role, "", owner.options)
    return database_secrets.with_password(address)


def role_name(database: str) -> str:
    """Roles are shared by a server's databases, so the database's name is part of the role's."""
    suffix = "_app"
    short = database.encode()[: ROLE_BYTES_MAX - len(suffix)].decode(errors="ignore")
    return short + suffix


def embedded_address(user: str) -> Address:
    """An address on the embedded server as last remembered; port 0 before it was ever started."""
    server = embedded.find()
    memory = server.memory if server else None
    password = "" if memory is None else memory.app_password
    if memory and user == embedded.OWNER:
        password = memory.owner_password
    port = memory.port if memory else 0
    return Address(embedded.HOST, port, embedded.DATABASE, user, password)


def ensure_ready() -> None:
    """Bring the database to where Django can connect: server up, database and both roles there.

    Safe to call at any time from any number of processes; when all is well it costs one connection.
    """
    if is_embedded():
        embedded.start()
    application = application_address()
    if not application.password or database_roles.refusal(application):
        set_up()
        variable = APPLICATION_VARIABLE if os.environ.get(APPLICATION_VARIABLE) else OWNER_VARIABLE
        database_roles.check_application(application_address(), variable)


def keep_ready(stop: Event) -> None:
    """Restart the embedded server whenever it dies, until told to stop; for programs that serve.

    One that was stopped on purpose stays stopped. A server somebody else runs is not ours to watch.
    """
    while is_embedded() and not stop.wait(WATCH_SECONDS):
        if embedded.has_crashed():
            with suppress(DatabaseProblem):
                embedded.start()


def set_up() -> None:
    """Create what is missing, as the owner where there is one; one process of this home at a time."""
    named = bool(os.environ.get(APPLICATION_VARIABLE))
    if named and not os.environ.get(OWNER_VARIABLE):
        return
    owner = owner_address()
    database_roles.ensure_database(owner, OWNER_VARIABLE)
    if named:
        return
    with exclusive(embedded_layout.lock()):
        application = application_address()
        if application.password and database_roles.refusal(application) is None:
            return  # Somebody else was quicker.
        if is_embedded():
            give_password(owner, application)
            database_roles.let_in(owner, application.user, OWNER_VARIABLE)
        else:
            ensure_role(owner, application)


def give_password(owner: Address, application: Address) -> None:
    """Make the login, or give the existing one this password."""
    arguments = (owner, application.user, application.password, OWNER_VARIABLE)
    if not database_roles.create_role(*arguments):
        database_roles.set_password(*arguments)


def ensure_role(owner: Address, application: Address) -> None:
    """Make the application's login on somebody's server, or prove that we can use the existing one."""
    if application.user == owner.user:
        reason = f"the owner has that name; set {ROLE_VARIABLE} to another"
        raise CannotCreateRole(role=application.user, where=owner.where, reason=reason)
    if not application.password:
        application = replace(application, password=secrets.token_urlsafe(24))
    made = database_roles.create_role(owner, application.user, application.password, OWNER_VARIABLE)
    database_roles.let_in(owner, application.user, OWNER_VARIABLE)
    closed = None if made else database_roles.refusal(application)
    if closed:
        raise RoleClosed(
            role=application.user,
            where=application.where,
            reason=closed,
            folder=database_secrets.folder(),
        )
    database_secrets.keep(application)


def reset_password() -> None:
    """Give the application's login a new password, known here."""
    owner = owner_address()
    with exclusive(embedded_layout.lock()):
        application = application_address()
        if not is_embedded():
            application = replace(application, password=secrets.token_urlsafe(24))
        give_password(owner, application)
        database_roles.let_in(owner, application.user, OWNER_VARIABLE)
        if not is_embedded():
            database_secrets.keep(application)


@contextmanager
def migrating() -> Iterator[psycopg.Connection]:
    """The owner's connection while nobody else changes this database's shape; others wait."""
    with database_roles.migrating(owner_address(), OWNER_VARIABLE) as connection:
        yield connection


def grant_application() -> None:
    """Give the application's login its rights on every table there is now."""
    database_roles.grant(owner_address(), application_role(), OWNER_VARIABLE)
