"""The inventory controller: do stock and books agree, what differs most, what is held."""

from django.urls import reverse

from counterflow.console import cells
from counterflow.console.homes.parts import Home, Tile, address, bounded, doors, table, waits
from counterflow.console.listing import Column
from counterflow.console.page import Staff
from counterflow.ledger import work as ledger
from counterflow.receiving import work as receiving
from counterflow.reconciliation import work as reconciliation
from counterflow.workqueue import queries as workqueue

BREAKS: tuple[Column[reconciliation.OpenBreak], ...] = (
    Column("Item", lambda b: cells.code(b.sku, href=reverse("statement", args=[b.statement_id]))),
    Column("Node", lambda b: cells.code(b.node)),
    Column("Break", lambda b: cells.badge("break_kind", b.kind)),
    Column("Pieces", lambda b: cells.number(b.quantity), end=True),
    Column("Value", lambda b: cells.money(b.value_minor, b.currency), end=True),
    Column("As of", lambda b: cells.date_of(b.as_of)),
)
QUEUES: tuple[Column[workqueue.QueueCount], ...] = (
    Column("Queue", lambda q: cells.text(q.queue.capitalize(), href=address("cases", queue=q.queue, state="open"))),
    Column("Open", lambda q: cells.number(q.open), end=True),
    Column("Critical", lambda q: cells.number(q.critical or None), end=True),
    Column("With nobody", lambda q: cells.number(q.unassigned or None), end=True),
)


def home(who: Staff) -> Home:
    """Four statements; whether everything ties is told by a call of its own."""
    benches, held = receiving.benches(), ledger.holds()
    apart = sum(row.units for row in benches if row.state == "set_apart")
    breaks = reconciliation.open_breaks()
    return Home(
        doors=doors(who, "counts", "inventory", "quarantine"),
        tiles=[
            Tile("Tie-out", "\u2026", "Stock against the books", reverse("tie_out"), later=reverse("home_tie_out")),
            Tile(
                "Set apart",
                bounded(apart, receiving.BENCH_MAX),
                "Units in nobody's plan",
                address("bench", state="set_apart"),
                waits(apart),
            ),
            Tile("Holds in force", bounded(held, 1_000), "Stock that may not be used", tone="hold" if held else ""),
        ],
        tables=[
            table(
                "Breaks of most value",
                BREAKS,
                breaks,
                "Statements and books agree.",
                href=reverse("statements"),
                link="Statements",
            ),
            table(
                "Cases of your role",
                QUEUES,
                workqueue.queues(owner_role="inventory_controller"),
                "No case waits.",
                href=reverse("cases"),
            ),
        ],
    )
