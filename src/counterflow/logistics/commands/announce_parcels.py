"""Announce parcels: which pieces of an RMA a label or a customer says will come in which parcel."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, NotFound, Refusal
from counterflow.kernel.events import Event
from counterflow.logistics import events, rules
from counterflow.logistics.commands.writing import Pending, move_steps, write_counters
from counterflow.logistics.lookups import Key, Tracked, hold_names, lock_lines, lock_parcels, parcel_name
from counterflow.logistics.models import Parcel
from counterflow.logistics.rules import Content, Line
from counterflow.logistics.states import HANDS
from counterflow.logistics.states import Parcel as State
from counterflow.returns.rules import require_quantity


@dataclass(frozen=True)
class AnnounceParcel:
    """One parcel of an RMA, known by carrier and tracking number for ever.

    `lines` are (number of the RMA line, pieces); none means all that the customer still has to send. `node`
    is the code of the place it goes to, empty where nobody knows yet.
    """

    carrier: str
    tracking: str
    rma: str
    lines: Sequence[tuple[int, int]] = ()
    node: str = ""


class RmaNotFound(NotFound):
    """There is no RMA {rma}."""


class RmaLineNotFound(NotFound):
    """{rma} has no line {line_no}."""


class NodeNotFound(NotFound):
    """There is no node {node}."""


class NotAuthorised(Refusal):
    """{rma} is {state}; only pieces of an authorised return can be announced."""


class NothingToSend(Refusal):
    """Nothing of {rma} is left with the customer to be sent."""


class TooManyAnnounced(Refusal):
    """{quantity} pieces of line {line_no} of {rma} were announced, and {left} are left with the customer."""


@dataclass
class _Plan:
    fresh: list[dict[str, Any]] = field(default_factory=list)
    adopted: list[dict[str, Any]] = field(default_factory=list)
    pending: Pending = field(default_factory=Pending)


@dataclass
class _Known:
    parcels: dict[Key, Tracked]
    rmas: dict[str, list[Line]]
    nodes: dict[str, int]


@command(needs="logistics.plan")
def announce_parcels(ctx: Context, *, items: Sequence[AnnounceParcel]) -> Batch:
    """Say what each parcel will hold. A parcel that a carrier reported before is taken up with what it reported.

    Announcing moves nothing, so a second label for the same pieces does no harm: the first parcel that a
    carrier takes over has them. Refuses: `TextInvalid`, `QuantityInvalid`, `RmaNotFound`,
    `RmaLineNotFound`, `NodeNotFound`, `NotAuthorised`, `NothingToSend`, `TooManyAnnounced`,
    `IdentityReused`.
    """
    checked = [_check(item) for item in items]
    sound = [i for i in checked if isinstance(i, AnnounceParcel)]
    keys = sorted({(i.carrier, i.tracking) for i in sound})
    hold_names(ctx, map(parcel_name, keys))
    lines = lock_lines(ctx, rmas=[i.rma for i in sound])
    nodes = db.rows("SELECT code, id FROM facilities_node WHERE code = ANY(%s)", [sorted({i.node for i in sound})])
    known = _Known(lock_parcels(ctx, keys, lines), {}, {row.code: row.id for row in nodes})
    for line in lines.values():
        known.rmas.setdefault(line.rma, []).append(line)
    plan = _Plan()
    results: list[Done | Refused] = []
    for given, item in zip(items, checked, strict=True):
        try:
            if isinstance(item, DomainError):
                raise item
            results.append(_announce(ctx, item, known, plan))
        except DomainError as error:
            results.append(Refused.of(str(given.tracking)[: rules.TEXT_MAX], error))
    db.insert(Parcel, sorted(plan.fresh, key=lambda row: (row["tracking"], row["carrier"])))
    db.update(Parcel, sorted(plan.adopted, key=lambda row: int(row["id"])))
    write_counters(lines.values())
    plan.pending.write(ctx, outcome="announced")
    return Batch(results)


def _check(item: AnnounceParcel) -> AnnounceParcel | DomainError:
    try:
        rules.require_text("carrier", item.carrier)
        rules.require_text("tracking", item.tracking)
        rules.require_text("rma", item.rma)
        rules.require_text("node", item.node, least=0)
        for _, quantity in item.lines:
            require_quantity(quantity)
    except DomainError as error:
        return error
    return item


def _announce(ctx: Context, item: AnnounceParcel, known: _Known, plan: _Plan) -> Done:
    key, digest = (item.carrier, item.tracking), content_hash(item)
    parcel = known.parcels.get(key)
    if parcel is not None and parcel.content_hash:
        if parcel.content_hash != digest:
            raise IdentityReused(what="parcel", identity=f"{item.carrier} {item.tracking}")
        return Done(item.tracking, {"parcel_id": parcel.id, "rma": parcel.rma}, replayed=True)
    if item.node and item.node not in known.nodes:
        raise NodeNotFound(node=item.node)
    wanted = _wanted(item, known.rmas.get(item.rma, []))
    line = wanted[0][0]
    row = {
        "rma_id": line.rma_id,
        "node_id": known.nodes.get(item.node),
        "entity_id": line.entity,
        "content_hash": digest,
    }
    if parcel is None:
        parcel = Tracked(ctx.new_id(), *key, line.rma_id, line.rma, line.entity, State.ANNOUNCED, digest)
        known.parcels[key] = parcel
        names = {"id": parcel.id, "carrier": item.carrier, "tracking": item.tracking}
        plan.fresh.append({**names, **row, "state": str(parcel.state), "announced_at": ctx.at})
    else:
        parcel.rma_id, parcel.rma, parcel.entity, parcel.content_hash = line.rma_id, line.rma, line.entity, digest
        plan.adopted.append({"id": parcel.id, **row})
        plan.pending.settled.append(f"parcel:{parcel.id}:unidentified")
    for of, quantity in wanted:
        content = Content(ctx.new_id(), parcel.id, *key, of, quantity, fresh=True)
        of.contents.append(content)
        parcel.contents.append(content)
    happened = min(parcel.latest.at, ctx.at) if parcel.latest else ctx.at
    move_steps(ctx, plan.pending, rules.carry(parcel.contents, HANDS[parcel.state]), happened, parcel.id)
    facts = {"rma": line.rma, "rma_id": line.rma_id, "state": str(parcel.state)}
    plan.pending.events.append(Event(events.PARCEL_ANNOUNCED, parcel.id, facts=facts))
    return Done(item.tracking, {"parcel_id": parcel.id, "rma": line.rma})


def _wanted(item: AnnounceParcel, lines: Sequence[Line]) -> list[tuple[Line, int]]:
    """The lines and pieces that a parcel will hold; raises what it is refused for."""
    if not lines:
        raise RmaNotFound(rma=item.rma)
    if not lines[0].permitted:
        raise NotAuthorised(rma=item.rma, state=lines[0].rma_state)
    if not item.lines:
        found = [(line, line.with_customer) for line in lines if line.with_customer and not line.returnless]
        if not found:
            raise NothingToSend(rma=item.rma)
        return found
    numbered = {line.line_no: line for line in lines}
    asked: dict[int, int] = {}
    for line_no, quantity in item.lines:
        if line_no not in numbered:
            raise RmaLineNotFound(rma=item.rma, line_no=line_no)
        asked[line_no] = asked.get(line_no, 0) + quantity
    for line_no, quantity in asked.items():
        left = numbered[line_no].with_customer
        if quantity > left:
            raise TooManyAnnounced(rma=item.rma, line_no=line_no, quantity=quantity, left=left)
    return [(numbered[line_no], quantity) for line_no, quantity in sorted(asked.items())]
