"""import_files and import_book on small generated books and one real month: counts, idempotence, any order of files."""

import gzip
from itertools import permutations

import pytest

from counterflow.kernel import db
from counterflow.orders import queries
from counterflow.orders.importing.run import Failed
from orders.books import Imports, line

pytestmark = pytest.mark.usefixtures("database_copy")
OURS = "order_number,line_no,placed_at,currency,sku,quantity,unit_price,kind,customer_ref,country,discount,tax"
CONTENT = """
SELECT o.number, o.placed_at, o.currency, o.country, k.external_ref, k.country AS home, i.name, l.sku, l.kind,
       l.quantity, l.unit_price_minor, p.number AS shipment, p.shipped_at, s.quantity AS shipped, s.invoiced_minor,
       s.history_qty
FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id LEFT JOIN orders_customer k ON k.id = o.customer_id
JOIN orders_orderline l ON l.order_id = o.id LEFT JOIN catalog_item i ON i.id = l.item_id
LEFT JOIN orders_shipmentline s ON s.order_line_id = l.id LEFT JOIN orders_shipment p ON p.id = s.shipment_id
WHERE c.code = %s ORDER BY o.number, l.sku, l.kind, l.quantity, l.unit_price_minor, s.history_qty
"""
RETURNS = """
SELECT r.number, r.happened_at, r.sku, r.kind, r.quantity, r.amount_minor, o.number AS sold, m.quantity AS matched
FROM orders_importedreturn r JOIN orders_channel c ON c.id = r.channel_id
LEFT JOIN orders_importedreturnmatch m ON m.imported_return_id = r.id
LEFT JOIN orders_shipmentline s ON s.id = m.shipment_line_id LEFT JOIN orders_orderline l ON l.id = s.order_line_id
LEFT JOIN orders_order o ON o.id = l.order_id
WHERE c.code = %s ORDER BY r.number, r.sku, r.happened_at, r.quantity, r.amount_minor, o.number, m.quantity
"""
ADJUSTMENTS = """
SELECT a.number, a.happened_at, a.sku, a.quantity, a.text, r.code FROM orders_stockadjustment a
JOIN orders_channel c ON c.id = a.channel_id LEFT JOIN catalog_reasoncode r ON r.id = a.reason_id
WHERE c.code = %s ORDER BY a.number, a.sku, a.quantity
"""


def content(channel: str) -> list:
    """What the books say of a channel, without ids and without where it came from."""
    return [db.rows(sql, [channel]) for sql in (CONTENT, RETURNS, ADJUSTMENTS)]


def adds_up(rows) -> bool:
    classes = ("sale", "free", "service", "return", "adjustment")
    return all(
        r.rows == r.imported + r.refused + r.duplicate and r.imported == sum(r.counts.get(c, 0) for c in classes)
        for r in rows
    )


def test_every_class_of_line_lands_in_its_place(imports):
    lines = [
        line("500001"),
        line("500001", sku="10002", price="0"),
        line("500001", sku="POST", text="POSTAGE", quantity=1, price="18.00"),
        line("C500002", quantity=-2, at="2010-05-02 10:00:00"),
        line("C500003", sku="D", text="Discount", quantity=-1, price="10.00", at="2010-05-02 10:00:00"),
        line("500004", quantity=-7, price="0.0", who="", text="wet pallet"),
        line("500005", quantity=3, price="0.0", who="", text="phase of the moon"),
        line("A500006", sku="B", text="Adjust bad debt", quantity=1, price="-99.10", who=""),
    ]
    done = imports.run(imports.file(*lines))
    assert adds_up(done)
    counts = {name: done[0].counts[name] for name in ("sale", "free", "service", "return", "adjustment")}
    assert counts == {"sale": 1, "free": 1, "service": 2, "return": 2, "adjustment": 2}
    order = queries.order(channel=imports.channel, number="500001")
    assert [(row.line_no, row.sku, row.kind, row.left_qty) for row in order.lines] == [
        (1, "10001", "product", 3),
        (2, "10002", "product", 5),
        (3, "POST", "shipping", 0),
    ]
    assert order.imported
    assert not order.simulated
    assert {row.unit_cost_minor for row in order.lines} == {row.tax_minor for row in order.lines} == {None}
    assert order.tenders == []
    texts = {(row.text, row.code) for row in db.rows(ADJUSTMENTS, [imports.channel])}
    assert texts == {("wet pallet", "damaged"), ("phase of the moon", None)}
    assert "phase of the moon" in [row.text for row in queries.unmapped_adjustments()]
    assert db.rows("SELECT count(*) AS n FROM ledger_entry")[0].n == 0


