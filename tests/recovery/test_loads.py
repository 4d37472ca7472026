"""Lots and pallets: a unit is in one at a time, what leaves takes its value along, and what it brings is shared."""

from random import Random

import pytest

from counterflow.kernel import db
from counterflow.ledger.commands.hold_stock import HoldStock, hold_stock
from counterflow.receiving.commands.reverse_disposals import ReverseDisposal, reverse_disposals
from counterflow.receiving.queries import unit
from counterflow.recovery.commands.cancel_loads import CancelLoad, cancel_loads
from counterflow.recovery.commands.close_loads import CloseLoad, close_loads
from counterflow.recovery.commands.load_pieces import LoadPieces, load_pieces
from counterflow.recovery.commands.load_units import LoadUnit, load_units
from counterflow.recovery.commands.open_lots import OpenLot, open_lots
from counterflow.recovery.commands.open_pallets import OpenPallet, open_pallets
from counterflow.recovery.commands.reopen_loads import ReopenLoad, reopen_loads
from counterflow.recovery.commands.sell_lots import SellLot, sell_lots
from counterflow.recovery.commands.ship_loads import ShipLoad, ship_loads
from counterflow.recovery.commands.start_refurbishments import StartRefurbishment, start_refurbishments
from counterflow.recovery.commands.unload_goods import UnloadGoods, unload_goods
from dock import stock
from quality import gl
from recovering import breaches, kept, load, lot, pallet, pieces, sell, ship, stocked, waiting
from together import together

SECOND, BACK = "secondary_channel", "to_supplier"


def unload(company, number, lpn="", ref=""):
    """Take goods out again."""
    return unload_goods(company.ctx(), items=[UnloadGoods(number, lpn, ref)])


def brought(number):
    """What the lines of a lot brought, and what they were worth when it left."""
    rows = db.rows(
        "SELECT l.proceeds_minor, l.cost_minor FROM recovery_loadline l JOIN recovery_load w ON w.id = l.load_id"
        " WHERE w.number = %s AND l.unloaded_at IS NULL ORDER BY l.id",
        [number],
    )
    return [(row.proceeds_minor, row.cost_minor) for row in rows]


def test_a_lot_of_units_and_pieces_is_sold_and_leaves_with_its_value(company):
    first, second = waiting(company, SECOND), waiting(company, SECOND, "mug", 2)
    stocked(company, 10, 1003, "cheap")
    number = lot(company)
    assert len(load(company, number, first, second).done) == 2
    assert pieces(company, number, 3, "cheap").done
    assert stock(company, SECOND, "cheap") == (3, 300)
    assert stock(company, "available", "cheap") == (7, 703)
    assert sell(company, number, 1001).done
    assert gl(company, "secondary_channel_proceeds") == 0
    assert brought(number) == [(500, None), (313, None), (188, None)]
    assert ship(company, number, carrier="carrier-a", tracking="T1").done
    assert (gl(company, "receivable_from_buyers"), gl(company, "secondary_channel_proceeds")) == (1001, -1001)
    assert gl(company, "secondary_channel_cost") == 800 + 500 + 300
    file = unit(lpn=first).unit
    assert (file.stock_state, file.cost_minor) == ("sold_on", 0)
    assert ship(company, number, carrier="carrier-a", tracking="T1").done[0].replayed
    assert ship(company, number).refused[0].code == "shipped_otherwise"
    assert breaches() == []


def test_a_pallet_goes_back_to_its_supplier_with_its_value(company):
    lpns = [waiting(company, BACK) for _ in range(3)]
    number = pallet(company)
    assert len(load(company, number, *lpns).done) == 3
    assert ship(company, number).refused[0].code == "move_not_allowed"
    assert close_loads(company.ctx(), items=[CloseLoad(number)]).done
    assert ship(company, number, carrier="carrier-b").done
    assert stock(company, "at_supplier") == (3, 2400)
    assert unit(lpn=lpns[0]).unit.stock_state == "at_supplier"
    assert sell_lots(company.ctx(), items=[SellLot(number, 1)]).refused[0].code == "not_a_lot"
    assert breaches() == []


def test_pallets_have_numbers_of_their_own(company):
    items = [OpenPallet(f"n{n}-{company.tag}", company.node(), f"supplier-{company.tag}") for n in range(5)]
    assert not open_pallets(company.ctx(), items=items).refused
    assert all(done.replayed for done in open_pallets(company.ctx(), items=items).done)
    rows = db.rows("SELECT sscc FROM recovery_load WHERE request_ref LIKE %s", [f"n%-{company.tag}"])
    assert len({row.sscc for row in rows}) == 5
    assert {len(row.sscc) for row in rows} == {18}
    other = OpenPallet(f"n0-{company.tag}", company.node("3pl"), f"supplier-{company.tag}")
    nobody = OpenPallet("x", company.node(), "nobody")
    nowhere = OpenPallet("y", "nowhere", f"supplier-{company.tag}")
    refused = open_pallets(company.ctx(), items=[other, nobody, nowhere]).refused
    assert [r.code for r in refused] == ["identity_reused", "supplier_not_found", "node_missing"]


