"""`counterflow serve`: API and console, by granian in WSGI mode with connections kept open."""

import argparse
import os
from threading import Event, Thread

from granian import Granian
from granian.constants import Interfaces

from counterflow.config.database import keep_ready

DEFAULT_PORT = 8080


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
    """Run the web application; returns when a signal stops it."""
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
