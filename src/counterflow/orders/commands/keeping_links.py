"""Keep and erase the digests that link accounts, inside the commands that keep and erase contacts."""

from collections.abc import Mapping, Sequence
from typing import Any

from counterflow.kernel import db
from counterflow.orders.links import Reached, digests

_KEEP = """
WITH told AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bytea[]) AS v(customer_id, kind, digest)
), gone AS (
    DELETE FROM orders_customerlink k WHERE k.customer_id = ANY(%s::bigint[])
    AND NOT EXISTS (SELECT FROM told t WHERE t.customer_id = k.customer_id AND t.kind = k.kind)
)
INSERT INTO orders_customerlink (customer_id, kind, digest)
SELECT customer_id, kind, digest FROM told ORDER BY customer_id, kind
ON CONFLICT (customer_id, kind) DO UPDATE SET digest = EXCLUDED.digest
WHERE orders_customerlink.digest <> EXCLUDED.digest
"""


def keep_links(people: Mapping[int, Reached]) -> None:
    """Keep the digests of these customers (by id) instead of those before; one statement, none for nobody."""
    if not people:
        return
    rows = [(c, kind, digest) for c, reached in sorted(people.items()) for kind, digest in digests(reached).items()]
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], []]
    db.execute(_KEEP, [*columns, sorted(people)])


def forget_links(customers: Sequence[int]) -> None:
    """Erase the digests of customers; one statement. Call it after their contacts are emptied, not before."""
    db.execute("DELETE FROM orders_customerlink WHERE customer_id = ANY(%s::bigint[])", [list(customers)])
