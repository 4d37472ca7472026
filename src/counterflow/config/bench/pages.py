"""Pages with much behind them: milliseconds of the server and statements, page by page, as JSON.

Method: the simulated company of `counterflow demo` is made large (`multiply`), then every page is asked for in
process, signed in as an administrator, with the newest objects and with objects from anywhere in history, in
turn. What is measured is the whole answer: address, session, permissions, queries, template. `blocks` are the
most that the database looked at for one answer, which a busy machine does not change.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import psycopg
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rich.console import Console

from counterflow.config import database
from counterflow.config.bench.multiply import multiply
from counterflow.config.bench.places import SEARCHES, Place, places
from counterflow.config.bench.scans import scans
from counterflow.config.demo import accounts, scenario
from counterflow.config.demo.calendar import Year
from counterflow.config.demo.desk import Desk
from counterflow.config.demo.narrator import Narrator
from counterflow.kernel import db
from counterflow.kernel.clock import now

ADDRESSES = 12
WARM = 2
GOAL_MS = 50


def say(words: str) -> None:
    """Progress goes where the figures do not."""
    print(words, file=sys.stderr, flush=True)


def make_large(returns: int, size: str) -> None:
    """The simulated company, with so many returns."""
    at = now()
    scenario.simulate(Narrator(Console(stderr=True)), scenario.Wish(1, size, Year(at.date())), at=at)
    accounts.open_accounts(Desk("accounts"), at=now())
    with psycopg.connect(database.owner_url(), autocommit=True) as owner:
        multiply(owner, returns, say)


def measure(rounds: int, only: Sequence[str] = ()) -> dict[str, Any]:
    """Every page and every scan; the slowest first."""
    client = Client()
    client.force_login(get_user_model().objects.get(email=accounts.email("administrator")))
    dice = random.Random(1)  # noqa: S311 - picks what to look at
    found: dict[str, dict[str, Any]] = {}
    for place in places():
        if only and place.name not in only:
            continue
        for name, addresses in _addresses(place, dice):
            if addresses and (figures := _page(client, addresses, rounds)):
                found[name] = figures
                say(f"{name}: {figures}")
    sent = {} if only else _scans(client, rounds, dice)
    ordered = dict(sorted(found.items(), key=lambda row: -row[1]["p95_ms"]))
    return {
        "returns": db.rows("SELECT count(*) AS n FROM returns_rma")[0].n,
        "database_bytes": db.rows("SELECT pg_database_size(current_database()) AS n")[0].n,
        "goal_p95_ms": GOAL_MS,
        "over_goal": [name for name, row in {**sent, **ordered}.items() if row["p95_ms"] >= GOAL_MS],
        "scans": sent,
        "pages": ordered,
    }


def _scans(client: Client, rounds: int, dice: random.Random) -> dict[str, dict[str, Any]]:
    """Figures of each kind of scan; none is sent twice."""
    found = {}
    for batch in scans(client, max(rounds, ADDRESSES), dice):
        if len(batch) <= WARM + 1:
            continue
        counted, rest = batch[0], batch[1:]
        statements, blocks = _looked(partial(counted.send, client))
        found[counted.kind] = {
            **timed(
                [partial(one.send, client) for one in rest[WARM:]], [partial(one.send, client) for one in rest[:WARM]]
            ),
            "statements": statements,
            "blocks": blocks,
        }
        say(f"{counted.kind}: {found[counted.kind]}")
    return found


def _looked(call: Callable[[], Any]) -> tuple[int, int]:
    """Statements and blocks of one call."""
    before = _blocks()
    with db.counting() as plain, CaptureQueriesContext(connection) as mapped:
        call()
    return len(plain) + len(mapped.captured_queries), _blocks() - before


def _addresses(place: Place, dice: random.Random) -> Iterator[tuple[str, list[str]]]:
    """A page's addresses by the name under which they are measured: as it opens, and with searches."""
    plain = [*place.addresses(ADDRESSES), *place.anywhere(ADDRESSES, dice)]
    yield place.name, plain
    for search in SEARCHES.get(place.name, ()):
        yield f"{place.name} {search}", [address + search for address in plain[:1]]


def _page(client: Client, addresses: Sequence[str], rounds: int) -> dict[str, Any] | None:
    """Figures of one page; None for what answers no GET."""
    if client.get(addresses[0]).status_code == 405:
        return None
    looked = [_looked(partial(_asked, client, address)) for address in addresses]
    statements, blocks = (max(figures) for figures in zip(*looked, strict=True))
    asked = [addresses[n % len(addresses)] for n in range(max(rounds, len(addresses)))]
    return {
        **timed([partial(_asked, client, address) for address in asked]),
        "statements": statements,
        "blocks": blocks,
    }


def _blocks() -> int:
    """Blocks of 8 kB that the database has looked at so far, in memory or on disk: what a busy machine cannot blur."""
    db.rows("SELECT pg_stat_force_next_flush()")
    found = db.rows("SELECT blks_hit + blks_read AS n FROM pg_stat_database WHERE datname = current_database()")
    return int(found[0].n)


def timed(calls: Sequence[Callable[[], Any]], warm: Sequence[Callable[[], Any]] = ()) -> dict[str, float]:
    """Median and 95th percentile of so many calls, in milliseconds; others come first where a call is made once."""
    for call in warm or calls[:WARM]:
        call()
    taken = []
    for call in calls:
        began = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - began))
    taken.sort()
    return {
        "p50_ms": round(taken[len(taken) // 2], 1),
        "p95_ms": round(taken[min(len(taken) - 1, int(0.95 * len(taken)))], 1),
        "calls": len(taken),
    }


def _asked(client: Client, address: str) -> None:
    _whole(client.get(address))


def _whole(answer: Any) -> None:
    """Read an answer to its end."""
    if answer.streaming:
        for _ in answer.streaming_content:
            pass
