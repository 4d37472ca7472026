"""What became of every row of an order book and of every return line in it."""

from collections.abc import Sequence

from rich.console import Console

from counterflow.config.demo.books import CHANNEL, CURRENCY
from counterflow.config.demo.replay import OVERRIDE
from counterflow.kernel import db
from counterflow.kernel.money import to_decimal
from counterflow.orders.importing.run import Failed, Imported
from counterflow.orders.states import LineClass

CLASSES = tuple(found.name.lower() for found in LineClass)
# A line is matched, blind, or both; a settled one moved no goods.
_RETURNS = """
SELECT count(*) AS lines, sum(r.quantity)::bigint AS units,
       count(*) FILTER (WHERE r.kind <> 'product') AS services,
       count(*) FILTER (WHERE r.kind = 'product' AND r.settled) AS errors,
       coalesce(sum(r.quantity) FILTER (WHERE r.kind = 'product' AND r.settled), 0)::bigint AS error_units,
       count(*) FILTER (WHERE r.kind = 'product' AND NOT r.settled AND m.units = r.quantity) AS matched,
       count(*) FILTER (WHERE r.kind = 'product' AND NOT r.settled AND m.units < r.quantity AND m.units > 0) AS partly,
       count(*) FILTER (WHERE r.kind = 'product' AND NOT r.settled AND m.units = 0) AS blind,
       coalesce(sum(m.units) FILTER (WHERE r.kind = 'product' AND NOT r.settled), 0)::bigint AS matched_units,
       coalesce(sum(m.units * r.unit_price_minor) FILTER (WHERE r.kind = 'product' AND NOT r.settled), 0)::bigint
           AS taken_back,
       coalesce(sum(r.quantity - m.units) FILTER (WHERE r.kind = 'product' AND NOT r.settled), 0)::bigint AS blind_units
FROM orders_importedreturn r JOIN orders_channel c ON c.id = r.channel_id AND c.code = %s
CROSS JOIN LATERAL (SELECT coalesce(sum(m.quantity), 0) AS units FROM orders_importedreturnmatch m
                    WHERE m.imported_return_id = r.id) m
"""
_REPLAYED = """
SELECT count(DISTINCT r.id) AS rmas, count(l.id) AS lines, coalesce(sum(l.allocated_qty), 0)::bigint AS units,
       coalesce(sum(l.allocated_qty) FILTER (WHERE l.shipment_line_id IS NULL), 0)::bigint AS blind_units,
       coalesce(sum(l.quantity) FILTER (WHERE r.state IN ('declined', 'requested')), 0)::bigint AS stopped_units,
       coalesce(sum(l.quantity) FILTER (WHERE r.state NOT IN ('declined', 'requested') AND l.returnless), 0)::bigint
           AS kept_units,
       coalesce(sum(s.invoiced_minor * l.quantity::numeric / s.quantity), 0)::bigint AS value,
       count(*) FILTER (WHERE d.override_reason = %s AND l.shipment_line_id IS NOT NULL
                              AND d.outcome->>'answer' <> 'yes') AS overridden
FROM returns_rma r JOIN orders_channel c ON c.id = r.channel_id AND c.code = %s
JOIN returns_rmaline l ON l.rma_id = r.id
LEFT JOIN orders_shipmentline s ON s.id = l.shipment_line_id
LEFT JOIN policies_decision d ON d.id = l.eligibility_decision_id
"""
_CREDITED = """
SELECT count(*) AS credits, coalesce(sum(k.total_minor), 0)::bigint AS total,
       coalesce(sum(k.paid_minor), 0)::bigint AS paid,
       coalesce(sum(k.shipping_minor + k.shipping_tax_minor), 0)::bigint AS shipping
FROM refunds_credit k JOIN returns_rma r ON r.id = k.rma_id
JOIN orders_channel c ON c.id = r.channel_id AND c.code = %s
"""


def show_files(console: Console, found: Sequence[Imported | Failed]) -> bool:
    """A line or two a file: rows = imported + refused + duplicate; whether every file was one."""
    for row in found:
        if isinstance(row, Failed):
            console.print(f"{row.name}: {row.message}", markup=False, style="bold")
            continue
        console.print(f"{row.name}", markup=False, highlight=False)
        said = f"{row.imported:,} imported + {row.refused:,} refused + {row.duplicate:,} duplicate"
        console.print(f"  {row.rows:,} rows = {said}", markup=False, highlight=False)
        kinds = ", ".join(f"{row.counts[name]:,} {name}" for name in CLASSES if row.counts.get(name))
        if kinds:
            console.print(f"  imported: {kinds}", markup=False, highlight=False)
    done = [row for row in found if isinstance(row, Imported)]
    rows, imported = sum(row.rows for row in done), sum(row.imported for row in done)
    refused, duplicate = sum(row.refused for row in done), sum(row.duplicate for row in done)
    said = f"{imported:,} imported + {refused:,} refused + {duplicate:,} duplicate"
    console.print(f"All files\n  {rows:,} rows = {said}\n", markup=False, highlight=False)
    return len(done) == len(found)


def show_returns(console: Console) -> bool:
    """What became of the return lines; whether all goods among them were replayed."""
    told = db.rows(_RETURNS, [CHANNEL])[0]
    done = db.rows(_REPLAYED, [OVERRIDE, CHANNEL])[0]
    paid = db.rows(_CREDITED, [CHANNEL])[0]
    goods = told.matched_units + told.blind_units
    lines = [
        f"Return lines in the book: {told.lines:,} ({told.units or 0:,} units)",
        f"  services cancelled (postage, discounts, fees):  {told.services:,}",
        f"  errors of entry, cancelled within the hour:     {told.errors:,} ({told.error_units:,} units)",
        f"  matched to sales:                               {told.matched:,}",
        f"  matched in part, the rest blind:                {told.partly:,}",
        f"  no sale found, blind returns:                   {told.blind:,}",
        f"Units to be replayed: {goods:,} = {told.matched_units:,} matched + {told.blind_units:,} blind",
        f"Units replayed: {done.units:,} = {done.units - done.blind_units:,} matched + {done.blind_units:,} blind",
        f"  in {done.lines:,} lines of {done.rmas:,} RMAs; in {done.overridden:,} matched lines policy would have said",
        "  no or asked a person, and staff overrode it, because the shop did accept them",
        f"What was matched had been sold for {_money(done.value)};",
        f"  the book took it back at {_money(told.taken_back)}",
        f"Credited: {_money(paid.total)} in {paid.credits:,} credits, {_money(paid.paid)} of it settled;",
        f"  goods {_money(paid.total - paid.shipping)}, shipping {_money(paid.shipping)} where policy refunds it",
        "Real: orders, prices, returns. Simulated by a seeded rule: costs, opening stock,",
        "payments, reasons, grades, and the hours at the dock.",
    ]
    if done.stopped_units or done.kept_units:
        said = f"{done.stopped_units:,} refused or waiting by policy, {done.kept_units:,} kept by the customer"
        lines.insert(7, f"Units that did not come back: {said}")
    console.print("\n".join(lines) + "\n", markup=False, highlight=False)
    return bool(goods == done.units + done.stopped_units + done.kept_units)


def _money(minor: int) -> str:
    return f"{to_decimal(minor, CURRENCY):,} {CURRENCY}"
