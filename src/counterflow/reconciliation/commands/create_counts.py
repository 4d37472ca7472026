"""Create counts: what is to be counted at a node, as a list of lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import TRAITS, State
from counterflow.reconciliation import events, rules_counts
from counterflow.reconciliation.lookups_counts import Places, places, scopes
from counterflow.reconciliation.models import Count, CountLine
from counterflow.reconciliation.rules import NodeNotFound
from counterflow.reconciliation.states import Count as CountState
from counterflow.reconciliation.states import Line


@dataclass(frozen=True)
class CreateCount:
    """What to count at a node: everything in `states`, or only `skus`, or only a family.

    With `sample_a`, `sample_b`, `sample_c` so many SKUs of each class are drawn: those that make up the first 80 % of
    the value there, the next 15 %, and the rest. `blind` hides what the books expect from those who count.
    """

    reference: str
    node: str
    states: Sequence[str] = ("available",)
    skus: Sequence[str] = ()
    family: str = ""
    sample_a: int = 0
    sample_b: int = 0
    sample_c: int = 0
    blind: bool = True
    tolerance_pieces: int = 0
    tolerance_percent: int = 0


@command(needs="reconciliation.compare")
def create_counts(ctx: Context, *, items: Sequence[CreateCount]) -> Batch:
    """Make each count with a line for every SKU and state it asks for.

    Refuses `ReferenceInvalid`, `NodeNotFound`, `StateNotCounted`, `SampleInvalid`, `ScopeEmpty`, `ScopeTooLarge`,
    `IdentityReused`. SQL: two look-ups and one write.
    """
    known = places((item.node for item in items), (item.reference for item in items))
    found = scopes([_scope(n, item, known) for n, item in enumerate(items) if item.node in known.nodes])
    made: dict[str, tuple[CreateCount, Done]] = {}
    counts: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for n, item in enumerate(items):
        try:
            results.append(_create(ctx, item, known, found.get(n, []), made, counts, lines))
        except DomainError as error:
            results.append(Refused.of(item.reference[: rules_counts.REFERENCE_MAX], error))
    db.insert(Count, counts)
    db.insert(CountLine, lines)
    return Batch(results)


def _scope(n: int, item: CreateCount, known: Places) -> dict[str, Any]:
    node = known.nodes[item.node]
    return {
        "n": n,
        "entity": node.entity_id,
        "node": node.node_id,
        "states": [str(state) for state in item.states],
        "skus": list(item.skus),
        "family": item.family,
        "a": item.sample_a,
        "b": item.sample_b,
        "c": item.sample_c,
        "seed": item.reference,
    }


def _create(
    ctx: Context,
    item: CreateCount,
    known: Places,
    found: Sequence[Any],
    made: dict[str, tuple[CreateCount, Done]],
    counts: list[dict[str, Any]],
    lines: list[dict[str, Any]],
) -> Done:
    _require_sound(item)
    if (before := known.before.get(item.reference)) is not None:
        if bytes(before.content_hash) != content_hash(item):
            raise IdentityReused(what="count", identity=item.reference)
        return Done(item.reference, {"count": before.count_id, "lines": before.lines}, replayed=True)
    if item.reference in made:
        first, done = made[item.reference]
        if first != item:
            raise IdentityReused(what="count", identity=item.reference)
        return Done(item.reference, done.facts, replayed=True)
    node = known.nodes.get(item.node)
    if node is None:
        raise NodeNotFound(node=item.node[:40])
    if not found:
        raise rules_counts.ScopeEmpty(node=item.node)
    if len(found) > rules_counts.LINES_MAX:
        raise rules_counts.ScopeTooLarge(count=len(found), most=rules_counts.LINES_MAX)
    count_id = ctx.new_id()
    counts.append(_count(ctx, item, node, count_id))
    lines += [_line(count_id, row) for row in found]
    facts = {"count": count_id, "lines": len(found)}
    emit(ctx, [Event(events.COUNT_CREATED, count_id, facts={"node": item.node, "lines": len(found)})])
    done = Done(item.reference, facts)
    made[item.reference] = item, done
    return done


def _require_sound(item: CreateCount) -> None:
    if not 1 <= len(item.reference.strip()) <= rules_counts.REFERENCE_MAX:
        raise rules_counts.ReferenceInvalid(most=rules_counts.REFERENCE_MAX)
    for state in item.states or ("",):
        if state not in TRAITS or not TRAITS[State(state)].on_hand:
            raise rules_counts.StateNotCounted(state=str(state)[:40])
    wholes = (item.sample_a, item.sample_b, item.sample_c, item.tolerance_pieces, item.tolerance_percent)
    if not all(0 <= n <= rules_counts.QUANTITY_MAX for n in wholes) or item.tolerance_percent > 100:
        raise rules_counts.SampleInvalid()


def _count(ctx: Context, item: CreateCount, node: Any, count_id: int) -> dict[str, Any]:
    return {
        "id": count_id,
        "reference": item.reference,
        "content_hash": content_hash(item),
        "node_id": node.node_id,
        "entity_id": node.entity_id,
        "scope": {
            "states": list(dict.fromkeys(str(state) for state in item.states)),
            "skus": list(item.skus),
            "family": item.family,
            "sample": [item.sample_a, item.sample_b, item.sample_c],
        },
        "blind": item.blind,
        "tolerance_pieces": item.tolerance_pieces,
        "tolerance_percent": item.tolerance_percent,
        "state": str(CountState.OPEN),
        "round": 1,
        "created_at": ctx.at,
        "created_by": ctx.actor,
        "command_id": ctx.command_id,
    }


def _line(count_id: int, row: Any) -> dict[str, Any]:
    """A line to be counted; its id comes from the database, so that any number of them is one statement."""
    return {
        "count_id": count_id,
        "item_id": row.item_id,
        "stock_state": row.state,
        "planned": True,
        "state": str(Line.DUE),
        "round": 1,
        "counted": 0,
        "entries": 0,
    }
