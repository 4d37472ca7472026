"""Find the order a caller means, by whatever the caller has in hand."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from counterflow.kernel import db
from counterflow.orders.contacts import PHONE_DIGITS, email_key, phone_key, postcode_key

LIMIT_MAX = 50
_DAYS = (
    ("%Y-%m-%d", r"\d{4}-\d{1,2}-\d{1,2}"),
    ("%d.%m.%Y", r"\d{1,2}\.\d{1,2}\.\d{4}"),
    ("%d/%m/%Y", r"\d{1,2}/\d{1,2}/\d{4}"),
)


@dataclass(frozen=True)
class Hit:
    """An order that fits, and by what; `items` names what was in it. `rma` is the return that was named, if one was."""

    order_id: int
    channel: str
    number: str
    by: str
    placed_at: datetime
    currency: str
    simulated: bool
    customer: str
    items: str
    pieces: int
    total_minor: int
    rma: str


@dataclass(frozen=True)
class Clues:
    """What a search could mean. Empty where it cannot mean that."""

    words: str
    email: str = ""
    phone: str = ""
    postcode: str = ""
    name: str = ""
    sku: str = ""
    day: date | None = None


def clues_of(words: str) -> Clues:
    """What somebody typed, taken as an address, a telephone number, a postcode with a name, or an item and a day."""
    words = " ".join(words.split())[:200]
    if "@" in words:
        return Clues(words, email=email_key(words))
    for form, pattern in _DAYS:
        if found := re.fullmatch(rf"(?:(\S.*?)\s+)?({pattern})(?:\s+(\S.*))?", words):
            day, sku = _day(found[2], form), found[1] or found[3] or ""
            if day is not None and sku:
                return Clues(words, sku=sku, day=day)
    digits = phone_key(words)
    if re.fullmatch(r"[+(]?[\d\s()/.-]+", words) and len(digits) == PHONE_DIGITS:
        return Clues(words, phone=digits)
    postcode, name = _place(words)
    return Clues(words, postcode=postcode, name=name)


def _day(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _place(words: str) -> tuple[str, str]:
    """A postcode with a name before or behind it; a postcode may be written in two parts and has a digit."""
    parts = words.split(" ")
    numbered = [n for n, part in enumerate(parts) if any(c.isdigit() for c in part)]
    if not numbered:
        return "", ""
    first, last = numbered[0], numbered[-1]
    name = " ".join([*parts[:first], *parts[last + 1 :]])
    return postcode_key(" ".join(parts[first : last + 1])), name


# Limited, so that the planner goes from the person to the orders and never through all orders by date.
_NEWEST = """SELECT x.id, x.placed_at FROM orders_order x WHERE x.customer_id = a.customer_id
            ORDER BY x.placed_at DESC LIMIT %(limit)s"""
# One row for each way an order can be meant; the surest way first. Each part goes by an index.
_MEANT = f"""
WITH meant AS (
    SELECT 1 AS rank, 'Order number' AS by, o.id, '' AS rma FROM orders_channel c
        JOIN orders_order o ON o.channel_id = c.id AND o.number IN (%(words)s, upper(%(words)s))
    UNION ALL SELECT 2, 'Return', r.order_id, r.number FROM returns_rma r WHERE r.number = upper(%(words)s)
    UNION ALL SELECT 3, 'Tracking number', r.order_id, r.number FROM logistics_parcel p
        JOIN returns_rma r ON r.id = p.rma_id WHERE p.tracking IN (%(words)s, upper(%(words)s))
    UNION ALL SELECT 4, 'Unit', r.order_id, r.number FROM receiving_unit u
        JOIN returns_rmaline l ON l.id = u.rma_line_id JOIN returns_rma r ON r.id = l.rma_id
        WHERE u.lpn IN (%(words)s, upper(%(words)s))
    UNION ALL (SELECT 5, 'Email', o.id, ''
        FROM orders_contact a CROSS JOIN LATERAL ({_NEWEST}) o
        WHERE %(person)s AND a.email_key = %(email)s AND %(email)s <> '' ORDER BY o.placed_at DESC LIMIT %(limit)s)
    UNION ALL (SELECT 6, 'Telephone', o.id, ''
        FROM orders_contact a CROSS JOIN LATERAL ({_NEWEST}) o
        WHERE %(person)s AND a.phone_key = %(phone)s AND %(phone)s <> '' ORDER BY o.placed_at DESC LIMIT %(limit)s)
    UNION ALL (SELECT 7, CASE WHEN %(name)s = '' THEN 'Postcode' ELSE 'Postcode and name' END, o.id, ''
        FROM orders_contact a CROSS JOIN LATERAL ({_NEWEST}) o
        WHERE %(person)s AND a.postcode_key = %(postcode)s AND %(postcode)s <> ''
          AND strpos(lower(coalesce(a.name, '')), lower(%(name)s)) > 0
        ORDER BY o.placed_at DESC LIMIT %(limit)s)
    UNION ALL SELECT 8, 'Customer number', o.id, '' FROM orders_channel c
        JOIN orders_customer k ON k.channel_id = c.id AND k.external_ref = %(words)s
        JOIN orders_order o ON o.customer_id = k.id
    UNION ALL (SELECT 9, 'Item and day', o.id, '' FROM orders_order o
        JOIN orders_orderline l ON l.order_id = o.id AND l.sku IN (%(sku)s, upper(%(sku)s))
        WHERE %(sku)s <> '' AND o.placed_at >= %(since)s AND o.placed_at < %(until)s
        ORDER BY o.placed_at DESC LIMIT %(limit)s)
), best AS (SELECT DISTINCT ON (id) * FROM meant WHERE id IS NOT NULL ORDER BY id, rank, rma)
SELECT o.id, c.code AS channel, o.number, b.by, o.placed_at, o.currency, o.simulated,
       CASE WHEN %(person)s THEN coalesce(a.name, '') ELSE '' END AS customer, l.items, l.pieces, l.total, b.rma
