"""Split units: pieces get a licence plate of their own, because they will not share their fate."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.logistics.rules import require_text
from counterflow.receiving import events
from counterflow.receiving.lookups import UnitNow, lock_units, unit_of
from counterflow.receiving.models import Origin, Unit
from counterflow.receiving.states import UNIT
from counterflow.returns.models import Allocation


@dataclass(frozen=True)
class SplitUnit:
    """Pieces of a unit that go under a new licence plate."""

    lpn: str
    new_lpn: str
    quantity: int


class NotAPart(Refusal):
    """Unit {lpn} holds {quantity} pieces; 1 to {most} of them can be split off, not {asked}."""


@dataclass(frozen=True)
class _Share:
    """Pieces of a unit that answer for an RMA line."""

    rma_line_id: int
    shipment_line_id: int | None
    quantity: int


@dataclass(frozen=True)
class _Source:
    """Pieces of a unit that came from one place, with what they brought along."""

    source: str
    parcel_line_id: int | None
    quantity: int
    cost: int


@dataclass
class _Known:
    """The units, what their pieces answer for and came from, and under which content plates were made."""

    units: dict[str, UnitNow]
    shares: dict[int, list[_Share]] = field(default_factory=lambda: defaultdict(list))
    sources: dict[int, list[_Source]] = field(default_factory=lambda: defaultdict(list))
    made: dict[str, bytes] = field(default_factory=dict)


@dataclass
class _Plan:
    """The rows that one batch will write, gathered while its items are decided."""

    fresh: dict[str, tuple[UnitNow, bytes, int]] = field(default_factory=dict)
    touched: dict[int, UnitNow] = field(default_factory=dict)
    allocations: list[dict[str, Any]] = field(default_factory=list)
    origins: list[dict[str, Any]] = field(default_factory=list)


@command(needs="receiving.receive")
def split_units(ctx: Context, *, items: Sequence[SplitUnit]) -> Batch:
    """Put pieces of a received unit under a plate of their own, with their share of its value and allocation.

    The new plate is the identity. Nothing moves in the ledger: the pieces stay in the same place. Refuses
    `UnitNotFound`, `MoveNotAllowed` (not as received any more), `NotAPart`, `TextInvalid`, `IdentityReused`.
    SQL: two look-ups, then one write a table.
    """
    known = _look_up(ctx, items)
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_repeated(item, known) or _split(ctx, item, known, plan))
        except DomainError as error:
            results.append(Refused.of(item.new_lpn, error))
    # Written when all is decided: a part may have been split again meanwhile.
    db.insert(Unit, [_row(*plan.fresh[lpn]) for lpn in sorted(plan.fresh)])
    made = {part.id for part, _, _ in plan.fresh.values()}
    db.update(
        Unit,
        [
            {
                "id": unit.id,
                "quantity": unit.quantity,
                "cost_minor": unit.cost_minor,
                "allowance_minor": unit.allowance_minor,
            }
            for _, unit in sorted(plan.touched.items())
            if unit.id not in made
        ],
    )
    db.insert(Allocation, plan.allocations)
    db.insert(Origin, plan.origins)
    return Batch(results)


def _look_up(ctx: Context, items: Sequence[SplitUnit]) -> _Known:
    """Two statements: the units under lock, then all that their pieces carry."""
    known = _Known(lock_units(ctx, [lpn for item in items for lpn in (item.lpn, item.new_lpn)]))
    ids = [unit.id for unit in known.units.values()]
    for row in db.rows(_CARRIED, [ids, ids, ids]):
        if row.what == "plate":
            known.made[row.word] = bytes(row.content_hash)
        elif row.what == "share":
            known.shares[row.unit_id].append(_Share(row.first_id, row.second_id, row.quantity))
        else:
            known.sources[row.unit_id].append(_Source(row.word, row.second_id, row.quantity, row.cost))
    return known


_CARRIED = """
SELECT 'share' AS what, a.unit_id, a.rma_line_id AS first_id, a.shipment_line_id AS second_id, '' AS word,
       sum(a.quantity)::bigint AS quantity, 0::bigint AS cost, NULL::bytea AS content_hash, min(a.id) AS place
FROM returns_allocation a WHERE a.unit_id = ANY(%s::bigint[])
GROUP BY a.unit_id, a.rma_line_id, a.shipment_line_id HAVING sum(a.quantity) > 0
UNION ALL
SELECT 'source', o.unit_id, NULL, o.parcel_line_id, o.source, sum(o.quantity), sum(o.cost_minor)::bigint, NULL,
       min(o.id)