def test_importing_again_imports_nothing(imports):
    path = imports.file(
        line(), line(), line(sku="10002"), line("C5", quantity=-1), line("6", price="0", who="", quantity=-1)
    )
    first = imports.run(path)
    before = content(imports.channel)
    again = imports.run(path)
    assert (first[0].imported, first[0].duplicate) == (5, 0)
    assert (again[0].imported, again[0].duplicate) == (0, 5)
    assert adds_up(first + again)
    assert content(imports.channel) == before


def test_a_line_that_stands_twice_was_sold_twice(imports):
    imports.run(imports.file(line(), line()))
    done = imports.run(imports.file(line(), line(), line()))
    assert (done[0].imported, done[0].duplicate) == (1, 2)
    order = queries.order(channel=imports.channel, number="500001")
    assert len({row.line_no for row in order.lines}) == 3


def test_any_order_of_files_gives_the_same_books(ctx, make_channel, tmp_path):
    books = [
        [line("1", at="2010-05-01 10:00:00"), line("2", at="2010-05-03 10:00:00"), line("C9", quantity=-2)],
        [line("2", at="2010-05-03 10:00:00"), line("3", quantity=1, at="2010-05-04 10:00:00", text="RED LAMP")],
        [
            line("C8", quantity=-7, at="2010-05-05 10:00:00"),
            line("C7", quantity=-1, at="2010-05-02 10:00:00"),
            line("3", sku="10002", at="2010-05-04 09:59:00"),
            line("4", who="777", text="LAMP, RED"),
        ],
    ]
    found = []
    for n, order in enumerate(permutations(books)):
        into = Imports(ctx, tmp_path, make_channel(f"perm-{n}"))
        for book in order:
            assert adds_up(into.run(into.file(*book)))
        found.append(content(into.channel))
    # Names of items are the catalog's and shared by the channels, so the first channel is read again at the end.
    assert found[1:] == [content("perm-0")] * (len(found) - 1)
    matched = {(r.number, r.sold, r.matched) for r in db.rows(RETURNS, ["perm-0"])}
    assert matched == {("C9", "1", 2), ("C7", "1", 1), ("C8", "3", 1), ("C8", "2", 5), ("C8", "1", 1)}


def test_a_return_waits_for_its_sale_in_a_later_file(imports):
    imports.run(imports.file(line("C2", quantity=-3, at="2010-05-02 10:00:00")))
    assert [r.blind_qty for r in queries.imported_returns(limit=10_000) if r.channel == imports.channel] == [3]
    imports.run(imports.file(line("1")))
    assert [r.blind_qty for r in queries.imported_returns(limit=10_000) if r.channel == imports.channel] == [0]
    assert queries.order(channel=imports.channel, number="1").lines[0].left_qty == 2


def test_returns_to_be_replayed_leave_what_is_left(imports):
    from datetime import UTC, datetime

    path = imports.file(line(), line("C2", quantity=-1), line("C3", quantity=-2, at="2010-06-02 10:00:00"))
    imports.run(path, replay_from=datetime(2010, 6, 1, tzinfo=UTC))
    shipped = queries.order(channel=imports.channel, number="500001").lines[0].shipped[0]
    assert (shipped.history_qty, shipped.left_qty) == (1, 4)
    waiting = [r for r in queries.imported_returns(settled=False) if r.channel == imports.channel]
    assert [(r.number, r.matches[0].shipment_line_id, r.matches[0].quantity) for r in waiting] == [
        ("C3", shipped.id, 2)
    ]


def test_refused_rows_are_reported_and_the_others_are_in(imports):
    path = imports.file(line("1"), line("2", quantity="many"), line("3", quantity=-2), line("4", price="1.005"), "odd")
    done = imports.run(path)
    assert (done[0].rows, done[0].imported, done[0].refused) == (5, 1, 4)
    assert imports.refusals() == [
        (6, "columns_differ"),
        (3, "quantity_malformed"),
        (4, "quantity_negative"),
        (5, "price_too_precise"),
    ]


def test_lines_that_contradict_their_order_are_refused(imports):
    imports.run(imports.file(line("1"), line("1", sku="10002", who="999")))
    assert imports.refusals() == [(3, "order_conflict")]
    done = imports.run(imports.file(line("1", sku="10003", who="999")))
    assert imports.refusals() == [(2, "order_conflict")]
    assert adds_up(done)


