"""`counterflow serve`: API and console, by granian in WSGI mode with connections kept open."""

import argparse
import os
from threading import Event, Thread

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from granian import Granian
from granian.constants import Interfaces

from counterflow.config.database import keep_ready
from counterflow.kernel.errors import Refusal

DEFAULT_PORT = 8080


class DatabaseBehind(Refusal):
    """The database lacks {count} changes that this version needs, the first of them {first}: run `counterflow
    migrate`, then try again."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `serve` takes."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"port to listen on (default {DEFAULT_PORT})")
    parser.add_argument("--workers", type=int, default=max(1, os.cpu_count() or 1), help="processes (default: cores)")
    parser.add_argument("--threads", type=int, default=4, help="threads a process (default 4)")


def run(options: argparse.Namespace) -> None:
    """Serve until stopped."""
    serve(options.host, options.port, options.workers, options.threads)


def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Run the web application; returns when a signal stops it. Raises `DatabaseBehind`."""
    require_current()
    stopped = Event()
    Thread(target=keep_ready, args=[stopped], daemon=True).start()
    Granian(
        "counterflow.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        backpressure=workers * threads * 16,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()
    stopped.set()


def require_current() -> None:
    """Refuse to answer people from tables that are older than the code. Raises `DatabaseBehind`."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    connection.close()
    if waiting:
        raise DatabaseBehind(count=len(waiting), first=str(waiting[0][0]))
