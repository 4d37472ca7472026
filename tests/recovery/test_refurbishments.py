"""Refurbishment: work adds to value, never beyond what can be got; nothing is lost or made on the way."""

from random import Random

import pytest

from counterflow.kernel import db
from counterflow.ledger.commands.hold_stock import HoldStock, hold_stock
from counterflow.receiving.commands.reverse_disposals import ReverseDisposal, reverse_disposals
from counterflow.receiving.queries import unit
from counterflow.recovery.commands.add_refurbishment_costs import AddRefurbishmentCost, add_refurbishment_costs
from counterflow.recovery.commands.cancel_refurbishments import CancelRefurbishment, cancel_refurbishments
from counterflow.recovery.commands.finish_refurbishments import FinishRefurbishment, finish_refurbishments
from counterflow.recovery.commands.start_refurbishments import StartRefurbishment, start_refurbishments
from dock import stock
from quality import gl, graded
from recovering import breaches, finish, kept, spend, started, waiting
from together import together


def plate(order: str) -> str:
    """The plate of an order's unit."""
    sql = "SELECT u.lpn FROM recovery_refurbishment o JOIN receiving_unit u ON u.id = o.unit_id WHERE o.number = %s"
    return str(db.rows(sql, [order])[0].lpn)


def cancel(company, order, reason="not_worth_it"):
    """Give an order up."""
    return cancel_refurbishments(company.ctx(), items=[CancelRefurbishment(order, reason)])


def test_costs_go_into_the_value_and_the_unit_joins_the_pool_with_them(company):
    order = started(company)
    assert spend(company, order, 350).done
    assert spend(company, order, 120, "p2", capitalise=False).done
    assert stock(company, "in_refurbishment") == (1, 1150)
    assert (gl(company, "refurbishment_costs"), gl(company, "refurbishment_expense")) == (-470, 120)
    (done,) = finish(company, order).done
    assert (done.facts["value_minor"], done.facts["written_down_minor"]) == (1150, 0)
    assert stock(company, "available") == (1, 1150)
    assert unit(lpn=plate(order)).unit.stock_state == ""
    assert breaches() == []


def test_nothing_is_carried_above_what_can_be_got_for_it(company):
    order = started(company)
    assert spend(company, order, 500).done
    (done,) = finish(company, order, "secondary", 900).done
    assert (done.facts["value_minor"], done.facts["written_down_minor"]) == (900, 400)
    file = unit(lpn=plate(order)).unit
    assert (file.stock_state, file.cost_minor, file.allowance_minor) == ("secondary_channel", 1300, -400)
    assert gl(company, "write_down") == 400
    assert breaches() == []


def test_what_is_scrapped_leaves_with_all_it_cost(company):
    order = started(company)
    assert spend(company, order, 500).done
    assert finish(company, order, "scrapped", None).done
    assert gl(company, "write_off") == 1300
    assert unit(lpn=plate(order)).unit.stock_state == "scrapped"
    assert breaches() == []


def test_one_sku_becomes_another_with_all_its_value(company):
    order = started(company, quantity=2)
    assert spend(company, order, 101).done
    assert finish(company, order, sku=company.sku("mug")).done
    assert stock(company, "available", "mug") == (2, 1701)
    assert stock(company, "in_refurbishment") == (0, 0)
    assert gl(company, "transformation_clearing") == 0
    assert breaches() == []


def test_an_order_given_up_expenses_what_it_took(company):
    order = started(company)
    assert spend(company, order, 500).done
    assert cancel(company, order).done
    assert cancel(company, order).done[0].replayed
    assert cancel(company, order, "other").refused[0].code == "identity_reused"
    assert stock(company, "refurbishable") == (1, 800)
    assert gl(company, "refurbishment_expense") == 500
    assert reverse_disposals(company.ctx(), items=[ReverseDisposal(plate(order), "oops")]).done
    assert stock(company, "inspection") == (1, 800)
    assert breaches() == []


def test_the_same_again_is_replayed_and_other_content_is_refused(company):
    lpn = waiting(company, "refurbishable")
    start = StartRefurbishment(f"job-{lpn}", lpn)
    first, again = (start_refurbishments(company.ctx(), items=[start]).done[0] for _ in range(2))
    assert (first.replayed, again.replayed, again.facts) == (False, True, first.facts)
    other = StartRefurbishment(f"job-{lpn}", "another")
    assert start_refurbishments(company.ctx(), items=[other]).refused[0].code == "identity_reused"
    order = first.facts["number"]
    assert spend(company, order, 5).done
    assert spend(company, order, 5).done[0].replayed
    assert spend(company, order, 6).refused[0].code == "identity_reused"
    assert finish(company, order).done
    assert finish(company, order).done[0].replayed
    assert finish(company, order, "scrapped").refused[0].code == "identity_reused"
    assert spend(company, order, 5).done[0].replayed
    assert spend(company, order, 7, "late").refused[0].code == "move_not_allowed"
    assert breaches() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_minor": 0}, "amount_invalid"),
        ({"amount_minor": True}, "amount_invalid"),
        ({"kind": "lunch"}, "word_unknown"),
        ({"what": "a b"}, "code_malformed"),
        ({"ref": ""}, "reference_malformed"),
        ({"quantity": 0}, "quantity_invalid"),
        ({"order": "RO-0"}, "order_not_found"),
    ],
)
def test_a_cost_that_is_none_is_refused(company, change, code):
    order = started(company)
    item = AddRefurbishmentCost(
        **{"order": order, "ref": "r", "kind": "part", "what": "x", "amount_minor": 1, **change}
    )
    assert add_refurbishment_costs(company.ctx(), items=[item]).refused[0].code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"outcome": "eaten"}, "word_unknown"),
        ({"grade": "Z"}, "grade_unknown"),
        ({"net_value_minor": None}, "net_value_missing"),
        ({"net_value_minor": -1}, "amount_invalid"),
        ({"sku": "no-such-sku"}, "sku_not_found"),
    ],
)
def test_an_end_that_is_none_is_refused_and_changes_nothing(company, change, code):
    order = started(company)
    item = FinishRefurbishment(**{"order": order, "outcome": "available", "grade": "A", "net_value_minor": 1, **change})
    assert finish_refurbishments(company.ctx(), items=[item]).refused[0].code == code
    assert stock(company, "in_refurbishment") == (1, 800)
    assert breaches() == []


