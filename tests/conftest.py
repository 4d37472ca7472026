"""One migrated template database for a run, and a copy of it for every test module that asks.

A second template, in which everything has happened once, is made in a run that walks over pages.

Tests connect as the application's role and commit for real. A server is taken from
COUNTERFLOW_TEST_SERVER (an owner's address); without it the embedded one runs in a folder of its own.
"""

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "counterflow"
SCRATCH = Path(tempfile.gettempdir()) / f"counterflow-tests-{os.getuid()}"
TEMPLATE = "counterflow_template"
# Workers inherit it from the process that starts them, so that they share what one of them made.
RUN = os.environ.setdefault("COUNTERFLOW_TEST_RUN", str(os.getpid()))
MEDIA = SCRATCH / "media"
LIVED = f"cf_lived_{RUN}"
LIVED_MARK = SCRATCH / LIVED
DATA = Path(os.environ.get("COUNTERFLOW_DATA", ROOT.parent / "shared" / "data"))

sys.path.insert(0, str(Path(__file__).resolve().parent))
SCRATCH.mkdir(exist_ok=True, mode=0o755)
os.environ["DJANGO_SETTINGS_MODULE"] = "counterflow.config.settings"
os.environ["COUNTERFLOW_HOME"] = str(SCRATCH / "home")
os.environ["COUNTERFLOW_FAST_HASHER"] = "1"
for name in ("COUNTERFLOW_APP_DATABASE_URL", "COUNTERFLOW_DEBUG", "COUNTERFLOW_MEDIA", "DATABASE_URL"):
    os.environ.pop(name, None)

from counterflow.config import database


def _fingerprint() -> str:
    """Digest of everything that shapes the database: a changed migration or chart makes a new template."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.glob("*/migrations/*.py")) + sorted(SOURCES.glob("*/sql/*.sql")):
        digest.update(path.read_bytes())
    for name in ("ledger/chart.py", "ledger/setup.py", "config/database_roles.py"):
        digest.update((SOURCES / name).read_bytes())
    return digest.hexdigest()[:12]


def _server() -> str:
    """The owner's address of the server that tests use."""
    given = os.environ.get("COUNTERFLOW_TEST_SERVER")
    if given:
        return given
    database.ensure_ready()
    return database.owner_url()


def _address(server: str, name: str) -> str:
    head, _, _ = server.partition("?")
    return head.rsplit("/", 1)[0] + "/" + name


def _template(server: str) -> str:
    """Name of the migrated template, made once by whichever process comes first."""
    name = f"{TEMPLATE}_{_fingerprint()}"
    os.environ["DATABASE_URL"] = _address(server, name)
    os.environ["COUNTERFLOW_APP_ROLE"] = f"{TEMPLATE}_app"
    with open(SCRATCH / "template.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(server, autocommit=True) as connection:
            ready = connection.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [name]).fetchone()
            if ready is None or not ready[0]:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
                from counterflow.config.cli import main

                assert main(["migrate", "--quiet"]) == 0
                connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(name)))
    return name


_state: dict[str, str] = {}


def _prepare() -> dict[str, str]:
    if not _state:
        server = _server()
        _state.update(server=server, template=_template(server))
        import django

        django.setup()
        from django.db import connections

        connections.close_all()
    return _state


def pytest_sessionstart(session: pytest.Session) -> None:
    """Make the template before test modules are imported, because they import settings with its address."""
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        # Of a run that was killed, and had the same process number.
        LIVED_MARK.unlink(missing_ok=True)
    if os.environ.get("PYTEST_XDIST_WORKER") or not session.config.getoption("numprocesses", None):
        _prepare()


@pytest.fixture(scope="session")
def server() -> dict[str, str]:
    """The test server's owner address and the template's name."""
    return _prepare()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Drop what a run shared, when its last worker is done."""
    if LIVED_MARK.exists() and not os.environ.get("PYTEST_XDIST_WORKER"):
        with psycopg.connect(_server(), autocommit=True) as connection:
            _drop(connection, LIVED)
        LIVED_MARK.unlink()


@pytest.fixture(scope="session")
def lived(server: dict[str, str]) -> str:
    """Name of a database in which everything has happened once, made by whichever process of a run comes first."""
    with open(SCRATCH / "lived.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not LIVED_MARK.exists():
            from lived import make_lived

            with _copied(server, server["template"], LIVED):
                make_lived()
            LIVED_MARK.touch()
    return LIVED


@pytest.fixture(scope="module")
def copied_from(server: dict[str, str]) -> str:
    """Name of the database that a module's copy begins as."""
    return server["template"]


