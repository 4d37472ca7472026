"""The inspector: the benches by age, and the units of most value on them."""

from django.urls import reverse

from counterflow.console import cells
from counterflow.console.homes.parts import Home, Tile, address, bounded, by_currency, doors, table, waits
from counterflow.console.listing import Column
from counterflow.console.page import Staff
from counterflow.receiving import work as receiving

BENCHES: tuple[Column[receiving.BenchSum], ...] = (
    Column("Bench", lambda b: cells.code(b.node, href=address("bench", node=b.node, state=b.state))),
    Column("State", lambda b: cells.badge("unit", b.state)),
    Column("Units", lambda b: cells.number(b.units), end=True),
    Column("Value", lambda b: cells.money(b.value_minor, b.currency), end=True),
    Column("Oldest", lambda b: cells.date_of(b.oldest_at)),
)
DEAREST: tuple[Column[receiving.Worth], ...] = (
    Column("Unit", lambda u: cells.code(u.lpn, href=reverse("unit", args=[u.lpn]))),
    Column("Item", lambda u: cells.text(u.item or "Unidentified goods")),
    Column("Bench", lambda u: cells.code(u.node)),
    Column("State", lambda u: cells.badge("unit", u.state)),
    Column("Value", lambda u: cells.money(u.value_minor, u.currency), end=True),
    Column("Received", lambda u: cells.date_of(u.received_at)),
)
NAMES = (
    ("received", "To inspect", "Received and not looked at"),
    ("inspected", "To decide", "Inspected, not disposed"),
    ("set_apart", "Set apart", "Held until somebody decides"),
)


def home(who: Staff) -> Home:
    """Two statements."""
    benches = receiving.benches()
    tiles = []
    for state, name, note in NAMES:
        units = sum(row.units for row in benches if row.state == state)
        tiles.append(Tile(name, bounded(units, receiving.BENCH_MAX), note, address("bench", state=state), waits(units)))
    value = by_currency(benches, lambda row: (row.currency, row.value_minor))
    tiles += [
        Tile(f"Value waiting, {code}", cells.money_text(minor, code), "On all benches") for code, minor in value.items()
    ]
    return Home(
        doors=doors(who, "inspect", "bench", "put_away", "quarantine", "receive"),
        tiles=tiles,
        tables=[
            table("Of most value", DEAREST, receiving.dearest(), "No unit waits."),
            table("Benches", BENCHES, benches, "Every bench is clear."),
        ],
    )
