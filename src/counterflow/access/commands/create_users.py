"""Create users with their first roles."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.access.commands.locking import check_node, known_nodes
from counterflow.access.models import Grant, User
from counterflow.access.rules import check_roles, check_time_zone, clean_email, clean_name
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.registry.commands.changing import Note, note


@dataclass(frozen=True)
class NewUser:
    """A user to be. `password_hash` is what Django's `make_password` gave; without it nobody can sign in."""

    email: str
    name: str
    roles: tuple[str, ...] = ()
    password_hash: str = field(default="!", repr=False)
    time_zone: str = "UTC"
    home_node: str = ""


@command(needs="access.manage")
def create_users(ctx: Context, *, items: Sequence[NewUser]) -> Batch:
    """Create each user; the address is the identity, whatever its case.

    Refuses `EmailMalformed`, `NameMissing`, `RoleUnknown`, `TimeZoneUnknown`, `NodeUnknown`, `IdentityReused`.
    """
    known = _existing([item.email.strip().lower() for item in items])
    nodes = known_nodes([item.home_node for item in items])
    users: list[dict[str, Any]] = []
    grants: list[dict[str, object]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_create(ctx, item, known, nodes, users, grants))
        except DomainError as error:
            results.append(Refused.of(item.email, error))
    db.insert(User, users)
    db.insert(Grant, grants)
    note(ctx, [Note("user", row["id"], f"user:{row['id']}") for row in users])
    return Batch(results)


def _existing(emails: list[str]) -> dict[str, tuple[int, bytes]]:
    found = db.rows("SELECT id, email, content_hash FROM access_user WHERE email = ANY(%s)", [emails])
    return {row.email: (row.id, bytes(row.content_hash)) for row in found}


def _create(
    ctx: Context,
    item: NewUser,
    known: dict[str, tuple[int, bytes]],
    nodes: frozenset[str],
    users: list[dict[str, Any]],
    grants: list[dict[str, object]],
) -> Done:
    email, name = clean_email(item.email), clean_name(item.name)
    roles, zone = sorted(check_roles(item.roles)), check_time_zone(item.time_zone)
    # The password is left out: its hash is salted, so the same wish never hashes alike.
    content = content_hash([email, name, roles, zone, *([item.home_node] if item.home_node else [])])
    if email in known:
        user_id, before = known[email]
        if before != content:
            raise IdentityReused(what="user", identity=email)
        return Done(email, {"user_id": user_id}, replayed=True)
    check_node(item.home_node, nodes)
    user_id = ctx.new_id()
    known[email] = (user_id, content)
    users.append(
        {
            "id": user_id,
            "email": email,
            "name": name,
            "password": item.password_hash,
            "time_zone": zone,
            "home_node": item.home_node,
            "created_at": ctx.at,
            "content_hash": content,
        }
    )
    grants.extend(
        {"id": ctx.new_id(), "user_id": user_id, "role": role, "granted_at": ctx.at, "granted_by": ctx.actor}
        for role in roles
    )
    return Done(email, {"user_id": user_id})
