"""Shipments: facts that post at the pool's average, and never wait for our books to agree."""

from datetime import UTC, date, datetime, timedelta

import dock
from company import SOLD
from counterflow.facilities.commands.record_nodes import RecordNode, record_nodes
from counterflow.kernel import db
from counterflow.ledger.commands.keep_entities import KeepEntity, keep_entities
from counterflow.ledger.commands.open_books import OpenStock, open_books
from counterflow.orders.commands.record_orders import record_orders
from counterflow.orders.commands.record_shipments import ReportShipment, ShippedLine, record_shipments
from counterflow.orders.documents import NewLine, NewOrder
from counterflow.receiving.commands.inspect_units import InspectUnit
from counterflow.receiving.queries import unit
from quality import gl, inspect
from together import together


def ordered(company, *lines, number=""):
    """An order of (item, pieces, unit cost or None) that nobody has shipped yet; its number."""
    number = number or f"N-{company.lpn()}"
    made = tuple(
        NewLine(n, company.sku(name), pieces, 2400, discount_minor=1, tax_minor=400 * pieces, unit_cost_minor=cost)
        for n, (name, pieces, cost) in enumerate(lines or [("tee", 5, None)], 1)
    )
    order = NewOrder(company.channel(), number, SOLD - timedelta(days=1), "GBP", made, "c1", "GB")
    assert record_orders(company.ctx(), items=[order]).done
    return number


def stocked(company, name="tee", quantity=10, cost=8000, node="dc1"):
    item = OpenStock(company.node(node), company.sku(name), quantity, cost)
    assert open_books(company.ctx(), items=[item]).done


def shipment(company, order, number="1", lines=((1, 5),), *, at=SOLD, node=None):
    parts = [ShippedLine(line, pieces) for line, pieces in lines]
    where = company.node() if node is None else node
    return ReportShipment(company.channel(), order, number, where, at, parts)


def ship(company, *items, key=None):
    return record_shipments(company.ctx(key=key), items=items)


def shipped(order):
    return db.rows(
        "SELECT s.number, x.quantity, x.invoiced_minor, x.tax_minor, x.issued_cost_minor, x.issued_entry_id,"
        " x.cost_basis FROM orders_shipmentline x JOIN orders_shipment s ON s.id = x.shipment_id"
        " JOIN orders_order o ON o.id = s.order_id"
        " WHERE o.number = %s ORDER BY x.id",
        [order],
    )


def negative_facts(company):
    return db.rows(
        "SELECT (facts ->> 'quantity')::int AS quantity, (facts ->> 'estimate_minor')::int AS estimate"
        " FROM kernel_eventrecord WHERE kind = 'StockFactNegative' AND (facts ->> 'entity_id')::bigint = %s"
        " ORDER BY id",
        [company.entity],
    )


def test_goods_leave_at_the_pools_average_and_the_last_piece_takes_the_rest(company):
    stocked(company, quantity=3, cost=1000)
    order = ordered(company, ("tee", 3, None))
    batch = ship(company, *[shipment(company, order, str(n), [(1, 1)]) for n in (1, 2, 3)])
    assert len(batch.done) == 3
    rows = shipped(order)
    assert [row.issued_cost_minor for row in rows] == [333, 333, 334]
    assert {row.cost_basis for row in rows} == {"issued"}
    assert sum(row.invoiced_minor for row in rows) == 3 * 2400 - 1
    assert sum(row.tax_minor for row in rows) == 1200
    assert dock.stock(company, "available") == (0, 0)
    assert gl(company, "cost_of_sales") == 1000
    entry = db.rows("SELECT kind, happened_at FROM ledger_entry WHERE id = %s", [rows[0].issued_entry_id])[0]
    assert (entry.kind, entry.happened_at) == ("ship", SOLD)
    assert dock.breaches() == []


