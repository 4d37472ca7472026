"""The supplier manager: what waits to go back to whom, and what is with them already."""

from counterflow.catalog import work as catalog
from counterflow.console import cells
from counterflow.console.homes.parts import Home, Tile, address, by_currency, doors, table
from counterflow.console.listing import Column
from counterflow.console.page import Staff
from counterflow.ledger import work as ledger
from counterflow.ledger.chart import GL

STOCK: tuple[Column[catalog.SupplierStock], ...] = (
    Column("Supplier", lambda s: cells.text(s.name, note=s.supplier)),
    Column("State", lambda s: cells.badge("stock", s.state)),
    Column("Pieces", lambda s: cells.number(s.pieces), end=True),
    Column("Value", lambda s: cells.money(s.value_minor, s.currency), end=True),
)


def home(who: Staff) -> Home:
    """Two statements."""
    stock = catalog.supplier_stock(limit=40)
    tiles = []
    for state, name in (("to_supplier", "To send back"), ("at_supplier", "With suppliers")):
        for code, minor in by_currency(
            [s for s in stock if s.state == state], lambda s: (s.currency, s.value_minor)
        ).items():
            tiles.append(
                Tile(
                    f"{name}, {code}",
                    cells.money_text(minor, code),
                    "Value in the books",
                    tone="wait" if state == "to_supplier" else "move",
                )
            )
    for row in ledger.gl_balances(accounts=[GL.RECEIVABLE_SUPPLIER.value]):
        tiles.append(
            Tile(
                f"Suppliers owe {row.entity}",
                cells.money_text(row.balance_minor, row.currency),
                "Credited, not settled",
            )
        )
    return Home(
        doors=doors(who, "pallets", "lots", "refurbishments"),
        tiles=tiles,
        tables=[
            table(
                "Stock by supplier",
                STOCK,
                stock[:12],
                "Nothing waits for a supplier.",
                href=address("stock"),
                link="Stock by state",
            )
        ],
    )
