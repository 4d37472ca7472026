"""estimate_costs: shipments of history get their item's standard cost, once, and say that it is an estimate."""

import pytest

from counterflow.kernel import db
from counterflow.kernel.db import counting
from counterflow.orders.commands.estimate_costs import estimate_costs


@pytest.fixture
def shipped(company):
    """Ids of the shipment lines of an order whose cost nobody knows: five tees and a mug."""

    def make(issue=False):
        number = company.sell([("tee", 5, 2000, 400), ("mug", 1, 900, 100)], issue=issue)
        return [
            row.id
            for row in db.rows(
                "SELECT s.id FROM orders_shipmentline s JOIN orders_shipment p ON p.id = s.shipment_id "
                "JOIN orders_order o ON o.id = p.order_id WHERE o.number = %s ORDER BY s.quantity DESC",
                [number],
            )
        ]

    return make


def kept(ids):
    rows = db.rows(
        "SELECT cost_basis, issued_cost_minor FROM orders_shipmentline WHERE id = ANY(%s) ORDER BY id", [ids]
    )
    return sorted((row.cost_basis, row.issued_cost_minor) for row in rows)


def test_the_estimate_is_the_standard_cost_of_all_pieces(ctx, shipped):
    ids = shipped()
    batch = estimate_costs(ctx(), items=ids)
    assert [done.facts["cost_minor"] for done in batch.done] == [5 * 800, 250]
    assert kept(ids) == [("estimated", 250), ("estimated", 4000)]


def test_it_is_made_once(ctx, shipped, owner):
    ids = shipped()
    estimate_costs(ctx(), items=ids)
    owner.execute("UPDATE catalog_item SET standard_cost_minor = standard_cost_minor + 1")
    again = estimate_costs(ctx(), items=[*ids, *ids])
    assert [done.replayed for done in again.done] == [True] * 4
    assert kept(ids) == [("estimated", 250), ("estimated", 4000)]


def test_what_is_known_or_cannot_be_estimated_is_refused(ctx, shipped, owner):
    issued, moving, costless = shipped(issue=True), shipped(), shipped()
    owner.execute("UPDATE orders_shipmentline SET authorised_qty = 1 WHERE id = %s", [moving[0]])
    owner.execute(
        "UPDATE catalog_item SET currency = 'EUR' WHERE id = (SELECT item_id FROM orders_shipmentline WHERE id = %s)",
        [costless[1]],
    )
    batch = estimate_costs(ctx(), items=[issued[0], moving[0], costless[1], 5])
    codes = [refused.code for refused in batch.refused]
    assert codes == ["cost_known", "returns_under_way", "no_standard_cost", "shipment_line_unknown"]


def test_statements_do_not_grow_with_the_batch(ctx, shipped):
    counts = []
    for size in (1, 40):
        ids = [line for _ in range(size) for line in shipped()]
        with counting() as seen:
            estimate_costs(ctx(), items=ids)
        counts.append(len(seen))
    assert counts[0] == counts[1]
