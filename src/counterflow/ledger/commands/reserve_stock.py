"""Promise sellable stock to somebody, before it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Refusal
from counterflow.ledger.chart import State
from counterflow.ledger.commands.hold_stock import ReferenceMissing
from counterflow.ledger.naming import Names, look_up, require_quantity
from counterflow.ledger.overlays import Overlay, Shelf, lay, lock_shelves
from counterflow.ledger.posting import Place


class NotEnoughFree(Refusal):
    """{wanted} pieces of {sku} were asked for at {node} and {left} are free."""


@dataclass(frozen=True)
class ReserveStock:
    """Pieces of a SKU to keep for somebody. `reference` is the asker's own, unique for ever."""

    reference: str
    node: str
    sku: str
    quantity: int
    lot: str = ""


@command(needs="ledger.reserve")
def reserve_stock(ctx: Context, *, items: Sequence[ReserveStock]) -> Batch:
    """Reserve available pieces; what is held or promised already is not free.

    Refuses `ReferenceMissing`, `NodeNotFound`, `SkuNotFound`, `QuantityInvalid`, `NotEnoughFree`,
    `IdentityReused`. Four statements.
    """
    names = look_up((item.node for item in items), (item.sku for item in items))
    places = [_place(item, names) for item in items]
    shelves = lock_shelves(ctx, [place for place in places if isinstance(place, Place)])
    earlier = {
        row.reference: (row.id, row.account_id, row.quantity)
        for row in db.rows(
            "SELECT id, reference, account_id, quantity FROM ledger_reservation WHERE reference = ANY(%s::text[])",
            [sorted({item.reference for item in items})],
        )
    }
    overlays: list[Overlay] = []
    results: list[Done | Refused] = []
    for item, place in zip(items, places, strict=True):
        try:
            if isinstance(place, DomainError):
                raise place
            results.append(_reserve(ctx, item, shelves[place], earlier, overlays))
        except DomainError as error:
            results.append(Refused.of(item.reference, error))
    lay(ctx, "reservation", overlays)
    return Batch(results)


def _place(item: ReserveStock, names: Names) -> Place | DomainError:
    try:
        if not item.reference:
            raise ReferenceMissing()
        require_quantity(item.quantity)
        return names.place(item.node, item.sku, State.AVAILABLE, lot=item.lot)
    except DomainError as error:
        return error


def _reserve(ctx: Context, item: ReserveStock, shelf: Shelf, earlier: dict[str, Any], overlays: list[Overlay]) -> Done:
    before = earlier.get(item.reference)
    if before is not None:
        if before[1:] != (shelf.account, item.quantity):
            raise IdentityReused(what="reservation", identity=item.reference)
        return Done(item.reference, {"reservation_id": before[0]}, replayed=True)
    if item.quantity > shelf.free:
        raise NotEnoughFree(wanted=item.quantity, left=shelf.free, sku=item.sku, node=item.node)
    overlay = Overlay(ctx.new_id(), shelf.account, item.quantity, item.reference)
    overlays.append(overlay)
    shelf.reserved += item.quantity
    earlier[item.reference] = (overlay.id, shelf.account, item.quantity)
    return Done(item.reference, {"reservation_id": overlay.id})
