"""The SQL that merges a staged file into the books: constant in number, whatever the size of the file.

`staged` holds the order lines of one file that are not in the books yet, each with the ids to be of itself and its
shipment line, and the numbers of its heading and thing (`importing.coding`); `heads` one row an order of it, with
the ids that were reserved where lines went straight into the books (`importing.direct`). Lines that are refused
or known leave `staged` on the way, and what is left is new. `staged_apart` holds returns (class 4) and stock
adjustments (5, `states.LineClass`).
"""

HEADS = """
CREATE TEMP TABLE heads ON COMMIT DROP AS
WITH g AS MATERIALIZED (
    SELECT number, min(line) AS first_line, min(happened_at) AS earliest, bool_or(product) AS ships,
           min(customer COLLATE "C") AS customer, min(country COLLATE "C") AS country,
           min(currency COLLATE "C") AS currency, min(order_id) AS given_id, min(shipment_id) AS shipment_id,
           min(customer COLLATE "C") <> max(customer COLLATE "C") OR count(customer) NOT IN (0, count(*))
           OR min(country COLLATE "C") <> max(country COLLATE "C") OR count(country) NOT IN (0, count(*))
           OR %(keyed)s AND (min(currency) <> max(currency) OR min(happened_at) <> max(happened_at)) AS mixed
    FROM pg_temp.staged_headings GROUP BY number
), f AS MATERIALIZED (
    SELECT DISTINCT ON (s.number) s.number, s.customer, s.country, s.currency, s.happened_at
    FROM pg_temp.staged_headings s WHERE s.number IN (SELECT g.number FROM g WHERE g.mixed)
    ORDER BY s.number, s.line
)
SELECT coalesce(q.known_id, q.given_id, nextval('kernel_id_seq')) AS order_id, q.known_id IS NOT NULL AS known, q.*,
       coalesce((SELECT max(l.line_no) FROM orders_orderline l WHERE l.order_id = q.known_id), 0) AS last_no
FROM (
    SELECT g.number, g.first_line, g.ships, coalesce(g.mixed, false) AS mixed, g.given_id, g.shipment_id,
           o.id AS known_id,
           CASE WHEN o.id IS NOT NULL THEN c.external_ref WHEN g.mixed THEN f.customer ELSE g.customer END AS customer,
           CASE WHEN o.id IS NOT NULL THEN o.country
                ELSE coalesce(CASE WHEN g.mixed THEN f.country ELSE g.country END, '') END AS country,
           CASE WHEN o.id IS NOT NULL THEN o.currency
                ELSE coalesce(CASE WHEN g.mixed THEN f.currency ELSE g.currency END, %(currency)s) END AS currency,
           CASE WHEN %(keyed)s THEN coalesce(o.placed_at, f.happened_at, g.earliest) ELSE g.earliest END AS placed_at
    FROM g
    LEFT JOIN f ON f.number = g.number
    LEFT JOIN orders_order o ON o.channel_id = %(channel)s AND o.number = g.number AND g.given_id IS NULL
    LEFT JOIN orders_customer c ON c.id = o.customer_id
    ORDER BY g.first_line
) q
"""
"""Ids are given in the order of the file, so that indexes grow at their end.

An order that got its id while the file was read is new; where a shop reported it meanwhile, writing it fails and
the file is read again.
"""

_RAW = """concat_ws(',', number, line_no, sku, description, quantity, happened_at, price_minor, customer, country)"""
_GONE = "s.*, g.number, g.customer, g.country, g.happened_at, t.sku, t.description"