def test_a_lot_is_sold_in_the_currency_of_its_books_to_somebody(company):
    wrong = [OpenLot("w1", company.node(), "b", "EUR"), OpenLot("w2", company.node(), "a buyer")]
    refused = open_lots(company.ctx(), items=wrong).refused
    assert [r.code for r in refused] == ["currency_not_of_books", "reference_malformed"]


def test_only_what_fits_is_loaded(company):
    number, back = lot(company), pallet(company)
    second, third = waiting(company, SECOND), waiting(company, BACK)
    assert load(company, number, third).refused[0].code == "not_for_this_load"
    assert load(company, back, second).refused[0].code == "not_for_this_load"
    assert load(company, lot(company, "3pl"), second).refused[0].code == "unit_elsewhere"
    assert load(company, number, "none").refused[0].code == "unit_not_found"
    assert load(company, "LOT-0", second).refused[0].code == "load_not_found"
    db.execute("UPDATE catalog_item SET supplier_id = NULL WHERE id = %s", [company.items["tee"]])
    assert load(company, back, third).refused[0].code == "not_of_this_supplier"
    hold = HoldStock(f"R{second}", company.node(), company.sku(), 1, "recall", SECOND, bucket="unit")
    assert hold_stock(company.ctx(), items=[hold]).done
    assert load(company, number, second).refused[0].code == "unit_on_hold"
    assert pieces(company, number, 1).refused[0].code == "not_enough_free"
    assert pieces(company, back, 1).refused[0].code == "pieces_on_pallet"
    assert breaches() == []


def test_a_unit_is_in_one_lot_at_a_time_and_free_again_when_it_is_taken_out(company):
    one, two, lpn = lot(company), lot(company), waiting(company, SECOND)
    assert load(company, one, lpn).done
    assert load(company, one, lpn).done[0].replayed
    assert load(company, two, lpn).refused[0].code == "in_other_work"
    back = reverse_disposals(company.ctx(), items=[ReverseDisposal(lpn, "oops")])
    assert back.refused[0].code == "moved_on"
    assert unload(company, one, lpn).done
    assert unload(company, one, lpn).done[0].replayed
    assert unload(company, two, lpn).refused[0].code == "not_in_there"
    assert load(company, two, lpn).done
    assert load(company, one, lpn).refused[0].code == "in_other_work"
    assert breaches() == []


def test_pieces_go_back_to_the_shelf_at_what_they_lie_apart_with(company):
    stocked(company, 7, 100)
    number = lot(company)
    assert pieces(company, number, 3).done
    assert pieces(company, number, 3).done[0].replayed
    assert pieces(company, number, 4).refused[0].code == "identity_reused"
    assert unload(company, number, ref="r1").done
    assert unload(company, number, ref="r1").done[0].replayed
    assert stock(company, "available", "mug") == (7, 100)
    assert breaches() == []


def test_a_lot_closed_takes_nothing_more_until_it_is_opened_again(company):
    number, lpn = lot(company), waiting(company, SECOND)
    assert close_loads(company.ctx(), items=[CloseLoad(number)]).refused[0].code == "nothing_in_there"
    assert load(company, number, lpn).done
    assert close_loads(company.ctx(), items=[CloseLoad(number)]).done
    assert close_loads(company.ctx(), items=[CloseLoad(number)]).done[0].replayed
    assert load(company, number, waiting(company, SECOND)).refused[0].code == "move_not_allowed"
    assert unload(company, number, lpn).refused[0].code == "move_not_allowed"
    assert reopen_loads(company.ctx(), items=[ReopenLoad(number)]).done
    assert cancel_loads(company.ctx(), items=[CancelLoad(number)]).refused[0].code == "still_full"
    assert unload(company, number, lpn).done
    assert cancel_loads(company.ctx(), items=[CancelLoad(number)]).done
    assert breaches() == []


def test_a_price_is_agreed_once(company):
    number = lot(company)
    assert load(company, number, waiting(company, SECOND)).done
    assert sell_lots(company.ctx(), items=[SellLot(number, 10)]).refused[0].code == "move_not_allowed"
    assert sell(company, number, 500).done
    assert sell_lots(company.ctx(), items=[SellLot(number, 500)]).done[0].replayed
    assert sell_lots(company.ctx(), items=[SellLot(number, 501)]).refused[0].code == "identity_reused"
    assert sell_lots(company.ctx(), items=[SellLot(number, -1)]).refused[0].code == "identity_reused"
    assert reopen_loads(company.ctx(), items=[ReopenLoad(number)]).refused[0].code == "move_not_allowed"


