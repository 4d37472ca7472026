"""Users as master data: everything but passwords."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.access import commands, queries
from counterflow.access.roles import ROLES
from counterflow.console.listing import Filter
from counterflow.console.master.fields import Field
from counterflow.console.master.kinds import Key, Kind, flag
from counterflow.console.master.places import zones
from counterflow.facilities import queries as facilities
from counterflow.kernel.commands import Batch, Done, Refused
from counterflow.kernel.context import Context

HELD = Filter("role", "Role", [(role.code, role.name) for role in ROLES.values()])
ACCOUNT = Filter("active", "Account", [("yes", "Active"), ("no", "Switched off")])


@dataclass(frozen=True)
class UserChange:
    """What is to change about a user; each part goes by the command of its own."""

    email: str
    version: int | None = None
    name: str | None = None
    time_zone: str | None = None
    home_node: str | None = None
    roles: tuple[str, ...] | None = None
    is_active: bool | None = None
    clear: tuple[str, ...] = ()


def change_people(ctx: Context, *, items: Sequence[UserChange]) -> Batch:
    """Change users by the commands that there are: profile, roles, account. A user refused once is done no further."""
    results: dict[str, Done | Refused] = {}
    profiles = [
        commands.ChangeUser(i.email, i.version, i.name, i.time_zone, i.home_node, tuple(set(i.clear) & {"home_node"}))
        for i in items
        if i.name is not None or i.time_zone is not None or i.home_node is not None or "home_node" in i.clear
    ]
    _run(ctx, commands.change_users, profiles, results)
    roles = [
        commands.SetRoles(i.email, i.roles or (), None if i.email in results else i.version)
        for i in items
        if (i.roles is not None or "roles" in i.clear) and not isinstance(results.get(i.email), Refused)
    ]
    _run(ctx, commands.set_roles, roles, results)
    switches = [
        commands.SwitchUser(i.email, i.is_active)
        for i in items
        if i.is_active is not None and not isinstance(results.get(i.email), Refused)
    ]
    _run(ctx, commands.switch_users, switches, results)
    return Batch([results.get(i.email) or Done(i.email, replayed=True) for i in items])


def _run(ctx: Context, command: Any, items: Sequence[Any], results: dict[str, Done | Refused]) -> None:
    if items:
        results.update({item.email: result for item, result in zip(items, command(ctx, items=items), strict=True)})


def node_choices() -> Sequence[tuple[str, str]]:
    """Nodes to choose from."""
    return [(row.code, row.name) for row in facilities.nodes(active=True)]


def role_choices() -> Sequence[tuple[str, str]]:
    """Roles to choose from."""
    return [(role.code, role.name) for role in ROLES.values()]


def _find(*, search: str, chosen: Mapping[str, str], **more: Any) -> list[queries.UserRow]:
    return queries.users(search=search, role=chosen.get("role", ""), active=flag(chosen), **more)


def _read(keys: Sequence[Key]) -> dict[Key, queries.UserRow]:
    return {(email,): row for email, row in queries.users_by_email(emails=[key[0] for key in keys]).items()}


USERS = Kind(
    name="users",
    of_books=False,
    told="user",
    one="user",
    many="Users",
    about="Who may sign in, and what each may do.",
    icon="users",
    view="access.manage",
    edit="access.manage",
    key=("email",),
    find=_find,
    read=_read,
    place=lambda row: str(row.email),
    filters=lambda: (HELD, ACCOUNT),
    search_label="Name or address",
    record=commands.create_users,
    new=commands.NewUser,
    change=change_people,
    changed=UserChange,
    pages={"list": "users", "one": "user", "new": "user_new"},
    rejected={
        "email_malformed": "email",
        "node_unknown": "home_node",
        "role_unknown": "roles",
        "last_administrator": "roles",
    },
    fields=(
        Field(
            "email",
            "Email",
            "email",
            required=True,
            fixed=True,
            private=True,
            listed=True,
            most=254,
            also=("address", "email address", "user"),
            example="clerk@demo.example",
        ),
        Field("name", "Name", required=True, private=True, listed=True, sort="name", most=120, also=("full name",)),
        Field(
            "roles",
            "Roles",
            "codes",
            choices=role_choices,
            listed=True,
            also=("role",),
            example="clerk inspector",
        ),
        Field("time_zone", "Time zone", "zone", choices=zones, default="UTC", also=("zone",), example="Europe/London"),
        Field(
            "home_node",
            "Home node",
            "ref",
            "The node whose stations this user works at.",
            choices=node_choices,
            listed=True,
            also=("node",),
            example="dc1",
        ),
        Field("is_active", "Account works", "yes_no", late=True, listed=True, badge="account", also=("active",)),
    ),
)
