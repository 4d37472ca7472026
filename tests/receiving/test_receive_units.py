"""Receiving: the dock loses nothing, and what comes in is worth what left."""

from datetime import UTC, datetime

import pytest

from counterflow.kernel import db
from counterflow.kernel.db import counting
from counterflow.orders.models import ShipmentLine
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from dock import announce, authorise, breaches, cases, line_of, milestones, receive, scan, stock, tell


def unit(lpn):
    return db.rows("SELECT * FROM receiving_unit WHERE lpn = %s", [lpn])[0]


def test_expected_goods_come_from_the_customer_at_what_was_issued(company):
    rma = authorise(company, [("tee", 2)])
    result = receive(company, scan(company, quantity=2, rma=rma)).done[0]
    assert result.facts["found"] == "expected"
    assert result.facts["rma"] == rma
    assert stock(company, "received") == (2, 1600)
    line = line_of(rma)
    assert (line.authorised_qty, line.allocated_qty) == (0, 2)
    assert milestones(rma) == {"authorised": 2, "received": 2}
    assert cases(company) == []
    assert breaches() == []


def test_expected_goods_come_out_of_transit_with_the_value_they_went_in_with(company):
    rma = authorise(company, [("tee", 3)])
    tracking = announce(company, rma)
    tell(company, tracking, "accepted")
    assert stock(company, "in_transit_return") == (3, 2400)
    receive(company, scan(company, quantity=2, tracking=tracking))
    assert stock(company, "in_transit_return") == (1, 800)
    assert stock(company, "received") == (2, 1600)
    assert breaches() == []


def test_without_a_tracking_number_goods_in_transit_are_taken_first(company):
    rma = authorise(company, [("tee", 3)])
    tell(company, announce(company, rma, [(1, 1)]), "delivered")
    receive(company, scan(company, rma=rma))
    assert stock(company, "in_transit_return") == (0, 0)
    assert stock(company, "received") == (1, 800)
    assert breaches() == []


def test_pieces_share_an_odd_cost_to_the_last_penny(company):
    order = company.sell([("mug", 3, 1000, 200)])
    db.execute(
        "UPDATE orders_shipmentline SET issued_cost_minor = 1000 WHERE item_id = %s AND quantity = 3",
        [company.items["mug"]],
    )
    rma = authorise(company, [("mug", 3)], order=order)
    lpns = [receive(company, scan(company, "mug", rma=rma)).done[0].identity for _ in range(3)]
    assert sorted(unit(lpn).cost_minor for lpn in lpns) == [333, 333, 334]
    assert stock(company, "received", "mug") == (3, 1000)
    assert breaches() == []


@pytest.mark.parametrize(("basis", "cost", "value"), [("nil", None, 0), ("history", None, 0), ("estimated", None, 800)])
def test_what_our_ledger_did_not_issue_is_worth_nothing_or_an_estimate(company, basis, cost, value):
    order = company.sell([("tee", 2, 2000, 400)], issue=False)
    ids = db.rows(
        "SELECT sl.id FROM orders_shipmentline sl JOIN orders_orderline ol ON ol.id = sl.order_line_id"
        " JOIN orders_order o ON o.id = ol.order_id WHERE o.number = %s",
        [order],
    )
    db.update(ShipmentLine, [{"id": ids[0].id, "cost_basis": basis, "issued_cost_minor": cost}])
    rma = authorise(company, [("tee", 1)], order=order)
    found = receive(company, scan(company, rma=rma)).done[0]
    assert unit(found.identity).cost_minor == value
    assert unit(found.identity).basis == ("estimated" if basis == "estimated" else "nil")
    assert stock(company, "received") == (1, value)
    assert breaches() == []


def test_more_than_expected_goes_under_two_plates(company):
    rma = authorise(company, [("tee", 1)])
    refused = receive(company, scan(company, quantity=3, rma=rma)).refused[0]
    assert (refused.code, refused.facts["left"]) == ("over_receipt", 1)
    first, second = receive(company, scan(company, rma=rma), scan(company, quantity=2, rma=rma)).done
    assert (first.facts["found"], second.facts["found"]) == ("expected", "excess")
    assert unit(second.identity).basis == "nil"
    assert stock(company, "received") == (3, 800)
    assert cases(company) == ["over"]
    assert line_of(rma).allocated_qty == 1
    assert breaches() == []


def test_another_item_is_received_and_belongs_to_nobody_yet(company):
    rma = authorise(company, [("tee", 1)])
    found = receive(company, scan(company, "mug", rma=rma)).done[0]
    assert found.facts["found"] == "wrong_item"
    assert unit(found.identity).owner == "unknown"
    assert stock(company, "received", "mug") == (1, 0)
    assert cases(company) == ["wrong_item"]
    assert line_of(rma).authorised_qty == 1
    assert breaches() == []