REFUSE_ORDER_CONFLICTS = f"""
WITH gone AS (
    DELETE FROM pg_temp.staged s USING heads h, pg_temp.staged_headings g, pg_temp.staged_things t
    WHERE s.heading = g.heading AND s.thing = t.thing AND g.number = h.number AND (h.mixed OR h.known) AND (
        g.customer IS DISTINCT FROM h.customer OR coalesce(g.country, '') <> h.country
        OR coalesce(g.currency, %(currency)s) <> h.currency OR %(keyed)s AND g.happened_at <> h.placed_at
    )
    RETURNING {_GONE}, concat('order ', h.number, ' has customer ', coalesce(h.customer, '(none)'), ', country ',
                          h.country, ', currency ', h.currency, ' and time ', h.placed_at) AS message
), told AS (
    INSERT INTO pg_temp.staged_refused SELECT line, 'order_conflict', message, {_RAW} FROM gone
)
SELECT class AS code, count(*) AS n, 0 AS known FROM gone GROUP BY class
"""

DROP_KNOWN_LINES = """
WITH had AS (
    SELECT l.order_id, l.sku, l.quantity, l.unit_price_minor, count(*) AS n
    FROM orders_orderline l JOIN heads h ON h.order_id = l.order_id AND h.known GROUP BY 1, 2, 3, 4
), came AS (
    SELECT s.line, h.order_id, t.sku, s.quantity, s.price_minor,
           row_number() OVER (PARTITION BY h.order_id, t.sku, s.quantity, s.price_minor ORDER BY s.line) AS n
    FROM pg_temp.staged s JOIN pg_temp.staged_headings g ON g.heading = s.heading JOIN heads h ON h.number = g.number
    JOIN pg_temp.staged_things t ON t.thing = s.thing WHERE h.known
), gone AS (
    DELETE FROM pg_temp.staged s USING came c, had
    WHERE s.line = c.line AND had.order_id = c.order_id AND had.sku = c.sku AND had.quantity = c.quantity
      AND had.unit_price_minor = c.price_minor AND c.n <= had.n
    RETURNING s.class
)
SELECT class AS code, count(*) AS n, count(*) AS known FROM gone GROUP BY class
"""
"""Lines without numbers are compared as a bag: a line that stands twice in an invoice is sold twice."""

_CONTENT = (
    "t.sku, t.kind, s.quantity, s.price_minor, s.discount_minor, s.tax_minor, s.cost_minor, "
    "s.shipped_at, s.shipment, s.tender, s.tender_reference"
)
_FIRST_CONTENT = _CONTENT.replace("s.", "f.").replace("t.", "ft.")

DROP_REPEATED_NUMBERS = f"""
WITH ranked AS (
    SELECT s.line, first_value(s.line) OVER (PARTITION BY g.number, s.line_no ORDER BY s.line) AS first
    FROM pg_temp.staged s JOIN pg_temp.staged_headings g ON g.heading = s.heading
), gone AS (
    DELETE FROM pg_temp.staged s
    USING ranked r, pg_temp.staged f, pg_temp.staged_things ft, pg_temp.staged_headings g, pg_temp.staged_things t
    WHERE s.line = r.line AND f.line = r.first AND r.first < r.line
      AND g.heading = s.heading AND t.thing = s.thing AND ft.thing = f.thing
    RETURNING {_GONE}, r.first, ROW({_CONTENT}) IS NOT DISTINCT FROM ROW({_FIRST_CONTENT}) AS same
), told AS (
    INSERT INTO pg_temp.staged_refused
    SELECT line, 'line_conflict', concat('line ', first, ' of the file has the same order and line number'), {_RAW}
    FROM gone WHERE NOT same
)
SELECT class AS code, count(*) AS n, count(*) FILTER (WHERE same) AS known FROM gone GROUP BY class
"""