@pytest.fixture(scope="module")
def database_copy(server: dict[str, str], copied_from: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh copy of the template for one module; yields the owner's address of it."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    digest = hashlib.sha256(request.module.__name__.encode()).hexdigest()[:8]
    name = f"cf_{worker}_{os.getpid()}_{digest}"
    with _copied(server, copied_from, name) as address:
        yield address
    with psycopg.connect(server["server"], autocommit=True) as connection:
        _drop(connection, name)


@contextmanager
def _copied(server: dict[str, str], source: str, name: str) -> Iterator[str]:
    """Copy a database and its files, and let this process work on the copy meanwhile; its owner's address."""
    from django.db import connections
    from django.test.utils import override_settings

    with psycopg.connect(server["server"], autocommit=True) as connection:
        _drop(connection, name)
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source))
        )
    address = _address(server["server"], name)
    if (MEDIA / source).is_dir():
        shutil.copytree(MEDIA / source, MEDIA / name)
    before = os.environ["DATABASE_URL"]
    # Programs that a test starts read both from the environment.
    os.environ.update(DATABASE_URL=address, COUNTERFLOW_MEDIA=str(MEDIA / name))
    _point(connections, name)
    _forget()
    with override_settings(MEDIA_ROOT=MEDIA / name):
        yield address
    _point(connections, server["template"])
    os.environ["DATABASE_URL"] = before
    os.environ.pop("COUNTERFLOW_MEDIA")


def _drop(connection: psycopg.Connection, name: str) -> None:
    shutil.rmtree(MEDIA / name, ignore_errors=True)
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _forget() -> None:
    """Drop what this process remembers of users: ids are the same in every copy."""
    from counterflow.access import queries

    queries.forget()


def _point(connections, name: str) -> None:  # type: ignore[no-untyped-def]
    for alias in ("default", "owner"):
        connections[alias].close()
        connections.settings[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


@pytest.fixture
def owner(database_copy: str) -> Iterator[psycopg.Connection]:
    """The owner's own connection, for what the application may not do."""
    with psycopg.connect(database_copy, autocommit=True) as connection:
        yield connection


@pytest.fixture
def ctx(database_copy: str) -> Callable[..., object]:
    """Make a context that may do everything; a new transport key unless one is given."""
    from counterflow.kernel.context import Context

    def make(*permissions: str, key: str | None = None, at: datetime | None = None, actor: str = "user:1") -> Context:
        return Context.make(actor, permissions or ("*",), at or datetime.now(UTC), key=key, source="test")

    return make


@pytest.fixture(scope="module")
def nobody_asked(database_copy: str) -> None:
    """In the database of this module nobody's agreement is needed for anything; whose is, is tested with approvals."""
    import agreeing
    from counterflow.kernel.context import Context

    at = datetime(2026, 1, 1, tzinfo=UTC)
    agreeing.nobody_asked(lambda: Context.make("user:1", ("*",), at, source="test"))


@pytest.fixture
def company(ctx: Callable[..., object]) -> object:
    """A company of its own for each test; see `tests/company.py`."""
    import company as companies

    return companies.make_company(ctx)  # type: ignore[arg-type]


@pytest.fixture
def django_statements(database_copy: str) -> Callable[[], object]:
    """Count every statement sent meanwhile, the ORM's and the kernel's."""
    from contextlib import contextmanager

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from counterflow.kernel import db

    @contextmanager
    def count() -> Iterator[list[str]]:
        seen: list[str] = []
        with db.counting() as plain, CaptureQueriesContext(connection) as mapped:
            yield seen
        seen.extend(plain)
        seen.extend(query["sql"] for query in mapped.captured_queries)

    return count


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with real data; a test that needs it says so and is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"real data not found at {DATA}; set COUNTERFLOW_DATA to the folder that holds it")
    return DATA
