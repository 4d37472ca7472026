"""Lives over HTTP: a real server on a free port, several clients with their own connections."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import orjson

from counterflow.config.bench.company import ASKED, CHANNEL, NODE, REASON, Piece
from counterflow.kernel.errors import InvariantBroken

CLIENTS = 8
READY_SECONDS_MAX = 120


@contextmanager
def serving() -> Iterator[int]:
    """Serve the present database by two processes; yields the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "counterflow.config.cli", "serve", "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        _wait(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline and server.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/api/v1/openapi.json")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise InvariantBroken("the web server did not come up")


def live(port: int, token: str, pieces: Sequence[Piece], clients: int = CLIENTS) -> float:
    """Run one life a piece, spread over the clients; lives a second."""
    queue = list(pieces)
    lock = threading.Lock()

    def client(_: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                if not queue:
                    return
                piece = queue.pop()
            _one(connection, token, piece)

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    return len(pieces) / (time.perf_counter() - started)


def _one(connection: http.client.HTTPConnection, token: str, piece: Piece) -> None:
    lpn, number = f"L{piece.number}", piece.number
    line = {"quantity": 1, "reason": REASON, "order_line": piece.line_no}
    asked = {
        "channel": CHANNEL,
        "request_ref": f"r{number}",
        "order": piece.order,
        "lines": [line],
        "happened_at": ASKED.isoformat(),
    }
    rma = _post(connection, token, "/rmas", asked)["rma"]
    _post(connection, token, "/units", {"lpn": lpn, "node": NODE, "sku": piece.sku, "rma": rma})
    _post(connection, token, "/inspections", {"lpn": lpn, "grade": "A"})
    _post(connection, token, "/disposals", {"lpn": lpn, "disposition": "restock"})
    _post(connection, token, "/credits", {"request_ref": f"c{number}", "rma": rma})


def _post(connection: http.client.HTTPConnection, token: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"{path}:{body.get('request_ref') or body.get('lpn')}",
    }
    connection.request("POST", f"/api/v1{path}", orjson.dumps(body), headers)
    response = connection.getresponse()
    answer = orjson.loads(response.read())
    if response.status != 201:
        raise InvariantBroken(f"{path} answered {response.status}: {answer}")
    return dict(answer)
