"""Post the entries that breaks propose: the books give way to the statement, by a person's decision."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.access.standing import person_of, persons
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event, emit
from counterflow.ledger.posting import Entry, lock_positions, post
from counterflow.policies.approving import require_approval
from counterflow.reconciliation import events, rules
from counterflow.reconciliation.lookups import lock_breaks
from counterflow.reconciliation.models import Break
from counterflow.reconciliation.moving import beside, moves_of, places_of
from counterflow.reconciliation.states import BREAK
from counterflow.reconciliation.states import Break as State
from counterflow.workqueue.cases import settle_cases


@dataclass(frozen=True)
class PostAdjustment:
    """One break whose proposed entry is to be posted."""

    break_id: int


@command(needs="reconciliation.post")
def post_adjustments(ctx: Context, *, items: Sequence[PostAdjustment]) -> Batch:
    """Post each break's entry at what the pool's pieces are worth now, as of the time of the statement or count.

    The approval table says whether other people have to agree; one at least where one compared the statement oneself.

    Refuses: `BreakNotFound`, `NothingProposed`, `NeedsUnits`, `NewerStatement`, `CounterMayNotPost`,
    `PositionChanged`, `ApprovalNeeded`. A break that was posted before is a replay. SQL: breaks under lock, their
    places, positions under lock, one write, the decisions, cases, the posting.
    """
    me = person_of(ctx.actor)
    breaks = lock_breaks(ctx, sorted({item.break_id for item in items}), me=me)
    behind = persons(actor for row in breaks.values() for actor in (row.compared_by, *row.counted_by))
    places = places_of(list(breaks.values()))
    stock = lock_positions(ctx, [place for alike in places.values() for place in alike])
    settled: dict[int, int] = {}
    results: list[Done | Refused] = []
    entries: list[Entry] = []
    for item in items:
        try:
            row = breaks.get(item.break_id)
            if row is None:
                raise rules.BreakNotFound(id=item.break_id)
            before = settled.get(row.id) or row.entry_id
            if before is not None:
                results.append(Done(str(row.id), {"break": row.id, "entry": before}, replayed=True))
                continue
            _require_allowed(row, me, behind)
            left = beside(row, places, stock)
            entry = Entry(ctx.new_id(), row.entity_id, "adjust", row.as_of, moves_of(row, places, left))
            _require_approval(ctx, row, entry, alone=behind[row.compared_by] == me)
            stock |= left
            entries.append(entry)
            settled[row.id] = entry.id
            results.append(Done(str(row.id), {"break": row.id, "entry": entry.id}))
        except DomainError as error:
            results.append(Refused.of(str(item.break_id), error))
    db.update(Break, [_settled(ctx, breaks[i], entry_id) for i, entry_id in sorted(settled.items())])
    _settle_cases(ctx, [breaks[i] for i in settled])
    emit(ctx, [_told(statement, entry_ids) for statement, entry_ids in _by_statement(breaks, settled).items()])
    post(ctx, entries)
    return Batch(results)


def _require_allowed(row: Any, me: str, behind: Mapping[str, str]) -> None:
    """Raise what stands against posting a break; `behind` is the person behind each actor."""
    if row.proposal == "by_unit":
        raise rules.NeedsUnits(quantity=row.quantity, sku=row.sku, state=row.from_state)
    if row.proposal != "adjust":
        raise rules.NothingProposed(sku=row.sku, kind=row.kind, cause=row.cause)
    if row.newer is not None:
        raise rules.NewerStatement(as_of=row.newer.isoformat())
    if row.statement_kind == "count" and row.others and me in {behind[actor] for actor in row.counted_by}:
        raise rules.CounterMayNotPost(sku=row.sku)


def _require_approval(ctx: Context, row: Any, entry: Entry, *, alone: bool) -> None:
    """Let the entry be posted, or refuse it. Nobody posts `alone` what they compared. Raises `ApprovalNeeded`."""
    facts = {"value_minor": value_of(entry), "currency": row.currency, "node": row.node, "reason_code": row.kind}
    require_approval(
        ctx,
        "adjustment",
        str(row.id),
        subject_id=row.id,
        facts=facts,
        entries=[entry],
        least=1 if alone and row.statement_kind != "count" else 0,
        why="You compared this statement yourself.",
    )


def value_of(entry: Entry) -> int:
    """What an entry moves, in minor units, whichever way."""
    return abs(sum(move.cost + move.allowance for move in entry.moves))


def _settled(ctx: Context, row: Any, entry_id: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": str(BREAK.move("post", State(row.state))),
        "entry_id": entry_id,
        "settled_at": ctx.at,
        "settled_by": ctx.actor,
    }


def _settle_cases(ctx: Context, rows: Sequence[Any]) -> None:
    """Close the case of a kind of break when none of that kind is open any more."""
    done = Counter((row.statement_id, row.kind) for row in rows)
    open_alike = {(row.statement_id, row.kind): row.open_alike for row in rows}
    gone = [f"statement:{key[0]}:{key[1]}" for key, count in done.items() if count == open_alike[key]]
    settle_cases(ctx, gone, outcome="adjusted")


def _by_statement(breaks: dict[int, Any], settled: dict[int, int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for break_id, entry_id in settled.items():
        found.setdefault(breaks[break_id].statement_id, []).append(entry_id)
    return found


def _told(statement: int, entry_ids: list[int]) -> Event:
    return Event(events.BREAKS_SETTLED, statement, facts={"breaks": len(entry_ids), "entries": entry_ids[:100]})
