"""Accounts that belong together, found without keeping how anybody is reached.

Of each contact three keyed digests are kept: of its email, its telephone number and its postal address, each in
its one form (`normal.py`). The key follows from the installation's secret, so a copy of the table tells nothing,
and the legal entity is part of what is digested, so accounts of different companies never meet. The digests of a
person are erased with the person.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Final

from django.conf import settings

from counterflow.kernel import db
from counterflow.orders import normal

KINDS: Final = ("email", "phone", "address")
BYTES: Final = 16
"""Length of a digest: 128 bits, so that no two forms meet by chance."""


@dataclass(frozen=True)
class Reached:
    """How a customer is reached, with what else a digest needs: legal entity and country."""

    entity_id: int
    country: str
    values: Mapping[str, str | None]


@cache
def _key(secret: str) -> bytes:
    """The key of the digests: of the installation's secret, and of no use for anything else."""
    return hmac.digest(secret.encode(), b"counterflow.orders.links.1", sha256)


def digests(reached: Reached) -> dict[str, bytes]:
    """The digest of each thing that is known well enough to compare, by kind."""
    text = {name: value or "" for name, value in reached.values.items()}
    forms = {
        "email": normal.email(text["email"]),
        "phone": normal.phone(text["phone"], reached.country),
        "address": normal.address(text["line1"], text["line2"], text["postcode"], text["city"], reached.country),
    }
    key = _key(settings.SECRET_KEY)
    return {
        kind: hmac.digest(key, f"{reached.entity_id}|{kind}|{form}".encode(), sha256)[:BYTES]
        for kind, form in forms.items()
        if form is not None
    }


SHARED: Final = """
SELECT DISTINCT mine.customer_id, mine.kind, other.customer_id AS other_id
FROM orders_customerlink mine
CROSS JOIN LATERAL (
    SELECT array_agg(s.customer_id) AS ids FROM (
        SELECT l.customer_id FROM orders_customerlink l
        WHERE l.digest = mine.digest AND l.kind = mine.kind LIMIT %(shared)s + 1
    ) s
) found
CROSS JOIN LATERAL unnest(found.ids) AS other(customer_id)
WHERE mine.customer_id = ANY(%(customers)s::bigint[]) AND cardinality(found.ids) <= %(shared)s
  AND other.customer_id <> mine.customer_id
"""
"""Pairs of accounts and what they share: customer_id, kind, other_id; takes `customers` and `shared`."""


def linked(customers: Sequence[int]) -> dict[int, dict[int, tuple[str, ...]]]:
    """By customer the other accounts that share something, and what: email, phone, address. One statement.

    What more customers share than COUNTERFLOW_LINK_SHARED allows (a parcel shop, a switchboard) links nobody.
    """
    found: dict[int, dict[int, tuple[str, ...]]] = {customer: {} for customer in customers}
    for row in db.rows(SHARED, {"customers": sorted(set(customers)), "shared": settings.LINK_SHARED_MAX}):
        kinds = found[row.customer_id]
        kinds[row.other_id] = tuple(kind for kind in KINDS if kind == row.kind or kind in kinds.get(row.other_id, ()))
    return found


@dataclass(frozen=True)
class ReachedRow:
    """A customer who can be reached."""

    customer_id: int
    channel: str
    customer_ref: str


def reached_after(customer_id: int, *, limit: int) -> list[ReachedRow]:
    """Customers with a contact, by id, those after one."""
    sql = """
        SELECT k.id AS customer_id, c.code AS channel, k.external_ref AS customer_ref FROM orders_contact a
        JOIN orders_customer k ON k.id = a.customer_id JOIN orders_channel c ON c.id = k.channel_id
        WHERE a.customer_id > %s ORDER BY a.customer_id LIMIT %s
    """
    return [ReachedRow(*row) for row in db.rows(sql, [customer_id, limit])]
