"""What follows from a fact: found by reading the truth again, done once, and failing alone."""

from datetime import timedelta

import pytest

from casework import cases_about
from company import ASKED, SOLD
from counterflow import flows
from counterflow.kernel import db, pump
from counterflow.orders.commands.record_orders import record_orders
from counterflow.orders.commands.record_shipments import ReportShipment, ShippedLine, record_shipments
from counterflow.orders.documents import NewLine, NewOrder
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.workqueue.commands import ReopenCase, RetryDelivery, reopen_cases, retry_deliveries
from refunding import authorise, books, breaches, cases, credit, line_of, reach, release, returned, row, tenders


@pytest.fixture(autouse=True)
def quiet(company):
    """Nothing waits from before."""
    flows.run_pending()
    assert pump.waiting() == 0


def credits_of(rma):
    sql = "SELECT c.* FROM refunds_credit c JOIN returns_rma r ON r.id = c.rma_id WHERE r.number = %s ORDER BY c.id"
    return db.rows(sql, [rma])


def test_returnless_goods_are_credited_numbered_paid_and_closed_by_themselves(ctx, company):
    order = company.sell([("cheap", 1, 500, 100)])
    rma = authorise(company, [("cheap", 1)], order=order, reason="defective")
    assert flows.run_pending() > 0
    found = credits_of(rma)
    assert [(c.total_minor, c.committed_minor, c.number) for c in found] == [(600, 600, 1)]
    assert tenders(order)[0].committed_minor == 600
    assert row("returns_rma", number=rma).state == "closed"
    assert pump.waiting() == 0
    assert breaches() == []


def test_nothing_follows_before_the_milestone(ctx, company):
    rma = authorise(company)
    flows.run_pending()
    assert credits_of(rma) == []
    assert row("returns_rma", number=rma).state == "authorised"


def test_an_event_is_a_hint_and_the_truth_is_read_again(ctx, company, owner):
    rma = authorise(company)
    reach(owner, rma, "received", 2)
    flows.run_pending()
    assert [c.total_minor for c in credits_of(rma)] == [4800]
    flows.release_due(ASKED, [line_of(rma).rma_id])
    assert len(credits_of(rma)) == 1


def test_the_same_event_twice_has_one_effect(ctx, company, owner):
    rma = returned(company, owner)
    told = [pump.Told(0, "RmaOpened", line_of(rma).rma_id)] * 2
    flows.react(told, at=ASKED)
    flows.react(told, at=ASKED)
    assert len(credits_of(rma)) == 1
    flows.run_pending()
    assert credits_of(rma)[0].committed_minor == 12000
    assert books(company)["refunds_payable"] == -12000
    assert breaches() == []


def test_an_approval_releases_and_a_decision_authorises(ctx, company):
    rma = authorise(company, reason="a word nobody mapped")
    flows.run_pending()
    decide_rmas(ctx(), items=[DecideRma(rma, True, "seen")])
    approve_early(ctx(), items=[ApproveEarly(rma, 1, 2, "loyal_customer")])
    flows.run_pending()
    assert [c.total_minor for c in credits_of(rma)] == [4800]


def test_a_payout_that_may_not_be_requested_is_a_case(ctx, company, owner):
    order = company.sell(captured=[100])
    found = credit(company, owner, order=order)
    flows.run_pending()
    case = db.rows("SELECT kind, facts FROM workqueue_case WHERE dedupe_key = %s", [f"credit:{found}:unpaid"])
    assert [(c.kind, c.facts["code"]) for c in case] == [("refund_failed", "over_tender")]
    assert row("refunds_credit", id=found).committed_minor == 0


def test_another_currency_waits_for_a_person_who_knows_the_rate(ctx, company, owner):
    order = company.sell()
    owner.execute("UPDATE orders_order SET currency = 'EUR' WHERE number = %s", [order])
    rma = returned(company, owner, order=order)
    flows.run_pending()
    assert credits_of(rma) == []
    assert cases(company) == ["approval_needed"]


def test_store_credit_is_not_paid_out(ctx, company, owner):
    rma = returned(company, owner, [("tee", 1)], resolution="store_credit")
    flows.run_pending()
    found = credits_of(rma)
    assert [(c.method, c.paid_minor) for c in found] == [("store_credit", 2400)]
    assert not db.rows("SELECT 1 FROM refunds_payout WHERE credit_id = %s", [found[0].id])


def test_many_deliveries_are_taken_in_chunks(ctx, company, owner):
    rmas = [returned(company, owner, [("tee", 1)]) for _ in range(7)]
    assert flows.run_pending(limit=3) >= 7
    assert all(len(credits_of(rma)) == 1 for rma in rmas)
    assert sorted(credits_of(rma)[0].number for rma in rmas) == list(range(1, 8))


