"""The integrator: do our programs get through, and what was refused them."""

from django.urls import reverse

from counterflow.access import queries as access
from counterflow.access import work
from counterflow.console import cells
from counterflow.console.homes.parts import Home, Tile, table, waits
from counterflow.console.listing import Column
from counterflow.console.page import Staff

CALLS: tuple[Column[work.Call], ...] = (
    Column("Command", lambda c: cells.words(c.command)),
    Column("Token", lambda c: cells.text(c.token)),
    Column("Took effect", lambda c: cells.number(c.done), end=True),
    Column("Refused", lambda c: cells.number(c.refused or None), end=True),
    Column("When", lambda c: cells.instant(c.at)),
)
TOKENS: tuple[Column[access.TokenRow], ...] = (
    Column("Token", lambda t: cells.code(f"cf_{t.prefix}", href=reverse("tokens"))),
    Column("Name", lambda t: cells.text(t.name)),
    Column("Last used", lambda t: cells.instant(t.last_used_at)),
    Column("Expires", lambda t: cells.date_of(t.expires_at)),
)


def home(who: Staff) -> Home:
    """Three statements."""
    calls, refused = work.calls(limit=100), work.calls(refused=True, limit=8)
    tokens = [token for token in access.tokens(user_id=who.user_id) if token.revoked_at is None]
    items, lost = sum(call.done for call in calls), sum(call.refused for call in calls)
    return Home(
        tiles=[
            Tile("Tokens in force", f"{len(tokens):,}", "Yours", reverse("tokens"), waits(not tokens)),
            Tile("Items that took effect", f"{items:,}", f"In the latest {len(calls)} calls of programs"),
            Tile("Items refused", f"{lost:,}", f"In the latest {len(calls)} calls of programs", tone=waits(lost)),
        ],
        tables=[
            table("Latest calls", CALLS, calls[:12], "No program has called lately."),
            table("Latest refusals", CALLS, refused, "Nothing was refused lately."),
            table("Your tokens", TOKENS, tokens[:8], "You have no token in force.", href=reverse("tokens")),
        ],
    )