DROP_KNOWN_NUMBERS = f"""
WITH gone AS (
    DELETE FROM pg_temp.staged s
    USING pg_temp.staged_headings g, pg_temp.staged_things t, heads h, orders_orderline l
    WHERE g.heading = s.heading AND t.thing = s.thing
      AND g.number = h.number AND h.known AND l.order_id = h.order_id AND l.line_no = s.line_no
    RETURNING {_GONE}, ROW(t.sku, t.kind, s.quantity, s.price_minor, s.discount_minor, s.tax_minor, s.cost_minor)
        IS NOT DISTINCT FROM
        ROW(l.sku, l.kind, l.quantity, l.unit_price_minor, l.discount_minor, l.tax_minor, l.unit_cost_minor) AS same
), told AS (
    INSERT INTO pg_temp.staged_refused
    SELECT line, 'line_known_differently', 'the books have this line with other content', {_RAW}
    FROM gone WHERE NOT same
)
SELECT class AS code, count(*) AS n, count(*) FILTER (WHERE same) AS known FROM gone GROUP BY class
"""

SETTLE = (REFUSE_ORDER_CONFLICTS, DROP_KNOWN_LINES)
SETTLE_KEYED = (REFUSE_ORDER_CONFLICTS, DROP_REPEATED_NUMBERS, DROP_KNOWN_NUMBERS)
"""What takes lines out, in this order; each says how many of each class, and how many of them were known."""

ADD_CUSTOMERS = """
INSERT INTO orders_customer (channel_id, external_ref)
SELECT %(channel)s, customer
FROM (SELECT customer FROM heads UNION SELECT customer FROM pg_temp.staged_apart) c WHERE customer IS NOT NULL
ON CONFLICT ON CONSTRAINT orders_customer_once DO NOTHING
"""

SEEN_ITEMS = """
SELECT s.sku, coalesce(max(s.description) FILTER (WHERE s.longest), '') AS name
FROM (
    SELECT sku, description, class < 4 AND length(description) = max(length(description)) FILTER (WHERE class < 4)
           OVER (PARTITION BY sku) AS longest
    FROM (
        SELECT t.sku, t.description, 1 AS class FROM pg_temp.staged_things t
        WHERE t.kind = 'product' AND (%(whole)s OR t.thing IN (
            SELECT s.thing FROM pg_temp.staged s UNION SELECT u.thing FROM pg_temp.staged_used u
        ))
        UNION SELECT a.sku, a.description, a.class FROM pg_temp.staged_apart a WHERE a.kind = 'product'
    ) d
) s GROUP BY s.sku ORDER BY s.sku
"""
"""SKUs of products with the longest name that a sale gives; texts of adjustments are no names.

When the file is still whole, every thing of it is of some line.
"""

ADD_ORDERS = """
INSERT INTO orders_order (id, channel_id, number, customer_id, placed_at, currency, country, imported_from_id)
SELECT h.order_id, %(channel)s, h.number, c.id, h.placed_at, h.currency, h.country, %(run)s
FROM heads h LEFT JOIN orders_customer c ON c.channel_id = %(channel)s AND c.external_ref = h.customer
WHERE NOT h.known
"""

_HEADED = "pg_temp.staged_headings g ON g.heading = s.heading JOIN heads h ON h.number = g.number"

PLACES = """
CREATE TEMP TABLE places ON COMMIT DROP AS
SELECT g.heading, h.order_id, h.last_no - h.first_line + 1 AS ahead, p.id AS shipment_id
FROM pg_temp.staged_headings g JOIN heads h ON h.number = g.number
LEFT JOIN orders_shipment p ON p.order_id = h.order_id AND p.number = '1' AND NOT %(keyed)s
"""
"""Where the lines of a heading go; a line without a number gets its place in the file, counted from its order's first.

A file that tells shipments has one for each line, so those are looked up later.
"""

SOLD = """
CREATE TEMP TABLE sold ON COMMIT DROP AS
SELECT t.thing, t.sku, t.kind, i.id AS item_id
FROM pg_temp.staged_things t LEFT JOIN catalog_item i ON i.sku = t.sku AND t.kind = 'product'
"""
_LINES = "FROM pg_temp.staged s JOIN places h ON h.heading = s.heading JOIN sold t ON t.thing = s.thing"

