"""Note what cases say about customers: another serial number, an empty parcel, a chargeback after proved delivery.

A case is what a person was asked about. It counts as a signal from when it is opened, and no longer once somebody
closes it as a mistake.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.events import Event, emit
from counterflow.returns import events
from counterflow.returns.states import SIGNAL_OF_CASE
from counterflow.workqueue.queries import CaseNotFound

EXCUSED: Final = (
    "mistyped",
    "found",
    "arrived",
    "reopened",
    "carrier_claimed",
    "no_problem",
    "duplicate",
    "merged",
    "cancelled",
)
"""Outcomes by which a case says nothing about the customer."""


@dataclass(frozen=True)
class NoteSignal:
    """A case that may say something about a customer."""

    case_id: int


# All cases about the same thing, under lock: whoever closes one meanwhile is waited for.
_CASES = """
SELECT c.id, c.kind, c.subject_id, c.opened_at, coalesce(c.outcome, '') AS outcome, c.facts
FROM workqueue_case c
WHERE c.id IN (
    SELECT b.id FROM workqueue_case a JOIN workqueue_case b ON b.subject_id = a.subject_id AND b.kind = a.kind
    WHERE a.id = ANY(%s::bigint[])
) ORDER BY c.id FOR NO KEY UPDATE OF c
"""
# The units, parcels and reports belong to rooms above and are read here by SQL only. A parcel of which units were
# received was short, and not empty; money that was charged back says something only where delivery was proved before.
_SEEN = """
WITH told AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::boolean[])
        AS t(case_id, kind, subject_id, fact_id, empty)
)
SELECT t.case_id, 'unit' AS subject_kind, t.subject_id, r.id AS rma_id, r.customer_id, NULL::timestamptz AS happened_at
FROM told t JOIN receiving_unit u ON u.id = t.subject_id JOIN returns_rmaline l ON l.id = u.rma_line_id
JOIN returns_rma r ON r.id = l.rma_id WHERE t.kind = 'wrong_serial'
UNION ALL
SELECT t.case_id, 'parcel', t.subject_id, r.id, r.customer_id, NULL
FROM told t JOIN logistics_parcel p ON p.id = t.subject_id JOIN returns_rma r ON r.id = p.rma_id
WHERE t.kind = 'short' AND (t.empty OR NOT EXISTS (
    SELECT FROM receiving_unit u WHERE u.parcel_id = p.id AND u.state <> 'reversed'))
UNION ALL
SELECT t.case_id, 'money_fact', f.id, NULL, o.customer_id, f.happened_at
FROM told t JOIN refunds_moneyfact f ON f.id = t.fact_id AND f.kind = 'chargeback'
JOIN orders_tender x ON x.id = f.tender_id JOIN orders_order o ON o.id = x.order_id
WHERE t.kind = 'chargeback' AND EXISTS (
    SELECT FROM orders_shipment s WHERE s.order_id = o.id AND s.delivered_at <= f.happened_at)
"""
KEEP: Final = """
INSERT INTO returns_signal AS g (id, kind, subject_kind, subject_id, customer_id, rma_id, happened_at, recorded_at,
    command_id, withdrawn_at)
SELECT v.id, v.kind, v.subject_kind, v.subject_id, v.customer_id, v.rma_id, v.happened_at, %s::timestamptz, %s::bigint,
       v.withdrawn_at
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[],
    %s::timestamptz[])
    AS v(id, kind, subject_kind, subject_id, customer_id, rma_id, happened_at, withdrawn_at)
ORDER BY v.kind, v.subject_id
ON CONFLICT (kind, subject_id) DO UPDATE SET withdrawn_at = EXCLUDED.withdrawn_at
WHERE (g.withdrawn_at IS NULL) <> (EXCLUDED.withdrawn_at IS NULL)
RETURNING id, kind, subject_id, happened_at, withdrawn_at
"""


@command(needs="workqueue.work")
def note_signals(ctx: Context, *, items: Sequence[NoteSignal]) -> Batch:
    """Note or take back what each case says about a customer. Refuses `CaseNotFound`. Three statements at most."""
    cases = {row.id: row for row in db.lock(ctx, Rank.CASE, _CASES, [[item.case_id for item in items]])}
    seen = _seen([row for row in cases.values() if row.kind in SIGNAL_OF_CASE])
    # The same thing may have several cases, one after the other; it counts while any of them does.
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for case_id, found in sorted(seen.items()):
        case = cases[case_id]
        excused = case.outcome in EXCUSED
        row = rows.setdefault(
            (SIGNAL_OF_CASE[case.kind], found.subject_id),
            {
                "kind": SIGNAL_OF_CASE[case.kind],
                "subject_kind": found.subject_kind,
                "subject_id": found.subject_id,
                "customer_id": found.customer_id,
                "rma_id": found.rma_id,
                "happened_at": found.happened_at or case.opened_at,
                "withdrawn_at": ctx.at,
            },
        )
        row["withdrawn_at"] = row["withdrawn_at"] if excused else None
    changed = keep_signals(ctx, list(rows.values()))
    results: list[Done | Refused] = []
    for item in items:
        identity = str(item.case_id)
        if item.case_id not in cases:
            results.append(Refused.of(identity, CaseNotFound(case_id=item.case_id)))
        else:
            found = seen.get(item.case_id)
            key = (SIGNAL_OF_CASE[cases[item.case_id].kind], found.subject_id) if found is not None else ("", 0)
            results.append(Done(identity, {"signal_id": changed.get(key, 0)}, replayed=key not in changed))
    return Batch(results)


def _seen(cases: Sequence[Any]) -> dict[int, Any]:
    """By case what it is about, with the customer; nothing where nobody knows the customer."""
    if not cases:
        return {}
    columns: list[list[Any]] = [
        [case.id for case in cases],
        [case.kind for case in cases],
        [case.subject_id for case in cases],
        [case.facts.get("fact_id") for case in cases],
        [bool(case.facts.get("empty")) for case in cases],
    ]
    return {row.case_id: row for row in db.rows(_SEEN, columns) if row.customer_id is not None}


def keep_signals(ctx: Context, rows: Sequence[dict[str, Any]]) -> dict[tuple[str, int], int]:
    """Write signals that are new or changed, and tell; ids of those, by kind and subject. One statement at most."""
    if not rows:
        return {}
    names = ("kind", "subject_kind", "subject_id", "customer_id", "rma_id", "happened_at", "withdrawn_at")
    columns = [[row[name] for row in rows] for name in names]
    changed = db.rows(KEEP, [ctx.at, ctx.command_id, [ctx.new_id() for _ in rows], *columns])
    for row in changed:
        kind = events.SIGNAL_NOTED if row.withdrawn_at is None else events.SIGNAL_WITHDRAWN
        emit(ctx, [Event(kind, row.id, row.happened_at, {"kind": row.kind, "subject_id": row.subject_id})])
    return {(row.kind, row.subject_id): row.id for row in changed}