def test_goods_that_nobody_announced_are_a_blind_return(company):
    no_rma, no_such, no_parcel = receive(
        company, scan(company), scan(company, rma="RMA-0"), scan(company, tracking="T-unknown")
    ).done
    assert {d.facts["found"] for d in (no_rma, no_such, no_parcel)} == {"blind"}
    assert stock(company, "received") == (3, 0)
    assert cases(company) == ["blind_return"] * 3
    assert breaches() == []


def test_goods_that_nobody_can_name_get_the_placeholder_item(company):
    rma = authorise(company, [("tee", 1)])
    done = receive(company, scan(company, sku="NO-SUCH"), scan(company, sku=""), scan(company, sku="", rma=rma)).done
    assert [d.facts["found"] for d in done] == ["unidentified"] * 3
    skus = db.rows(
        "SELECT i.sku, u.owner FROM receiving_unit u JOIN catalog_item i ON i.id = u.item_id WHERE u.lpn = ANY(%s)",
        [[d.identity for d in done]],
    )
    assert {(row.sku, row.owner) for row in skus} == {("UNIDENTIFIED", "unknown")}
    assert cases(company) == ["unidentified_parcel"] * 3
    assert breaches() == []


def test_any_number_of_an_item_names_it(company, owner):
    main, further = "04006381333931", "05901234123457"
    owner.execute("UPDATE catalog_item SET gtin = NULL, more_gtins = NULL WHERE gtin = %s", [main])
    owner.execute(
        "UPDATE catalog_item SET gtin = %s, more_gtins = %s WHERE id = %s",
        [main, [further, main], company.items["mug"]],
    )
    for gtin in (main, further):
        assert receive(company, scan(company, sku="", gtin=gtin)).done[0].facts["found"] == "blind"


def test_a_gtin_names_an_item_and_an_ambiguous_one_the_item_on_the_rma(company, owner):
    gtin = "04012345678901"
    gtin = next(f"{gtin[:13]}{d}" for d in range(10) if _checks(f"{gtin[:13]}{d}"))
    names = [company.items["tee"], company.items["mug"]]
    owner.execute("UPDATE catalog_item SET gtin = NULL WHERE gtin = %s", [gtin])
    owner.execute("UPDATE catalog_item SET gtin = %s WHERE id = ANY(%s)", [gtin, names])
    rma = authorise(company, [("tee", 1)])
    on_rma, alone = receive(
        company, scan(company, sku="", gtin=gtin.lstrip("0"), rma=rma), scan(company, sku="", gtin=gtin)
    ).done
    assert (on_rma.facts["found"], alone.facts["found"]) == ("expected", "unidentified")
    assert receive(company, scan(company, sku="", gtin="123")).refused[0].code == "gtin_malformed"
    assert breaches() == []


def _checks(digits):
    total = sum(int(d) * (3 if n % 2 == 0 else 1) for n, d in enumerate(digits[:13]))
    return (10 - total % 10) % 10 == int(digits[13])


def test_an_rma_that_waits_for_a_person_or_was_cancelled_expects_nothing(company, owner):
    for state in ("requested", "cancelled"):
        rma = authorise(company, [("tee", 1)])
        owner.execute("UPDATE returns_rma SET state = %s WHERE number = %s", [state, rma])
        found = receive(company, scan(company, rma=rma)).done[0]
        assert found.facts["found"] == "excess"
        owner.execute("UPDATE returns_rma SET state = 'authorised' WHERE number = %s", [rma])
    assert cases(company) == ["over", "over"]
    assert breaches() == []


def test_serial_tracked_goods_have_a_plate_each(company):
    rma = authorise(company, [("phone", 2)], reason="defective")
    assert receive(company, scan(company, "phone", quantity=2, rma=rma)).refused[0].code == "serial_takes_one"
    done = receive(company, *[scan(company, "phone", rma=rma, serial=f"S{n}") for n in range(2)]).done
    assert [d.facts["found"] for d in done] == ["expected", "expected"]
    assert breaches() == []


def test_goods_of_somebody_else_have_pieces_and_no_value(company):
    order = company.sell([("tee", 2, 2000, 400)], issue=False)
    rma = authorise(company, [("tee", 1)], order=order)
    found = receive(company, scan(company, rma=rma, owner="supplier:acme")).done[0]
    assert (unit(found.identity).basis, unit(found.identity).cost_minor) == ("not_ours", 0)
    assert stock(company, "received") == (1, 0)
    assert cases(company) == ["not_ours"]
    ours = authorise(company, [("tee", 1)])
    assert receive(company, scan(company, rma=ours, owner="consignor")).refused[0].code == "owner_contradicted"
    assert receive(company, scan(company, owner="me")).refused[0].code == "owner_unknown"
    assert breaches() == []


