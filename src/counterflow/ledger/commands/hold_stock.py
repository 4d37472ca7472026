"""Lay holds over stock: a recall, a quarantine rule, a dispute. Nothing moves; nobody may use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.ledger import events
from counterflow.ledger.naming import Names, look_up, require_quantity
from counterflow.ledger.overlays import Overlay, Shelf, lay, lock_shelves
from counterflow.ledger.posting import OURS, Place


class ReferenceMissing(Invalid):
    """A hold or reservation needs a reference by which it is lifted again."""


class ReasonMissing(Invalid):
    """A hold needs a reason."""


class NotEnoughToHold(Refusal):
    """{wanted} pieces of {sku} were to be held at {node} and {left} are there under no other hold."""


@dataclass(frozen=True)
class HoldStock:
    """Pieces to hold in one place. `reference` (a recall's number, say) lifts all its holds together."""

    reference: str
    node: str
    sku: str
    quantity: int
    reason: str
    state: str = "available"
    lot: str = ""
    bucket: str = "pool"
    owner: str = OURS

    @property
    def identity(self) -> str:
        """One hold for each reference and place, for ever."""
        return ":".join((self.reference, self.node, self.sku, self.state, self.lot, self.bucket, self.owner))


@command(needs="ledger.hold")
def hold_stock(ctx: Context, *, items: Sequence[HoldStock]) -> Batch:
    """Hold pieces where they are, promised ones included.

    Refuses `ReferenceMissing`, `ReasonMissing`, `NodeNotFound`, `SkuNotFound`, `StateUnknown`,
    `QuantityInvalid`, `NotEnoughToHold`, `IdentityReused`. Four statements.
    """
    names = look_up((item.node for item in items), (item.sku for item in items))
    places = [_place(item, names) for item in items]
    shelves = lock_shelves(ctx, [place for place in places if isinstance(place, Place)])
    earlier = _earlier(shelves, items)
    overlays: list[Overlay] = []
    results: list[Done | Refused] = []
    for item, place in zip(items, places, strict=True):
        try:
            if isinstance(place, DomainError):
                raise place
            results.append(_hold(ctx, item, shelves[place], earlier, overlays))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    lay(ctx, "hold", overlays)
    return Batch(results)


def _place(item: HoldStock, names: Names) -> Place | DomainError:
    try:
        if not item.reference:
            raise ReferenceMissing()
        if not item.reason:
            raise ReasonMissing()
        require_quantity(item.quantity)
        return names.place(item.node, item.sku, item.state, lot=item.lot, bucket=item.bucket, owner=item.owner)
    except DomainError as error:
        return error


def _earlier(shelves: Mapping[Place, Shelf], items: Sequence[HoldStock]) -> dict[tuple[str, int], Any]:
    """Holds that these references laid before, lifted ones included."""
    found = db.rows(
        "SELECT id, reference, account_id, quantity, reason FROM ledger_hold"
        " WHERE reference = ANY(%s::text[]) AND account_id = ANY(%s::bigint[])",
        [sorted({item.reference for item in items}), sorted({shelf.account for shelf in shelves.values()})],
    )
    return {(row.reference, row.account_id): (row.id, row.quantity, row.reason) for row in found}


def _hold(
    ctx: Context, item: HoldStock, shelf: Shelf, earlier: dict[tuple[str, int], Any], overlays: list[Overlay]
) -> Done:
    before = earlier.get((item.reference, shelf.account))
    if before is not None:
        if before[1:] != (item.quantity, item.reason):
            raise IdentityReused(what="hold", identity=item.identity)
        return Done(item.identity, {"hold_id": before[0]}, replayed=True)
    if item.quantity > shelf.unheld:
        raise NotEnoughToHold(wanted=item.quantity, left=shelf.unheld, sku=item.sku, node=item.node)
    overlay = Overlay(ctx.new_id(), shelf.account, item.quantity, item.reference, item.reason)
    overlays.append(overlay)
    shelf.held += item.quantity
    earlier[item.reference, shelf.account] = (overlay.id, item.quantity, item.reason)
    facts = {"reference": item.reference, "account_id": shelf.account, "quantity": item.quantity}
    emit(ctx, [Event(events.STOCK_HELD, overlay.id, facts=facts)])
    return Done(item.identity, {"hold_id": overlay.id})
