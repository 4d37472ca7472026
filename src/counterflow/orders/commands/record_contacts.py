"""Record how customers are reached: the newest word counts, and nothing of it is kept elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, NotFound
from counterflow.orders.commands.keeping_links import keep_links
from counterflow.orders.contacts import NewContact, check_contact, columns
from counterflow.orders.links import Reached
from counterflow.orders.models import Contact


@dataclass(frozen=True)
class RecordContact:
    """The whole contact of one customer of a channel; what is left empty is no longer known."""

    channel: str
    customer_ref: str
    contact: NewContact


class CustomerUnknown(NotFound):
    """Channel {channel} has no customer {customer_ref}; customers come with their orders."""


_CUSTOMERS = """
SELECT k.id, c.code AS channel, c.entity_id, k.country, k.external_ref, a.id AS contact_id, a.erased_at,
       a.name, a.email, a.phone, a.line1, a.line2, a.postcode, a.city, a.email_key, a.phone_key, a.postcode_key
FROM (SELECT DISTINCT * FROM unnest(%s::text[], %s::text[]) AS u(channel, ref)) w
JOIN orders_channel c ON c.code = w.channel
JOIN orders_customer k ON k.channel_id = c.id AND k.external_ref = w.ref
LEFT JOIN orders_contact a ON a.customer_id = k.id
ORDER BY k.id
"""


@command(needs="orders.contact")
def record_contacts(ctx: Context, *, items: Sequence[RecordContact]) -> Batch:
    """Keep each contact instead of the one before. The same contact again is a replay.

    Refuses `ContactInvalid`, `CustomerUnknown`; neither quotes what was sent. Five statements at most.
    """
    wanted = [(item.channel, item.customer_ref) for item in items]
    known = {
        (row.channel, row.external_ref): row
        for row in db.rows(_CUSTOMERS, [[c for c, _ in wanted], [ref for _, ref in wanted]])
    }
    now = {row.id: {name: getattr(row, name) for name in columns(NewContact())} for row in known.values()}
    told: dict[int, dict[str, Any]] = {}
    results: list[Done | Refused] = []
    for item in items:
        identity = f"{item.channel}:{item.customer_ref}"
        try:
            results.append(_record(ctx, identity, item, known.get((item.channel, item.customer_ref)), now, told))
        except DomainError as error:
            results.append(Refused.of(identity, error))
    contacts = {row.id: row.contact_id for row in known.values()}
    db.insert(Contact, [row for customer, row in sorted(told.items()) if contacts[customer] is None])
    db.update(Contact, [row | {"id": contacts[c]} for c, row in sorted(told.items()) if contacts[c] is not None])
    people = {row.id: Reached(row.entity_id, row.country, told[row.id]) for row in known.values() if row.id in told}
    keep_links(people)
    return Batch(results)


def _record(
    ctx: Context,
    identity: str,
    item: RecordContact,
    row: Any,
    now: dict[int, dict[str, str | None]],
    told: dict[int, dict[str, Any]],
) -> Done:
    check_contact(item.contact)
    if row is None:
        raise CustomerUnknown(channel=item.channel[:80], customer_ref=item.customer_ref[:80])
    wanted = columns(item.contact)
    if now[row.id] == wanted and (row.contact_id is not None or row.id in told):
        return Done(identity, {"customer_id": row.id}, replayed=True)
    now[row.id] = wanted
    told[row.id] = {
        "id": ctx.new_id(),
        "customer_id": row.id,
        **wanted,
        "recorded_at": ctx.at,
        "erased_at": None,
    }
    return Done(identity, {"customer_id": row.id})
