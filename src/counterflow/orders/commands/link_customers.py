"""Find anew what links customers to others: for contacts from before there were links, and after a change of key."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.orders.commands.keeping_links import keep_links
from counterflow.orders.commands.record_contacts import CustomerUnknown
from counterflow.orders.contacts import NewContact, columns
from counterflow.orders.links import Reached


@dataclass(frozen=True)
class LinkCustomer:
    """One customer of a channel, by the channel's own reference."""

    channel: str
    customer_ref: str


_CUSTOMERS = """
SELECT k.id, c.code AS channel, k.external_ref, c.entity_id, k.country
FROM (SELECT DISTINCT * FROM unnest(%s::text[], %s::text[]) AS u(channel, ref)) w
JOIN orders_channel c ON c.code = w.channel
JOIN orders_customer k ON k.channel_id = c.id AND k.external_ref = w.ref
ORDER BY k.id
"""
# Under lock, so that nobody is erased between the reading of a contact and the keeping of its digests.
_CONTACTS = """
SELECT a.id, a.customer_id, a.name, a.email, a.phone, a.line1, a.line2, a.postcode, a.city,
       a.email_key, a.phone_key, a.postcode_key FROM orders_contact a
WHERE a.customer_id = ANY(%s::bigint[]) ORDER BY a.id FOR NO KEY UPDATE
"""


@command(needs="orders.contact")
def link_customers(ctx: Context, *, items: Sequence[LinkCustomer]) -> Batch:
    """Digest the contact of each customer again. Refuses `CustomerUnknown`. Three statements, whatever the batch."""
    wanted = [(item.channel, item.customer_ref) for item in items]
    known = {
        (row.channel, row.external_ref): row
        for row in db.rows(_CUSTOMERS, [[c for c, _ in wanted], [ref for _, ref in wanted]])
    }
    contacts = {row.customer_id: row for row in db.lock(ctx, Rank.KEY, _CONTACTS, [[k.id for k in known.values()]])}
    nothing = columns(NewContact())
    people = {
        row.id: Reached(
            row.entity_id,
            row.country,
            {name: getattr(contacts[row.id], name) for name in nothing} if row.id in contacts else nothing,
        )
        for row in known.values()
    }
    keep_links(people)
    results: list[Done | Refused] = []
    for item in items:
        identity, row = f"{item.channel}:{item.customer_ref}", known.get((item.channel, item.customer_ref))
        if row is None:
            error = CustomerUnknown(channel=item.channel[:80], customer_ref=item.customer_ref[:80])
            results.append(Refused.of(identity, error))
        else:
            results.append(Done(identity, {"customer_id": row.id}))
    return Batch(results)
