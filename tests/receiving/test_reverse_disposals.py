"""Taking disposals back: the unit is as it was, the pool gives back what was brought, and what moved on stays."""

from random import Random

import pytest

import dock
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.ledger.chart import State
from counterflow.ledger.commands.hold_stock import HoldStock, hold_stock
from counterflow.ledger.posting import Entry, Move, Place, lock_positions, post
from counterflow.ledger.rules import take
from counterflow.receiving.commands.dispose_units import DisposeUnit
from counterflow.receiving.commands.inspect_units import InspectUnit
from counterflow.receiving.commands.release_units import ReleaseUnit, release_units
from counterflow.receiving.commands.reverse_disposals import ReverseDisposal, reverse_disposals
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from counterflow.receiving.commands.send_back_units import SendBackUnit, send_back_units
from counterflow.receiving.commands.undo_disposals import UndoDisposal, undo_disposals
from counterflow.receiving.queries import unit
from quality import arrived, dispose, gl, graded, inspect
from together import together


def undo(company, *items, may=("*",)):
    """Take disposals back in one batch."""
    return reverse_disposals(company.ctx(*may), items=items)


def worth(company):
    """All that an entity's stock and its expenses for goods come to."""
    accounts = ("write_off", "handed_over_stock", "cost_of_sales")
    stock = db.rows(
        "SELECT coalesce(sum(p.cost + p.allowance), 0)::bigint AS s FROM ledger_position p"
        " JOIN ledger_account a ON a.id = p.account_id WHERE a.entity_id = %s",
        [company.entity],
    )[0].s
    return stock + sum(gl(company, account) for account in accounts)


@command(needs="orders.ship")
def take_from_pool(ctx, *, place: Place, quantity: int) -> Batch:
    """Let pieces leave a pool at its average."""
    cost, allowance, _ = take(lock_positions(ctx, [place])[place], quantity)
    gone = Place(place.entity, State.CUSTOMER, place.item)
    post(ctx, [Entry(ctx.new_id(), place.entity, "ship", ctx.at, [Move(place, gone, quantity, cost, allowance)])])
    return Batch([Done("gone")])


WAYS = ["restock", "refurbish", "scrap", "to_supplier", "secondary", "quarantine", "return_to_customer", "hand_over"]


@pytest.mark.parametrize("way", WAYS)
def test_a_disposal_taken_back_leaves_no_trace_in_stock_and_value(company, way):
    lpn = graded(company, quantity=3)
    before = unit(lpn=lpn).unit
    assert dispose(company, DisposeUnit(lpn, disposition=way, override_reason="x")).done
    (done,) = undo(company, ReverseDisposal(lpn, "wrong_tote")).done
    assert done.facts["disposition"] == way
    after = unit(lpn=lpn).unit
    assert after == before
    assert (gl(company, "write_off"), gl(company, "handed_over_stock")) == (0, 0)
    assert dock.breaches() == []
    again = DisposeUnit(lpn, disposition="restock", attempt=2)
    assert dispose(company, again).done[0].replayed is False
    assert dispose(company, again).done[0].replayed is True
    assert dock.stock(company, "available") == (3, 2400)
    assert dock.breaches() == []


def test_the_same_reversal_is_replayed_and_another_one_is_refused(company):
    lpn = graded(company)
    assert dispose(company, DisposeUnit(lpn)).done
    assert undo(company, ReverseDisposal(lpn, "oops")).done
    assert undo(company, ReverseDisposal(lpn, "oops")).done[0].replayed
    assert undo(company, ReverseDisposal(lpn, "other")).refused[0].code == "identity_reused"
    assert undo(company, ReverseDisposal(lpn, "oops", attempt=2)).refused[0].code == "disposal_not_found"
    assert dispose(company, DisposeUnit(lpn, attempt=3)).refused[0].code == "attempt_not_next"
    assert undo(company, ReverseDisposal("none", "oops")).refused[0].code == "unit_not_found"


