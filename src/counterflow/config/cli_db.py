"""`counterflow db`: the address in use, and the embedded server's start, stop and state."""

import argparse
import time

from counterflow.config import database, database_roles, embedded, embedded_layout
from counterflow.kernel.errors import Refusal


class NotOurs(Refusal):
    """{variable} names a server that Counterflow does not run; stop it where it is run."""


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    url = verbs.add_parser("url", help="print the address in use, password included")
    url.add_argument("--owner", action="store_true", help="the owner's, for administration")
    verbs.add_parser("start", help="start the embedded server, or check the one named")
    verbs.add_parser("stop", help="stop the embedded server")
    verbs.add_parser("status", help="say where the database is and whether it answers")
    verbs.add_parser("reset-password", help="give the application's login a new password, kept here")


def run(options: argparse.Namespace) -> int:
    """Do what the verb says."""
    verbs = {
        "start": start,
        "stop": stop,
        "status": status,
        "reset-password": reset_password,
    }
    if options.verb == "url":
        return url(owner=options.owner)
    return verbs[options.verb]()


def url(*, owner: bool) -> int:
    """Print an address that works right away: the database is made ready first."""
    database.ensure_ready()
    print(database.owner_url() if owner else database.application_url())
    return 0


def start() -> int:
    began = time.perf_counter()
    was_running = database.is_embedded() and embedded.running() is not None
    database.ensure_ready()
    place = database.application_address().where
    state = "already running" if was_running else f"ready in {time.perf_counter() - began:.2f} s"
    print(f"{place}: {state}")
    return 0


def stop() -> int:
    """Stop what is ours to stop."""
    if not database.is_embedded():
        raise NotOurs(variable=database.OWNER_VARIABLE)
    print("stopped" if embedded.stop() else "was not running")
    return 0


def status() -> int:
    """Exit code 0 when the application can sign in, 1 when not."""
    server = embedded.find() if database.is_embedded() else None
    address = database.application_address()
    if database.is_embedded() and server is None:
        print(f"embedded, not made yet; it will live in {embedded_layout.clusters()}")
        return 1
    reason = database_roles.refusal(address)
    lines = {
        "kind": "embedded" if server else "external",
        "application": address.where,
        "state": "answers" if reason is None else f"does not answer: {reason}",
    }
    if server:
        lines |= {"data": str(server.layout.data), "log": str(server.layout.log)}
        lines |= {"pid": str(server.pid or "not running")}
    print("\n".join(f"{name:<12} {value}" for name, value in lines.items()))
    return 0 if reason is None else 1


def reset_password() -> int:
    """Make the application's login usable from here again."""
    database.reset_password()
    print(f"new password kept for {database.application_address().where}")
    return 0
