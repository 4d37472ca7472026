"""Erase a person: how the customer is reached, and every free text, picture and document about their returns."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.evidence.commands.erase_subjects import EraseSubject, erase_subjects
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.orders.commands.keeping_links import forget_links
from counterflow.orders.commands.record_contacts import CustomerUnknown
from counterflow.orders.contacts import EMPTY
from counterflow.orders.models import Contact


@dataclass(frozen=True)
class EraseCustomer:
    """One customer of a channel, by the channel's own reference."""

    channel: str
    customer_ref: str


_CUSTOMERS = """
SELECT k.id, c.code AS channel, k.external_ref, a.id AS contact_id, a.erased_at
FROM (SELECT DISTINCT * FROM unnest(%s::text[], %s::text[]) AS u(channel, ref)) w
JOIN orders_channel c ON c.code = w.channel
JOIN orders_customer k ON k.channel_id = c.id AND k.external_ref = w.ref
LEFT JOIN orders_contact a ON a.customer_id = k.id
ORDER BY k.id
"""
# Everything that free text, a picture or a document about a customer can hang on; cases hang on any of it, and
# where cases were merged people wrote about all of it in any of them.
_SUBJECTS = """
WITH RECURSIVE rma AS (SELECT id, customer_id FROM returns_rma WHERE customer_id = ANY(%(customers)s::bigint[])),
line AS (SELECT l.id, r.customer_id FROM returns_rmaline l JOIN rma r ON r.id = l.rma_id),
credit AS (
    SELECT c.id, r.customer_id FROM refunds_credit c JOIN rma r ON r.id = c.rma_id
    UNION SELECT c.id, o.customer_id FROM refunds_credit c JOIN orders_order o ON o.id = c.order_id
    WHERE o.customer_id = ANY(%(customers)s::bigint[])
),
unit AS (
    SELECT u.id, l.customer_id FROM receiving_unit u JOIN line l ON l.id = u.rma_line_id
    UNION SELECT a.unit_id, l.customer_id FROM returns_allocation a JOIN line l ON l.id = a.rma_line_id
),
subject AS (
    SELECT id, id AS customer_id FROM orders_customer WHERE id = ANY(%(customers)s::bigint[])
    UNION SELECT id, customer_id FROM orders_order WHERE customer_id = ANY(%(customers)s::bigint[])
    UNION SELECT id, customer_id FROM rma
    UNION SELECT id, customer_id FROM line
    UNION SELECT id, customer_id FROM unit
    UNION SELECT id, customer_id FROM credit
    UNION SELECT sl.id, o.customer_id FROM orders_order o JOIN orders_shipment s ON s.order_id = o.id
    JOIN orders_shipmentline sl ON sl.shipment_id = s.id WHERE o.customer_id = ANY(%(customers)s::bigint[])
    UNION SELECT p.id, c.customer_id FROM refunds_payout p JOIN credit c ON c.id = p.credit_id
    UNION SELECT f.id, c.customer_id FROM refunds_moneyfact f JOIN refunds_payout p ON p.id = f.payout_id
    JOIN credit c ON c.id = p.credit_id
    UNION SELECT f.id, o.customer_id FROM orders_order o JOIN orders_tender t ON t.order_id = o.id
    JOIN refunds_moneyfact f ON f.tender_id = t.id WHERE o.customer_id = ANY(%(customers)s::bigint[])
    UNION SELECT p.id, r.customer_id FROM logistics_parcel p JOIN rma r ON r.id = p.rma_id
),
named AS (
    SELECT id, customer_id FROM subject
    UNION SELECT q.id, s.customer_id FROM subject s JOIN approvals_request q ON q.subject_id = s.id
),
family AS (
    SELECT w.id, n.customer_id, w.merged_into_id FROM named n JOIN workqueue_case w ON w.subject_id = n.id
    UNION SELECT w.id, f.customer_id, w.merged_into_id FROM family f
    JOIN workqueue_case w ON w.merged_into_id = f.id OR w.id = f.merged_into_id
)
SELECT id, customer_id FROM named
UNION SELECT id, customer_id FROM family
ORDER BY 1
"""
_KEPT = """
SELECT subject_id FROM kernel_payload WHERE subject_id = ANY(%(ids)s::bigint[]) AND erased_at IS NULL
UNION SELECT subject_id FROM evidence_photo WHERE subject_id = ANY(%(ids)s::bigint[]) AND erased_at IS NULL
UNION SELECT subject_id FROM evidence_document WHERE subject_id = ANY(%(ids)s::bigint[]) AND erased_at IS NULL
ORDER BY 1
"""


@command(needs="access.erase")
def erase_customers(ctx: Context, *, items: Sequence[EraseCustomer]) -> Batch:
    """Empty the contact of each customer and erase all free text, photos and documents about their orders and returns.

    Books, decisions and events hold nothing personal and stay. Refuses `CustomerUnknown`. A customer of whom
    nothing is left answers as a replay. Ten statements, whatever the batch.
    """
    wanted = [(item.channel, item.customer_ref) for item in items]
    known = {
        (row.channel, row.external_ref): row
        for row in db.rows(_CUSTOMERS, [[c for c, _ in wanted], [ref for _, ref in wanted]])
    }
    owner: dict[int, list[int]] = defaultdict(list)
    for row in db.rows(_SUBJECTS, {"customers": sorted(row.id for row in known.values())}):
        owner[row.id].append(row.customer_id)
    gone: dict[int, Counter[str]] = defaultdict(Counter)
    kept = [row.subject_id for row in db.rows(_KEPT, {"ids": sorted(owner)})]
    if kept:
        for done in erase_subjects(ctx, items=[EraseSubject(subject) for subject in kept]).done:
            for customer in owner[int(done.identity)]:
                gone[customer].update(done.facts)
    full = [row for row in known.values() if row.contact_id is not None and row.erased_at is None]
    db.update(Contact, [{"id": row.contact_id, **EMPTY, "erased_at": ctx.at} for row in full])
    # Last, so that what somebody recorded meanwhile, and this statement waited for, goes as well.
    forget_links([row.id for row in known.values()])
    emptied = {row.id for row in full}
    results: list[Done | Refused] = []
    for item in items:
        identity = f"{item.channel}:{item.customer_ref}"
        row = known.get((item.channel, item.customer_ref))
        if row is None:
            error = CustomerUnknown(channel=item.channel[:80], customer_ref=item.customer_ref[:80])
            results.append(Refused.of(identity, error))
            continue
        # The same customer twice in one batch: the first did it all.
        contact, kinds = row.id in emptied, gone.pop(row.id, Counter())
        emptied.discard(row.id)
        facts = {"texts": kinds["erased"], "photos": kinds["photos"], "documents": kinds["documents"]}
        told = {"customer_id": row.id, "contact": contact, **facts}
        results.append(Done(identity, told, replayed=not (contact or any(facts.values()))))
    return Batch(results)
