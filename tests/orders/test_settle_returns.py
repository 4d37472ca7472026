"""settle_returns: history that needs no replay; and what a replay asks of history."""

from datetime import UTC, datetime

import pytest

from counterflow.kernel import db
from counterflow.kernel.db import counting
from counterflow.orders import history, queries
from counterflow.orders import laws as orders_laws
from counterflow.orders.commands.settle_returns import settle_returns
from orders.books import line

pytestmark = pytest.mark.usefixtures("database_copy")
START = datetime(1900, 1, 1, tzinfo=UTC)


@pytest.fixture
def book(imports):
    """Two sales and their cancellations, all left to be replayed."""

    def make(*lines):
        sold = lines or (line("1"), line("C2", quantity=-2), line("C3", "POST", "POSTAGE", -1))
        imports.run(imports.file(*sold), replay_from=START)
        rows = [row for row in queries.imported_returns(limit=10_000) if row.channel == imports.channel]
        return {row.number: row for row in rows}

    make.channel = imports.channel
    return make


def breaches():
    return [row.what for law in orders_laws.LAWS for row in db.rows(law.sql.replace("%", "%%"))]


def test_what_is_settled_counts_as_back(ctx, book):
    rows = book()
    batch = settle_returns(ctx(), items=[rows["C2"].id, rows["C3"].id])
    assert [done.facts["pieces"] for done in batch.done] == [2, 0]
    shipped = queries.order(channel=book.channel, number="1").lines[0].shipped[0]
    assert (shipped.history_qty, shipped.left_qty) == (2, 3)
    assert breaches() == []


def test_settling_again_changes_nothing(ctx, book):
    row = book()["C2"]
    settle_returns(ctx(), items=[row.id])
    assert [done.replayed for done in settle_returns(ctx(), items=[row.id, row.id]).done] == [True, True]
    assert queries.order(channel=book.channel, number="1").lines[0].left_qty == 3


def test_pieces_that_are_under_way_are_not_settled(ctx, book, owner):
    row = book()["C2"]
    owner.execute("UPDATE orders_shipmentline SET authorised_qty = 4 WHERE id = %s", [row.matches[0].shipment_line_id])
    batch = settle_returns(ctx(), items=[row.id, 5])
    assert [refused.code for refused in batch.refused] == ["pieces_in_use", "return_unknown"]


def test_a_replay_learns_where_the_pieces_were_sold_and_what_was_paid(book):
    row = book()["C2"]
    match = row.matches[0].shipment_line_id
    place = history.sold_places(shipment_lines=[match])[match]
    assert (place.order, place.line_no, place.quantity, place.invoiced_minor) == ("1", 1, 5, 1250)
    assert history.unpaid_totals(orders=[place.order_id]) == {place.order_id: 1250}


def test_an_items_price_is_the_median_of_its_lines(book):
    book(*(line(str(n), "MEDIAN", price=price) for n, price in enumerate(("1.00", "9.00", "3.00"), start=11)))
    found = {item.sku: item for item in history.priced_items(channel=book.channel)}
    assert (found["MEDIAN"].median_minor, found["MEDIAN"].lines) == (300, 3)


def test_statements_do_not_grow_with_the_batch(ctx, book):
    rows = list(book(line("1", quantity=50), *(line(f"C{n}", quantity=-1) for n in range(20))).values())
    counts = []
    for part in (rows[:1], rows[1:]):
        with counting() as seen:
            settle_returns(ctx(), items=[row.id for row in part])
        counts.append(len(seen))
    assert counts[0] == counts[1]
