"""`counterflow import orders` by somebody who has nothing yet, and the command line on a database of no version."""

import os

import psycopg
import pytest
from psycopg import sql

BOOK = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,A1,CUP,2,2011-01-03 10:00:00,2.50,17,United Kingdom
C2,A1,CUP,-1,2011-01-05 10:00:00,2.50,17,United Kingdom
"""


@pytest.fixture
def book(tmp_path):
    """A book of one sale and one return."""
    path = tmp_path / "book.csv"
    path.write_text(BOOK)
    return path


def run(*words):
    from counterflow.config.cli import main

    return main([str(word) for word in words])


def test_a_first_book_is_imported_into_a_channel_made_for_it(database_copy, book, tmp_path, capsys):
    from counterflow.kernel import db

    report = tmp_path / "refused.csv"
    assert run("import", "orders", book, "--report", report) == 2
    assert "--new-channel" in capsys.readouterr().err
    for _ in range(2):
        assert run("import", "orders", book, "--channel", "first", "--new-channel", "GBP", "--report", report) == 0
    assert db.rows("SELECT count(*)::int AS n FROM orders_orderline")[0].n == 1
    assert db.rows("SELECT count(*)::int AS n FROM orders_importedreturnmatch")[0].n == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--new-channel", "GBP"], "say with --channel"), (["--channel", "x", "--new-channel", "QQQ"], "QQQ is not")],
)
def test_a_channel_without_a_name_or_a_currency_is_not_made(database_copy, book, tmp_path, capsys, words, said):
    assert run("import", "orders", book, "--report", tmp_path / "r.csv", *words) == 2
    assert said in capsys.readouterr().err


def test_a_database_without_tables_is_answered_with_what_to_do(server):
    import subprocess
    import sys

    name = f"cf_bare_{os.getpid()}"
    with psycopg.connect(server["server"], autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
            env = {**os.environ, "DATABASE_URL": url}
            command = [sys.executable, "-m", "counterflow.config.cli", "verify"]
            done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    assert done.returncode == 2
    assert "counterflow migrate" in done.stderr
    assert "Traceback" not in done.stderr
