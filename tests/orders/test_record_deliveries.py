"""Deliveries: once for each shipment, within what can be true, and the day from which windows count."""

from datetime import UTC, datetime, timedelta

import pytest

from company import SOLD
from counterflow.kernel import db
from counterflow.orders.commands.record_deliveries import ReportDelivery, record_deliveries

HAD = SOLD + timedelta(days=3)


def told(company, order, at=HAD, number="1"):
    return ReportDelivery(company.channel(), order, number, at)


def delivered(order):
    sql = "SELECT s.delivered_at FROM orders_shipment s JOIN orders_order o ON o.id = s.order_id WHERE o.number = %s"
    return db.rows(sql, [order])[0].delivered_at


def test_a_delivery_is_recorded_once(ctx, company):
    order = company.sell()
    first, again = record_deliveries(ctx(), items=[told(company, order), told(company, order)]).done
    assert (first.replayed, again.replayed) == (False, True)
    assert delivered(order) == HAD
    other = record_deliveries(ctx(), items=[told(company, order, HAD + timedelta(hours=1))])
    assert [r.code for r in other.refused] == ["identity_reused"]
    assert delivered(order) == HAD


@pytest.mark.parametrize(
    ("at", "number", "code"),
    [
        (SOLD - timedelta(minutes=1), "1", "delivery_invalid"),
        (datetime(2026, 5, 4, 9), "1", "delivery_invalid"),
        (datetime(2999, 1, 1, tzinfo=UTC), "1", "delivery_invalid"),
        (HAD, "2", "shipment_unknown"),
    ],
)
def test_what_cannot_be_is_refused(ctx, company, at, number, code):
    refused = record_deliveries(ctx(), items=[told(company, company.sell(), at, number)]).refused
    assert [r.code for r in refused] == [code]


def test_the_statements_do_not_grow_with_the_batch(ctx, company):
    orders = [company.sell() for _ in range(12)]

    def counted(items):
        with db.counting() as seen:
            assert not record_deliveries(ctx(), items=items).refused
        return len(seen)

    one = counted([told(company, orders[0])])
    assert counted([told(company, order) for order in orders[1:]]) == one
