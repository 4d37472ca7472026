"""What becomes of goods that are not sold again as they are: totes, work, lots and pallets, at the end of the year.

All of it is simulated: which units, what work costs, what a buyer pays.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from counterflow.config.demo.desk import Desk
from counterflow.facilities.commands.record_totes import RecordTote, record_totes
from counterflow.facilities.queries import nodes
from counterflow.facilities.rules import Purpose
from counterflow.kernel.commands import Done
from counterflow.receiving.commands.put_away_units import PutUnitAway, put_away_units
from counterflow.receiving.queries import UnitRow, shelf
from counterflow.recovery import queries
from counterflow.recovery.commands.add_refurbishment_costs import AddRefurbishmentCost, add_refurbishment_costs
from counterflow.recovery.commands.close_loads import CloseLoad, close_loads
from counterflow.recovery.commands.finish_refurbishments import FinishRefurbishment, finish_refurbishments
from counterflow.recovery.commands.load_units import LoadUnit, load_units
from counterflow.recovery.commands.open_lots import OpenLot, open_lots
from counterflow.recovery.commands.open_pallets import OpenPallet, open_pallets
from counterflow.recovery.commands.sell_lots import SellLot, sell_lots
from counterflow.recovery.commands.ship_loads import ShipLoad, ship_loads
from counterflow.recovery.commands.start_refurbishments import StartRefurbishment, start_refurbishments

BUYERS = ("outlet-north", "jobber-west")
ORDERS_MAX = 9
UNITS_MAX = 40


def recover(desk: Desk, rng: Random, *, at: datetime) -> None:
    """Put some of the waiting goods into totes, to work, into lots and onto pallets, once. Raises `StepRefused`."""
    if queries.refurbishments(limit=1):
        return
    places = [node.code for node in nodes(active=True)]
    _totes(desk, places, at)
    for n, node in enumerate(places):
        _work(desk, rng, node, at, n)
        for kind, state in (("lot", "secondary_channel"), ("pallet", "to_supplier")):
            units = shelf(node=node, stock_state=state, limit=UNITS_MAX)
            if units:
                _gather(desk, rng, kind, node, units, at)


def _totes(desk: Desk, places: list[str], at: datetime) -> None:
    """Two totes a purpose at every node, with some of the goods that wait in them."""
    items = [
        RecordTote(f"{node}-{purpose.value.upper()[:4]}-{n}", node, purpose.value, 24)
        for node in places
        for purpose in Purpose
        for n in (1, 2)
    ]
    desk.must(record_totes, items, at=at, step=None)
    put = [
        PutUnitAway(unit.lpn, f"{node}-{code}-1")
        for node in places
        for state, code in (("refurbishable", "REFU"), ("quarantine", "QUAR"), ("secondary_channel", "SECO"))
        for unit in shelf(node=node, stock_state=state, limit=20)
    ]
    desk.must(put_away_units, put, at=at, step=None)


def _work(desk: Desk, rng: Random, node: str, at: datetime, place: int) -> None:
    """Some orders are finished, some are under way."""
    units = shelf(node=node, stock_state="refurbishable", limit=ORDERS_MAX)
    if not units:
        return
    begun = at - timedelta(hours=rng.randint(30, 60))
    starts = [StartRefurbishment(f"demo-work-{unit.lpn}", unit.lpn, begun) for unit in units]
    orders = _numbers(desk.must(start_refurbishments, starts, at=at, step=None))
    costs = []
    for order, unit in zip(orders, units, strict=True):
        part, minutes = rng.randint(2, 9) * max(25, unit.cost_minor // 60), rng.randint(5, 40)
        costs.append(AddRefurbishmentCost(order, "part", "part", "spare-part", part, happened_at=begun))
        costs.append(AddRefurbishmentCost(order, "bench", "labour", "bench-time", minutes * 45, minutes, False, begun))
    desk.must(add_refurbishment_costs, costs, at=at, step=None)
    ends = [
        FinishRefurbishment(order, "available" if n % 3 else "secondary", "B", max(1, unit.cost_minor), happened_at=at)
        for n, (order, unit) in enumerate(zip(orders, units, strict=True))
        if n % 2 == place % 2
    ]
    desk.must(finish_refurbishments, ends, at=at, step=None)


def _gather(desk: Desk, rng: Random, kind: str, node: str, units: list[UnitRow], at: datetime) -> None:
    """The older half leaves, the rest waits in one that is still open."""
    half = max(1, len(units) // 2)
    for part, chosen in (("left", units[:half]), ("open", units[half:-3] if len(units) > half + 3 else [])):
        if not chosen:
            continue
        step = f"{kind}:{node}:{part}"
        if kind == "lot":
            item = OpenLot(f"demo-{step}", node, rng.choice(BUYERS))
            (number,) = _numbers(desk.must(open_lots, [item], at=at, step=None))
            chosen = [unit for unit in chosen if unit.owner == "us"]
        else:
            supplier = _supplier(node)
            if not supplier:
                return
            opened = desk.must(open_pallets, [OpenPallet(f"demo-{step}", node, supplier)], at=at, step=None)
            (number,) = _numbers(opened)
            chosen = shelf(node=node, stock_state="to_supplier", supplier=supplier, limit=len(chosen))
        if not chosen:
            return
        desk.must(load_units, [LoadUnit(number, unit.lpn) for unit in chosen], at=at, step=None)
        if part == "open":
            continue
        desk.must(close_loads, [CloseLoad(number)], at=at, step=None)
        if kind == "lot":
            price = sum(unit.cost_minor + unit.allowance_minor for unit in chosen) * rng.randint(28, 55) // 100
            desk.must(sell_lots, [SellLot(number, price, at)], at=at, step=None)
        ship = ShipLoad(number, "carrier-a", f"NW{rng.randint(10**8, 10**9)}", at)
        desk.must(ship_loads, [ship], at=at, step=None)


def _supplier(node: str) -> str:
    """The supplier to whom most units wait to go back from a node."""
    rows = [row for row in queries.waiting(states=["to_supplier"]) if row.node == node and row.supplier]
    return max(rows, key=lambda row: row.units).supplier if rows else ""


def _numbers(results: Any) -> list[str]:
    return [result.facts["number"] for result in results if isinstance(result, Done)]
