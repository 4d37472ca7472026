"""Holds and reservations lie over stock: nothing moves, and nobody promises what is not free."""

import pytest

from counterflow.kernel import db
from counterflow.ledger.commands.hold_stock import HoldStock, hold_stock
from counterflow.ledger.commands.open_books import OpenStock, open_books
from counterflow.ledger.commands.release_holds import ReleaseHold, release_holds
from counterflow.ledger.commands.release_reservations import ReleaseReservation, release_reservations
from counterflow.ledger.commands.reserve_stock import ReserveStock, reserve_stock
from together import together


@pytest.fixture
def shop(company):
    """A company with ten tees and ten mugs on sale."""
    items = [OpenStock(company.node(), company.sku(name), 10, 1000) for name in ("tee", "mug")]
    assert len(open_books(company.ctx(), items=items).done) == 2
    return company


def hold(shop, reference, quantity, name="tee", reason="recall", **more):
    return HoldStock(f"{reference}-{shop.tag}", shop.node(), shop.sku(name), quantity, reason, **more)


def reserve(shop, reference, quantity, name="tee"):
    return ReserveStock(f"{reference}-{shop.tag}", shop.node(), shop.sku(name), quantity)


def lies(shop):
    """Open (held, reserved) pieces of this company."""
    sums = []
    for table in ("ledger_hold", "ledger_reservation"):
        found = db.rows(
            f"SELECT coalesce(sum(o.quantity), 0)::int AS n FROM {table} o JOIN ledger_account a ON a.id = o.account_id"
            " WHERE a.entity_id = %s AND o.released_at IS NULL",
            [shop.entity],
        )
        sums.append(found[0].n)
    return tuple(sums)


def test_what_is_held_or_promised_cannot_be_promised(shop):
    assert reserve_stock(shop.ctx(), items=[reserve(shop, "A", 4)]).done
    assert hold_stock(shop.ctx(), items=[hold(shop, "R", 5)]).done
    (refused,) = reserve_stock(shop.ctx(), items=[reserve(shop, "B", 2)]).refused
    assert (refused.code, refused.facts["left"]) == ("not_enough_free", 1)
    assert reserve_stock(shop.ctx(), items=[reserve(shop, "B", 1)]).done
    assert lies(shop) == (5, 5)


def test_a_hold_may_fall_on_what_was_promised_but_not_on_more_than_there_is(shop):
    assert reserve_stock(shop.ctx(), items=[reserve(shop, "A", 10)]).done
    assert hold_stock(shop.ctx(), items=[hold(shop, "R", 10)]).done
    (refused,) = hold_stock(shop.ctx(), items=[hold(shop, "S", 1)]).refused
    assert refused.code == "not_enough_to_hold"


def test_what_is_lifted_may_be_used_again(shop):
    assert len(hold_stock(shop.ctx(), items=[hold(shop, "R", 6), hold(shop, "R", 3, "mug")]).done) == 2
    assert reserve_stock(shop.ctx(), items=[reserve(shop, "A", 5)]).refused
    (done,) = release_holds(shop.ctx(), items=[ReleaseHold(f"R-{shop.tag}")]).done
    assert done.facts == {"lifted": 2}
    assert release_holds(shop.ctx(), items=[ReleaseHold(f"R-{shop.tag}")]).done[0].replayed
    assert reserve_stock(shop.ctx(), items=[reserve(shop, "A", 5)]).done
    twice = [ReleaseReservation(f"A-{shop.tag}")] * 2
    assert [r.replayed for r in release_reservations(shop.ctx(), items=twice).done] == [False, True]
    assert lies(shop) == (0, 0)
    (no_hold,) = release_holds(shop.ctx(), items=[ReleaseHold("never")]).refused
    (no_promise,) = release_reservations(shop.ctx(), items=[ReleaseReservation("never")]).refused
    assert (no_hold.code, no_promise.code) == ("hold_not_found", "reservation_not_found")