def test_what_the_pool_lacks_leaves_from_unexplained_and_is_told(company):
    stocked(company, quantity=2, cost=1700)
    order = ordered(company, ("tee", 5, None), ("mug", 1, 260))
    (done,) = ship(company, shipment(company, order, lines=[(1, 5), (2, 1)])).done
    tee, mug = shipped(order)
    assert (tee.issued_cost_minor, tee.cost_basis) == (1700 + 3 * 800, "estimated")
    assert (mug.issued_cost_minor, mug.cost_basis) == (260, "estimated")
    assert dock.stock(company, "available") == (0, 0)
    assert gl(company, "cost_of_sales") == 1700
    assert [(row.quantity, row.estimate) for row in negative_facts(company)] == [(3, 2400), (1, 260)]
    unexplained = db.rows(
        "SELECT sum(l.amount)::int AS n FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id"
        " WHERE a.state = 'unexplained' AND a.entity_id = %s",
        [company.entity],
    )
    assert unexplained[0].n == -4
    assert done.facts["shipment_id"]
    assert dock.breaches() == []


def test_without_any_idea_of_a_cost_the_basis_is_nil(company):
    db.execute(
        "UPDATE catalog_item SET standard_cost_minor = NULL, currency = '' WHERE id = %s", [company.items["mug"]]
    )
    order = ordered(company, ("mug", 1, None))
    assert ship(company, shipment(company, order, lines=[(1, 1)])).done
    assert [(row.issued_cost_minor, row.cost_basis) for row in shipped(order)] == [(None, "nil")]


def test_history_and_goods_that_were_never_ours_post_nothing(company):
    stocked(company)
    before = ordered(company)
    assert ship(company, shipment(company, before, at=datetime(2025, 12, 31, 23, tzinfo=UTC))).done
    others = ordered(company)
    assert ship(company, shipment(company, others, node="")).done
    for order in (before, others):
        assert [(r.issued_cost_minor, r.issued_entry_id, r.cost_basis) for r in shipped(order)] == [(None, None, "nil")]
    assert dock.stock(company, "available") == (10, 8000)
    go_live = ordered(company)
    assert ship(company, shipment(company, go_live, at=datetime(2026, 1, 1, 0, 30, tzinfo=UTC))).done
    assert dock.stock(company, "available") == (5, 4000)


def test_a_shipment_reported_after_its_return_posts_as_any_other(company):
    order = ordered(company)
    scan = dock.scan(company)
    assert dock.receive(company, scan).done[0].facts["found"] == "blind"
    assert inspect(company, InspectUnit(scan.lpn, "A")).done
    assert unit(lpn=scan.lpn).unit.basis == "nil"
    stocked(company)
    assert ship(company, shipment(company, order)).done
    assert [row.cost_basis for row in shipped(order)] == ["issued"]
    assert dock.stock(company, "available") == (5, 4000)
    assert dock.breaches() == []


def test_what_cannot_have_left_is_refused_whole(company):
    stocked(company)
    order = ordered(company, ("tee", 5, None), ("mug", 1, None))
    batch = ship(
        company,
        shipment(company, "no-such-order"),
        shipment(company, order, node="nowhere"),
        shipment(company, order, lines=[(1, 1), (9, 1)]),
        shipment(company, order, lines=[(1, 6)]),
        shipment(company, order, lines=[(1, 3), (1, 3)]),
        shipment(company, order, lines=[]),
        shipment(company, order, lines=[(1, 0)]),
        shipment(company, order, number=""),
        shipment(company, order, at=datetime(2026, 5, 1)),
        shipment(company, order, at=datetime.now(UTC) + timedelta(days=2)),
    )
    assert [r.code for r in batch.refused] == [
        "order_unknown",
        "node_unknown",
        "order_line_unknown",
        "more_than_ordered",
        "more_than_ordered",
        "shipment_malformed",
        "shipment_malformed",
        "shipment_malformed",
        "shipment_malformed",
        "not_yet_shipped",
    ]
    assert shipped(order) == []
    assert dock.stock(company, "available") == (10, 8000)


