"""`counterflow users`: make accounts, grant roles, set passwords, list who there is."""

import argparse
import getpass
import sys

from django.contrib.auth.hashers import make_password

from counterflow.access import queries
from counterflow.access.commands.create_users import NewUser, create_users
from counterflow.access.commands.set_passwords import SetPassword, set_passwords
from counterflow.access.commands.set_roles import SetRoles, set_roles
from counterflow.access.roles import ROLES
from counterflow.access.secrets import check_password_strength
from counterflow.kernel.clock import now
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Refusal

ACTOR = "program:users"
LISTED_MAX = 10_000


class NotDone(Refusal):
    """{message}"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `users` takes: a verb first."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    roles = f"one of {', '.join(ROLES)}; may be given several times"
    add = verbs.add_parser("add", help="make an account; the password is asked for, or read from a pipe")
    add.add_argument("email")
    add.add_argument("--name", default="", help="what people read (default: the address)")
    add.add_argument("--role", action="append", default=[], help=roles)
    grant = verbs.add_parser("roles", help="give an account exactly these roles")
    grant.add_argument("email")
    grant.add_argument("--role", action="append", default=[], help=roles)
    password = verbs.add_parser("password", help="set a password; it is asked for, or read from a pipe")
    password.add_argument("email")
    verbs.add_parser("list", help="who there is, with roles")


def run(options: argparse.Namespace) -> int:
    """Do what the verb says."""
    if options.verb == "list":
        for user in queries.users(limit=LISTED_MAX):
            state = "" if user.is_active else "  (switched off)"
            print(f"{user.email:<32} {', '.join(user.roles)}{state}")
        return 0
    ctx = Context.make(ACTOR, ["access.manage"], now(), source="cli")
    if options.verb == "add":
        name, roles = options.name or options.email, tuple(options.role)
        _require(create_users(ctx, items=[NewUser(options.email, name, roles, _hashed())]))
    elif options.verb == "roles":
        _require(set_roles(ctx, items=[SetRoles(options.email, tuple(options.role))]))
    else:
        _require(set_passwords(ctx, items=[SetPassword(options.email, _hashed())]))
    print("done")
    return 0


def _hashed() -> str:
    """The hash of a password from the terminal (asked without showing it) or from a pipe. Raises `PasswordTooShort`."""
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    check_password_strength(password)
    return str(make_password(password))


def _require(batch: Batch) -> None:
    for refused in batch.refused:
        raise NotDone(message=refused.message)
