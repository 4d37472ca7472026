"""The administrator: who is here, what programs do, where cases pile up."""

from django.urls import reverse

from counterflow.access import queries as access
from counterflow.access import work
from counterflow.console import cells
from counterflow.console.homes.parts import Home, Tile, address, table, waits
from counterflow.console.listing import Column
from counterflow.console.page import Staff
from counterflow.workqueue import queries as workqueue

QUEUES: tuple[Column[workqueue.QueueCount], ...] = (
    Column("Queue", lambda q: cells.text(q.queue.capitalize(), href=address("cases", queue=q.queue, state="open"))),
    Column("Open", lambda q: cells.number(q.open), end=True),
    Column("Critical", lambda q: cells.number(q.critical or None), end=True),
    Column("With nobody", lambda q: cells.number(q.unassigned or None), end=True),
)
USERS: tuple[Column[access.UserRow], ...] = (
    Column("User", lambda u: cells.text(u.email, href=reverse("user", args=[u.email]))),
    Column("Account", lambda u: cells.badge("account", "active" if u.is_active else "off")),
    Column("Last signed in", lambda u: cells.instant(u.last_login)),
)


def home(who: Staff) -> Home:
    """Four statements."""
    queues, users, refused = workqueue.queues(), access.users(limit=500), work.calls(refused=True, limit=100)
    tokens = [token for token in access.tokens() if token.revoked_at is None]
    critical, never = sum(q.critical for q in queues), sum(u.is_active and u.last_login is None for u in users)
    latest = sorted((u for u in users if u.last_login), key=lambda u: str(u.last_login), reverse=True)
    return Home(
        tiles=[
            Tile("Users", f"{sum(u.is_active for u in users):,}", f"{never:,} never signed in", reverse("users")),
            Tile("Tokens in force", f"{len(tokens):,}", "Keys of programs", reverse("tokens")),
            Tile("Calls with refusals", f"{len(refused):,}", "Of programs, lately", tone=waits(len(refused))),
            Tile(
                "Critical cases",
                f"{critical:,}",
                "In all queues",
                address("cases", state="open"),
                waits(critical, "stop"),
            ),
        ],
        tables=[
            table("Cases by queue", QUEUES, queues, "No case waits.", href=reverse("cases")),
            table(
                "Signed in last", USERS, latest[:8], "Nobody has signed in yet.", href=reverse("users"), link="Users"
            ),
        ],
    )
