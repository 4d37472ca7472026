"""match_returns and map_adjustments after the import: our own acts are not undone, texts can be mapped later."""

import pytest

from counterflow.catalog.commands import MapReason, map_reasons
from counterflow.kernel import db
from counterflow.orders import queries
from counterflow.orders.commands import map_adjustments
from orders.books import line

pytestmark = pytest.mark.usefixtures("database_copy")


def test_pairs_that_our_own_acts_touched_stay_as_they_are(imports, owner):
    imports.run(
        imports.file(line("1"), line("1", sku="10002"), line("C2", quantity=-1), line("C2", sku="10002", quantity=-1))
    )
    lines = queries.order(channel=imports.channel, number="1").lines
    owner.execute("UPDATE orders_shipmentline SET authorised_qty = 4 WHERE id = %s", [lines[0].shipped[0].id])
    done = imports.run(imports.file(line("C3", quantity=-1), line("C3", sku="10002", quantity=-1)))
    assert done[0].counts["pairs_in_use"] == 1
    found = {r.sku: r.blind_qty for r in queries.imported_returns(limit=10_000) if r.number == "C3"}
    assert found == {"10001": 1, "10002": 0}
    after = queries.order(channel=imports.channel, number="1").lines
    assert [(row.shipped[0].history_qty, row.left_qty) for row in after] == [(1, 0), (2, 3)]


def test_a_text_mapped_later_gives_its_lines_a_reason(imports, ctx):
    adjusted = line("9", quantity=-1, price="0", who="", text="eaten by the cat")
    imports.run(imports.file(adjusted, adjusted.replace("9,", "10,", 1)))
    assert [row.lines for row in queries.unmapped_adjustments() if row.text == "eaten by the cat"] == [2]
    map_reasons(ctx(), items=[MapReason("stock-adjustment", "Eaten by the cat!", "adjustment", "damaged")])
    assert map_adjustments(ctx()).done[0].facts["mapped"] == 2
    assert "eaten by the cat" not in [row.text for row in queries.unmapped_adjustments()]
    assert map_adjustments(ctx()).done[0].facts["mapped"] == 0


def test_every_match_is_within_what_was_sold_and_returned(imports, data_dir):
    imports.run(data_dir / "orders" / "online_retail" / "online_retail_2011-02.csv.gz")
    wrong = db.rows(
        "SELECT r.id FROM orders_importedreturn r JOIN orders_importedreturnmatch m ON m.imported_return_id = r.id "
        "JOIN orders_shipmentline s ON s.id = m.shipment_line_id JOIN orders_orderline l ON l.id = s.order_line_id "
        "JOIN orders_order o ON o.id = l.order_id "
        "GROUP BY r.id HAVING sum(m.quantity) > r.quantity OR bool_or(o.placed_at > r.happened_at) "
        "OR bool_or(o.customer_id <> r.customer_id) OR bool_or(s.item_id <> r.item_id) ORDER BY r.id"
    )
    assert wrong == []
