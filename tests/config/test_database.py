"""Addresses, the two roles and their rights, on the embedded server and on somebody else's."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors

from counterflow.config import database, database_roles, embedded
from counterflow.config.database_address import Address, parse
from counterflow.config.database_errors import BadUrl, NoOwner

if TYPE_CHECKING:
    from tests.config.conftest import Machine


@pytest.fixture
def owner(shared: Machine) -> Address:
    return parse(shared.says("db", "url", "--owner"), "test")


@pytest.fixture
def books(shared: Machine, owner: Address, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Address]:
    """A database on a server that somebody else runs, named by DATABASE_URL in this process."""
    there = owner.at("books")
    for name in ("COUNTERFLOW_APP_ROLE", "COUNTERFLOW_APP_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", there.url)
    monkeypatch.setenv("COUNTERFLOW_HOME", str(tmp_path))
    yield there
    with psycopg.connect(owner.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS books WITH (FORCE)")
        connection.execute("DROP ROLE IF EXISTS books_app")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@h:5432/d",
        "postgresql://u:p%40%2F%3A%3F%23%25@h:1/d%20b?sslmode=require&application_name=x",
        "postgresql://u@[::1]:5432/d",
        "postgresql://u:p@%2Fvar%2Frun:5432/d",
    ],
)
def test_an_address_survives_being_written(url: str) -> None:
    address = parse(url, "DATABASE_URL")
    assert parse(address.url, "DATABASE_URL") == address
    read = psycopg.conninfo.conninfo_to_dict(address.url)
    assert (read["user"], read["host"], read["dbname"]) == (address.user, address.host, address.database)
    assert read.get("password", "") == address.password


def test_an_address_hides_its_password_from_logs() -> None:
    address = parse("postgresql://u:secret@h/d", "DATABASE_URL")
    assert "secret" not in repr(address)
    assert "secret" not in address.where


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "postgresql://u:secret@h", "postgresql://u:secret@h:x/d", "x"])
def test_a_bad_address_is_named_without_its_password(url: str) -> None:
    with pytest.raises(BadUrl, match="DATABASE_URL") as caught:
        parse(url, "DATABASE_URL")
    assert "secret" not in str(caught.value)


def test_settings_start_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "COUNTERFLOW_APP_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COUNTERFLOW_HOME", str(tmp_path / "home"))
    known = database.databases()
    assert (known["default"]["USER"], known["owner"]["USER"]) == ("counterflow_app", "counterflow_owner")
    assert known["default"]["CONN_MAX_AGE"] == 600
    assert known["default"]["PORT"] == "0"
    assert not (tmp_path / "home").exists()


def test_a_server_without_owner_has_no_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("COUNTERFLOW_APP_DATABASE_URL", "postgresql://u:p@h/d")
    assert list(database.databases()) == ["default"]
    with pytest.raises(NoOwner):
        database.owner_url()


def test_an_unreachable_server_is_named(machine: Machine) -> None:
    said = machine.complaint("db", "url", DATABASE_URL="postgresql://boss:secret@127.0.0.1:1/books")
    assert "boss@127.0.0.1:1/books cannot be reached" in said
    assert "Connection refused" in said
    assert "secret" not in said
    assert not machine.home.joinpath("pg").exists()


def test_a_role_belongs_to_one_database() -> None:
    assert database.role_name("books") == "books_app"
    assert len(database.role_name("ü" * 63).encode()) <= 63


def test_database_and_role_are_made_on_somebody_elses_server(books: Address) -> None:
    database.ensure_ready()
    database.ensure_ready()
    with psycopg.connect(database.application_url()) as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == ("books_app", "books")
    assert database.databases()["owner"]["NAME"] == "books"


def test_many_at_once_make_one_role(books: Address, machine: Machine) -> None:
    starters = [machine.begin("db", "url", DATABASE_URL=books.url) for _ in range(5)]
    said = [starter.communicate(timeout=120) for starter in starters]
    assert [starter.returncode for starter in starters] == [0] * 5, said
    assert len({out for out, _ in said}) == 1


def test_a_password_kept_elsewhere_is_not_overwritten(books: Address, tmp_path: Path, machine: Machine) -> None:
    database.ensure_ready()
    first = database.application_url()
    said = machine.complaint("db", "url", DATABASE_URL=books.url)
    assert "login books_app exists" in said
    assert "counterflow db reset-password" in said
    psycopg.connect(first).close()
    machine.says("db", "reset-password", DATABASE_URL=books.url)
    psycopg.connect(machine.says("db", "url", DATABASE_URL=books.url)).close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first)


def test_no_password_reaches_the_servers_log(shared: Machine, books: Address) -> None:
    database.ensure_ready()
    database.reset_password()
    password = database.application_address().password
    assert password
    assert password not in shared.layout.log.read_text()


def test_an_application_with_too_many_rights_is_refused(machine: Machine, books: Address) -> None:
    database.ensure_ready()
    said = machine.complaint("db", "url", COUNTERFLOW_APP_DATABASE_URL=books.url)
    assert "is a superuser" in said


def test_a_login_that_may_not_create_says_what_to_ask_for(machine: Machine, books: Address) -> None:
    database.ensure_ready()
    weak = database.application_address()
    said = machine.complaint("db", "url", DATABASE_URL=weak.at("more").url)
    assert "CREATE DATABASE more" in said
    said = machine.complaint("db", "url", DATABASE_URL=weak.url, COUNTERFLOW_APP_ROLE="another")
    assert "CREATE ROLE another LOGIN" in said
    said = machine.complaint("db", "url", DATABASE_URL=weak.url)
    assert "set COUNTERFLOW_APP_ROLE" in said


def test_the_application_uses_and_the_owner_owns(books: Address) -> None:
    database.ensure_ready()
    with psycopg.connect(books.url, autocommit=True) as owner:
        owner.execute("CREATE TABLE orders_order (id bigserial PRIMARY KEY, n int)")
        owner.execute("CREATE TABLE ledger_line (id bigserial, at int) PARTITION BY RANGE (at)")
        owner.execute("CREATE TABLE ledger_line_1 PARTITION OF ledger_line FOR VALUES FROM (0) TO (10)")
        owner.execute("CREATE TABLE ledgerless (id int)")
        owner.execute("GRANT ALL ON ledger_line, ledger_line_1 TO books_app")
        database.grant_application()
        database.grant_application()
    with psycopg.connect(database.application_url(), autocommit=True) as application:
        application.execute("INSERT INTO orders_order (n) VALUES (1)")
        application.execute("UPDATE orders_order SET n = 2")
        application.execute("INSERT INTO ledgerless VALUES (1)")
        assert application.execute("DELETE FROM orders_order RETURNING n").fetchone() == (2,)
        assert application.execute("SELECT count(*) FROM ledger_line").fetchone() == (0,)
        for forbidden in (
            "INSERT INTO ledger_line (at) VALUES (1)",
            "UPDATE ledger_line SET at = 2",
            "DELETE FROM ledger_line",
            "TRUNCATE orders_order",
            "SELECT * FROM ledger_line_1",
            "INSERT INTO ledger_line_1 (at) VALUES (1)",
            "CREATE TABLE mine (id int)",
            "ALTER TABLE orders_order ADD COLUMN x int",
            "DROP TABLE orders_order",
            "CREATE ROLE friend",
            "CREATE DATABASE mine",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                application.execute(forbidden)


def test_only_one_at_a_time_changes_the_shape(books: Address) -> None:
    database.ensure_ready()
    with database.migrating(), psycopg.connect(books.url, autocommit=True) as other:
        free = other.execute("SELECT pg_try_advisory_lock(%s)", [database_roles.MIGRATION_LOCK]).fetchone()
        assert free == (False,)


def test_a_database_in_another_encoding_is_refused(books: Address, owner: Address, machine: Machine) -> None:
    with psycopg.connect(owner.url, autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE books TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'"
        )
    assert "SQL_ASCII" in machine.complaint("db", "url", DATABASE_URL=books.url)
    shutil.rmtree(machine.home, ignore_errors=True)


def test_a_program_that_serves_brings_a_killed_server_back(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "COUNTERFLOW_APP_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COUNTERFLOW_HOME", str(machine.home))
    monkeypatch.setattr(database, "WATCH_SECONDS", 0.1)
    url = machine.says("db", "url")
    stop = threading.Event()
    watcher = threading.Thread(target=database.keep_ready, args=[stop])
    watcher.start()
    machine.kill()
    deadline = time.monotonic() + 30
    while embedded.running() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    psycopg.connect(url).close()
    assert embedded.stop()
    time.sleep(0.5)
    assert embedded.running() is None
    stop.set()
    watcher.join(timeout=10)
    assert not watcher.is_alive()


def test_migrating_twice_is_migrating_once(machine: Machine) -> None:
    assert "Applying kernel.0001_initial... OK" in machine.says("migrate")
    assert "No migrations to apply" in machine.says("migrate")
    with machine.application() as application:
        assert application.execute("SELECT count(*) > 0 FROM django_migrations").fetchone() == (True,)
        with pytest.raises(errors.InsufficientPrivilege):
            application.execute("DELETE FROM django_migrations")
