"""Say whose messages are facts at a node."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.facilities import events, rules
from counterflow.facilities.models import Authority
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, NotFound
from counterflow.kernel.events import Event, emit
from counterflow.registry.commands.changing import Note, note


class NodeUnknown(NotFound):
    """There is no node {node}."""


@dataclass(frozen=True)
class SetAuthority:
    """Who reports a kind of message for a node: `ours` or `partner`."""

    node: str
    message_kind: str
    holder: str


@command(needs="facilities.edit")
def set_authority(ctx: Context, *, items: Sequence[SetAuthority]) -> Batch:
    """Set who reports what at each node. Refuses `NodeUnknown`, `NodeWordUnknown`."""
    codes = sorted({item.node for item in items})
    nodes = {
        row.code: row.id
        for row in db.rows(
            "SELECT code, id FROM facilities_node WHERE code = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [codes]
        )
    }
    found = db.rows(
        "SELECT id, node_id, message_kind, holder FROM facilities_authority WHERE node_id = ANY(%s) ORDER BY id",
        [sorted(nodes.values())],
    )
    known = {(row.node_id, row.message_kind): row._asdict() for row in found}
    fresh: list[dict[str, Any]] = []
    changed: dict[int, dict[str, Any]] = {}
    notes: list[Note] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_set(ctx, item, nodes, known, fresh, changed, notes))
        except DomainError as error:
            results.append(Refused.of(f"{item.node}:{item.message_kind}", error))
    db.insert(Authority, fresh)
    made = {row["id"] for row in fresh}
    db.update(Authority, [row for _, row in sorted(changed.items()) if row["id"] not in made])
    note(ctx, notes)
    return Batch(results)


def _set(
    ctx: Context,
    item: SetAuthority,
    nodes: dict[str, int],
    known: dict[tuple[int, str], dict[str, Any]],
    fresh: list[dict[str, Any]],
    changed: dict[int, dict[str, Any]],
    notes: list[Note],
) -> Done:
    if item.node not in nodes:
        raise NodeUnknown(node=item.node)
    kind = rules.require_word(rules.Message, item.message_kind, "kind of message")
    holder = rules.require_word(rules.Holder, item.holder, "holder of authority")
    node_id = nodes[item.node]
    row = known.get((node_id, kind))
    said = f"{item.node}:{kind}"
    if row is None:
        row = {"id": ctx.new_id(), "node_id": node_id, "message_kind": kind, "holder": holder}
        known[node_id, kind] = row
        fresh.append(row)
        notes.append(Note("authority", row["id"], said, field="holder", new=holder))
    elif row["holder"] == holder:
        return Done(said, {"holder": holder}, replayed=True)
    else:
        notes.append(Note("authority", row["id"], said, field="holder", old=row["holder"], new=holder))
        row["holder"] = holder
        changed[row["id"]] = {"id": row["id"], "holder": holder}
    emit(ctx, [Event(events.AUTHORITY_SET, node_id, facts={"message_kind": kind, "holder": holder})])
    return Done(said, {"holder": holder})
