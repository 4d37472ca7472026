"""The measurements, in order, on a fresh database."""

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

import psycopg

from counterflow.access.commands import IssueToken, NewUser, create_users, issue_tokens
from counterflow.access.roles import PERMISSIONS
from counterflow.access.secrets import new_token
from counterflow.config import database
from counterflow.config.bench import books, lives, raw, web
from counterflow.config.bench.company import Piece, context, make_company, sell, settled
from counterflow.kernel import db

WARM = 50
LIMITS = {
    "single_in_process": "one life after the other, five commands each, every command its own transaction",
    "http_8_clients": "8 keep-alive clients, one item a call, 5 calls a life; 2 server processes on the same cores",
    "batch": "lives in batches, five calls a batch",
    "raw_single": "the same rows by raw SQL, five transactions a life, one statement a table",
    "raw_batch": "the same rows by raw SQL, a batch at a time",
}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Every figure, under names that say what they are."""
    make_company()
    token = _token()
    pieces = _pieces(options)
    lives.live(list(islice(pieces, WARM)))
    _analyze()
    report: dict[str, Any] = {"what": LIMITS, "statements": lives.statements(next(pieces))}
    report["statements_a_life"] = sum(report["statements"].values())
    report["before"] = _round(options, pieces, token)
    written = options.lives * 2 + options.batch * options.batches
    more = options.history * written
    started = time.perf_counter()
    for _ in range(0, more, options.batch):
        lives.live(list(islice(pieces, options.batch)))
    report["history"] = {"lives": more, "seconds": round(time.perf_counter() - started, 1)}
    db.rows("SELECT ledger_roll() AS moved")
    _analyze()
    report["after"] = _round(options, pieces, token)
    names = ("single_in_process", "http_8_clients", "batch")
    report["history_cost_percent"] = {n: round(100 * (1 - report["after"][n] / report["before"][n]), 1) for n in names}
    report["posting"] = books.posting(options.entries)
    if options.book:
        report["import"] = books.importing(options.book)
    return report


def _pieces(options: argparse.Namespace) -> Iterator[Piece]:
    """Sold pieces, a few thousand orders at a time, as many as are asked for."""
    first = 0
    while True:
        yield from sell(first, 1000)
        first += 1000


def _round(options: argparse.Namespace, pieces: Iterator[Piece], token: str) -> dict[str, Any]:
    timings: lives.Timings = defaultdict(list)
    singles = list(islice(pieces, options.lives))
    started = time.perf_counter()
    for piece in singles:
        lives.live([piece], timings)
    found: dict[str, Any] = {"single_in_process": _rate(len(singles), started)}
    found["commands"] = lives.summary(timings)
    with web.serving() as port:
        web.live(port, token, list(islice(pieces, WARM)))
        found["http_8_clients"] = round(web.live(port, token, list(islice(pieces, options.lives))), 1)
        found["http_1_client"] = round(web.live(port, token, list(islice(pieces, options.lives // 4)), clients=1), 1)
    batches = [list(islice(pieces, options.batch)) for _ in range(options.batches)]
    mark = db.rows("SELECT nextval('kernel_id_seq') AS id")[0].id
    started = time.perf_counter()
    for batch in batches:
        lives.live(batch)
    found["batch"] = _rate(options.batch * options.batches, started)
    found |= _limits(mark, options.batch * options.batches, options.batch)
    found["single_share_of_raw"] = round(found["single_in_process"] / found["raw_single"], 3)
    found["batch_share_of_raw"] = round(found["batch"] / found["raw_batch"], 3)
    return found


def _limits(mark: int, written: int, batch: int) -> dict[str, float]:
    """The raw limits, by rows that the batches have just written."""
    with psycopg.connect(database.owner_url(), autocommit=True) as connection:
        gathered = raw.prepare(connection, mark)
        whole = raw.write(connection, gathered, written, batch, written)
        gathered = raw.prepare(connection, mark)
        single = raw.write(connection, gathered, written, 1, min(written, 400))
        connection.execute(f"DROP SCHEMA {raw.SCHEMA} CASCADE")
    return {"raw_single": round(single, 1), "raw_batch": round(whole, 1)}


def _rate(count: int, started: float) -> float:
    return round(count / (time.perf_counter() - started), 1)


def _token() -> str:
    """An API token that may do everything."""
    made, email = new_token(), "bench@demo.example"
    settled(create_users(context(), items=[NewUser(email, "Bench", ("administrator",))]))
    settled(issue_tokens(context(), items=[IssueToken(email, "bench", made.prefix, made.digest, tuple(PERMISSIONS))]))
    return made.plain


def _analyze() -> None:
    with psycopg.connect(database.owner_url(), autocommit=True) as connection:
        connection.execute("ANALYZE")