FROM receiving_origin o WHERE o.unit_id = ANY(%s::bigint[])
GROUP BY o.unit_id, o.source, o.parcel_line_id HAVING sum(o.quantity) > 0
UNION ALL
SELECT 'plate', u.id, NULL, NULL, u.lpn, 0, 0, u.content_hash, u.id FROM receiving_unit u
WHERE u.id = ANY(%s::bigint[])
ORDER BY place
"""


def _repeated(item: SplitUnit, known: _Known) -> Done | None:
    """What was answered to the same split before; a plate that is in use otherwise is refused."""
    if item.new_lpn not in known.made:
        return None
    if known.made[item.new_lpn] != content_hash(item):
        raise IdentityReused(what="unit", identity=item.new_lpn)
    return Done(item.new_lpn, {"unit_id": known.units[item.new_lpn].id, "quantity": item.quantity}, replayed=True)


def _split(ctx: Context, item: SplitUnit, known: _Known, plan: _Plan) -> Done:
    unit = unit_of(known.units, item.lpn)
    UNIT.move("split", unit.state)
    require_text("new_lpn", item.new_lpn)
    pieces = item.quantity
    if isinstance(pieces, bool) or not isinstance(pieces, int) or not 1 <= pieces < unit.quantity:
        raise NotAPart(lpn=unit.lpn, quantity=unit.quantity, most=unit.quantity - 1, asked=str(pieces)[:40])
    allowance = -(-unit.allowance_minor * pieces // unit.quantity)
    # A serial number names one piece and stays with the plate it was scanned under.
    part = replace(unit, id=ctx.new_id(), lpn=item.new_lpn, quantity=pieces, serial="", allowance_minor=allowance)
    part.cost_minor = _hand_over_sources(ctx, unit, part, known, plan)
    _hand_over_shares(ctx, unit, part, known, plan)
    unit.quantity -= pieces
    unit.cost_minor -= part.cost_minor
    unit.allowance_minor -= allowance
    known.units[part.lpn], known.made[part.lpn] = part, content_hash(item)
    plan.fresh[part.lpn] = (part, known.made[part.lpn], unit.id)
    plan.touched[unit.id] = unit
    facts = {"lpn": unit.lpn, "new_lpn": part.lpn, "new_unit_id": part.id, "quantity": pieces}
    emit(ctx, [Event(events.UNIT_SPLIT, unit.id, facts=facts)])
    return Done(part.lpn, {"unit_id": part.id, "quantity": pieces})


def _hand_over_sources(ctx: Context, unit: UnitNow, part: UnitNow, known: _Known, plan: _Plan) -> int:
    """Take pieces of the unit by where they came from, oldest first, with the cost they brought; that cost."""
    missing, cost, kept = part.quantity, 0, []
    for source in known.sources[unit.id]:
        taken = min(source.quantity, missing)
        value = source.cost * taken // source.quantity
        missing, cost = missing - taken, cost + value
        if source.quantity > taken:
            kept.append(replace(source, quantity=source.quantity - taken, cost=source.cost - value))
        if taken:
            gone = replace(source, quantity=taken, cost=value)
            known.sources[part.id].append(gone)
            plan.origins += [_origin(ctx, unit.id, gone, -1), _origin(ctx, part.id, gone, 1)]
    known.sources[unit.id] = kept
    return cost


def _hand_over_shares(ctx: Context, unit: UnitNow, part: UnitNow, known: _Known, plan: _Plan) -> None:
    """Take allocated pieces from the unit, oldest allocation first, and give them to the part."""
    missing, kept = part.quantity, []
    for share in known.shares[unit.id]:
        taken = min(share.quantity, missing)
        missing -= taken
        if share.quantity > taken:
            kept.append(replace(share, quantity=share.quantity - taken))
        if taken:
            known.shares[part.id].append(replace(share, quantity=taken))
            plan.allocations += [_allocation(ctx, unit.id, share, -taken), _allocation(ctx, part.id, share, taken)]
    known.shares[unit.id] = kept


_FROM_MASTER_DATA = {"node", "scope", "currency", "sku", "family", "brand", "supplier_id", "serial_tracked"}
_FROM_THE_SALE = {"reason_code", "invoiced_minor", "sold_currency", "fraud_score", "rma", "channel"}
_COPIED = [column.name for column in fields(UnitNow) if column.name not in _FROM_MASTER_DATA | _FROM_THE_SALE]


def _row(part: UnitNow, digest: bytes, parent_id: int) -> dict[str, Any]:
    copied = {name: getattr(part, name) for name in _COPIED}
    return {**copied, "content_hash": digest, "parent_id": parent_id}


def _origin(ctx: Context, unit_id: int, source: _Source, sign: int) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "unit_id": unit_id,
        "source": source.source,
        "parcel_line_id": source.parcel_line_id,
        "quantity": sign * source.quantity,
        "cost_minor": sign * source.cost,
        "command_id": ctx.command_id,
    }


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
