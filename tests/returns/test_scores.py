"""Signals about a customer add up to a score with reasons; a score asks a person, and never says no."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from company import SOLD, make_company
from counterflow.kernel import db
from counterflow.orders.commands import NewContact
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from counterflow.returns.deciding import guess
from counterflow.returns.lookups import look_up
from refunding import line_of, row
from risky import HOME, LATE, ask, buy, share


def opened(company, *items):
    batch = open_rmas(company.ctx(), items=list(items))
    assert not batch.refused, batch.refused
    return [done.facts for done in batch.done]


def scored(rma_id):
    """The decision of a return's score, and its row of risk."""
    risk = row("returns_risk", rma_id=rma_id)
    return row("policies_decision", id=risk.decision_id), risk


def facts(company, item):
    (told,) = opened(company, item)
    return scored(told["rma_id"])[0].facts


def reviews(rma_id):
    sql = "SELECT * FROM workqueue_case WHERE kind = 'fraud_review' AND subject_id = %s ORDER BY id"
    return db.rows(sql, [rma_id])


def suspicious(company, customer="risky", *, at=LATE):
    """A customer who returned ten of eleven orders and shares telephone and address with three more; a new order."""
    for _ in range(10):
        opened(company, ask(company, buy(company, customer, 1), at=at))
    for n in range(3):
        opened(company, ask(company, buy(company, f"{customer} {n}"), at=at))
    share(company, customer, *(f"{customer} {n}" for n in range(3)))
    return buy(company, customer, 1)


def test_a_first_dear_order_adds_points_and_says_why(company):
    order = buy(company, "new", price=60_000)
    (told,) = opened(company, ask(company, order))
    decision, risk = scored(told["rma_id"])
    assert decision.row_id == "dear-first"
    assert decision.outcome == {
        "points": 20,
        "rows": [{"row": "dear-first", "points": 20, "code": "high_value_first_order"}],
    }
    assert (decision.facts["first_order"], decision.facts["value_minor"], decision.facts["orders_365"]) == (
        True,
        60_000,
        1,
    )
    assert (risk.score, risk.codes, risk.decision_id) == (20, ["high_value_first_order"], decision.id)
    line = line_of(told["rma"])
    for kept in (line.eligibility_decision_id, line.refund_decision_id):
        assert row("policies_decision", id=kept).facts["fraud_score"] == 20
    assert not reviews(told["rma_id"])


def test_a_year_of_a_customer_is_counted_and_no_more(company):
    old = buy(company, "c", 4, at=LATE - timedelta(days=365))
    opened(company, ask(company, old, 1, at=LATE - timedelta(days=365)))
    edge = buy(company, "c", 2, at=LATE - timedelta(days=364))
    opened(company, ask(company, edge, 1, at=LATE - timedelta(days=364)))
    later = buy(company, "c", 9, at=LATE + timedelta(days=1))
    opened(company, ask(company, later, 9, at=LATE + timedelta(days=2)))
    told = facts(company, ask(company, buy(company, "c", 2), 2))
    assert (told["orders_365"], told["returns_365"], told["return_rate_bp"]) == (2, 1, 2_500)
    assert (told["returned_minor"], told["first_order"]) == (2_400, False)


def test_what_was_declined_or_cancelled_did_not_come_back(company):
    order = buy(company, "d", 8)
    (gone,) = opened(company, ask(company, order, 3))
    assert cancel_rmas(company.ctx(), items=[CancelRma(gone["rma"])]).done
    (no,) = opened(company, ask(company, order, 3, at=SOLD + timedelta(days=200)))
    assert no["state"] == "declined"
    told = facts(company, ask(company, order, 1, at=SOLD + timedelta(days=201)))
    assert (told["returns_365"], told["return_rate_bp"], told["returned_minor"]) == (2, 0, 0)


def test_linked_accounts_are_counted_by_what_they_share_with_their_rate(company):
    order = buy(company, "a", 2)
    bought = buy(company, "b", 4)
    opened(company, ask(company, bought, 3))
    buy(company, "e", 4)
    share(company, "a", "b")
    share(company, "e", contact=NewContact("E", "e@demo.example", HOME.phone))
    told = facts(company, ask(company, order))
    assert told["linked_accounts"] == 2
    assert [told[f"linked_by_{kind}"] for kind in ("email", "phone", "address")] == [0, 2, 1]
    assert told["linked_return_rate_bp"] == 3_750


def test_no_fact_and_no_case_names_anybody(company):
    order = suspicious(company)
    (told,) = opened(company, ask(company, order))
    for found in (scored(told["rma_id"])[0].facts, reviews(told["rma_id"])[0].facts):
        assert not any(text in str(found) for text in ("Sample", "7946", "E1", "risky"))


def test_nobody_known_is_no_score(company):
    (blind,) = opened(company, OpenRma(company.channel(), "blind", (AskedLine(1, "too_small", sku=company.sku()),)))
    assert not db.rows("SELECT FROM returns_risk WHERE rma_id = %s", [blind["rma_id"]])
    line = line_of(blind["rma"])
    assert "fraud_score" not in row("policies_decision", id=line.eligibility_decision_id).facts


