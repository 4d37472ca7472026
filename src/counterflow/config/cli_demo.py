"""`counterflow demo`: make a company, or replay order books, say what came of it, and serve it."""

import argparse
import socket
import subprocess
import sys
from datetime import date

from rich.console import Console

from counterflow.access.roles import ROLES
from counterflow.config import cli_migrate, cli_serve
from counterflow.config.demo import accounts, own_policies, scenario, summary
from counterflow.config.demo.calendar import Year
from counterflow.config.demo.desk import Desk
from counterflow.config.demo.narrator import Narrator
from counterflow.config.demo.sales import ORDERS
from counterflow.kernel.clock import now
from counterflow.kernel.errors import Refusal

STOP_SECONDS = 15


class PortTaken(Refusal):
    """{host}:{port} cannot be listened on ({reason}); name another port with --port."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `demo` takes."""
    parser.add_argument("--no-serve", action="store_true", help="end after the summary")
    parser.add_argument(
        "--orders", nargs="+", metavar="PATH", help="replay these order books (files or folders) instead"
    )
    parser.add_argument(
        "--policy", nargs="+", default=[], metavar="FILE", help="orders: these decision tables instead of the shipped"
    )
    parser.add_argument(
        "--enforce", action="store_true", help="orders: what policy refuses stays refused; nobody overrides it"
    )
    parser.add_argument("--size", choices=sorted(ORDERS), default="full", help="how large a company (default full)")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes another company (default 1)")
    parser.add_argument(
        "--until",
        type=date.fromisoformat,
        metavar="DAY",
        help="the simulated year ends before this day, UTC; the same day makes the same company (default today)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on (default 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, default=cli_serve.DEFAULT_PORT, help="port to serve on (default %(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    """Exit code 1 where a law is broken, the tie-out differs or something of a book was not taken in."""
    console = Console(highlight=False, soft_wrap=False)
    narrator = Narrator(console)
    how = scenario.HowToReplay([own_policies.read(path) for path in options.policy], options.enforce)
    if not options.no_serve:
        _require_port(options.host, options.port)
    with narrator.step("Database", 1):
        cli_migrate.run(argparse.Namespace(quiet=True))
    scenario.check_database()
    at, whole = now(), True
    if options.orders:
        whole = scenario.replay_books(narrator, options.orders, options.seed, at=at, how=how)
    else:
        year = Year(options.until or at.date())
        scenario.simulate(narrator, scenario.Wish(options.seed, options.size, year), at=at)
    keys = accounts.open_accounts(Desk("accounts"), at=now())
    console.print()
    code = max(summary.show(console), int(not whole))
    _show_accounts(console, keys)
    if options.no_serve:
        return code
    serve(console, options.host, options.port)
    return code


def _require_port(host: str, port: int) -> None:
    """Say that the port is taken before all the work is done."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(host=host, port=port, reason=error.strerror or str(error)) from error


def _show_accounts(console: Console, keys: accounts.Keys) -> None:
    console.print("\nAccounts, one for each role, all with the same password:")
    for role in ROLES:
        console.print(f"  {accounts.email(role):<36} {ROLES[role].name}", markup=False)
    console.print(f"Password: {keys.password}", markup=False)
    console.print(f"API token ({accounts.INTEGRATOR}):\n  {keys.token}", markup=False, soft_wrap=True)


def serve(console: Console, host: str, port: int) -> None:
    """Run web and worker until one is stopped; both end together."""
    worker = subprocess.Popen([sys.executable, "-m", "counterflow.config.cli", "worker"])
    console.print(f"\nServing on http://{host}:{port} - Ctrl-C stops.")
    try:
        cli_serve.serve(host, port, workers=1, threads=4)
    finally:
        worker.terminate()
        try:
            worker.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
