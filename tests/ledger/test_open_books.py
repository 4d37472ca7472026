"""Books begin: entities are kept, and what lay there on the first day comes in once."""

from datetime import UTC, date, datetime

import pytest

import dock
from counterflow.kernel import db
from counterflow.ledger.commands.keep_entities import KeepEntity, keep_entities
from counterflow.ledger.commands.open_books import OpenStock, open_books
from quality import gl
from together import together


def opened(company, *items, key=None):
    return open_books(company.ctx(key=key), items=items)


def lot_of(company, quantity=10, cost=8000, name="tee", **more):
    return OpenStock(company.node(), company.sku(name), quantity, cost, **more)


def test_opening_stock_is_booked_to_the_first_day_of_the_books(company):
    (done,) = opened(company, lot_of(company)).done
    assert dock.stock(company, "available") == (10, 8000)
    assert gl(company, "opening_balances") == -8000
    entry = db.rows(
        "SELECT kind, accounting_date, happened_at FROM ledger_entry WHERE id = %s", [done.facts["entry_id"]]
    )[0]
    assert entry == ("open", date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC))
    assert dock.breaches() == []


def test_each_state_and_lot_is_opened_once(company):
    batch = opened(
        company,
        lot_of(company),
        lot_of(company, 3, 100, state="quarantine"),
        lot_of(company, 2, 50, lot="L1"),
        lot_of(company, 1, 0, "mug"),
        lot_of(company),
    )
    assert [r.replayed for r in batch.done] == [False, False, False, False, True]
    again = opened(company, lot_of(company), lot_of(company, 11, 8000), lot_of(company, 2, 50, lot="L1"))
    assert [type(r).__name__ for r in again] == ["Done", "Refused", "Done"]
    assert again.done[0].facts == batch.done[0].facts
    assert again.refused[0].code == "identity_reused"
    assert dock.stock(company, "available") == (12, 8050)
    assert dock.stock(company, "quarantine") == (3, 100)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"node": "nowhere"}, "node_not_found"),
        ({"sku": "nothing"}, "sku_not_found"),
        ({"quantity": 0}, "quantity_invalid"),
        ({"quantity": True}, "quantity_invalid"),
        ({"quantity": 10**10}, "quantity_invalid"),
        ({"cost_minor": -1}, "cost_invalid"),
        ({"state": "scrapped"}, "state_unknown"),
        ({"state": "gone"}, "state_unknown"),
    ],
)
def test_what_makes_no_sense_is_refused(company, change, code):
    fields = {"node": company.node(), "sku": company.sku(), "quantity": 1, "cost_minor": 1, **change}
    (refused,) = opened(company, OpenStock(**fields)).refused
    assert refused.code == code
    assert dock.stock(company, "available") == (0, 0)


def test_eight_openings_of_one_place_have_one_effect(company):
    batches = together([lambda: opened(company, lot_of(company))] * 8)
    assert sum(not b.done[0].replayed for b in batches) == 1
    assert dock.stock(company, "available") == (10, 8000)
    mixed = together([lambda n=n: opened(company, lot_of(company, n, 100, "mug")) for n in range(1, 9)])
    assert sum(bool(b.done) for b in mixed) == 1
    assert dock.breaches() == []


def test_one_opening_and_many_take_the_same_statements(company):
    with db.counting() as one:
        opened(company, lot_of(company))
    with db.counting() as many:
        batch = opened(company, *[lot_of(company, lot=f"L{n}") for n in range(200)])
    assert len(batch.done) == 200
    assert many == one
    assert len(one) <= 6


def test_entities_begin_once_and_keep_currency_zone_and_first_day(ctx, company):
    code = f"FR{company.tag}"
    first = KeepEntity(code, "France", "EUR", date(2026, 3, 1), "Europe/Paris")
    (done,) = keep_entities(ctx(), items=[first]).done
    assert not done.replayed
    assert keep_entities(ctx(), items=[first]).done[0].replayed
    renamed = keep_entities(ctx(), items=[KeepEntity(code, "La France", "EUR", date(2026, 3, 1), "Europe/Paris")])
    assert renamed.done[0].facts == done.facts
    batch = keep_entities(
        ctx(),
        items=[
            KeepEntity(code, "France", "GBP", date(2026, 3, 1), "Europe/Paris"),
            KeepEntity(code, "France", "EUR", date(2026, 4, 1), "Europe/Paris"),
            KeepEntity("", "Nobody", "EUR", date(2026, 3, 1)),
            KeepEntity("X1", "Nobody", "EURO", date(2026, 3, 1)),
            KeepEntity("X1", "Nobody", "EUR", date(2026, 3, 1), "Europe/Nowhere"),
        ],
    )
    assert [r.code for r in batch.refused] == [
        "books_fixed",
        "books_fixed",
        "entity_code_invalid",
        "unknown_currency",
        "zone_unknown",
    ]
    row = db.rows("SELECT name, currency, closed_through FROM ledger_entity WHERE code = %s", [code])
    assert [tuple(r) for r in row] == [("La France", "EUR", date(2026, 2, 28))]
    assert not db.rows("SELECT 1 FROM ledger_entity WHERE code = 'X1'")


def test_eight_who_begin_the_same_books_differently_leave_one(ctx, company):
    code = f"ZZ{company.tag}"
    days = [date(2026, 1, n) for n in range(1, 9)]
    batches = together([lambda d=d: keep_entities(ctx(), items=[KeepEntity(code, "Z", "EUR", d)]) for d in days])
    assert sum(bool(b.done) for b in batches) == 1
    assert {b.refused[0].code for b in batches if b.refused} == {"books_fixed"}
