"""What opening a lot and opening a pallet have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from counterflow.facilities.queries import NodeMissing
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.recovery import events, rules
from counterflow.recovery.models import Load
from counterflow.recovery.states import Load as LoadState
from counterflow.recovery.states import LoadKind


@dataclass(frozen=True)
class NodeFound:
    """A node, with the entity and the currency of its books."""

    id: int
    entity_id: int
    currency: str


@dataclass(frozen=True)
class Opening:
    """What a lot or a pallet has of its own."""

    buyer: str = ""
    currency: str = ""
    supplier_id: int | None = None
    sscc: str = ""


class _Asked(Protocol):
    @property
    def request_ref(self) -> str: ...
    @property
    def node(self) -> str: ...


T = TypeVar("T", bound=_Asked)
PREFIXES = {LoadKind.LOT: "LOT", LoadKind.PALLET: "PAL"}
_NODES = """
SELECT n.code, n.id, n.entity_id, e.currency FROM facilities_node n JOIN ledger_entity e ON e.id = n.entity_id
WHERE n.code = ANY(%s::text[])
"""
_EARLIER = "SELECT request_ref, content_hash, number, id FROM recovery_load WHERE kind = %s AND request_ref = ANY(%s)"


def open_loads(ctx: Context, kind: LoadKind, items: Sequence[T], describe: Callable[[T, NodeFound], Opening]) -> Batch:
    """Open loads of a kind; `describe` says what each has of its own, or raises why it may not be opened."""
    nodes = {
        row.code: NodeFound(row.id, row.entity_id, row.currency)
        for row in db.rows(_NODES, [sorted({item.node for item in items})])
    }
    found = db.rows(_EARLIER, [str(kind), sorted({item.request_ref for item in items})])
    earlier = {row.request_ref: (bytes(row.content_hash), row.number, row.id) for row in found}
    fresh: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_open(ctx, kind, item, nodes, describe, earlier, fresh))
        except DomainError as error:
            results.append(Refused.of(item.request_ref[:120], error))
    db.insert(Load, fresh)
    return Batch(results)


def _open(
    ctx: Context,
    kind: LoadKind,
    item: T,
    nodes: dict[str, NodeFound],
    describe: Callable[[T, NodeFound], Opening],
    earlier: dict[str, tuple[bytes, str, int]],
    fresh: list[dict[str, Any]],
) -> Done:
    rules.require_ref(f"A {kind}", item.request_ref)
    digest = content_hash(item)
    if (before := earlier.get(item.request_ref)) is not None:
        if before[0] != digest:
            raise IdentityReused(what=str(kind), identity=item.request_ref)
        return Done(item.request_ref, {"number": before[1], "load_id": before[2]}, replayed=True)
    if item.node not in nodes:
        raise NodeMissing(code=item.node[:80])
    node = nodes[item.node]
    own = describe(item, node)
    load_id = ctx.new_id()
    number = f"{PREFIXES[kind]}-{load_id}"
    fresh.append(
        {
            "id": load_id,
            "kind": str(kind),
            "number": number,
            "request_ref": item.request_ref,
            "content_hash": digest,
            "node_id": node.id,
            "entity_id": node.entity_id,
            "state": str(LoadState.OPEN),
            "buyer": own.buyer,
            "currency": own.currency,
            "supplier_id": own.supplier_id,
            "sscc": own.sscc,
            "opened_at": ctx.at,
            "command_id": ctx.command_id,
        }
    )
    earlier[item.request_ref] = (digest, number, load_id)
    emit(ctx, [Event(events.LOAD_OPENED, load_id, facts={"number": number, "kind": str(kind)})])
    return Done(item.request_ref, {"number": number, "load_id": load_id})
