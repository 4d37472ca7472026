"""What letters tell of a return: read anew for each, by SQL only; nothing of it is kept outside the payload."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.desk.letters import language_of, letters
from counterflow.desk.routes import ROUTE
from counterflow.kernel import db
from counterflow.kernel.money import to_decimal


@dataclass(frozen=True)
class Told:
    """A return as letters tell it; `email` is empty where the customer cannot be written to."""

    rma_id: int
    rma: str
    email: str
    language: str
    words: dict[str, str]


_TOLD = f"""
SELECT r.id, r.number, r.currency, coalesce(o.number, '') AS "order", coalesce(o.country, '') AS country,
       c.name AS channel, coalesce(a.name, '') AS name, coalesce(a.email, '') AS email,
       l.items, coalesce(n.name, '') AS node, coalesce(n.address, '') AS address, coalesce(m.total, 0)::bigint AS total
FROM returns_rma r JOIN orders_channel c ON c.id = r.channel_id
LEFT JOIN orders_order o ON o.id = r.order_id
LEFT JOIN orders_contact a ON a.customer_id = r.customer_id
CROSS JOIN LATERAL (
    SELECT string_agg(x.quantity || ' × ' || coalesce(nullif(i.name, ''), i.sku), E'\\n' ORDER BY x.line_no) AS items
    FROM returns_rmaline x JOIN catalog_item i ON i.id = x.item_id WHERE x.rma_id = r.id
) l
{ROUTE}LEFT JOIN LATERAL (SELECT sum(total_minor) AS total FROM refunds_credit WHERE rma_id = r.id) m ON true
WHERE r.number = ANY(%s::text[])
"""


def told(*, rmas: Sequence[str]) -> dict[str, Told]:
    """What letters can tell of returns, by number. One statement."""
    found = {}
    for row in db.rows(_TOLD, [list(rmas)]):
        words = {
            "name": row.name,
            "rma": row.number,
            "order": row.order,
            "channel": row.channel,
            "items": row.items,
            "address": "\n".join(part for part in (row.node, row.address) if part),
            "amount": f"{to_decimal(row.total, row.currency)} {row.currency}",
        }
        found[row.number] = Told(row.id, row.number, row.email, language_of(row.country), words)
    return found


def letter_shown(*, rma: str, template: str) -> tuple[str, str, str]:
    """Address, subject and text of a letter as it would go out now; all empty where there is no such return."""
    known = told(rmas=[rma]).get(rma)
    letter = letters(known.language).get(template) if known else None
    if known is None or letter is None:
        return "", "", ""
    return known.email, *letter.filled(known.words)