def test_what_moved_on_is_not_taken_back(company):
    lpn = graded(company)
    assert dispose(company, DisposeUnit(lpn, disposition="return_to_customer", override_reason="x")).done
    assert send_back_units(company.ctx(), items=[SendBackUnit(lpn)]).done
    assert undo(company, ReverseDisposal(lpn, "oops")).refused[0].code == "moved_on"
    apart = graded(company)
    assert dispose(company, DisposeUnit(apart, disposition="quarantine", override_reason="x")).done
    assert dispose(company, DisposeUnit(apart, disposition="restock", attempt=2)).done
    assert undo(company, ReverseDisposal(apart, "oops")).refused[0].code == "moved_on"
    assert undo(company, ReverseDisposal(apart, "oops", attempt=2)).done
    assert unit(lpn=apart).unit.state == "set_apart"
    assert dock.breaches() == []


def test_a_pool_gives_back_what_was_brought_only_while_it_has_it_free(company):
    lpn = graded(company)
    assert dispose(company, DisposeUnit(lpn)).done
    pool = company.place("available", "tee", bucket="pool")
    hold = HoldStock(f"R{lpn}", company.node(), company.sku(), 1, "recall")
    assert hold_stock(company.ctx(), items=[hold]).done
    assert undo(company, ReverseDisposal(lpn, "oops")).refused[0].code == "pool_moved_on"
    other = graded(company, name="mug")
    assert dispose(company, DisposeUnit(other)).done
    assert take_from_pool(company.ctx(), place=company.place("available", "mug", bucket="pool"), quantity=1).done
    assert undo(company, ReverseDisposal(other, "oops")).refused[0].code == "pool_moved_on"
    assert pool.valued
    assert dock.breaches() == []


def test_set_apart_unseen_and_taken_back_its_receipt_may_still_be_reversed(company):
    lpn, _ = arrived(company)
    assert dispose(company, DisposeUnit(lpn, 0, "quarantine")).done
    assert undo(company, ReverseDisposal(lpn, "oops", round=0)).done
    assert unit(lpn=lpn).unit.state == "received"
    assert reverse_receipts(company.ctx(), items=[ReverseReceipt(lpn, "mistake")]).done
    assert dock.breaches() == []


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_disposed_of_and_taken_back_nothing_is_lost_or_made(company, seed):
    rng = Random(seed)
    lpns = [graded(company, name=rng.choice(["tee", "mug"]), quantity=rng.choice([1, 2])) for _ in range(6)]
    total = worth(company)
    for _ in range(30):
        lpn = rng.choice(lpns)
        file = unit(lpn=lpn)
        number = sum(row.round == 1 for row in file.disposals)
        if rng.random() < 0.5:
            wish = DisposeUnit(lpn, 1, rng.choice(WAYS), "x", attempt=number + 1)
            dispose(company, wish)
        elif number:
            undo(company, ReverseDisposal(lpn, "x", attempt=rng.randint(1, number)))
        assert worth(company) == total
    assert dock.breaches() == []


def test_eight_who_take_one_back_and_one_who_sends_it_on(company):
    lpn = graded(company)
    assert dispose(company, DisposeUnit(lpn)).done
    batches = together([lambda: undo(company, ReverseDisposal(lpn, "oops"))] * 8)
    assert sum(not batch.done[0].replayed for batch in batches) == 1
    assert dock.stock(company, "inspection") == (1, 800)
    assert dock.breaches() == []


def test_a_batch_gives_what_its_items_give_one_by_one(company):
    lpns = [graded(company) for _ in range(2)]
    assert dispose(company, *[DisposeUnit(lpn) for lpn in lpns]).done
    batch = undo(company, *[ReverseDisposal(lpn, "oops") for lpn in (*lpns, lpns[0])])
    assert [done.replayed for done in batch.done] == [False, False, True]
    assert dock.stock(company, "available") == (0, 0)
    assert dock.breaches() == []


def test_who_may_only_dispose_takes_nothing_back(company, ctx):
    from counterflow.kernel.errors import PermissionDenied

    with pytest.raises(PermissionDenied):
        undo(company, ReverseDisposal("x", "oops"), may=("receiving.dispose",))


def apart(company, **more):
    """An inspected unit that was set apart; its plate."""
    lpn = graded(company, **more)
    assert dispose(company, DisposeUnit(lpn, disposition="quarantine", override_reason="x")).done
    return lpn


