"""Receive units: what a scan at the dock brings into the books."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from counterflow.catalog.rules import gtin14
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event
from counterflow.ledger.chart import State
from counterflow.ledger.posting import Entry, Move, Place
from counterflow.logistics.commands.writing import Pending, milestone, place_of, write_counters
from counterflow.logistics.rules import Line, require_instant, require_text
from counterflow.receiving import events, rules_receipt
from counterflow.receiving.lookups_receipt import Dock, Node, Plate, SeenParcel, look_up, unit_facts
from counterflow.receiving.models import Origin, Unit
from counterflow.receiving.rules_receipt import OURS, PLACEHOLDER, Part, Product, Verdict
from counterflow.receiving.states import Unit as UnitState
from counterflow.returns.models import Allocation
from counterflow.returns.rules import require_quantity
from counterflow.returns.states import Reached
from counterflow.workqueue.cases import CaseDraft


@dataclass(frozen=True)
class ReceiveUnit:
    """One scan: goods of one SKU under a licence plate that nobody used before.

    What is known of them may be any of: SKU or GTIN, the parcel (tracking number, and carrier where two
    carriers use the same), the RMA and its line. `owner` is us, consignor, customer, unknown or
    supplier:CODE. `damage_code` is what the dock noticed from outside. `simulated` units are made by a rule.
    """

    lpn: str
    node: str
    sku: str = ""
    gtin: str = ""
    quantity: int = 1
    carrier: str = ""
    tracking: str = ""
    rma: str = ""
    rma_line: int = 0
    serial: str = ""
    lot: str = ""
    owner: str = OURS
    damage_code: str = ""
    happened_at: datetime | None = None
    simulated: bool = False


@dataclass
class _Plan:
    units: list[dict[str, Any]] = field(default_factory=list)
    origins: list[dict[str, Any]] = field(default_factory=list)
    allocations: list[dict[str, Any]] = field(default_factory=list)
    pending: Pending = field(default_factory=Pending)


@command(needs="receiving.receive")
def receive_units(ctx: Context, *, items: Sequence[ReceiveUnit]) -> Batch:
    """Receive each plate as what it is: expected, excess, wrong item, blind or unidentified.

    Expected goods come from where the books have them (in transit, lost, with the customer) at the value
    the ledger issued. All others come from unexplained without a value and open a case, so nothing that
    stands on the dock has to wait outside the books. Goods for an RMA that is not authorised are excess.

    Refuses what a second scan mends: `OverReceipt` where only a part is expected, `OwnerContradicted`,
    `SerialTakesOne`, `NodeNotFound`, `RmaLineNotFound`, `QuantityInvalid`, `TextInvalid`, `TimeInvalid`,
    `GtinMalformed`, `OwnerUnknown`, `IdentityReused`.
    """
    checked = [_check(item) for item in items]
    dock = look_up(ctx, [item for item in checked if isinstance(item, ReceiveUnit)])
    plan = _Plan()
    results: list[Done | Refused] = []
    for given, item in zip(items, checked, strict=True):
        try:
            if isinstance(item, DomainError):
                raise item
            results.append(_receive(ctx, item, given, dock, plan))
        except DomainError as error:
            results.append(Refused.of(str(given.lpn)[:120], error))
    db.insert(Unit, sorted(plan.units, key=lambda row: str(row["lpn"])))
    db.insert(Origin, plan.origins)
    db.insert(Allocation, plan.allocations)
    write_counters(dock.lines.values())
    plan.pending.write(ctx, outcome="found")
    return Batch(results)


def _check(item: ReceiveUnit) -> ReceiveUnit | DomainError:
    """The item with its values in normal form, or what is wrong with it."""
    try:
        for name in ("lpn", "node"):
            require_text(name, getattr(item, name))
        for name in ("sku", "gtin", "carrier", "tracking", "rma", "serial", "lot", "damage_code"):
            require_text(name, getattr(item, name), least=0)
        require_quantity(item.quantity)
        rules_receipt.require_owner(item.owner)
        at = None if item.happened_at is None else require_instant("happened_at", item.happened_at)
        return replace(item, gtin=gtin14(item.gtin) if item.gtin else "", happened_at=at)
    except DomainError as error:
        return error


def _receive(ctx: Context, item: ReceiveUnit, given: ReceiveUnit, dock: Dock, plan: _Plan) -> Done:
    digest = content_hash(given)
    used = dock.plates.get(item.lpn)
    if used is not None:
        if used.content_hash != digest:
            raise IdentityReused(what="licence plate", identity=item.lpn)
        return Done(item.lpn, used.facts, replayed=True)
    node = dock.nodes.get(item.node)
    if node is None:
        raise rules_receipt.NodeNotFound(node=item.node)
    parcel = dock.parcel(item.carrier, item.tracking) if item.tracking else None
    lines = dock.by_number.get(item.rma, []) if item.rma else dock.by_rma.get((parcel and parcel.rma_id) or 0, [])
    verdict = rules_receipt.judge(
        quantity=item.quantity,
        owner=item.owner,
        products=dock.products(item.sku, item.gtin),
        lines=lines,
        line_no=item.rma_line,
        parcel=parcel.id if parcel else None,
    )
    row = _unit(ctx, item, digest, node, parcel, lines, verdict, dock)
    parts = _parts(item, verdict, parcel)
    if verdict.owner == OURS:
        row["cost_minor"] = sum(part.cost for part in parts)
    _queue(ctx, row, verdict, parts, lines, min(item.happened_at or ctx.at, ctx.at), plan)
    if verdict.case:
        plan.pending.cases.append(_case(item, row, verdict, lines, parcel))
    _turn_up(parts, verdict.line, dock, plan.pending)
    line = verdict.line
    facts = unit_facts(row["id"], verdict.found, item.quantity, line.rma if line else "", line.line_no if line else 0)
    dock.plates[item.lpn] = Plate(digest, facts)
    return Done(item.lpn, facts)


def _parts(item: ReceiveUnit, verdict: Verdict, parcel: SeenParcel | None) -> list[Part]:
    if verdict.line is None:
        return [Part(State.UNEXPLAINED, None, item.quantity, 0)]
    return rules_receipt.draw(verdict.line, item.quantity, parcel.id if parcel else None)


def _unit(
    ctx: Context,
    item: ReceiveUnit,
    digest: bytes,
    node: Node,
    parcel: SeenParcel | None,
    lines: Sequence[Line],
    verdict: Verdict,
    dock: Dock,
) -> dict[str, Any]:
    line = verdict.line
    product = verdict.product or _placeholder(dock)
    basis = "nil" if line is None else line.basis
    return {
        "id": ctx.new_id(),
        "lpn": item.lpn,
        "content_hash": digest,
        "item_id": product.id,
        "quantity": item.quantity,
        "node_id": node.id,
        "entity_id": lines[0].entity if lines else node.entity,
        "owner": verdict.owner,
        "lot": item.lot,
        "serial": item.serial,
        "found": str(verdict.found),
        "state": str(UnitState.RECEIVED),
        "stock_state": str(State.RECEIVED),
        "cost_minor": 0,
        "allowance_minor": 0,
        "basis": basis if verdict.owner == OURS else "not_ours",
        "round": 0,
        "grade": "",
        "damage_code": item.damage_code,
        "disposition": "",
        "parcel_id": parcel.id if parcel else None,
        "rma_line_id": line.id if line else None,
        "shipment_line_id": line.issue.shipment_line if line and line.issue else None,
        "parent_id": None,
        "receive_entry_id": ctx.new_id(),
        "received_at": min(item.happened_at or ctx.at, ctx.at),
        "simulated": item.simulated or bool(lines and lines[0].simulated),
    }


def _placeholder(dock: Dock) -> Product:
    """The item that stands for goods nobody could name; made when the first of them arrives."""
    if found := dock.products(PLACEHOLDER, ""):
        return found[0]
    row = db.rows(
        "INSERT INTO catalog_item (sku, name, provisional) VALUES (%s, %s, true)"
        " ON CONFLICT (sku) DO UPDATE SET sku = EXCLUDED.sku RETURNING id",
        [PLACEHOLDER, "Unidentified goods"],
    )[0]
    product = Product(row.id, PLACEHOLDER, serial_tracked=False)
    dock.items["sku", PLACEHOLDER] = [product]
    return product


def _queue(
    ctx: Context,
    row: dict[str, Any],
    verdict: Verdict,
    parts: Sequence[Part],
    lines: Sequence[Line],
    happened: datetime,
    plan: _Plan,
) -> None:
    """Gather the rows, the entry and the event of one unit."""
    line, unit_id, quantity = verdict.line, row["id"], row["quantity"]
    target = Place(
        row["entity_id"], State.RECEIVED, row["item_id"], node=row["node_id"], owner=row["owner"], lot=row["lot"]
    )
    moves = [Move(_source(part, target), target, part.quantity, part.cost, subject=unit_id) for part in parts]
    plan.pending.entries.append(Entry(row["receive_entry_id"], target.entity, "receive", happened, moves))
    plan.units.append(row)
    plan.origins += [origin(ctx, unit_id, part) for part in parts]
    if line is not None:
        plan.allocations.append(allocation(ctx, unit_id, line, quantity))
        plan.pending.milestones.append(milestone(ctx, line, Reached.RECEIVED, quantity, happened, unit_id))
        lost = sum(part.quantity for part in parts if part.source is State.LOST)
        if lost:
            plan.pending.milestones.append(milestone(ctx, line, Reached.LOST, -lost, happened, unit_id))
    facts = {
        "found": row["found"],
        "quantity": quantity,
        "rma_id": lines[0].rma_id if lines else None,
        "rma_line_id": row["rma_line_id"],
        "node_id": row["node_id"],
    }
    plan.pending.events.append(Event(events.UNIT_RECEIVED, unit_id, happened, facts))


def _source(part: Part, target: Place) -> Place:
    if part.content is not None:
        return place_of(part.content, part.source)
    return Place(target.entity, part.source, target.item)


def origin(ctx: Context, unit_id: int, part: Part, sign: int = 1) -> dict[str, Any]:
    """The row that says where pieces of a unit came from, or (sign -1) that they did not."""
    return {
        "id": ctx.new_id(),
        "unit_id": unit_id,
        "source": str(part.source),
        "parcel_line_id": part.content.id if part.content else None,
        "quantity": sign * part.quantity,
        "cost_minor": sign * part.cost,
        "command_id": ctx.command_id,
    }


def allocation(ctx: Context, unit_id: int, line: Line, quantity: int) -> dict[str, Any]:
    """The row that says that a unit answers for pieces of an RMA line, or (negative) no longer does."""
    return {
        "id": ctx.new_id(),
        "unit_id": unit_id,
        "rma_line_id": line.id,
        "shipment_line_id": line.issue.shipment_line if line.issue else None,
        "quantity": quantity,
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
    }


def _case(
    item: ReceiveUnit, row: dict[str, Any], verdict: Verdict, lines: Sequence[Line], parcel: SeenParcel | None
) -> CaseDraft:
    named = {"lpn": item.lpn, "sku": item.sku, "gtin": item.gtin, "tracking": item.tracking, "rma": item.rma}
    facts = {name: value for name, value in named.items() if value}
    if lines:
        facts |= {"rma": lines[0].rma, "rma_state": lines[0].rma_state}
    return CaseDraft(
        kind=verdict.case,
        subject_kind="unit",
        subject_id=row["id"],
        dedupe_key=f"unit:{row['id']}:found",
        entity_id=row["entity_id"],
        facts={**facts, "found": row["found"], "quantity": item.quantity, "parcel_id": parcel.id if parcel else None},
    )


def _turn_up(parts: Sequence[Part], line: Line | None, dock: Dock, pending: Pending) -> None:
    """Goods that a carrier had lost are here: a claim may have to be withdrawn, a refund may be done."""
    for part in parts:
        if part.source is not State.LOST or part.content is None or line is None:
            continue
        parcel_id = part.content.parcel_id
        if not any(content.lost for content in dock.by_parcel[parcel_id]):
            pending.settled.append(f"parcel:{parcel_id}:lost")
        pending.cases.append(
            CaseDraft(
                kind="lost_then_found",
                subject_kind="parcel",
                subject_id=parcel_id,
                dedupe_key=f"parcel:{parcel_id}:found",
                entity_id=line.entity,
                money_at_risk_minor=line.invoiced(min(part.quantity, line.credited_qty)),
                currency=line.currency,
                facts={"tracking": part.content.tracking, "rma": line.rma, "pieces": part.quantity},
            )
        )
