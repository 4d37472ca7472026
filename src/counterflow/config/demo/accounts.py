"""Ready accounts of the demo: one for each role, with one password, and a token for programs.

Password and token are made once for an installation and kept in HOME/demo, readable by its owner only, so
that they can be printed again.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from django.contrib.auth.hashers import make_password

from counterflow.access.commands.create_users import NewUser, create_users
from counterflow.access.commands.issue_tokens import IssueToken, issue_tokens
from counterflow.access.commands.set_passwords import SetPassword, set_passwords
from counterflow.access.roles import ROLES
from counterflow.access.secrets import new_token
from counterflow.config import database, embedded_layout
from counterflow.config.demo.desk import Desk
from counterflow.kernel import db

DOMAIN = "demo.example"
INTEGRATOR = f"integrator@{DOMAIN}"


@dataclass(frozen=True)
class Keys:
    """What opens the demo."""

    password: str
    token: str


def email(role: str) -> str:
    """The address of a role's account."""
    return f"{role.replace('_', '-')}@{DOMAIN}"


def open_accounts(desk: Desk, *, at: datetime) -> Keys:
    """Create the accounts that are missing, and make the kept password and token work."""
    kept = _read()
    password = kept.password if kept else secrets.token_urlsafe(12)
    hashed = make_password(password)
    users = [NewUser(email(code), f"{role.name} (demo)", (code,), hashed) for code, role in ROLES.items()]
    made = desk.must(create_users, users, at=at, step=None)
    if kept is None and any(done.replayed for done in made):
        desk.must(set_passwords, [SetPassword(user.email, hashed) for user in users], at=at, step=None)
    keys = Keys(password, kept.token if kept and _works(kept.token) else _token(desk, at))
    _keep(keys)
    return keys


def _token(desk: Desk, at: datetime) -> str:
    fresh = new_token()
    scopes = tuple(sorted(ROLES["integrator"].permissions))
    desk.must(issue_tokens, [IssueToken(INTEGRATOR, "Demo", fresh.prefix, fresh.digest, scopes)], at=at, step=None)
    return fresh.plain


def _works(token: str) -> bool:
    """Whether the token is one of this database."""
    prefix = token.split("_")[1]
    return bool(db.rows("SELECT 1 AS one FROM access_apitoken WHERE prefix = %s AND revoked_at IS NULL", [prefix]))


def _file() -> Path:
    """One file for each database."""
    address = database.application_address()
    name = "embedded" if database.is_embedded() else f"{address.host}_{address.port}_{address.database}"
    return embedded_layout.home() / "demo" / quote(name, safe="")


def _read() -> Keys | None:
    try:
        return Keys(**json.loads(_file().read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _keep(keys: Keys) -> None:
    embedded_layout.make_folder(_file().parent)
    embedded_layout.write_secret(_file(), json.dumps(keys.__dict__))