def test_a_reference_is_used_once(shop):
    assert reserve_stock(shop.ctx(), items=[reserve(shop, "A", 2)]).done
    again = reserve_stock(
        shop.ctx(), items=[reserve(shop, "A", 2), reserve(shop, "A", 3), reserve(shop, "A", 2, "mug")]
    )
    assert [getattr(r, "code", "done") for r in again] == ["done", "identity_reused", "identity_reused"]
    assert hold_stock(shop.ctx(), items=[hold(shop, "R", 2)]).done
    holds = hold_stock(shop.ctx(), items=[hold(shop, "R", 2), hold(shop, "R", 2, reason="other")])
    assert [getattr(r, "code", "done") for r in holds] == ["done", "identity_reused"]
    assert lies(shop) == (2, 2)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reference": ""}, "reference_missing"),
        ({"reason": ""}, "reason_missing"),
        ({"node": "nowhere"}, "node_not_found"),
        ({"sku": "nothing"}, "sku_not_found"),
        ({"state": "customer"}, "state_unknown"),
        ({"quantity": 0}, "quantity_invalid"),
        ({"state": "quarantine"}, "not_enough_to_hold"),
    ],
)
def test_holds_that_make_no_sense_are_refused(shop, change, code):
    fields = {"reference": "R", "node": shop.node(), "sku": shop.sku(), "quantity": 1, "reason": "x", **change}
    (refused,) = hold_stock(shop.ctx(), items=[HoldStock(**fields)]).refused
    assert refused.code == code


def test_a_batch_is_decided_on_what_its_earlier_items_left(shop):
    batch = reserve_stock(shop.ctx(), items=[reserve(shop, n, 4) for n in "ABC"])
    assert [getattr(r, "code", "done") for r in batch] == ["done", "done", "not_enough_free"]
    assert lies(shop) == (0, 8)


def test_the_database_refuses_what_does_not_fit_even_when_asked_directly(shop):
    account = db.rows(
        "SELECT id FROM ledger_account WHERE entity_id = %s AND item_id = %s AND state = 'available'",
        [shop.entity, shop.items["tee"]],
    )[0].id
    for kind in ("hold", "reservation"):
        with pytest.raises(Exception, match="lays more over account"):
            db.rows(
                "SELECT ledger_hold(%s, now(), ARRAY[1::bigint], ARRAY[%s::bigint], ARRAY[11::bigint], ARRAY['x'], %s)",
                [kind, account, [f"direct-{kind}-{shop.tag}"]],
            )
    with pytest.raises(Exception, match="permission denied"):
        db.execute(
            "INSERT INTO ledger_hold (account_id, quantity, reason, reference, placed_at) SELECT 1,1,'','',now()"
        )
    assert lies(shop) == (0, 0)


def test_eight_who_want_the_last_pieces_get_what_is_there(shop):
    batches = together([lambda n=n: reserve_stock(shop.ctx(), items=[reserve(shop, n, 3)]) for n in "ABCDEFGH"])
    assert sum(len(b.done) for b in batches) == 3
    assert lies(shop) == (0, 9)
    same = together([lambda: reserve_stock(shop.ctx(), items=[reserve(shop, "X", 1)])] * 8)
    assert sum(not b.done[0].replayed for b in same) == 1
    both = together(
        [lambda n=n: hold_stock(shop.ctx(), items=[hold(shop, n, 5, "mug")]) for n in "AB"]
        + [lambda n=n: reserve_stock(shop.ctx(), items=[reserve(shop, f"M{n}", 5, "mug")]) for n in "AB"]
    )
    held = sum(len(b.done) for b in both[:2])
    assert held == 2
    assert lies(shop)[0] == 10


def test_opposite_orders_do_not_deadlock(shop):
    names = ["tee", "mug"]
    calls = [
        lambda n=n: reserve_stock(
            shop.ctx(), items=[reserve(shop, f"{n}{name}", 1, name) for name in (names if n % 2 else names[::-1])]
        )
        for n in range(8)
    ]
    assert sum(len(b.done) for b in together(calls)) == 16


def test_one_and_many_take_the_same_statements(shop):
    lots = [OpenStock(shop.node(), shop.sku(), 5, 100, lot=f"L{n}") for n in range(201)]
    assert len(open_books(shop.ctx(), items=lots).done) == 201
    holds = [hold(shop, "R", 1, lot=f"L{n}") for n in range(201)]
    promises = [ReserveStock(f"P{n}-{shop.tag}", shop.node(), shop.sku(), 1, f"L{n}") for n in range(201)]
    for act, items in ((hold_stock, holds), (reserve_stock, promises)):
        with db.counting() as one:
            act(shop.ctx(), items=items[:1])
        with db.counting() as many:
            assert len(act(shop.ctx(), items=items[1:]).done) == 200
        assert one == many
        assert len(one) <= 6
