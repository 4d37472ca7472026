"""Short ways to the workshop, to lots and to pallets, and what stock and expenses come to together."""

from typing import Any

import dock
from company import Company
from counterflow.kernel import db
from counterflow.kernel.commands import Batch
from counterflow.ledger.commands.open_books import OpenStock, open_books
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.recovery import laws as recovery_laws
from counterflow.recovery.commands.add_refurbishment_costs import AddRefurbishmentCost, add_refurbishment_costs
from counterflow.recovery.commands.close_loads import CloseLoad, close_loads
from counterflow.recovery.commands.finish_refurbishments import FinishRefurbishment, finish_refurbishments
from counterflow.recovery.commands.load_pieces import LoadPieces, load_pieces
from counterflow.recovery.commands.load_units import LoadUnit, load_units
from counterflow.recovery.commands.open_lots import OpenLot, open_lots
from counterflow.recovery.commands.open_pallets import OpenPallet, open_pallets
from counterflow.recovery.commands.sell_lots import SellLot, sell_lots
from counterflow.recovery.commands.ship_loads import ShipLoad, ship_loads
from counterflow.recovery.commands.start_refurbishments import StartRefurbishment, start_refurbishments
from quality import gl, graded

EXPENSES = ("write_off", "write_down", "refurbishment_expense", "secondary_channel_cost", "handed_over_stock")
WAITING = {"refurbishable": "refurbish", "secondary_channel": "secondary", "to_supplier": "to_supplier"}


def breaches() -> list[tuple[str, str]]:
    """Every breach of a law of the dock, the ledger and of recovery."""
    return [*dock.breaches(), *dock.breaches(recovery_laws.LAWS)]


def waiting(company: Company, state: str, name: str = "tee", quantity: int = 1) -> str:
    """A unit that waits in a state; its plate."""
    lpn = graded(company, "C", name, quantity)
    item = DisposeUnit(lpn, disposition=WAITING[state], override_reason="by_hand")
    assert dispose_units(company.ctx(), items=[item]).done
    return lpn


def started(company: Company, name: str = "tee", quantity: int = 1) -> str:
    """An open refurbishment order; its number."""
    lpn = waiting(company, "refurbishable", name, quantity)
    batch = start_refurbishments(company.ctx(), items=[StartRefurbishment(f"job-{lpn}", lpn)])
    assert batch.done, batch
    return str(batch.done[0].facts["number"])


def spend(company: Company, order: str, amount: int, ref: str = "p1", **more: Any) -> Batch:
    """A part that work took."""
    item = AddRefurbishmentCost(order, ref, "part", "screen", amount, **more)
    return add_refurbishment_costs(company.ctx(), items=[item])


def finish(company: Company, order: str, outcome: str = "available", net: int | None = 10**6, **more: Any) -> Batch:
    """The end of work on an order."""
    item = FinishRefurbishment(order, outcome, "B", net, **more)
    return finish_refurbishments(company.ctx(), items=[item])


def lot(company: Company, node: str = "dc1") -> str:
    """An open lot; its number."""
    item = OpenLot(f"lot-{company.lpn()}", company.node(node), "buyer-7")
    return str(open_lots(company.ctx(), items=[item]).done[0].facts["number"])


def pallet(company: Company, node: str = "dc1") -> str:
    """An open pallet for the company's supplier; its number."""
    item = OpenPallet(f"pal-{company.lpn()}", company.node(node), f"supplier-{company.tag}")
    batch = open_pallets(company.ctx(), items=[item])
    assert batch.done, batch
    return str(batch.done[0].facts["number"])


def load(company: Company, number: str, *lpns: str) -> Batch:
    """Put units into a lot or onto a pallet."""
    return load_units(company.ctx(), items=[LoadUnit(number, lpn) for lpn in lpns])


def pieces(company: Company, number: str, quantity: int, name: str = "mug", ref: str = "r1") -> Batch:
    """Put pieces of the pool into a lot."""
    return load_pieces(company.ctx(), items=[LoadPieces(number, ref, company.sku(name), quantity)])


def stocked(company: Company, quantity: int, value: int, name: str = "mug") -> None:
    """Opening stock of an item."""
    item = OpenStock(company.node(), company.sku(name), quantity, value)
    assert open_books(company.ctx(), items=[item]).done


def sell(company: Company, number: str, amount: int) -> Batch:
    """Close a lot and sell it."""
    assert close_loads(company.ctx(), items=[CloseLoad(number)]).done
    return sell_lots(company.ctx(), items=[SellLot(number, amount)])


def ship(company: Company, number: str, **more: Any) -> Batch:
    """A lot or pallet leaves."""
    return ship_loads(company.ctx(), items=[ShipLoad(number, **more)])


def worth(company: Company) -> int:
    """The value of all stock of the company."""
    rows = db.rows(
        "SELECT coalesce(sum(p.cost + p.allowance), 0)::bigint AS s FROM ledger_position p"
        " JOIN ledger_account a ON a.id = p.account_id WHERE a.entity_id = %s",
        [company.entity],
    )
    return int(rows[0].s)


def kept(company: Company) -> int:
    """Stock and what was expensed, less what work cost: the same before and after whatever recovery does."""
    return worth(company) + sum(gl(company, account) for account in EXPENSES) + gl(company, "refurbishment_costs")
