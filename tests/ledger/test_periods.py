"""Periods close, late facts go to the open one, and sealed months stay as they are."""

from datetime import UTC, date, datetime, timedelta

import pytest

from counterflow.kernel import db
from counterflow.ledger.commands.close_periods import ClosePeriod, close_periods
from counterflow.ledger.commands.keep_entities import KeepEntity, keep_entities
from counterflow.ledger.commands.open_books import OpenStock, open_books
from counterflow.ledger.commands.seal_months import seal_months
from together import together


def code_of(company):
    return f"UK{company.tag}"


def close(company, *items, at=None):
    return close_periods(company.ctx(at=at), items=items)


def closed_through(company):
    return db.rows("SELECT closed_through FROM ledger_entity WHERE id = %s", [company.entity])[0].closed_through


def test_a_closed_period_takes_nothing_and_a_late_fact_goes_to_the_open_one(company):
    (done,) = close(company, ClosePeriod(code_of(company), date(2026, 3, 31))).done
    assert done.facts == {"closed_through": "2026-03-31", "before": "2025-12-31"}
    (opened,) = open_books(company.ctx(), items=[OpenStock(company.node(), company.sku(), 1, 100)]).done
    row = db.rows("SELECT accounting_date, happened_at FROM ledger_entry WHERE id = %s", [opened.facts["entry_id"]])[0]
    assert row.accounting_date == date(2026, 4, 1)
    assert row.happened_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_going_back_has_to_be_meant(company):
    code = code_of(company)
    assert close(company, ClosePeriod(code, date(2026, 3, 31))).done
    assert close(company, ClosePeriod(code, date(2026, 3, 31))).done[0].replayed
    (refused,) = close(company, ClosePeriod(code, date(2026, 2, 28))).refused
    assert refused.code == "closed_further"
    assert close(company, ClosePeriod(code, date(2026, 2, 28), reopen=True)).done
    assert closed_through(company) == date(2026, 2, 28)
    kinds = db.rows("SELECT kind FROM kernel_eventrecord WHERE subject_id = %s ORDER BY id", [company.entity])
    assert [row.kind for row in kinds] == ["PeriodClosed", "PeriodReopened"]


@pytest.mark.parametrize(
    ("through", "reopen", "code"),
    [
        (date(2026, 5, 20), False, "day_not_over"),
        (date(2027, 1, 1), False, "day_not_over"),
        (date(2025, 12, 30), True, "before_go_live"),
    ],
)
def test_days_to_come_and_days_before_the_books_are_refused(company, through, reopen, code):
    at = datetime(2026, 5, 20, 22, 59, tzinfo=UTC)
    (refused,) = close(company, ClosePeriod(code_of(company), through, reopen), at=at).refused
    assert refused.code == code
    assert closed_through(company) == date(2025, 12, 31)


def test_the_day_is_over_when_it_is_over_in_the_entitys_zone(company):
    day = date(2026, 5, 20)
    at = datetime(2026, 5, 20, 23, 1, tzinfo=UTC)
    assert close(company, ClosePeriod(code_of(company), day), at=at).done


def test_a_batch_is_decided_in_order(company):
    code = code_of(company)
    batch = close(
        company,
        ClosePeriod(code, date(2026, 4, 30)),
        ClosePeriod("nobody", date(2026, 4, 30)),
        ClosePeriod(code, date(2026, 3, 31)),
        ClosePeriod(code, date(2026, 5, 31)),
    )
    assert [getattr(r, "code", "done") for r in batch] == ["done", "entity_not_found", "closed_further", "done"]
    assert closed_through(company) == date(2026, 5, 31)


def test_one_and_many_take_the_same_statements(company):
    codes = [f"P{company.tag}-{n}" for n in range(40)]
    items = [KeepEntity(code, code, "GBP", date(2026, 1, 1)) for code in codes]
    with db.counting() as one:
        keep_entities(company.ctx(), items=items[:1])
    with db.counting() as many:
        keep_entities(company.ctx(), items=items[1:])
    assert one == many
    with db.counting() as one:
        close(company, ClosePeriod(codes[0], date(2026, 3, 31)))
    with db.counting() as many:
        assert len(close(company, *[ClosePeriod(code, date(2026, 3, 31)) for code in codes[1:]]).done) == 39
    assert one == many


def test_closing_and_posting_at_once_leave_nothing_in_the_closed_period(company):
    lots = [OpenStock(company.node(), company.sku(), 1, 100, lot=f"L{n}") for n in range(6)]
    calls = [lambda lot=lot: open_books(company.ctx(), items=[lot]) for lot in lots]
    calls.insert(3, lambda: close(company, ClosePeriod(code_of(company), date(2026, 6, 30))))
    assert all(batch.done for batch in together(calls))
    days = db.rows(
        "SELECT DISTINCT accounting_date AS day FROM ledger_entry WHERE entity_id = %s ORDER BY 1", [company.entity]
    )
    assert {row.day for row in days} <= {date(2026, 1, 1), date(2026, 7, 1)}


def test_months_that_are_over_are_sealed_and_take_nothing_more(company):
    last = datetime.now(UTC).replace(day=1) - timedelta(days=1)
    item = OpenStock(company.node(), company.sku(), 1, 100, lot="old")
    assert open_books(company.ctx(at=last), items=[item]).done
    ahead = (datetime.now(UTC) + timedelta(days=40)).date()
    (refused,) = seal_months(company.ctx(), before=ahead).refused
    assert refused.code == "month_not_over"
    first = datetime.now(UTC).date().replace(day=1)
    (done,) = seal_months(company.ctx(), before=first).done
    assert done.facts["months"] >= 1
    assert seal_months(company.ctx(), before=first).done[0].replayed
    with pytest.raises(Exception, match="is sealed"):
        open_books(company.ctx(at=last), items=[OpenStock(company.node(), company.sku(), 1, 100, lot="late")])
