"""The service agent: a large search for the next call, and the returns that wait for a decision."""

from django.urls import reverse

from counterflow.console import cells
from counterflow.console.homes.parts import Home, Tile, address, bounded, doors, table, waits
from counterflow.console.listing import Column
from counterflow.console.page import Staff
from counterflow.logistics import work as logistics
from counterflow.refunds import work as refunds
from counterflow.returns import work as returns

WAITING: tuple[Column[returns.Waiting], ...] = (
    Column("Return", lambda r: cells.code(r.number, href=reverse("return", args=[r.number]))),
    Column("Channel", lambda r: cells.code(r.channel)),
    Column("Order", lambda r: cells.code(r.order)),
    Column("Asked", lambda r: cells.instant(r.happened_at)),
)


def home(who: Staff) -> Home:
    """Five statements."""
    requested, authorised = returns.counted(state="requested"), returns.counted(state="authorised")
    parcels, doubtful = logistics.open_parcels(), [p for p in refunds.open_payouts() if p.state == "in_doubt"]
    most, doubts = returns.COUNTED_MAX, sum(row.payouts for row in doubtful)
    return Home(
        search=True,
        doors=doors(who, "desk", "unidentified"),
        tiles=[
            Tile(
                "Wait for a decision",
                bounded(requested, most),
                "Returns that policy asks a person about",
                address("returns", state="requested"),
                waits(requested),
            ),
            Tile("Authorised", bounded(authorised, most), "Returns under way", address("returns", state="authorised")),
            Tile("Delivered, not unpacked", bounded(parcels["delivered"], most), "Parcels customers ask about"),
            Tile("Payouts in doubt", f"{doubts:,}", "Nobody knows whether money left", tone=waits(doubts, "stop")),
        ],
        tables=[
            table(
                "Wait longest for a decision",
                WAITING,
                returns.oldest(state="requested"),
                "No return waits for you.",
                href=address("returns", state="requested"),
            )
        ],
    )
