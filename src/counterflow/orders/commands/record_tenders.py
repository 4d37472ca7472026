"""Record how orders that are known already were paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, NotFound
from counterflow.orders.models import Tender
from counterflow.orders.rules import TenderInvalid


class OrderNotFound(NotFound):
    """There is no order {order_id}."""


@dataclass(frozen=True)
class OrderTender:
    """A means of payment of an order; `seq` numbers the tenders of the order from 1."""

    order_id: int
    seq: int
    kind: str
    captured_minor: int
    reference: str = ""
    simulated: bool = False


@command(needs="orders.record")
def record_tenders(ctx: Context, *, items: Sequence[OrderTender]) -> Batch:
    """Record each tender; order and seq are its identity.

    Books of history tell no payments: a replay records simulated tenders for the orders it needs.
    Refuses `OrderNotFound`, `TenderInvalid`, `IdentityReused`. Three statements.
    """
    wanted = sorted({item.order_id for item in items})
    orders = {
        row.id: row.currency
        for row in db.rows("SELECT id, currency FROM orders_order WHERE id = ANY(%s) ORDER BY id", [wanted])
    }
    known: dict[tuple[int, int], Any] = {
        (row.order_id, row.seq): (row.id, (row.kind, row.captured_minor, row.reference, row.simulated))
        for row in db.rows(
            "SELECT id, order_id, seq, kind, captured_minor, reference, simulated FROM orders_tender "
            "WHERE order_id = ANY(%s) ORDER BY id",
            [wanted],
        )
    }
    fresh: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_record(ctx, item, orders, known, fresh))
        except DomainError as error:
            results.append(Refused.of(_identity(item), error))
    db.insert(Tender, fresh)
    return Batch(results)


def _identity(item: OrderTender) -> str:
    return f"{item.order_id}/{item.seq}"


def _record(
    ctx: Context,
    item: OrderTender,
    orders: dict[int, str],
    known: dict[tuple[int, int], Any],
    fresh: list[dict[str, Any]],
) -> Done:
    if item.order_id not in orders:
        raise OrderNotFound(order_id=item.order_id)
    if not item.kind or item.captured_minor < 0 or item.seq < 1:
        raise TenderInvalid(number=item.order_id)
    content = (item.kind, item.captured_minor, item.reference, item.simulated)
    key = (item.order_id, item.seq)
    if key in known:
        tender, before = known[key]
        if before != content:
            raise IdentityReused(what="tender", identity=_identity(item))
        return Done(_identity(item), {"id": tender}, replayed=True)
    tender = ctx.new_id()
    known[key] = (tender, content)
    fresh.append(
        {
            "id": tender,
            "order_id": item.order_id,
            "seq": item.seq,
            "kind": item.kind,
            "currency": orders[item.order_id],
            "captured_minor": item.captured_minor,
            "reference": item.reference,
            "simulated": item.simulated,
        }
    )
    return Done(_identity(item), {"id": tender})
