"""Compare partners' statements of stock with the ledger as of their own time; what differs becomes breaks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.reconciliation import events, rules
from counterflow.reconciliation.commands.writing import break_row, case_drafts
from counterflow.reconciliation.lookups import Asked, differences, where
from counterflow.reconciliation.models import Break, Statement
from counterflow.reconciliation.rules import Checked
from counterflow.reconciliation.states import Break as State
from counterflow.workqueue.cases import open_cases

REFUSED_KEPT = 1000


@dataclass(frozen=True)
class StockStatement:
    """What somebody says is on hand at a node at an instant: all of it, of one legal entity.

    `rows` are (line, SKU, state in the partner's word, quantity). `sha256` identifies what was sent: the
    same node, instant and digest is the same statement for ever. Without `entity` it is the node's own.
    `total` is the sum of pieces that the sender names, where he does.
    """

    node: str
    as_of: datetime
    sha256: str
    rows: Sequence[tuple[int, str, str, str | int]]
    source: str = ""
    entity: str = ""
    total: int | None = None


@dataclass
class _Plan:
    """One statement that is neither refused nor known: where it belongs, what it says, its row to be."""

    item: StockStatement
    place: Any
    checked: Checked
    id: int


@command(needs="reconciliation.compare")
def compare_statements(ctx: Context, *, items: Sequence[StockStatement]) -> Batch:
    """Compare each statement; it is kept with its breaks, and a case opens for each kind of break.

    Refuses: `NodeNotFound`, `EntityNotFound`, `StatementFromFuture`, `InstantWithoutZone`, `StatementEmpty`,
    `TooManyRows`, `TotalsDiffer`, `IdentityReused`. Rows that cannot be read are no refusal: they are told.
    SQL: three look-ups, two writes, and one for cases.
    """
    known = where([(n, i.node, i.entity, i.as_of, i.sha256) for n, i in enumerate(items) if i.as_of.tzinfo])
    plans: dict[int, _Plan] = {}
    seen: dict[tuple[Any, ...], int] = {}
    results: dict[int, Done | Refused] = {}
    for n, item in enumerate(items):
        try:
            done = _repeated(item, known.get(n))
            key = (item.node, item.entity, item.as_of, item.sha256)
            if done is None and key in seen:
                _require_same(item, content_hash(items[seen[key]].rows))
                continue
            if done is None:
                plans[n] = _plan(ctx, item, known.get(n))
                seen[key] = n
            else:
                results[n] = done
        except DomainError as error:
            results[n] = Refused.of(item.sha256[:16], error)
    _compare(ctx, plans, results)
    for n, item in enumerate(items):
        if n not in results:
            first = results[seen[item.node, item.entity, item.as_of, item.sha256]]
            results[n] = Done(first.identity, first.facts, replayed=True)
    return Batch([results[n] for n in range(len(items))])


def _repeated(item: StockStatement, row: Any) -> Done | None:
    """What was answered to the same statement before."""
    if row is None or row.statement_id is None:
        return None
    _require_same(item, bytes(row.content_hash))
    return Done(item.sha256[:16], {"statement": row.statement_id, **_counts(row)}, replayed=True)


def _require_same(item: StockStatement, digest: bytes) -> None:
    if content_hash(item.rows) != digest:
        raise IdentityReused(what="statement", identity=item.sha256[:16])


def _counts(row: Any) -> dict[str, int]:
    return {
        "rows": row.rows,
        "refused_rows": row.refused_rows,
        "breaks": row.breaks,
        "explained": row.explained,
        "value_at_risk_minor": row.value_at_risk_minor,
    }


def _plan(ctx: Context, item: StockStatement, place: Any) -> _Plan:
    """Check a statement; raises what it is refused for."""
    if item.as_of.tzinfo is None:
        raise rules.InstantWithoutZone()
    if place is None:
        raise rules.NodeNotFound(node=item.node[:40])
    if place.currency is None:
        raise rules.EntityNotFound(entity=item.entity[:40])
    if item.as_of > ctx.at:
        raise rules.StatementFromFuture(as_of=item.as_of.isoformat())
    if len(item.rows) > rules.ROWS_MAX:
        raise rules.TooManyRows(count=len(item.rows), most=rules.ROWS_MAX)
    checked = rules.check_rows(item.rows)
    if not checked.rows:
        raise rules.StatementEmpty()
    found = sum(row[3] for row in checked.rows)
    if item.total is not None and item.total != found:
        raise rules.TotalsDiffer(stated=item.total, found=found)
    return _Plan(item, place, checked, ctx.new_id())


def _compare(ctx: Context, plans: dict[int, _Plan], results: dict[int, Done | Refused]) -> None:
    """Compare all at once and write what was found."""
    found = differences(
        [Asked(n, p.place.entity_id, p.place.node_id, p.item.as_of, p.checked.rows) for n, p in plans.items()]
    )
    statements: list[dict[str, Any]] = []
    breaks: list[dict[str, Any]] = []
    for n, plan in plans.items():
        rows = [
            break_row(plan.id, plan.place.currency, difference, finding)
            for difference in found.get(n, [])
            for finding in rules.classify(difference, plan.checked.unclear.get(difference.sku, ""))
        ]
        statement = _statement(ctx, plan, rows)
        statements.append(statement)
        breaks += rows
        open_cases(ctx, case_drafts(plan.id, plan.place.entity_id, plan.place.currency, plan.item.node, rows))
        kinds = Counter(row["kind"] for row in rows)
        facts = {
            "statement": plan.id,
            **{
                name: statement[name] for name in ("rows", "refused_rows", "breaks", "explained", "value_at_risk_minor")
            },
        }
        emit(ctx, [Event(events.STATEMENT_COMPARED, plan.id, plan.item.as_of, {**facts, "kinds": dict(kinds)})])
        results[n] = Done(plan.item.sha256[:16], facts)
    db.insert(Statement, statements)
    db.insert(Break, breaks)


def _statement(ctx: Context, plan: _Plan, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    alarms = [row for row in rows if row["state"] == State.OPEN]
    return {
        "id": plan.id,
        "kind": "stock",
        "source": plan.item.source,
        "node_id": plan.place.node_id,
        "entity_id": plan.place.entity_id,
        "as_of": plan.item.as_of,
        "sha256": plan.item.sha256,
        "content_hash": content_hash(plan.item.rows),
        "rows": len(plan.checked.rows),
        "quantity": sum(row[3] for row in plan.checked.rows),
        "refused_rows": len(plan.checked.refused),
        "refused": [list(refused) for refused in plan.checked.refused[:REFUSED_KEPT]],
        "breaks": len(alarms),
        "explained": len(rows) - len(alarms),
        "value_at_risk_minor": sum(row["value_minor"] for row in alarms),
        "currency": plan.place.currency,
        "compared_at": ctx.at,
        "compared_by": ctx.actor,
        "command_id": ctx.command_id,
    }