ADD_LINES = f"""
INSERT INTO orders_orderline (id, order_id, line_no, item_id, sku, kind, quantity, unit_price_minor, discount_minor,
                              tax_minor, unit_cost_minor, cost_basis)
SELECT s.id, h.order_id, coalesce(s.line_no, h.ahead + s.line), t.item_id, t.sku, t.kind, s.quantity,
       s.price_minor, coalesce(s.discount_minor, 0), s.tax_minor, s.cost_minor, 'history'
{_LINES}
"""
_SHIPPED = "WHERE t.kind = 'product'"

ADD_WHOLE_SHIPMENTS = """
INSERT INTO orders_shipment (id, order_id, number, shipped_at, reported_at)
SELECT coalesce(h.shipment_id, nextval('kernel_id_seq')), h.order_id, '1', h.placed_at, %(at)s
FROM heads h WHERE h.ships ORDER BY h.first_line
ON CONFLICT ON CONSTRAINT orders_shipment_once DO NOTHING
"""
"""A book that tells no shipments has sent each order when it was placed."""

ADD_TOLD_SHIPMENTS = f"""
INSERT INTO orders_shipment (order_id, number, shipped_at, reported_at)
SELECT h.order_id, s.shipment, min(s.shipped_at), %(at)s
FROM pg_temp.staged s JOIN {_HEADED} WHERE g.product AND s.shipment IS NOT NULL
GROUP BY 1, 2 ORDER BY min(s.line)
ON CONFLICT ON CONSTRAINT orders_shipment_once DO NOTHING
"""

_ADD_SHIPMENT_LINES = """
INSERT INTO orders_shipmentline (id, shipment_id, order_line_id, item_id, quantity, invoiced_minor, tax_minor,
                                 cost_basis)
SELECT s.shipped_id, {shipment}, s.id, t.item_id, s.quantity,
       s.quantity * s.price_minor - coalesce(s.discount_minor, 0), s.tax_minor, 'history'
"""

ADD_WHOLE_SHIPMENT_LINES = f"{_ADD_SHIPMENT_LINES.format(shipment='h.shipment_id')} {_LINES} {_SHIPPED}"
ADD_TOLD_SHIPMENT_LINES = f"""{_ADD_SHIPMENT_LINES.format(shipment="p.id")} {_LINES}
JOIN orders_shipment p ON p.order_id = h.order_id AND p.number = s.shipment {_SHIPPED}
"""

RAISE_TENDERS = f"""
WITH paid AS (
    SELECT h.order_id, h.currency, s.tender, coalesce(s.tender_reference, '') AS reference,
           sum(s.quantity * s.price_minor - coalesce(s.discount_minor, 0))::bigint AS amount
    FROM pg_temp.staged s JOIN {_HEADED} WHERE s.tender IS NOT NULL GROUP BY 1, 2, 3, 4
), raised AS (
    UPDATE orders_tender t SET captured_minor = t.captured_minor + p.amount FROM paid p
    WHERE t.order_id = p.order_id AND t.kind = p.tender AND t.reference = p.reference
    RETURNING t.order_id, t.kind, t.reference
)
INSERT INTO orders_tender (order_id, seq, kind, currency, captured_minor, reference)
SELECT p.order_id,
       (SELECT count(*) FROM orders_tender t WHERE t.order_id = p.order_id)
       + row_number() OVER (PARTITION BY p.order_id ORDER BY p.tender, p.reference),
       p.tender, p.currency, p.amount, p.reference
FROM paid p
WHERE NOT EXISTS (
    SELECT FROM raised r WHERE r.order_id = p.order_id AND r.kind = p.tender AND r.reference = p.reference
)
"""