def test_a_score_puts_a_return_to_a_person_with_reasons_and_the_money_at_risk(company):
    order = suspicious(company)
    (told,) = opened(company, ask(company, order))
    assert (told["state"], told["lines"][0]["answer"]) == ("requested", "ask")
    (case,) = reviews(told["rma_id"])
    reasons = ["high_return_rate", "very_high_return_rate", "linked_accounts", "linked_return_rate"]
    assert case.facts == {"rma": told["rma"], "score": 80, "reasons": reasons}
    assert (case.money_at_risk_minor, case.currency, case.queue) == (2_400, "GBP", "fraud")
    assert not db.rows("SELECT FROM workqueue_case WHERE kind = 'return_review' AND subject_id = %s", [told["rma_id"]])


def test_a_right_that_the_law_gives_stands_above_a_score(company):
    soon = SOLD + timedelta(days=10)
    (told,) = opened(company, ask(company, suspicious(company, at=soon), at=soon))
    assert told["state"] == "authorised"
    assert scored(told["rma_id"])[1].score >= 60


@pytest.mark.parametrize(
    ("approve", "reason", "outcome"),
    [(True, "looks_fine", "cleared"), (False, "fraud_confirmed", "confirmed"), (False, "too_late", "decided")],
)
def test_whoever_decides_the_return_ends_the_review(company, approve, reason, outcome):
    (told,) = opened(company, ask(company, suspicious(company)))
    other = company.ctx(actor="user:2")
    assert decide_rmas(other, items=[DecideRma(told["rma"], approve, reason)]).done
    (case,) = reviews(told["rma_id"])
    assert (case.state, case.outcome) == ("closed", outcome)


def test_a_cancelled_return_needs_no_review(company):
    (told,) = opened(company, ask(company, suspicious(company)))
    assert cancel_rmas(company.ctx(), items=[CancelRma(told["rma"])]).done
    assert [case.outcome for case in reviews(told["rma_id"])] == ["cancelled"]


def test_the_same_request_again_is_scored_once(company):
    item = ask(company, buy(company, "twice"))
    (first,) = opened(company, item)
    (again,) = opened(company, replace(item))
    assert again["rma"] == first["rma"]
    assert (
        len(db.rows("SELECT FROM policies_decision WHERE kind = 'fraud' AND subject_id = %s", [first["rma_id"]])) == 1
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_batch_counts_its_earlier_requests_as_singles_would(ctx, database_copy, seed):
    """Twins get the same requests of a few customers who share things, one as a batch and one by one."""
    twins = [make_company(ctx), make_company(ctx)]
    rng = Random(seed)
    orders = [[buy(twin, f"c{n % 4}", 6, at=SOLD + timedelta(days=n)) for n in range(8)] for twin in twins]
    for twin in twins:
        share(twin, "c0", "c1", "c2")
    wishes = [(rng.randrange(8), rng.choice([1, 1, 2, 9]), rng.randrange(0, 60), rng.randrange(24)) for _ in range(30)]
    items = [
        [ask(twin, mine[o], pieces, at=SOLD + timedelta(days=days), ref=f"s{ref}") for o, pieces, days, ref in wishes]
        for twin, mine in zip(twins, orders, strict=True)
    ]
    whole = open_rmas(ctx(), items=items[0]).results
    parts = [open_rmas(ctx(), items=[item]).results[0] for item in items[1]]
    assert [type(r) for r in whole] == [type(r) for r in parts]

    def kept(company):
        sql = (
            "SELECT r.request_ref, r.state, d.facts, d.outcome, k.score FROM returns_rma r"
            " JOIN returns_risk k ON k.rma_id = r.id JOIN policies_decision d ON d.id = k.decision_id"
            " WHERE r.entity_id = %s ORDER BY 1"
        )
        brand = {"brand", "family"}
        return [
            (r.request_ref, r.state, {n: v for n, v in r.facts.items() if n not in brand}, r.outcome, r.score)
            for r in db.rows(sql, [company.entity])
        ]

    assert kept(twins[0]) == kept(twins[1])
    assert len({str(facts) for _, _, facts, _, _ in kept(twins[0])}) > 5


def test_scoring_takes_the_same_statements_for_one_and_for_many(company):
    def counted(number):
        orders = [buy(company, f"s{n}", 1) for n in range(number)]
        with db.counting() as seen:
            opened(company, *(ask(company, order) for order in orders))
        return len(seen)

    counted(8)
    share(company, *(f"s{n}" for n in range(8)))
    assert counted(1) == counted(300)


def test_lines_asked_about_beforehand_have_the_score_they_have_when_opened(company):
    """A first order of which 600.00 come back in two lines adds 20 points, beforehand as afterwards."""
    order = company.sell([("tee", 1, 25_000, 5_000), ("mug", 1, 25_000, 5_000)])
    lines = [AskedLine(1, "too_small", order_line=n) for n in (1, 2)]
    asked = [OpenRma(company.channel(), "preview", (line,), order, LATE) for line in lines]
    at = company.ctx().at
    said = guess(asked, look_up(None, asked, at=at), at=at, epoch=None, as_one=True)
    assert [said[n].score.points for n in said] == [20, 20]
    (told,) = opened(company, OpenRma(company.channel(), "one-score", lines, order, LATE))
    assert scored(told["rma_id"])[1].score == 20