def test_only_what_waits_for_it_goes_to_the_workshop_and_a_hold_is_respected(company):
    bench, lpn = graded(company), waiting(company, "refurbishable", "mug")
    hold = HoldStock(f"R{lpn}", company.node(), company.sku("mug"), 1, "recall", "refurbishable", bucket="unit")
    assert hold_stock(company.ctx(), items=[hold]).done
    items = [
        StartRefurbishment(f"j-{bench}", bench),
        StartRefurbishment(f"j-{lpn}", lpn),
        StartRefurbishment("j", "no"),
    ]
    codes = [refused.code for refused in start_refurbishments(company.ctx(), items=items).refused]
    assert codes == ["not_refurbishable", "unit_on_hold", "unit_not_found"]


def test_a_unit_in_the_workshop_is_not_taken_back_to_the_bench(company):
    order = started(company)
    assert reverse_disposals(company.ctx(), items=[ReverseDisposal(plate(order), "x")]).refused[0].code == "moved_on"


@pytest.mark.parametrize("seed", range(5))
def test_whatever_work_is_done_value_is_neither_lost_nor_made(company, seed):
    rng = Random(seed)
    orders = [started(company, rng.choice(["tee", "mug"]), rng.choice([1, 3])) for _ in range(4)]
    whole = kept(company)
    for n in range(24):
        order, dice = rng.choice(orders), rng.random()
        if dice < 0.6:
            spend(company, order, rng.randint(1, 900), f"r{n}", capitalise=rng.random() < 0.7)
        elif dice < 0.85:
            more = {"sku": company.sku("cheap")} if rng.random() < 0.4 else {}
            finish(company, order, rng.choice(["available", "secondary", "scrapped"]), rng.randint(0, 2000), **more)
        else:
            cancel(company, order)
        assert kept(company) == whole
    assert breaches() == []


def test_eight_who_start_and_end_one_piece_of_work_do_it_once(company):
    lpn = waiting(company, "refurbishable")
    jobs = [
        lambda n=n: start_refurbishments(company.ctx(), items=[StartRefurbishment(f"j{n}-{lpn}", lpn)])
        for n in range(8)
    ]
    batches = together(jobs)
    (done,) = [batch.done[0] for batch in batches if batch.done]
    assert {batch.refused[0].code for batch in batches if batch.refused} == {"in_other_work"}
    order = done.facts["number"]
    whole = kept(company)
    ends = [lambda: finish(company, order), lambda: cancel(company, order), lambda: spend(company, order, 50)] * 3
    together(ends)
    assert kept(company) == whole
    assert breaches() == []


def test_a_batch_gives_what_its_items_give_one_by_one(company):
    orders = [started(company) for _ in range(2)]
    items = [AddRefurbishmentCost(order, ref, "labour", "bench", 10) for order in orders for ref in ("a", "b", "a")]
    batch = add_refurbishment_costs(company.ctx(), items=items)
    assert [done.replayed for done in batch.done] == [False, False, True] * 2
    assert stock(company, "in_refurbishment") == (2, 1640)
    ends = [FinishRefurbishment(order, "available", "A", 500) for order in (*orders, orders[0])]
    batch = finish_refurbishments(company.ctx(), items=ends)
    assert [done.replayed for done in batch.done] == [False, False, True]
    assert stock(company, "available") == (2, 1640)
    assert gl(company, "write_down") == 640
    assert breaches() == []


@pytest.mark.parametrize("number", [1, 40])
def test_work_takes_a_fixed_number_of_statements(company, number):
    lpns = [waiting(company, "refurbishable") for _ in range(number + 1)]
    counts = []

    def counted(run):
        with db.counting() as seen:
            batch = run()
        assert not batch.refused, batch
        counts.append(len(seen))
        return batch

    starts = [StartRefurbishment(f"s-{lpn}", lpn) for lpn in lpns]
    orders = [done.facts["number"] for done in counted(lambda: start_refurbishments(company.ctx(), items=starts)).done]
    costs = [AddRefurbishmentCost(order, "r", "part", "x", 7) for order in orders]
    counted(lambda: add_refurbishment_costs(company.ctx(), items=costs))
    ends = [FinishRefurbishment(order, "available", "A", 5) for order in orders[:number]]
    counted(lambda: finish_refurbishments(company.ctx(), items=ends))
    counted(lambda: cancel(company, orders[number]))
    assert counts == [7, 7, 8, 7]