def test_the_same_report_is_a_replay_and_another_under_its_number_a_conflict(company):
    stocked(company)
    order = ordered(company)
    first = ship(company, shipment(company, order, lines=[(1, 2)]), key="k")
    assert ship(company, shipment(company, order, lines=[(1, 2)]), key="k") == first
    (again,) = ship(company, shipment(company, order, lines=[(1, 1), (1, 1)])).done
    assert again.replayed
    assert again.facts == first.done[0].facts
    (reused,) = ship(company, shipment(company, order, lines=[(1, 3)])).refused
    assert reused.code == "identity_reused"
    assert len(shipped(order)) == 1


def test_a_batch_gives_what_its_items_would_give_one_by_one(company):
    def life(in_one_batch, node):
        stocked(company, quantity=7, cost=1001, node=node)
        order = ordered(company, ("tee", 9, 500))
        parts = [("1", [(1, 3)]), ("2", [(1, 3)]), ("2", [(1, 3)]), ("3", [(1, 9)]), ("2", [(1, 1)]), ("4", [(1, 3)])]
        items = [shipment(company, order, number, lines, node=company.node(node)) for number, lines in parts]
        cuts = [items] if in_one_batch else [[item] for item in items]
        results = [r for cut in cuts for r in ship(company, *cut)]
        told = [getattr(r, "code", "") or ("done", r.replayed) for r in results]
        return told, [(r.quantity, r.invoiced_minor, r.issued_cost_minor, r.cost_basis) for r in shipped(order)]

    assert life(True, "dc1") == life(False, "3pl")
    assert dock.breaches() == []


def test_goods_of_another_entity_are_owed_to_it(company):
    code = f"NI{company.tag}"
    assert keep_entities(
        company.ctx(), items=[KeepEntity(code, "North", "GBP", date(2026, 1, 1), "Europe/London")]
    ).done
    node = f"north-{company.tag}"
    assert record_nodes(company.ctx(), items=[RecordNode(node, "North", "dc", code)]).done
    assert open_books(company.ctx(), items=[OpenStock(node, company.sku(), 5, 4000)]).done
    order = ordered(company, ("tee", 5, None))
    assert ship(company, shipment(company, order, node=node)).done
    assert gl(company, "cost_of_sales") == 4000
    assert gl(company, "due_to_entities") == -4000
    owed = db.rows(
        "SELECT sum(l.amount)::int AS s FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id"
        " JOIN ledger_entity e ON e.id = a.entity_id WHERE e.code = %s AND a.gl = 'due_from_entities'",
        [code],
    )
    assert owed[0].s == 4000
    assert dock.breaches() == []


def test_one_shipment_and_two_hundred_take_the_same_statements(company):
    stocked(company, quantity=5000, cost=4_000_000)
    orders = [ordered(company) for _ in range(202)]
    ship(company, shipment(company, orders[0]))
    with db.counting() as one:
        ship(company, shipment(company, orders[1]))
    with db.counting() as many:
        batch = ship(company, *[shipment(company, order) for order in orders[2:]])
    assert len(batch.done) == 200
    assert many == one
    assert len(one) <= 8


def test_eight_reports_have_one_effect_and_opposite_batches_do_not_deadlock(company):
    stocked(company, quantity=100, cost=80_000)
    stocked(company, "mug", quantity=100, cost=25_000)
    order = ordered(company)
    batches = together([lambda: ship(company, shipment(company, order))] * 8)
    assert sum(not b.done[0].replayed for b in batches) == 1
    numbers = together([lambda n=n: ship(company, shipment(company, order, f"x{n}")) for n in range(8)])
    assert {b.refused[0].code for b in numbers} == {"more_than_ordered"}
    orders = [ordered(company, ("tee", 2, None), ("mug", 2, None)) for _ in range(8)]
    items = [shipment(company, o, lines=[(1, 1), (2, 1)]) for o in orders]
    both = together([lambda i=i: ship(company, *(items if i % 2 else items[::-1])) for i in range(6)])
    assert sum(not r.replayed for b in both for r in b.done) == 8
    assert dock.stock(company, "available") == (87, 69_600)
    assert dock.breaches() == []
