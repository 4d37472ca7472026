"""The returns clerk at the dock: what stands at the door, what is on its way, what one did last."""

from django.urls import reverse

from counterflow.console import cells
from counterflow.console.homes.parts import Home, Tile, address, bounded, doors, table, waits
from counterflow.console.listing import Column
from counterflow.console.page import Staff
from counterflow.logistics import work as logistics
from counterflow.receiving import work as receiving

OWN: tuple[Column[receiving.OwnUnit], ...] = (
    Column("Unit", lambda u: cells.code(u.lpn, href=reverse("unit", args=[u.lpn]))),
    Column("Item", lambda u: cells.text(u.item or "Unidentified goods")),
    Column("Pieces", lambda u: cells.number(u.quantity), end=True),
    Column("State", lambda u: cells.badge("unit", u.state)),
    Column("Received", lambda u: cells.instant(u.received_at)),
)
DOOR: tuple[Column[logistics.OpenParcel], ...] = (
    Column("Parcel", lambda p: cells.code(p.tracking, href=address("find", q=p.tracking))),
    Column("Carrier", lambda p: cells.text(p.carrier)),
    Column("Return", lambda p: cells.code(p.rma, href=reverse("return", args=[p.rma]) if p.rma else "")),
    Column("Announced", lambda p: cells.date_of(p.announced_at)),
)


def home(who: Staff) -> Home:
    """Four statements."""
    parcels, most = logistics.open_parcels(), logistics.COUNTED_MAX
    bench = receiving.benches()
    moving = min(parcels["accepted"] + parcels["in_transit"], most + 1)
    waiting = sum(row.units for row in bench)
    return Home(
        doors=doors(who, "receive", "put_away", "unidentified"),
        tiles=[
            Tile(
                "Delivered, not unpacked",
                bounded(parcels["delivered"], most),
                "Parcels at the door",
                address("receive"),
                tone=waits(parcels["delivered"]),
            ),
            Tile("On the way", bounded(moving, most), "Parcels that carriers have", tone="move"),
            Tile("Announced", bounded(parcels["announced"], most), "Labels not yet handed to a carrier"),
            Tile(
                "On the benches",
                bounded(waiting, receiving.BENCH_MAX),
                "Units that wait for a decision",
                href=reverse("bench"),
                tone="wait",
            ),
        ],
        tables=[
            table("At the door", DOOR, logistics.at_the_door(), "No parcel waits at the door."),
            table(
                "Your last units", OWN, receiving.received_by(actor=who.actor), "You have not received a unit lately."
            ),
        ],
    )