def test_lost_goods_turn_up_after_their_loss_was_counted(company):
    rma = authorise(company, [("tee", 1)])
    tracking = announce(company, rma)
    tell(company, tracking, "accepted", "lost")
    assert milestones(rma) == {"authorised": 1, "carrier_scan": 1, "lost": 1}
    receive(company, scan(company, tracking=tracking))
    assert milestones(rma) == {"authorised": 1, "carrier_scan": 1, "received": 1}
    assert line_of(rma).lost_qty == 0
    assert stock(company, "received") == (1, 800)
    assert cases(company) == ["lost_then_found"]
    assert breaches() == []


def test_a_plate_is_used_once_for_ever(company):
    rma = authorise(company, [("tee", 2)])
    item = scan(company, rma=rma)
    first = receive(company, item).done[0]
    again = receive(company, item).done[0]
    assert (again.replayed, again.facts) == (True, first.facts)
    other = scan(company, rma=rma, lpn=item.lpn, quantity=2)
    assert receive(company, other).refused[0].code == "identity_reused"
    inside = scan(company)
    batch = receive(company, inside, inside, scan(company, lpn=inside.lpn, quantity=9))
    assert [d.replayed for d in batch.done] == [False, True]
    assert batch.refused[0].code == "identity_reused"
    assert stock(company, "received") == (2, 800)
    assert breaches() == []


def test_nonsense_is_refused_item_by_item(company):
    good = scan(company)
    bad = [
        ReceiveUnit("", company.node()),
        ReceiveUnit("x\ty", company.node()),
        ReceiveUnit("L" * 1_000_000, company.node()),
        ReceiveUnit(company.lpn(), "nowhere", sku=company.sku()),
        scan(company, quantity=0),
        scan(company, quantity=-1),
        scan(company, quantity=10**12),
        scan(company, quantity=True),
        scan(company, happened_at=datetime(2026, 5, 1)),
        scan(company, rma=authorise(company), rma_line=9),
    ]
    batch = receive(company, good, *bad)
    assert [d.identity for d in batch.done] == [good.lpn]
    assert [r.code for r in batch.refused] == [
        "text_invalid",
        "text_invalid",
        "text_invalid",
        "node_not_found",
        "quantity_invalid",
        "quantity_invalid",
        "quantity_invalid",
        "quantity_invalid",
        "time_invalid",
        "rma_line_not_found",
    ]
    assert breaches() == []


def test_a_scan_of_the_future_happened_now(company, ctx):
    lpn = receive(company, scan(company, happened_at=datetime(9000, 1, 1, tzinfo=UTC))).done[0].identity
    assert unit(lpn).received_at <= datetime.now(UTC)


def test_a_batch_is_its_items_one_after_the_other(company):
    rmas = [authorise(company, [("mug", 3)]) for _ in range(2)]

    def wishes(rma):
        return [
            scan(company, "mug", quantity=2, rma=rma),
            scan(company, "mug", quantity=2, rma=rma),
            scan(company, "mug", rma=rma),
            scan(company, "mug", rma=rma),
            scan(company, "tee", rma=rma),
            scan(company, "mug", quantity=0, rma=rma),
        ]

    together = receive(company, *wishes(rmas[0])).results
    singles = [receive(company, item).results[0] for item in wishes(rmas[1])]

    def shape(result):
        return result.facts.get("found") or result.code

    assert [shape(r) for r in together] == [shape(r) for r in singles]
    assert [shape(r) for r in together] == [
        "expected",
        "over_receipt",
        "expected",
        "excess",
        "wrong_item",
        "quantity_invalid",
    ]
    first, second = (line_of(rma) for rma in rmas)
    assert [getattr(first, n) for n in ("authorised_qty", "allocated_qty")] == [
        getattr(second, n) for n in ("authorised_qty", "allocated_qty")
    ]
    assert breaches() == []


def test_what_a_rule_made_is_marked(company):
    lpns = company.lpn(), company.lpn()
    receive(company, scan(company, lpn=lpns[0], simulated=True), scan(company, lpn=lpns[1]))
    rows = db.rows("SELECT simulated FROM receiving_unit WHERE lpn = ANY(%s) ORDER BY id", [list(lpns)])
    assert [r.simulated for r in rows] == [True, False]


def test_statements_do_not_grow_with_the_batch(company):
    receive(company, scan(company, sku=""))
    counts = {}
    for size in (1, 200):
        rmas = [authorise(company, [("tee", 2)]) for _ in range(min(size, 20))]
        tracked = [announce(company, rma) for rma in rmas]
        for tracking in tracked:
            tell(company, tracking, "accepted")
        items = []
        for n in range(size):
            extra = {"tracking": tracked[n % len(tracked)]} if n < 2 * len(tracked) else {"rma": rmas[n % len(rmas)]}
            items.append(scan(company, **extra))
        if size == 1:
            items = [*items, scan(company), scan(company, "mug", rma=rmas[0])]
        else:
            items += [scan(company), scan(company, "mug", rma=rmas[0])]
        with counting() as seen:
            receive_units(company.ctx(), items=items)
        counts[size] = len(seen)
    assert counts[1] == counts[200] <= 20
    assert breaches() == []
