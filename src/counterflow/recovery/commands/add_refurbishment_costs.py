"""Add parts and labour to refurbishment orders: into the unit's value, or to expense."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.ledger.chart import GL, State
from counterflow.ledger.naming import require_quantity
from counterflow.ledger.posting import Entry, Money, Move, post
from counterflow.receiving.lookups import UnitNow, lock_units
from counterflow.receiving.models import Unit
from counterflow.receiving.rules import instant, require_code
from counterflow.recovery import rules
from counterflow.recovery.lookups import OrderNow, lock_orders, order_of, outside
from counterflow.recovery.models import Refurbishment, RefurbishmentCost
from counterflow.recovery.states import ORDER


@dataclass(frozen=True)
class AddRefurbishmentCost:
    """What work on an order took: a part, labour or a service, in minor units of the entity's currency.

    `ref` is the cost's own reference on the order, for ever; `what` a code of what it was; `quantity` pieces or
    minutes. A cost that does not make the goods worth more is not capitalised.
    """

    order: str
    ref: str
    kind: str
    what: str
    amount_minor: int
    quantity: int = 1
    capitalise: bool = True
    happened_at: datetime | None = None

    @property
    def identity(self) -> str:
        """One cost for each order and reference, for ever."""
        return f"{self.order}:{self.ref}"


@command(needs="receiving.refurbish")
def add_refurbishment_costs(ctx: Context, *, items: Sequence[AddRefurbishmentCost]) -> Batch:
    """Put each cost into the value of the order's unit, or expense it; the other side is the clearing account.

    Refuses `OrderNotFound`, `MoveNotAllowed`, `WordUnknown`, `CodeMalformed`, `AmountInvalid`, `QuantityInvalid`,
    `ReferenceMalformed`, `TimeInvalid`, `IdentityReused`. SQL: three look-ups, then one write a table.
    """
    orders = lock_orders(ctx, (item.order for item in items))
    units = {unit.id: unit for unit in lock_units(ctx, (order.lpn for order in orders.values())).values()}
    found = db.rows(
        "SELECT refurbishment_id, ref, content_hash, id FROM recovery_refurbishmentcost"
        " WHERE refurbishment_id = ANY(%s::bigint[])",
        [sorted(order.id for order in orders.values())],
    )
    earlier = {(row.refurbishment_id, row.ref): (bytes(row.content_hash), row.id) for row in found}
    rows: list[dict[str, Any]] = []
    entries: list[Entry] = []
    results: list[Done | Refused] = []
    touched: dict[int, OrderNow] = {}
    for item in items:
        try:
            order = order_of(orders, item.order)
            before = earlier.get((order.id, item.ref))
            if before is not None:
                if before[0] != content_hash(item):
                    raise IdentityReused(what="refurbishment cost", identity=item.identity)
                results.append(Done(item.identity, {"cost_id": before[1]}, replayed=True))
                continue
            row, entry = _add(ctx, item, order, units[order.unit_id])
            earlier[order.id, item.ref] = (row["content_hash"], row["id"])
            rows.append(row)
            entries.append(entry)
            touched[order.id] = order
            results.append(Done(item.identity, {"cost_id": row["id"]}))
        except DomainError as error:
            results.append(Refused.of(item.identity[:120], error))
    names = ("id", "capitalised_minor", "expensed_minor")
    db.update(Refurbishment, [{name: getattr(o, name) for name in names} for _, o in sorted(touched.items())])
    worked_on = sorted({order.unit_id for order in touched.values()})
    db.update(Unit, [{"id": unit_id, "cost_minor": units[unit_id].cost_minor} for unit_id in worked_on])
    db.insert(RefurbishmentCost, rows)
    post(ctx, entries)
    return Batch(results)


def _add(ctx: Context, item: AddRefurbishmentCost, order: OrderNow, unit: UnitNow) -> tuple[dict[str, Any], Entry]:
    happened = instant(item.happened_at, ctx.at)
    entry_id = ctx.new_id()
    row = {
        "id": ctx.new_id(),
        "refurbishment_id": order.id,
        "ref": rules.require_ref("A cost", item.ref),
        "content_hash": content_hash(item),
        "kind": rules.require_word("kind of cost", item.kind, rules.COST_KINDS),
        "what": require_code(item.what),
        "quantity": require_quantity(item.quantity),
        "amount_minor": rules.require_amount("A cost", item.amount_minor, least=1),
        "capitalised": item.capitalise,
        "happened_at": happened,
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
        "entry_id": entry_id,
    }
    ORDER.move("cost", order.state)
    amount = item.amount_minor
    legs: list[Money] = []
    moves: list[Move] = []
    if item.capitalise:
        order.capitalised_minor += amount
        unit.cost_minor += amount
        moves = [Move(outside(unit.place, State.TRANSFORMATION), unit.place, 0, amount, subject=unit.id)]
    else:
        order.expensed_minor += amount
        legs = [
            Money(unit.entity_id, GL.REFURBISHMENT_EXPENSE, amount, order.id),
            Money(unit.entity_id, GL.REFURBISHMENT_COSTS, -amount, order.id),
        ]
    return row, Entry(entry_id, unit.entity_id, "refurbishment_cost", happened, moves, legs)
