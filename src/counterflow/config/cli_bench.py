"""`counterflow bench`: measure this machine on a database of its own, print JSON."""

import argparse
import json
import os
from importlib import import_module
from typing import Any

import psycopg
from psycopg import sql

from counterflow.config import database
from counterflow.config.cli_migrate import migrate

NAME = "counterflow_bench"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `bench` takes."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=("lives", "pages", "queue", "backtests"),
        default="lives",
        help="lives of returns (default), pages at size, the work queue at size, or back-tests over a past",
    )
    parser.add_argument("--returns", type=int, default=1_000_000, help="pages, backtests: how many (default 1,000,000)")
    parser.add_argument("--size", choices=("full", "small"), default="full", help="pages: the demo that is multiplied")
    parser.add_argument(
        "--rounds", type=int, default=40, help="pages, queue: how often each page is asked for (default 40)"
    )
    parser.add_argument("--cases", type=int, default=100_000, help="queue: how many open cases (default 100,000)")
    parser.add_argument("--page", action="append", default=[], help="pages: only this one; may be given several times")
    parser.add_argument("--again", action="store_true", help="measure the database that --keep left")
    parser.add_argument("--lives", type=int, default=400, help="lives measured one at a time (default 400)")
    parser.add_argument("--batch", type=int, default=1000, help="lives in a batch (default 1000)")
    parser.add_argument("--batches", type=int, default=3, help="batches measured (default 3)")
    parser.add_argument("--history", type=int, default=20, help="how many times more history before the second round")
    parser.add_argument("--entries", type=int, default=100_000, help="entries posted in batches (default 100,000)")
    parser.add_argument("--book", metavar="FILE", help="an order book to import, against a bare COPY of its rows")
    parser.add_argument("--keep", action="store_true", help="keep the database afterwards")


def run(options: argparse.Namespace) -> None:
    """Measure and print; the database is made for it and dropped afterwards."""
    database.ensure_ready()
    server = database.owner_address()
    if not options.again:
        with psycopg.connect(server.url, autocommit=True) as connection:
            _drop(connection)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    os.environ["DATABASE_URL"] = server.at(NAME).url
    os.environ.pop("COUNTERFLOW_APP_DATABASE_URL", None)
    try:
        migrate(quiet=True)
        print(json.dumps(_measured(options), indent=2))
    finally:
        if not options.keep and not options.again:
            with psycopg.connect(server.url, autocommit=True) as connection:
                _drop(connection)


def _measured(options: argparse.Namespace) -> dict[str, Any]:
    """What was asked for. Imported here, because what measures imports tables, and those need this database."""
    if options.what == "lives":
        return dict(import_module("counterflow.config.bench.measure").measure(options))
    if options.what == "queue":
        queue = import_module("counterflow.config.bench.queue")
        opened = None if options.again else queue.fill(options.cases)
        return {"opened": opened, **queue.measure(options.rounds)}
    if options.what == "backtests":
        return dict(import_module("counterflow.config.bench.backtests").measure(options))
    pages = import_module("counterflow.config.bench.pages")
    if not options.again:
        pages.make_large(options.returns, options.size)
    return dict(pages.measure(options.rounds, options.page))


def _drop(connection: psycopg.Connection[Any]) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
