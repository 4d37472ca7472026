"""Numbers of credits: gapless for each entity, in the order of the credits, given once."""

from counterflow.kernel import db
from counterflow.refunds.commands.number_credits import number_credits
from refunding import at_once, breaches, credit, row


def numbers(company):
    found = db.rows("SELECT number FROM refunds_credit WHERE entity_id = %s ORDER BY id", [company.entity])
    return [r.number for r in found]


def test_numbers_run_from_one_in_the_order_of_the_credits(ctx, company, owner):
    for _ in range(3):
        credit(company, owner)
    number_credits(ctx())
    credit(company, owner)
    number_credits(ctx())
    assert numbers(company) == [1, 2, 3, 4]
    assert number_credits(ctx()).results == []
    assert breaches() == []


def test_a_limit_leaves_the_rest_for_later(ctx, company, owner):
    number_credits(ctx())
    first, second = credit(company, owner), credit(company, owner)
    assert len(number_credits(ctx(), limit=1).done) == 1
    assert row("refunds_credit", id=first).number == 1
    assert row("refunds_credit", id=second).number is None
    number_credits(ctx())
    assert numbers(company) == [1, 2]


def test_many_at_once_leave_no_gap(ctx, company, owner):
    for _ in range(12):
        credit(company, owner)
    at_once(lambda n: number_credits(ctx(), limit=5))
    number_credits(ctx())
    assert numbers(company) == list(range(1, 13))
    assert breaches() == []