FROM (SELECT b.* FROM best b JOIN orders_order o ON o.id = b.id ORDER BY b.rank, o.placed_at DESC LIMIT %(limit)s) b
JOIN orders_order o ON o.id = b.id
JOIN orders_channel c ON c.id = o.channel_id
LEFT JOIN orders_contact a ON a.customer_id = o.customer_id
CROSS JOIN LATERAL (
    SELECT coalesce(string_agg(x.quantity || ' × ' || coalesce(nullif(i.name, ''), x.sku), ', ' ORDER BY x.line_no)
                    FILTER (WHERE x.kind = 'product'), '') AS items,
           coalesce(sum(x.quantity) FILTER (WHERE x.kind = 'product'), 0)::int AS pieces,
           coalesce(sum(x.quantity * x.unit_price_minor - x.discount_minor), 0)::bigint AS total
    FROM orders_orderline x LEFT JOIN catalog_item i ON i.id = x.item_id WHERE x.order_id = o.id
) l
ORDER BY b.rank, o.placed_at DESC, o.id DESC
"""


def orders_meant(*, search: str, zone: tzinfo = UTC, person: bool = False, limit: int = 20) -> list[Hit]:
    """Orders that a search may mean, the surest first: order, return, tracking, unit or customer number, an
    item's SKU with a day, and with `person` an email address, a telephone number, or a postcode with a name.

    One statement.
    """
    clues = clues_of(search)
    if not clues.words:
        return []
    since = datetime.combine(clues.day or date(2000, 1, 1), time(), zone)
    params = {
        "words": clues.words,
        "person": person,
        "email": clues.email,
        "phone": clues.phone,
        "postcode": clues.postcode,
        "name": clues.name,
        "sku": clues.sku,
        "since": since,
        "until": since + timedelta(days=1),
        "limit": max(1, min(limit, LIMIT_MAX)),
    }
    return [Hit(*row) for row in db.rows(_MEANT, params)]
