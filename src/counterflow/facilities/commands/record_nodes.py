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


class EntityUnknown(NotFound):
    """There is no legal entity {entity}."""


class NodeFixed(Conflict):
    """Node {node} belongs to {entity} as a {kind} with scope {scope}; its stock stands on that, so it stays."""


@dataclass(frozen=True)
class RecordNode:
    """A place that handles goods, with the code of the legal entity whose books hold its stock."""

    code: str
    name: str
    kind: str
    entity: str
    zone: str = "UTC"
    pool: str = "own"
    scope: str = "full"
    active: bool = True


_CHANGEABLE = ("name", "zone", "pool", "active")
_FIXED = ("kind", "entity_id", "scope")


@command(needs="facilities.edit")
def record_nodes(ctx: Context, *, items: Sequence[RecordNode]) -> Batch:
    """Make each node, or change its name, zone, pool or whether it is active.

    Refuses `NodeCodeInvalid`, `NodeWordUnknown`, `NodeZoneUnknown`, `EntityUnknown`, `NodeFixed`.
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
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_record(ctx, item, entities, known, fresh, changed))
        except DomainError as error:
            results.append(Refused.of(item.code, error))
    db.insert(Node, sorted(fresh, key=lambda row: str(row["code"])))
    made = {row["id"] for row in fresh}
    db.update(Node, [row for _, row in sorted(changed.items()) if row["id"] not in made])
    return Batch(results)


_KNOWN = """
SELECT id, code, name, kind, entity_id, zone, pool, scope, active FROM facilities_node
WHERE code = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""


def _record(
    ctx: Context,
    item: RecordNode,
    entities: dict[str, int],
    known: dict[str, dict[str, Any]],
    fresh: list[dict[str, Any]],
    changed: dict[int, dict[str, Any]],
) -> Done:
    wanted = {
        "code": rules.require_code(item.code),
        "name": item.name,
        "kind": rules.require_word(rules.Kind, item.kind, "kind of node"),
        "entity_id": entities.get(item.entity),
        "zone": rules.require_zone(item.zone),
        "pool": item.pool,
        "scope": rules.require_word(rules.Scope, item.scope, "scope"),
        "active": item.active,
    }
    if wanted["entity_id"] is None:
        raise EntityUnknown(entity=item.entity)
    row = known.get(item.code)
    if row is None:
        row = known[item.code] = {"id": ctx.new_id(), **wanted}
        fresh.append(row)
    elif any(row[name] != wanted[name] for name in _FIXED):
        owner = next((code for code, entity in entities.items() if entity == row["entity_id"]), "another entity")
        raise NodeFixed(node=item.code, entity=owner, kind=row["kind"], scope=row["scope"])
    elif all(row[name] == wanted[name] for name in _CHANGEABLE):
        return Done(item.code, {"node_id": row["id"]}, replayed=True)
    else:
        row.update(wanted)
        changed[row["id"]] = {"id": row["id"], **{name: wanted[name] for name in _CHANGEABLE}}
    emit(ctx, [Event(events.NODE_RECORDED, row["id"], facts={"code": item.code, "active": item.active})])
    return Done(item.code, {"node_id": row["id"]})
