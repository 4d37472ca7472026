"""Record nodes, and change what may change about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.facilities import events, rules
from counterflow.facilities.models import Node
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Conflict, DomainError, NotFound
from counterflow.kernel.events import Event, emit
from counterflow.registry.commands.changing import Note, note, said


class EntityUnknown(NotFound):
    """There is no legal entity {entity}."""


class NodeFixed(Conflict):
    """Node {node} belongs to {entity} as a {kind} with scope {scope}; its stock stands on that, so it stays."""


@dataclass(frozen=True)
class RecordNode:
    """A place that handles goods, with the code of the legal entity whose books hold its stock.

    Address, capacity in pieces and GLN stay as they are where they are None.
    """

    code: str
    name: str
    kind: str
    entity: str
    zone: str = "UTC"
    pool: str = "own"
    scope: str = "full"
    active: bool = True
    address: str | None = None
    capacity_units: int | None = None
    gln: str | None = None


_CHANGEABLE = ("name", "zone", "pool", "active", "address", "capacity_units", "gln")
_FIXED = ("kind", "entity_id", "scope")


@command(needs="facilities.edit")
def record_nodes(ctx: Context, *, items: Sequence[RecordNode]) -> Batch:
    """Make each node, or change what may change about it.

    Refuses `NodeCodeInvalid`, `NodeWordUnknown`, `NodeZoneUnknown`, `NodeTextInvalid`, `GlnMalformed`,
    `CapacityOutOfRange`, `EntityUnknown`, `NodeFixed`.
    """
    entities = {
        row.code: row.id
        for row in db.rows(
            "SELECT code, id FROM ledger_entity WHERE code = ANY(%s)", [sorted({i.entity for i in items})]
        )
    }
    found = db.rows(_KNOWN, [sorted({item.code for item in items})])
    known = {row.code: row._asdict() for row in found}
    fresh: list[dict[str, Any]] = []
    changed: dict[int, dict[str, Any]] = {}
    notes: list[Note] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_record(ctx, item, entities, known, fresh, changed, notes))
        except DomainError as error:
            results.append(Refused.of(item.code, error))
    db.insert(Node, sorted(fresh, key=lambda row: str(row["code"])))
    made = {row["id"] for row in fresh}
    db.update(Node, [row for _, row in sorted(changed.items()) if row["id"] not in made])
    note(ctx, notes)
    return Batch(results)


_KNOWN = """
SELECT id, version, code, name, kind, entity_id, zone, pool, scope, active, address, capacity_units, gln
FROM facilities_node
WHERE code = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""


def _record(
    ctx: Context,
    item: RecordNode,
    entities: dict[str, int],
    known: dict[str, dict[str, Any]],
    fresh: list[dict[str, Any]],
    changed: dict[int, dict[str, Any]],
    notes: list[Note],
) -> Done:
    wanted: dict[str, Any] = {
        "code": rules.require_code(item.code),
        "name": rules.require_text(item.code, "name", item.name, least=1),
        "kind": rules.require_word(rules.Kind, item.kind, "kind of node"),
        "entity_id": entities.get(item.entity),
        "zone": rules.require_zone(item.zone),
        "pool": item.pool,
        "scope": rules.require_word(rules.Scope, item.scope, "scope"),
        "active": item.active,
        **details(item.code, item.address or "", item.capacity_units, item.gln or ""),
    }
    if wanted["entity_id"] is None:
        raise EntityUnknown(entity=item.entity)
    row = known.get(item.code)
    if row is None:
        row = known[item.code] = {"id": ctx.new_id(), "version": 1, **wanted}
        fresh.append(row)
        notes.append(Note("node", row["id"], item.code))
        emit(ctx, [Event(events.NODE_RECORDED, row["id"], facts={"code": item.code, "active": item.active})])
        return Done(item.code, {"node_id": row["id"]})
    for name in ("address", "capacity_units", "gln"):
        if getattr(item, name) is None:
            wanted[name] = row[name]
    if any(row[name] != wanted[name] for name in _FIXED):
        owner = next((code for code, entity in entities.items() if entity == row["entity_id"]), "another entity")
        raise NodeFixed(node=item.code, entity=owner, kind=row["kind"], scope=row["scope"])
    told = [
        Note("node", row["id"], item.code, row["version"] + 1, name, said(row[name]), said(wanted[name]))
        for name in _CHANGEABLE
        if row[name] != wanted[name]
    ]
    if not told:
        return Done(item.code, {"node_id": row["id"]}, replayed=True)
    notes += told
    row.update(wanted, version=row["version"] + 1)
    changed[row["id"]] = {name: row[name] for name in ("id", "version", *_CHANGEABLE)}
    emit(ctx, [Event(events.NODE_RECORDED, row["id"], facts={"code": item.code, "active": item.active})])
    return Done(item.code, {"node_id": row["id"]})


def details(node: str, address: str, capacity_units: int | None, gln: str) -> dict[str, Any]:
    """Where a node is and what fits, in the stored form; raises what a node is refused for."""
    return {
        "address": rules.require_text(node, "address", address, most=rules.TEXT_MAX),
        "capacity_units": rules.require_node_capacity(capacity_units),
        "gln": rules.require_gln(gln),
    }
