"""Load pieces: take pieces out of the pool into a lot, where they cannot be promised any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Refusal
from counterflow.ledger.chart import State
from counterflow.ledger.naming import SkuNotFound, require_quantity
from counterflow.ledger.overlays import lock_shelves
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.ledger.rules import take
from counterflow.recovery import rules
from counterflow.recovery.commands.load_units import LoadFull
from counterflow.recovery.lookups import LoadNow, lines_of, load_of, lock_loads
from counterflow.recovery.models import LoadLine
from counterflow.recovery.states import LOT, LoadKind


@dataclass(frozen=True)
class LoadPieces:
    """Pieces of a SKU that go into a lot; `ref` is their own reference in it, for ever."""

    load: str
    ref: str
    sku: str
    quantity: int

    @property
    def identity(self) -> str:
        """One line for each lot and reference, for ever."""
        return f"{self.load}:{self.ref}"


class PiecesOnPallet(Refusal):
    """{load} is a pallet; only units with a plate go back to a supplier."""


class NotEnoughFree(Refusal):
    """{wanted} pieces of {sku} were wanted for {load}, and {free} are free: neither held nor promised."""


def pools(load: LoadNow, item_id: int) -> tuple[Place, Place]:
    """Where pieces of an item are promised from, and where they lie while they wait in a lot."""
    shelf = Place(load.entity_id, State.AVAILABLE, item_id, load.node_id, bucket="pool")
    apart = Place(load.entity_id, State.SECONDARY, item_id, load.node_id, bucket="pool")
    return shelf, apart


@command(needs="recovery.load")
def load_pieces(ctx: Context, *, items: Sequence[LoadPieces]) -> Batch:
    """Move free pieces at the pool's average value from available to the secondary channel.

    Refuses `LoadNotFound`, `PiecesOnPallet`, `MoveNotAllowed`, `SkuNotFound`, `QuantityInvalid`, `NotEnoughFree`,
    `ReferenceMalformed`, `LoadFull`, `IdentityReused`. SQL: four look-ups, one write, one posting.
    """
    loads = lock_loads(ctx, (item.load for item in items))
    earlier = {
        (line.load_id, line.ref): (line.content_hash, line.id)
        for lines in lines_of(loads).values()
        for line in lines
        if line.ref
    }
    wanted = sorted({item.sku for item in items})
    skus = {r.sku: r.id for r in db.rows("SELECT sku, id FROM catalog_item WHERE sku = ANY(%s::text[])", [wanted])}
    places = [
        place
        for item in items
        if item.load in loads and item.sku in skus
        for place in pools(loads[item.load], skus[item.sku])
    ]
    shelves = lock_shelves(ctx, places)
    rows: list[dict[str, Any]] = []
    entries: list[Entry] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            load, digest = load_of(loads, item.load), content_hash(item)
            if (before := earlier.get((load.id, item.ref))) is not None:
                if before[0] != digest:
                    raise IdentityReused(what="pieces of lot", identity=item.identity)
                results.append(Done(item.identity, {"line_id": before[1]}, replayed=True))
                continue
            row = _row(ctx, item, load, skus, digest)
            shelf, apart = pools(load, row["item_id"])
            if item.quantity > shelves[shelf].free:
                raise NotEnoughFree(wanted=item.quantity, sku=item.sku, load=load.number, free=shelves[shelf].free)
            cost, allowance, shelves[shelf].pool = take(shelves[shelf].pool, item.quantity)
            move = Move(shelf, apart, item.quantity, cost, allowance, row["id"])
            entries.append(Entry(ctx.new_id(), load.entity_id, "set_aside", ctx.at, [move]))
            load.lines += 1
            earlier[load.id, item.ref] = (digest, row["id"])
            rows.append(row)
            results.append(Done(item.identity, {"line_id": row["id"]}))
        except DomainError as error:
            results.append(Refused.of(item.identity[:160], error))
    db.insert(LoadLine, rows)
    post(ctx, entries)
    return Batch(results)


def _row(ctx: Context, item: LoadPieces, load: LoadNow, skus: dict[str, int], digest: bytes) -> dict[str, Any]:
    rules.require_ref("Pieces of a lot", item.ref)
    require_quantity(item.quantity)
    if load.kind != LoadKind.LOT:
        raise PiecesOnPallet(load=load.number)
    LOT.move("load", load.state)
    if item.sku not in skus:
        raise SkuNotFound(sku=item.sku[:80])
    if load.lines >= rules.LINES_MAX:
        raise LoadFull(load=load.number, most=rules.LINES_MAX)
    return {
        "id": ctx.new_id(),
        "load_id": load.id,
        "unit_id": None,
        "ref": item.ref,
        "content_hash": digest,
        "item_id": skus[item.sku],
        "quantity": item.quantity,
        "loaded_at": ctx.at,
        "command_id": ctx.command_id,
    }
