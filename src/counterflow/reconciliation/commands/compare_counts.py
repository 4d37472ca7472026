"""Compare counts with the books as of the time each line was counted; what differs is counted again or is a break."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event, emit
from counterflow.reconciliation import events
from counterflow.reconciliation import rules_counts as rules
from counterflow.reconciliation.commands.writing import break_row, case_drafts
from counterflow.reconciliation.lookups_counts import Timed, books, lines, lock_counts, missed_plates, on_the_way
from counterflow.reconciliation.models import Break, Count, CountLine, Statement
from counterflow.reconciliation.rules import Difference, Held
from counterflow.reconciliation.rules_counts import Counted
from counterflow.reconciliation.states import COUNT, LINE, Line
from counterflow.reconciliation.states import Break as BreakState
from counterflow.reconciliation.states import Count as CountState
from counterflow.workqueue.cases import open_cases


@dataclass(frozen=True)
class CompareCount:
    """A round of a count to compare. Lines that nobody counted are an error, or are left out.

    Without `recount` no line is counted again, however much it differs.
    """

    count_id: int
    round: int = 1
    leave_uncounted: bool = False
    recount: bool = True


@dataclass
class _Plan:
    """One count that is compared now."""

    item: CompareCount
    count: Any
    counted: list[Any]
    skipped: list[Any]
    results: list[Counted] = field(default_factory=list)


@command(needs="reconciliation.compare")
def compare_counts(ctx: Context, *, items: Sequence[CompareCount]) -> Batch:
    """Compare each count. Lines beyond its tolerance are counted again, once; else it becomes a statement with breaks.

    Refuses `CountNotFound`, `CountEnded`, `RoundPassed`, `NotAllCounted`. A round that was compared before is a
    replay. SQL: counts under lock, their lines, three look-ups, writes of lines, counts, statements and breaks, cases.
    """
    counts = lock_counts(ctx, (item.count_id for item in items))
    by_count: dict[int, list[Any]] = defaultdict(list)
    for line in lines(sorted(counts)):
        by_count[line.count_id].append(line)
    plans: dict[int, _Plan] = {}
    results: dict[int, Done | Refused] = {}
    for n, item in enumerate(items):
        try:
            if item.count_id in plans:
                _require_equal(item, plans[item.count_id])
                continue
            done = _before(item, counts)
            if done is None:
                plans[item.count_id] = _plan(item, counts[item.count_id], by_count[item.count_id])
            else:
                results[n] = done
        except DomainError as error:
            results[n] = Refused.of(str(item.count_id), error)
    _look(plans)
    answers = _write(ctx, plans)
    seen: set[int] = set()
    for n, item in enumerate(items):
        if n not in results:
            results[n] = Done(str(item.count_id), answers[item.count_id], replayed=item.count_id in seen)
            seen.add(item.count_id)
    return Batch([results[n] for n in range(len(items))])


def _require_equal(item: CompareCount, plan: _Plan) -> None:
    """An equal item of a batch gets the answer of the first; another one finds its round passed."""
    if plan.item != item:
        raise rules.RoundPassed(asked=item.round, round=plan.count.round)


def _before(item: CompareCount, counts: dict[int, Any]) -> Done | None:
    """What was answered to the same round before; None where it is to be compared now."""
    count = counts.get(item.count_id)
    if count is None:
        raise rules.CountNotFound(id=item.count_id)
    if 1 <= item.round < count.round:
        return Done(str(item.count_id), {"count": count.id, "round": count.round}, replayed=True)
    if item.round != count.round:
        raise rules.RoundPassed(asked=item.round, round=count.round)
    if count.state in (CountState.COMPARED, CountState.CLOSED):
        facts = {"count": count.id, "round": count.round, "statement": count.statement_id}
        return Done(str(item.count_id), facts, replayed=True)
    if count.state != CountState.OPEN:
        raise rules.CountEnded(reference=count.reference, state=count.state)
    return None


def _plan(item: CompareCount, count: Any, found: Sequence[Any]) -> _Plan:
    counted = [line for line in found if line.state == Line.COUNTED]
    left = [line for line in found if line.state in (Line.DUE, Line.RECOUNT)]
    if (left and not item.leave_uncounted) or not counted:
        raise rules.NotAllCounted(left=len(left))
    return _Plan(item, count, counted, left)


def _look(plans: dict[int, _Plan]) -> None:
    """Ask the books what they had of each counted line when it was counted."""
    asked = [
        Timed(line.id, p.count.entity_id, p.count.node_id, line.item_id, line.stock_state, line.first_at, line.last_at)
        for p in plans.values()
        for line in p.counted
    ]
    had = books(asked)
    missed = missed_plates(sorted(plans))
    for plan in plans.values():
        plan.results = [_counted(line, had[line.id], missed.get(line.id, [])) for line in plan.counted]


def _counted(line: Any, had: Any, missed: Sequence[str]) -> Counted:
    return Counted(
        item_id=line.item_id,
        sku=line.sku,
        state=line.stock_state,
        counted=line.counted,
        book=had.quantity,
        value=had.value,
        pooled=had.pooled,
        lowest=had.quantity + had.lowest,
        highest=had.quantity + had.highest,
        at=line.last_at,
        missed=missed,
    )


@dataclass
class _Rows:
    """What is written of all counts together."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    counts: list[dict[str, Any]] = field(default_factory=list)
    statements: list[dict[str, Any]] = field(default_factory=list)
    breaks: list[dict[str, Any]] = field(default_factory=list)