def test_a_hold_laid_meanwhile_keeps_a_pallet_here(company):
    number, lpn = pallet(company), waiting(company, BACK)
    assert load(company, number, lpn).done
    assert close_loads(company.ctx(), items=[CloseLoad(number)]).done
    hold = HoldStock(f"R{lpn}", company.node(), company.sku(), 1, "recall", BACK, bucket="unit")
    assert hold_stock(company.ctx(), items=[hold]).done
    assert ship(company, number).refused[0].code == "unit_on_hold"
    assert stock(company, BACK) == (1, 800)
    assert breaches() == []


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_gathered_and_sold_value_is_neither_lost_nor_made(company, seed):
    rng = Random(seed)
    stocked(company, 20, 333)
    units = [waiting(company, rng.choice([SECOND, BACK]), rng.choice(["tee", "mug"])) for _ in range(6)]
    loads = [lot(company), lot(company), pallet(company)]
    whole = kept(company)
    for n in range(40):
        number, lpn, dice = rng.choice(loads), rng.choice(units), rng.random()
        if dice < 0.5:
            load(company, number, lpn)
        elif dice < 0.65:
            pieces(company, number, rng.randint(1, 6), ref=f"r{n}")
        elif dice < 0.75:
            unload(company, number, lpn)
        elif dice < 0.82:
            unload(company, number, ref=f"r{rng.randint(0, n)}")
        elif dice < 0.9:
            close_loads(company.ctx(), items=[CloseLoad(number)])
        elif dice < 0.95:
            sell_lots(company.ctx(), items=[SellLot(number, rng.randint(0, 5000))])
        else:
            ship(company, number)
        assert kept(company) == whole
    assert breaches() == []


def test_one_unit_wanted_by_lots_and_the_workshop_at_once_is_in_one(company):
    lpn = waiting(company, SECOND)
    numbers = [lot(company) for _ in range(6)]
    batches = together([lambda n=n: load(company, n, lpn) for n in numbers])
    assert sum(len(batch.done) for batch in batches) == 1
    assert {batch.refused[0].code for batch in batches if batch.refused} == {"in_other_work"}
    other, pallets = waiting(company, BACK), [pallet(company) for _ in range(4)]
    calls = [lambda n=n: load(company, n, other) for n in pallets]
    calls += [lambda: reverse_disposals(company.ctx(), items=[ReverseDisposal(other, "oops")])] * 2
    calls.append(lambda: start_refurbishments(company.ctx(), items=[StartRefurbishment(f"j{other}", other)]))
    together(calls)
    assert breaches() == []


def test_a_pallet_shipped_by_eight_while_somebody_unloads_leaves_once(company):
    number, lpns = pallet(company), [waiting(company, BACK) for _ in range(3)]
    assert len(load(company, number, *lpns).done) == 3
    assert close_loads(company.ctx(), items=[CloseLoad(number)]).done
    calls = [lambda: ship(company, number)] * 6 + [lambda: unload(company, number, lpns[0])] * 2
    batches = together(calls)
    assert sum(bool(b.done) and not b.done[0].replayed for b in batches[:6]) == 1
    assert stock(company, "at_supplier") == (3, 2400)
    assert breaches() == []


@pytest.mark.parametrize("number", [1, 40])
def test_lots_and_pallets_take_a_fixed_number_of_statements(company, number):
    lpns = [waiting(company, SECOND) for _ in range(number)]
    stocked(company, number + 1, 5000)
    first, counts = lot(company), []

    def counted(run):
        with db.counting() as seen:
            batch = run()
        assert not batch.refused, batch
        counts.append(len(seen))

    counted(lambda: load_units(company.ctx(), items=[LoadUnit(first, lpn) for lpn in lpns]))
    some = [LoadPieces(first, f"r{n}", company.sku("mug"), 1) for n in range(number)]
    counted(lambda: load_pieces(company.ctx(), items=some))
    counted(lambda: unload_goods(company.ctx(), items=[UnloadGoods(first, ref=f"r{n}") for n in range(number)]))
    counted(lambda: close_loads(company.ctx(), items=[CloseLoad(first)]))
    counted(lambda: sell_lots(company.ctx(), items=[SellLot(first, 900)]))
    counted(lambda: ship_loads(company.ctx(), items=[ShipLoad(first)]))
    assert counts == [7, 8, 8, 5, 7, 8]
