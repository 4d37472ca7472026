"""Split units: pieces get a licence plate of their own, because they will not share their fate."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.receiving import events
from counterflow.receiving.lookups import UnitNow, lock_units, unit_of
from counterflow.receiving.models import Unit
from counterflow.receiving.states import UNIT
from counterflow.returns.models import Allocation


@dataclass(frozen=True)
class SplitUnit:
    """Pieces of a unit that go under a new licence plate."""

    lpn: str
    new_lpn: str
    quantity: int


class LpnMissing(Invalid):
    """The pieces that are split off need a licence plate of 1 to 80 characters."""


class NotAPart(Refusal):
    """Unit {lpn} holds {quantity} pieces; 1 to {most} of them can be split off, not {asked}."""


@dataclass(frozen=True)
class _Share:
    """Pieces of a unit that answer for an RMA line."""

    rma_line_id: int
    shipment_line_id: int | None
    quantity: int


@dataclass
class _Plan:
    """The rows that one batch will write, gathered while its items are decided."""

    fresh: dict[str, dict[str, Any]] = field(default_factory=dict)
    touched: dict[int, UnitNow] = field(default_factory=dict)
    allocations: list[dict[str, Any]] = field(default_factory=list)


@command(needs="receiving.receive")
def split_units(ctx: Context, *, items: Sequence[SplitUnit]) -> Batch:
    """Put pieces of a received unit under a plate of their own, with their share of its value and allocation.

    The new plate is the identity. Nothing moves in the ledger: the pieces stay in the same place. Refuses
    `UnitNotFound`, `MoveNotAllowed` (not as received any more), `NotAPart`, `LpnMissing`, `IdentityReused`.
    """
    units = lock_units(ctx, [lpn for item in items for lpn in (item.lpn, item.new_lpn)])
    shares, made = _look_up(units)
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_repeated(item, units, made) or _split(ctx, item, units, shares, made, plan))
        except DomainError as error:
            results.append(Refused.of(item.new_lpn, error))
    db.insert(Unit, [plan.fresh[lpn] for lpn in sorted(plan.fresh)])
    held = [u for _, u in sorted(plan.touched.items())]
    db.update(
        Unit,
        [
            {
                "id": unit.id,
                "quantity": unit.quantity,
                "cost_minor": unit.cost_minor,
                "allowance_minor": unit.allowance_minor,
            }
            for unit in held
        ],
    )
    db.insert(Allocation, plan.allocations)
    return Batch(results)


def _look_up(units: dict[str, UnitNow]) -> tuple[dict[int, list[_Share]], dict[str, bytes]]:
    """What the units answer for, and the content under which existing plates were made; one statement."""
    ids = [unit.id for unit in units.values()]
    shares: dict[int, list[_Share]] = defaultdict(list)
    made: dict[str, bytes] = {}
    for row in db.rows(_KNOWN, [ids, ids]):
        if row.lpn is None:
            shares[row.unit_id].append(_Share(row.rma_line_id, row.shipment_line_id, row.quantity))
        else:
            made[row.lpn] = bytes(row.content_hash)
    return shares, made


_KNOWN = """
SELECT a.unit_id, a.rma_line_id, a.shipment_line_id, sum(a.quantity) AS quantity, NULL AS lpn, NULL AS content_hash,
       min(a.id) AS first
FROM returns_allocation a WHERE a.unit_id = ANY(%s::bigint[]) GROUP BY 1, 2, 3 HAVING sum(a.quantity) > 0
UNION ALL
SELECT u.id, NULL, NULL, NULL, u.lpn, u.content_hash, u.id FROM receiving_unit u WHERE u.id = ANY(%s::bigint[])
ORDER BY first
"""


def _repeated(item: SplitUnit, units: dict[str, UnitNow], made: dict[str, bytes]) -> Done | None:
    """What was answered to the same split before; a plate that is in use otherwise is refused."""
    if item.new_lpn not in made:
        return None
    if made[item.new_lpn] != content_hash(item):
        raise IdentityReused(what="unit", identity=item.new_lpn)
    return Done(item.new_lpn, {"unit_id": units[item.new_lpn].id, "quantity": item.quantity}, replayed=True)


def _split(
    ctx: Context,
    item: SplitUnit,
    units: dict[str, UnitNow],
    shares: dict[int, list[_Share]],
    made: dict[str, bytes],
    plan: _Plan,
) -> Done:
    unit = unit_of(units, item.lpn)
    UNIT.move("split", unit.state)
    if not 1 <= len(item.new_lpn) <= 80:
        raise LpnMissing()
    pieces = item.quantity
    if isinstance(pieces, bool) or not isinstance(pieces, int) or not 1 <= pieces < unit.quantity:
        raise NotAPart(lpn=unit.lpn, quantity=unit.quantity, most=unit.quantity - 1, asked=str(pieces)[:40])
    cost = unit.cost_minor * pieces // unit.quantity
    allowance = -(-unit.allowance_minor * pieces // unit.quantity)
    part_id = ctx.new_id()
    # A serial number names one piece and stays with the plate it was scanned under.
    part = replace(
        unit, id=part_id, lpn=item.new_lpn, quantity=pieces, serial="", cost_minor=cost, allowance_minor=allowance
    )
    unit.quantity -= pieces
    unit.cost_minor -= cost
    unit.allowance_minor -= allowance
    units[item.new_lpn], made[item.new_lpn] = part, content_hash(item)
    plan.fresh[item.new_lpn] = _row(part, made[item.new_lpn], parent_id=unit.id)
    for changed in (unit, part):
        plan.touched[changed.id] = changed
    _hand_over_shares(ctx, unit, part, shares, plan)
    facts = {"lpn": unit.lpn, "new_lpn": part.lpn, "new_unit_id": part_id, "quantity": pieces}
    emit(ctx, [Event(events.UNIT_SPLIT, unit.id, facts=facts)])
    return Done(item.new_lpn, {"unit_id": part_id, "quantity": pieces})


_FROM_MASTER_DATA = {"node", "scope", "currency", "sku", "family", "brand", "supplier_id"}
_COPIED = [column.name for column in fields(UnitNow) if column.name not in _FROM_MASTER_DATA]


def _row(part: UnitNow, digest: bytes, *, parent_id: int) -> dict[str, Any]:
    copied = {name: getattr(part, name) for name in _COPIED}
    return {**copied, "content_hash": digest, "parent_id": parent_id}


def _hand_over_shares(ctx: Context, unit: UnitNow, part: UnitNow, shares: dict[int, list[_Share]], plan: _Plan) -> None:
    """Take allocated pieces from the unit, oldest allocation first, and give them to the part."""
    missing, kept = part.quantity, []
    for share in shares.get(unit.id, []):
        taken = min(share.quantity, missing)
        missing -= taken
        if share.quantity > taken:
            kept.append(_Share(share.rma_line_id, share.shipment_line_id, share.quantity - taken))
        if taken:
            shares[part.id].append(_Share(share.rma_line_id, share.shipment_line_id, taken))
            plan.allocations += [_allocation(ctx, unit.id, share, -taken), _allocation(ctx, part.id, share, taken)]
    shares[unit.id] = kept


def _allocation(ctx: Context, unit_id: int, share: _Share, quantity: int) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "unit_id": unit_id,
        "rma_line_id": share.rma_line_id,
        "shipment_line_id": share.shipment_line_id,
        "quantity": quantity,
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
    }
