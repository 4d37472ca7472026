"""Offset credits: a credit meets what the customer owes for goods that went out ahead of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import GL
from counterflow.ledger.posting import Entry, Money, post
from counterflow.refunds import events
from counterflow.refunds.goods import Goods, NothingToOffset, meet
from counterflow.refunds.lookups_goods import credit_of
from counterflow.refunds.models import Credit, Offset, Replacement
from counterflow.refunds.rules import CreditNotFound


@dataclass(frozen=True)
class OffsetCredit:
    """A credit that goods are to meet."""

    credit_id: int


_LINES = """
SELECT l.id FROM returns_rmaline l
WHERE l.rma_id IN (SELECT rma_id FROM refunds_credit WHERE id = ANY(%s::bigint[])) ORDER BY l.id FOR NO KEY UPDATE
"""
_CREDITS = """
SELECT c.* FROM refunds_credit c WHERE c.id = ANY(%s::bigint[]) ORDER BY c.id FOR NO KEY UPDATE
"""
# Every act on replacements locks the lines of their return first, so these stand still now.
_OWED = """
SELECT g.* FROM refunds_replacement g
WHERE g.state = 'ordered' AND g.total_minor > g.settled_minor + g.received_minor
  AND g.rma_id IN (SELECT rma_id FROM refunds_credit WHERE id = ANY(%s::bigint[])) ORDER BY g.id
"""


@command(needs="refunds.release")
def offset_credits(ctx: Context, *, items: Sequence[OffsetCredit]) -> Batch:
    """Let each credit meet what is owed for goods of its return, the oldest first.

    Refuses: `CreditNotFound`, `NothingToOffset`. SQL: three look-ups (two lock), one write a table, one posting.
    """
    wanted = sorted({item.credit_id for item in items})
    db.lock(ctx, Rank.RMA_LINE, _LINES, [wanted])
    rows = {row.id: row for row in db.lock(ctx, Rank.CREDIT, _CREDITS, [wanted])}
    credits = {i: credit_of(row) for i, row in rows.items()}
    owed: dict[int, list[Goods]] = defaultdict(list)
    for row in db.rows(_OWED, [wanted]):
        made = Goods(row.id, row.currency, row.total_minor, row.functional_total_minor, row.rate)
        made.settled, made.received = row.settled_minor, row.received_minor
        owed[row.rma_id].append(made)
    offsets: list[dict[str, Any]] = []
    entries, told = [], []
    counted: dict[str, dict[int, int]] = {"credit": defaultdict(int), "goods": defaultdict(int)}
    results: list[Done | Refused] = []
    for item in items:
        row, identity = rows.get(item.credit_id), str(item.credit_id)
        if row is None:
            results.append(Refused.of(identity, CreditNotFound(credit=item.credit_id)))
            continue
        credit = credits[row.id]
        met = [(made, meet(made, [credit])) for made in owed[row.rma_id]] if row.method == "replacement" else []
        met = [(made, by) for made, by in met if by.parts]
        if not met:
            results.append(Refused.of(identity, NothingToOffset(credit=item.credit_id)))
            continue
        entry_id, legs = ctx.new_id(), []
        for made, by in met:
            for gl, sign in ((GL.REFUNDS_PAYABLE, 1), (GL.RECEIVABLE_CUSTOMER, -1)):
                leg = (row.entity_id, gl, sign * by.functional, made.id, made.currency, sign * by.amount, made.rate)
                legs.append(Money(*leg))
            offsets.append(_offset(ctx, credit.id, made.id, by.amount, by.functional, entry_id))
            counted["credit"][credit.id] += by.amount
            counted["goods"][made.id] += by.amount
        entries.append(Entry(entry_id, row.entity_id, "offset", ctx.at, money=legs))
        amount = sum(by.amount for _, by in met)
        told.append(Event(events.CREDIT_OFFSET, row.rma_id, ctx.at, {"credit_id": row.id, "amount_minor": amount}))
        results.append(Done(identity, {"credit_id": row.id, "amount_minor": amount}))
    db.insert(Offset, offsets)
    db.add(Credit, [{"id": i, "committed_minor": m, "paid_minor": m} for i, m in sorted(counted["credit"].items())])
    db.add(Replacement, [{"id": i, "settled_minor": m} for i, m in sorted(counted["goods"].items())])
    post(ctx, entries)
    emit(ctx, told)
    return Batch(results)


def _offset(ctx: Context, credit: int, made: int, amount: int, functional: int, entry: int) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "credit_id": credit,
        "replacement_id": made,
        "amount_minor": amount,
        "functional_minor": functional,
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
        "entry_id": entry,
    }