def test_a_unit_released_is_looked_at_again_and_sent_on(company):
    lpn = apart(company)
    (done,) = release_units(company.ctx("receiving.release"), items=[ReleaseUnit(lpn, "cleared")]).done
    file = unit(lpn=lpn).unit
    assert (file.state, file.stock_state, file.cost_minor) == ("released", "received", 800)
    assert release_units(company.ctx(), items=[ReleaseUnit(lpn, "cleared")]).done[0].replayed
    assert release_units(company.ctx(), items=[ReleaseUnit(lpn, "other")]).refused[0].code == "identity_reused"
    assert undo(company, ReverseDisposal(lpn, "oops")).refused[0].code == "moved_on"
    assert dock.breaches() == []
    assert inspect(company, InspectUnit(lpn, "A", round=2)).done
    assert dispose(company, DisposeUnit(lpn, 2)).done[0].facts["disposition"] == "restock"
    assert done.facts["unit_id"] == file.id
    assert dock.breaches() == []


def test_a_hold_is_respected_and_only_what_is_apart_is_released(company):
    lpn, bench = apart(company), graded(company, name="mug")
    hold = HoldStock(f"R{lpn}", company.node(), company.sku(), 1, "recall", "quarantine", bucket="unit")
    assert hold_stock(company.ctx(), items=[hold]).done
    batch = release_units(company.ctx(), items=[ReleaseUnit(lpn, "cleared"), ReleaseUnit(bench, "cleared")])
    assert [refused.code for refused in batch.refused] == ["unit_on_hold", "move_not_allowed"]
    (held,) = dispose(company, DisposeUnit(lpn, disposition="restock", attempt=2)).refused
    assert held.code == "unit_on_hold"
    assert dock.breaches() == []


def test_what_is_apart_is_sent_on_by_who_may_release_once_it_was_examined(company):
    lpn = apart(company)
    wish = DisposeUnit(lpn, disposition="restock", attempt=2)
    assert dispose(company, wish, may=("receiving.dispose",)).refused[0].code == "not_released"
    assert dispose(company, wish, may=("receiving.dispose", "receiving.release")).done
    unseen, _ = arrived(company)
    assert dispose(company, DisposeUnit(unseen, 0, "quarantine")).done
    (refused,) = dispose(company, DisposeUnit(unseen, 0, "restock", attempt=2)).refused
    assert refused.code == "not_examined"
    assert release_units(company.ctx(), items=[ReleaseUnit(unseen, "cleared", round=0)]).done
    assert inspect(company, InspectUnit(unseen, "A")).done
    assert dock.breaches() == []


@pytest.mark.parametrize("number", [1, 30])
def test_releases_take_a_fixed_number_of_statements(company, number):
    lpns = [apart(company) for _ in range(number)]
    with db.counting() as seen:
        assert not release_units(company.ctx(), items=[ReleaseUnit(lpn, "cleared") for lpn in lpns]).refused
    assert len(seen) == 7


def test_who_may_dispose_undoes_the_own_act_of_the_last_hour(company):
    from datetime import UTC, datetime, timedelta

    lpn, other = graded(company), graded(company)
    assert dispose(company, DisposeUnit(lpn), DisposeUnit(other), may=("receiving.dispose",)).done

    def back(which, actor="user:1", late=timedelta(0)):
        ctx = company.ctx("receiving.dispose", actor=actor, at=datetime.now(UTC) + late)
        return undo_disposals(ctx, items=[UndoDisposal(which)])

    assert back(lpn, actor="user:9").refused[0].code == "not_your_disposal"
    assert back(lpn, late=timedelta(hours=2)).refused[0].code == "too_late_to_undo"
    assert back("none").refused[0].code == "disposal_not_found"
    assert back(lpn).done[0].replayed is False
    assert back(lpn).done[0].replayed is True
    assert unit(lpn=lpn).disposals[0].taken_back_reason == "undone_at_station"
    batch = undo_disposals(company.ctx(), items=[UndoDisposal(other), UndoDisposal("none"), UndoDisposal(other)])
    assert [type(result).__name__ for result in batch] == ["Done", "Refused", "Done"]
    assert dock.breaches() == []
