"""Record totes, and change what may change about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.facilities import events, rules
from counterflow.facilities.models import Tote
from counterflow.facilities.queries import NodeMissing
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Conflict, DomainError
from counterflow.kernel.events import Event, emit


class ToteFixed(Conflict):
    """Tote {tote} stands at {node}; what was put into it was put there, so it stays."""


@dataclass(frozen=True)
class RecordTote:
    """A tote at a node for goods of one purpose, which is a disposition."""

    code: str
    node: str
    purpose: str
    capacity: int | None = None
    active: bool = True


_CHANGEABLE = ("purpose", "capacity", "active")
_KNOWN = """
SELECT t.id, t.code, t.node_id, t.purpose, t.capacity, t.active, n.code AS node FROM facilities_tote t
JOIN facilities_node n ON n.id = t.node_id WHERE t.code = ANY(%s) ORDER BY t.id FOR NO KEY UPDATE OF t
"""


@command(needs="facilities.edit")
def record_totes(ctx: Context, *, items: Sequence[RecordTote]) -> Batch:
    """Make each tote, or change its purpose, its capacity or whether it is in use.

    Refuses `ToteCodeInvalid`, `NodeMissing`, `NodeWordUnknown`, `ToteCapacityInvalid`, `ToteFixed`.
    """
    nodes = {
        row.code: row.id
        for row in db.rows(
            "SELECT code, id FROM facilities_node WHERE code = ANY(%s)", [sorted({i.node for i in items})]
        )
    }
    known = {row.code: row._asdict() for row in db.rows(_KNOWN, [sorted({item.code for item in items})])}
    fresh: list[dict[str, Any]] = []
    changed: dict[int, dict[str, Any]] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_record(ctx, item, nodes, known, fresh, changed))
        except DomainError as error:
            results.append(Refused.of(item.code, error))
    made = {row["id"] for row in fresh}
    names = ("id", "code", "node_id", *_CHANGEABLE)
    db.insert(Tote, [{name: row[name] for name in names} for row in sorted(fresh, key=lambda row: str(row["code"]))])
    db.update(Tote, [row for _, row in sorted(changed.items()) if row["id"] not in made])
    return Batch(results)


def _record(
    ctx: Context,
    item: RecordTote,
    nodes: dict[str, int],
    known: dict[str, dict[str, Any]],
    fresh: list[dict[str, Any]],
    changed: dict[int, dict[str, Any]],
) -> Done:
    wanted = {
        "code": rules.require_tote_code(item.code),
        "purpose": rules.require_word(rules.Purpose, item.purpose, "purpose of a tote"),
        "capacity": rules.require_capacity(item.capacity),
        "active": item.active,
    }
    if item.node not in nodes:
        raise NodeMissing(code=item.node[:80])
    row = known.get(item.code)
    if row is None:
        row = known[item.code] = {"id": ctx.new_id(), **wanted, "node_id": nodes[item.node], "node": item.node}
        fresh.append(row)
    elif row["node_id"] != nodes[item.node]:
        raise ToteFixed(tote=item.code, node=row["node"])
    elif all(row[name] == wanted[name] for name in _CHANGEABLE):
        return Done(item.code, {"tote_id": row["id"]}, replayed=True)
    else:
        row.update(wanted)
        changed[row["id"]] = {"id": row["id"], **{name: wanted[name] for name in _CHANGEABLE}}
    facts = {"code": item.code, "purpose": item.purpose, "active": item.active}
    emit(ctx, [Event(events.TOTE_RECORDED, row["id"], facts=facts)])
    return Done(item.code, {"tote_id": row["id"]})
