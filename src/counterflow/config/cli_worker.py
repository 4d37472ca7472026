"""`counterflow worker`: what follows from facts, and what is done by the clock."""

import argparse
import time
from threading import Event, Thread

from procrastinate.connector import BaseAsyncConnector
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError

from counterflow import flows
from counterflow.config.database import keep_ready
from counterflow.kernel.errors import InvariantBroken
from counterflow.kernel.tasks import jobs

PAUSE_SECONDS = 2
TRIES_MAX = 30


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `worker` takes."""
    parser.add_argument("--concurrency", type=int, default=1, help="jobs at a time (default 1)")
    parser.add_argument("--once", action="store_true", help="do what waits now and end")


def run(options: argparse.Namespace) -> int:
    """Work until a signal stops it; with --once until nothing waits."""
    if options.once:
        print(f"{flows.run_pending():,} deliveries done")
        return 0
    stopped = Event()
    Thread(target=keep_ready, args=[stopped], daemon=True).start()
    try:
        _work(options.concurrency)
    finally:
        stopped.set()
    return 0


def connector() -> BaseAsyncConnector:
    """A connection pool of the worker's own, on the application's address."""
    if not isinstance(jobs.connector, DjangoConnector):
        raise InvariantBroken(f"the job queue is not on the database: {jobs.connector}")
    found: BaseAsyncConnector = jobs.connector.get_worker_connector()
    return found


def _work(concurrency: int) -> None:
    """Run the worker; while the database is away, try again, a bounded number of times in a row."""
    for left in reversed(range(TRIES_MAX)):
        began = time.monotonic()
        try:
            with jobs.replace_connector(connector()) as worker:
                worker.run_worker(concurrency=concurrency, name="counterflow")
            return
        except (ConnectorException, OperationalError):
            if left == 0:
                raise
            time.sleep(max(0.0, PAUSE_SECONDS - (time.monotonic() - began)))