SET_EARLIEST = """
WITH earlier AS (
    SELECT h.order_id, h.placed_at FROM heads h JOIN orders_order o ON o.id = h.order_id
    WHERE h.known AND h.placed_at < o.placed_at
      AND EXISTS (
          SELECT FROM pg_temp.staged s JOIN pg_temp.staged_headings g ON g.heading = s.heading
          WHERE g.number = h.number
      )
), moved AS (
    UPDATE orders_order o SET placed_at = e.placed_at FROM earlier e WHERE o.id = e.order_id
)
UPDATE orders_shipment p SET shipped_at = e.placed_at FROM earlier e
WHERE p.order_id = e.order_id AND p.number = '1' AND NOT %(keyed)s
"""
"""An order whose lines come in two files was placed when its first line was."""

SET_COUNTRIES = """
UPDATE orders_customer c SET country = o.country
FROM (
    SELECT DISTINCT ON (o.customer_id) o.customer_id, o.country FROM orders_order o
    WHERE o.customer_id IN (
        SELECT k.customer_id FROM orders_order k JOIN heads h ON h.order_id = k.id WHERE k.customer_id IS NOT NULL
    )
    ORDER BY o.customer_id, o.placed_at DESC, o.number DESC
) o
WHERE c.id = o.customer_id AND c.country <> o.country
"""

ADD_RETURNS = """
WITH had AS (
    SELECT r.number, r.sku, r.quantity, r.unit_price_minor, count(*) AS n FROM orders_importedreturn r
    WHERE r.channel_id = %(channel)s
      AND r.number IN (SELECT number FROM pg_temp.staged_apart WHERE class = 4) GROUP BY 1, 2, 3, 4
), came AS (
    SELECT s.*, row_number() OVER (PARTITION BY s.number, s.sku, s.quantity, s.price_minor ORDER BY s.line) AS n
    FROM pg_temp.staged_apart s WHERE s.class = 4
)
INSERT INTO orders_importedreturn (channel_id, number, happened_at, customer_id, item_id, sku, kind, quantity,
                                   unit_price_minor, amount_minor, currency, settled, imported_from_id)
SELECT %(channel)s, s.number, s.happened_at, c.id, i.id, s.sku, s.kind, -s.quantity, s.price_minor,
       -s.quantity * s.price_minor, %(currency)s,
       coalesce(s.happened_at < %(replay_from)s::timestamptz, true), %(run)s
FROM came s
LEFT JOIN had h ON h.number = s.number AND h.sku = s.sku AND h.quantity = -s.quantity
                AND h.unit_price_minor = s.price_minor
LEFT JOIN orders_customer c ON c.channel_id = %(channel)s AND c.external_ref = s.customer
LEFT JOIN catalog_item i ON i.sku = s.sku AND s.kind = 'product'
WHERE s.n > coalesce(h.n, 0) ORDER BY s.line
"""

ADD_ADJUSTMENTS = """
WITH had AS (
    SELECT a.number, a.sku, a.quantity, a.text, count(*) AS n FROM orders_stockadjustment a
    WHERE a.channel_id = %(channel)s
      AND a.number IN (SELECT number FROM pg_temp.staged_apart WHERE class = 5) GROUP BY 1, 2, 3, 4
), came AS (
    SELECT s.*, coalesce(s.description, '') AS said,
           row_number() OVER (PARTITION BY s.number, s.sku, s.quantity, s.description ORDER BY s.line) AS n
    FROM pg_temp.staged_apart s WHERE s.class = 5
)
INSERT INTO orders_stockadjustment (channel_id, number, happened_at, item_id, sku, quantity, text, imported_from_id)
SELECT %(channel)s, s.number, s.happened_at, i.id, s.sku, s.quantity, s.said, %(run)s
FROM came s
LEFT JOIN had h ON h.number = s.number AND h.sku = s.sku AND h.quantity = s.quantity AND h.text = s.said
LEFT JOIN catalog_item i ON i.sku = s.sku AND s.kind = 'product'
WHERE s.n > coalesce(h.n, 0) ORDER BY s.line
"""