def test_a_delivery_that_fails_holds_up_no_other_and_is_parked_as_a_case(ctx, company, owner, monkeypatch):
    bad, good = returned(company, owner), returned(company, owner)
    poison = line_of(bad).rma_id
    real = flows.due_credits

    def break_on_poison(*, rma_ids):
        if poison in rma_ids:
            raise RuntimeError("a defect")
        return real(rma_ids=rma_ids)

    monkeypatch.setattr(flows, "due_credits", break_on_poison)
    taken = pump.take(at=ASKED, kinds=flows.FLOWS.keys())
    with pytest.raises(ExceptionGroup):
        flows.handle(taken, at=ASKED)
    assert len(credits_of(good)) == 1
    left = db.rows("SELECT id, attempts FROM kernel_delivery WHERE taken_at = %s", [ASKED])
    assert [r.attempts for r in left] == [1]
    for _ in range(pump.ATTEMPTS_MAX - 1):
        with pytest.raises(RuntimeError):
            flows.handle([left[0].id], at=ASKED)
    case = row("workqueue_case", dedupe_key=f"delivery:{left[0].id}")
    assert (case.kind, case.facts) == ("delivery_failed", {"fault": "RuntimeError"})
    monkeypatch.undo()
    flows.run_pending()
    assert credits_of(bad) == []
    other = row("workqueue_case", id=cases_about(ctx)[0])
    tried = retry_deliveries(ctx(), items=[RetryDelivery(case.id), RetryDelivery(case.id), RetryDelivery(other.id)])
    assert [result.replayed for result in tried.done] == [False, True]
    assert tried.refused[0].code == "not_given_up"
    assert row("workqueue_case", id=case.id).outcome == "tried_again"
    flows.run_pending()
    assert len(credits_of(bad)) == 1
    assert reopen_cases(ctx(), items=[ReopenCase(case.id, "undo")]).done
    assert retry_deliveries(ctx(), items=[RetryDelivery(case.id)]).refused[0].code == "delivery_gone"


def test_what_was_taken_by_somebody_who_died_is_taken_again(ctx, company, owner):
    rma = returned(company, owner)
    taken = pump.take(at=ASKED, kinds=flows.FLOWS.keys())
    assert taken
    assert pump.take(at=ASKED + pump.STALE_AFTER - timedelta(seconds=1), kinds=flows.FLOWS.keys()) == []
    again = pump.take(at=ASKED + pump.STALE_AFTER + timedelta(seconds=1), kinds=flows.FLOWS.keys())
    assert again == taken
    flows.handle(again, at=ASKED)
    assert len(credits_of(rma)) == 1


def test_events_nobody_waits_for_are_dropped(ctx, company):
    db.execute(
        "INSERT INTO kernel_delivery (id, command_id, kinds, at, attempts)"
        " VALUES (nextval('kernel_id_seq'), 0, '[\"NobodyCares\"]', now(), 0)"
    )
    assert flows.run_pending() == 0
    assert pump.waiting() == 0


def test_the_pump_hands_chunks_to_the_queue_in_one_transaction(ctx, company, owner):
    rma = returned(company, owner)
    flows.pump.func(timestamp=0)
    jobs = db.rows(
        "SELECT task_name, args FROM procrastinate_jobs WHERE task_name = 'flows.deliver' ORDER BY id DESC LIMIT 1"
    )
    ids = jobs[0].args["delivery_ids"]
    assert ids
    flows.deliver.func(delivery_ids=ids)
    assert len(credits_of(rma)) == 1
    assert db.rows("SELECT 1 FROM kernel_delivery WHERE id = ANY(%s)", [ids]) == []


def test_every_reaction_has_its_place_in_the_order():
    named = {reaction for rows in flows.FLOWS.values() for _, reactions in rows for reaction in reactions}
    assert named == set(flows._ORDER)


def test_released_by_hand_is_not_released_again(ctx, company, owner):
    rma = returned(company, owner)
    release(company, rma)
    flows.run_pending()
    assert len(credits_of(rma)) == 1
    assert row("returns_rma", number=rma).state == "closed"


def test_goods_that_left_without_being_there_open_a_case_with_their_value(ctx, company):
    lines = (NewLine(1, company.sku("mug"), 3, 900),)
    order = NewOrder(company.channel(), "short", SOLD, "GBP", lines, simulated=True)
    assert not record_orders(ctx(), items=[order]).refused
    sent = ReportShipment(company.channel(), "short", "1", company.node(), SOLD, (ShippedLine(1, 3),))
    assert not record_shipments(ctx(), items=[sent]).refused
    flows.run_pending()
    sql = "SELECT money_at_risk_minor, facts FROM workqueue_case WHERE kind = 'negative_fact' AND entity_id = %s"
    found = db.rows(sql, [company.entity])
    assert [(c.facts["pieces"], c.money_at_risk_minor) for c in found] == [(3, 750)]
    assert breaches() == []