def _write(ctx: Context, plans: dict[int, _Plan]) -> dict[int, dict[str, Any]]:
    """Write what comparing came to; what each count's caller is told."""
    rows, answers = _Rows(), {}
    ways = on_the_way(
        [
            (p.count.id, p.count.entity_id, p.count.node_id, item)
            for p in plans.values()
            for item in sorted({line.item_id for line in p.results if line.apart > 0})
        ]
    )
    for plan in plans.values():
        again = _again(plan)
        if again:
            answers[plan.count.id] = _recount(ctx, plan, again, rows)
        else:
            answers[plan.count.id] = _settle(ctx, plan, ways, rows)
    db.update(CountLine, rows.lines)
    db.insert(Statement, rows.statements)
    db.update(Count, rows.counts)
    db.insert(Break, rows.breaks)
    return answers


def _again(plan: _Plan) -> set[int]:
    """The lines that are counted again: in the first round only, those beyond the tolerance."""
    if not plan.item.recount or plan.count.round > 1:
        return set()
    bounds = {"pieces": plan.count.tolerance_pieces, "percent": plan.count.tolerance_percent}
    together = zip(plan.counted, plan.results, strict=True)
    return {line.id for line, result in together if rules.beyond(result, **bounds)}


def _recount(ctx: Context, plan: _Plan, again: set[int], rows: _Rows) -> dict[str, Any]:
    for line, result in zip(plan.counted, plan.results, strict=True):
        state = LINE.move("recount", line.state) if line.id in again else line.state
        rows.lines.append({"id": line.id, "state": str(state), "book": result.book})
    rows.lines += _skipped(plan)
    count = plan.count
    rows.counts.append({"id": count.id, "state": count.state, "round": count.round + 1, "statement_id": None})
    facts = {"count": count.id, "round": count.round + 1, "recount": len(again)}
    emit(ctx, [Event(events.COUNT_RECOUNTED, count.id, facts=facts)])
    return facts


def _skipped(plan: _Plan) -> list[dict[str, Any]]:
    return [{"id": line.id, "state": str(LINE.move("skip", line.state)), "book": None} for line in plan.skipped]


def _settle(ctx: Context, plan: _Plan, ways: dict[tuple[int, int], int], rows: _Rows) -> dict[str, Any]:
    """The count is done: it becomes a statement, and what differs becomes breaks."""
    count, statement_id = plan.count, ctx.new_id()
    alike: dict[int, list[Counted]] = defaultdict(list)
    for line, result in zip(plan.counted, plan.results, strict=True):
        alike[result.item_id].append(result)
        state = LINE.move("differ" if result.apart and not result.moving else "agree", line.state)
        rows.lines.append({"id": line.id, "state": str(state), "book": result.book})
    rows.lines += _skipped(plan)
    found = [
        break_row(statement_id, count.currency, _shown(results), finding, at)
        for item, results in alike.items()
        if any(result.apart for result in results)
        for finding, at in rules.findings(results, ways.get((count.id, item), 0))
    ]
    statement = _statement(ctx, plan, statement_id, found)
    rows.statements.append(statement)
    rows.breaks += found
    state = str(COUNT.move("compare", CountState(count.state)))
    rows.counts.append({"id": count.id, "state": state, "round": count.round, "statement_id": statement_id})
    open_cases(ctx, case_drafts(statement_id, count.entity_id, count.currency, count.node, found))
    told = {name: statement[name] for name in ("rows", "breaks", "explained", "value_at_risk_minor")}
    facts = {"count": count.id, "round": count.round, "statement": statement_id, **told}
    kinds = dict(Counter(row["kind"] for row in found))
    emit(ctx, [Event(events.COUNT_COMPARED, count.id, statement["as_of"], {**facts, "kinds": kinds})])
    return facts


def _shown(results: Sequence[Counted]) -> Difference:
    """What books and count say of a SKU, state by state, for the rows of its breaks."""
    return Difference(
        results[0].sku,
        results[0].item_id,
        held={r.state: Held(r.book, r.value, r.pooled) for r in results},
        stated={r.state: r.counted for r in results},
    )


def _statement(ctx: Context, plan: _Plan, statement_id: int, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    alarms = [row for row in found if row["state"] == BreakState.OPEN]
    digest = sha256(f"count {plan.count.id}".encode())
    as_of: datetime = max(result.at for result in plan.results)
    return {
        "id": statement_id,
        "kind": "count",
        "source": plan.count.reference,
        "node_id": plan.count.node_id,
        "entity_id": plan.count.entity_id,
        "as_of": as_of,
        "sha256": digest.hexdigest(),
        "content_hash": digest.digest(),
        "rows": len(plan.results),
        "quantity": sum(result.counted for result in plan.results),
        "refused_rows": 0,
        "refused": [],
        "breaks": len(alarms),
        "explained": len(found) - len(alarms),
        "value_at_risk_minor": sum(row["value_minor"] for row in alarms),
        "currency": plan.count.currency,
        "compared_at": ctx.at,
        "compared_by": ctx.actor,
        "command_id": ctx.command_id,
    }