def test_our_layout_keeps_line_numbers_and_refuses_other_content(imports):
    row = "A-1,{n},2026-05-01T10:00:00Z,EUR,TEE,2,{price},product,c1,DE,0.50,1.20"
    first = [row.format(n=1, price="10.00"), row.format(n=2, price="11.00"), row.format(n=2, price="11.00")]
    conflict = row.format(n=1, price="12.00")
    done = imports.run(imports.file(*first, conflict, header=OURS))
    assert (done[0].imported, done[0].duplicate, done[0].refused) == (2, 1, 1)
    assert imports.refusals() == [(5, "line_conflict")]
    done = imports.run(imports.file(first[0], conflict, row.format(n=3, price="1.00"), header=OURS))
    assert (done[0].imported, done[0].duplicate, done[0].refused) == (1, 1, 1)
    assert imports.refusals() == [(3, "line_conflict")]
    done = imports.run(imports.file(conflict, header=OURS))
    assert imports.refusals() == [(2, "line_known_differently")]
    order = queries.order(channel=imports.channel, number="A-1")
    assert [(row.line_no, row.unit_price_minor, row.tax_minor) for row in order.lines] == [
        (1, 1000, 120),
        (2, 1100, 120),
        (3, 100, 120),
    ]
    assert all(row.shipped == [] for row in order.lines)


def test_our_layout_tells_shipments_and_tenders(imports):
    header = OURS + ",shipped_at,shipment,tender,tender_reference,unit_cost"
    start = "A-2,{n},2026-05-01T10:00:00+02:00,EUR,TEE,2,10.00,product,c1,DE,,,"
    imports.run(
        imports.file(
            start.format(n=1) + "2026-05-02T10:00:00Z,S1,card,ch_1,4.00",
            start.format(n=2) + "2026-05-03T10:00:00Z,S2,card,ch_1,",
            start.format(n=3) + ",,voucher,,",
            header=header,
        )
    )
    order = queries.order(channel=imports.channel, number="A-2")
    assert order.placed_at.hour == 8
    assert [[s.shipment for s in row.shipped] for row in order.lines] == [["S1"], ["S2"], []]
    assert [row.unit_cost_minor for row in order.lines] == [400, None, None]
    assert [(t.kind, t.captured_minor, t.reference) for t in order.tenders] == [
        ("card", 4000, "ch_1"),
        ("voucher", 2000, ""),
    ]


def test_a_bad_file_does_not_stop_the_others(imports, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b,c\n1,2,3\n")
    results = imports.run(bad, tmp_path / "missing.csv", imports.file(line("1")))
    assert [(r.code if isinstance(r, Failed) else r.imported) for r in results] == [
        "columns_missing",
        "file_missing",
        1,
    ]


def test_a_cut_gzip_is_imported_up_to_the_cut_and_completed_later(imports, tmp_path):
    whole = imports.file(*(line(str(n), text=f"{n * 7919 % 10007:05d}") for n in range(3000)))
    packed = gzip.compress(whole.read_bytes())
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(packed[: len(packed) // 2])
    first = imports.run(cut)[0]
    assert first.refused == 1
    assert [code for _, code in imports.refusals()] == ["file_cut", "file_cut"]
    second = imports.run(whole)[0]
    assert (second.duplicate, second.imported) == (first.imported, 3000 - first.imported)


def test_an_unknown_channel_is_named(imports):
    imports.channel = "nowhere"
    with pytest.raises(queries.ChannelMissing, match="no channel nowhere"):
        imports.run(imports.file(line()))


def test_statements_do_not_grow_with_the_file(imports):
    counts = []
    for n in (1, 2000):
        path = imports.file(*(line(str(n * 10_000 + i), sku=f"1000{i % 5}") for i in range(n)))
        with db.counting() as seen:
            imports.run(path)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_real_month_adds_up_and_a_second_run_finds_it_known(imports, data_dir):
    path = data_dir / "orders" / "online_retail" / "online_retail_2011-01.csv.gz"
    first = imports.run(path)
    assert adds_up(first)
    assert (first[0].rows, first[0].refused) == (35_147, 0)
    books = content(imports.channel)
    assert len(books[0]) == sum(first[0].counts[c] for c in ("sale", "free", "service"))
    again = imports.run(path)
    assert (again[0].imported, again[0].duplicate) == (0, 35_147)
    assert content(imports.channel) == books
    history = db.rows(
        "SELECT sum(s.history_qty) AS n, (SELECT sum(m.quantity) FROM orders_importedreturnmatch m JOIN "
        "orders_importedreturn r ON r.id = m.imported_return_id WHERE r.channel_id = c.id) AS matched "
        "FROM orders_channel c JOIN orders_order o ON o.channel_id = c.id JOIN orders_orderline l ON l.order_id = o.id "
        "JOIN orders_shipmentline s ON s.order_line_id = l.id WHERE c.code = %s GROUP BY c.id",
        [imports.channel],
    )[0]
    assert history.n == history.matched > 0
