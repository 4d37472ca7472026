"""What happens with goods and money counts for the customer until it turns out to be a mistake, before money leaves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import dock
from company import SOLD
from counterflow import flows
from counterflow.kernel import db
from counterflow.orders.commands.record_deliveries import ReportDelivery, record_deliveries
from counterflow.receiving.commands.close_parcels import CloseParcel, close_parcels
from counterflow.receiving.commands.inspect_units import InspectUnit
from counterflow.receiving.commands.reopen_parcels import ReopenParcel, reopen_parcels
from counterflow.returns.commands.note_signals import NoteSignal, note_signals
from counterflow.returns.commands.open_rmas import open_rmas
from counterflow.returns.commands.record_claims import RecordClaim, record_claims
from counterflow.returns.commands.record_reviews import RecordReview, record_reviews
from counterflow.returns.commands.rescore_returns import RescoreReturn, rescore_returns
from counterflow.returns.laws import LAWS
from counterflow.returns.risk import claim_stands
from counterflow.workqueue.commands.close_cases import CloseCase, close_cases
from counterflow.workqueue.commands.reopen_cases import ReopenCase, reopen_cases
from quality import inspect
from refunding import report, row
from risky import ask, buy, customer_of
from together import together


def opened(company, order, **more):
    (done,) = open_rmas(company.ctx(), items=[ask(company, order, **more)]).done
    return done.facts


def signals(order):
    sql = "SELECT * FROM returns_signal WHERE customer_id = %s ORDER BY id"
    return db.rows(sql, [customer_of(order)])


def standing(order):
    return [signal.kind for signal in signals(order) if signal.withdrawn_at is None]


def risk(rma_id):
    return row("returns_risk", rma_id=rma_id)


def case_of(kind, subject_id):
    sql = "SELECT * FROM workqueue_case WHERE kind = %s AND subject_id = %s ORDER BY id DESC"
    return db.rows(sql, [kind, subject_id])[0]


def other_serial(company, order):
    """A tee of the order that comes back with another serial number; the return and the unit's id."""
    told = opened(company, order)
    lpn = company.lpn()
    assert dock.receive(company, dock.scan(company, rma=told["rma"], lpn=lpn, serial="A1")).done
    assert inspect(company, InspectUnit(lpn, "A", serial="B2")).done
    return told, row("receiving_unit", lpn=lpn).id


def test_another_serial_counts_until_it_was_read_wrongly(company):
    order = buy(company, "serial", 3)
    told, unit = other_serial(company, order)
    waiting = opened(company, order)
    assert risk(waiting["rma_id"]).score == 0
    flows.run_pending()
    assert standing(order) == ["serial_mismatch"]
    assert (signals(order)[0].subject_id, signals(order)[0].rma_id) == (unit, told["rma_id"])
    for found in (told, waiting):
        assert (risk(found["rma_id"]).score, risk(found["rma_id"]).codes) == (30, ["serial_mismatch"])
    assert risk(opened(company, order, at=company.ctx().at)["rma_id"]).score == 30

    case = case_of("wrong_serial", unit)
    assert close_cases(company.ctx(), items=[CloseCase(case.id, "mistyped")]).done
    flows.run_pending()
    assert standing(order) == []
    assert risk(waiting["rma_id"]).score == 0
    assert reopen_cases(company.ctx(), items=[ReopenCase(case.id, "looked_again")]).done
    flows.run_pending()
    assert standing(order) == ["serial_mismatch"]
    assert dock.breaches(LAWS) == []


def test_a_case_that_ends_otherwise_still_counts(company):
    order = buy(company, "kept", 2)
    _, unit = other_serial(company, order)
    assert close_cases(company.ctx(), items=[CloseCase(case_of("wrong_serial", unit).id, "refused")]).done
    flows.run_pending()
    assert standing(order) == ["serial_mismatch"]


def test_an_empty_parcel_counts_and_a_short_one_does_not(company):
    order = buy(company, "boxes", 6)
    empty, short = opened(company, order), opened(company, order, pieces=2)
    for told in (empty, short):
        told["tracking"] = dock.announce(company, told["rma"])
        dock.tell(company, told["tracking"], "accepted", "delivered")
    assert dock.receive(
        company, dock.scan(company, carrier=dock.CARRIER, tracking=short["tracking"], rma=short["rma"])
    ).done
    closing = [
        CloseParcel(dock.CARRIER, empty["tracking"], empty=True),
        CloseParcel(dock.CARRIER, short["tracking"]),
    ]
    assert len(close_parcels(company.ctx(), items=closing).done) == 2
    flows.run_pending()
    assert standing(order) == ["empty_box"]
    assert signals(order)[0].rma_id == empty["rma_id"]
    assert risk(empty["rma_id"]).codes == ["empty_box"]
    assert reopen_parcels(company.ctx(), items=[ReopenParcel(dock.CARRIER, empty["tracking"])]).done
    flows.run_pending()
    assert standing(order) == []


@pytest.mark.parametrize("proved", [True, False])
def test_a_chargeback_counts_where_delivery_was_proved(company, proved):
    order = company.sell()
    if proved:
        item = ReportDelivery(company.channel(), order, "1", SOLD + timedelta(days=1))
        assert record_deliveries(company.ctx(), items=[item]).done
    at = datetime(2026, 6, 1, tzinfo=UTC)
    assert report(company, "chargeback", 1000, channel=company.channel(), order=order, happened_at=at).done
    flows.run_pending()
    assert standing(order) == (["claim_after_delivery"] if proved else [])


def test_a_claim_counts_against_a_proved_delivery_only(company):
    order, channel = company.sell(), company.channel()
    claim = RecordClaim(channel, order, SOLD + timedelta(days=3))
    assert record_claims(company.ctx(), items=[claim]).refused[0].code == "delivery_not_proved"
    delivered = ReportDelivery(channel, order, "1", SOLD + timedelta(days=2))
    assert record_deliveries(company.ctx(), items=[delivered]).done
    early = RecordClaim(channel, order, SOLD + timedelta(days=1))
    naive = RecordClaim(channel, order, datetime(2026, 5, 5))
    batch = record_claims(company.ctx(), items=[claim, early, naive, RecordClaim(channel, "none", SOLD), claim])
    assert [r.code for r in batch.refused] == ["delivery_not_proved", "claim_invalid", "order_not_found"]
    assert standing(order) == ["claim_after_delivery"]
    assert len(record_claims(company.ctx(), items=[claim]).done) == 1
    assert len(signals(order)) == 1


def test_a_claim_that_was_none_is_taken_back_and_may_be_made_again(company):
    order, channel = company.sell(), company.channel()
    delivered = ReportDelivery(channel, order, "1", SOLD + timedelta(days=2))
    assert record_deliveries(company.ctx(), items=[delivered]).done
    claim = RecordClaim(channel, order, SOLD + timedelta(days=3))
    back = replace(claim, withdrawn=True)
    assert record_claims(company.ctx(), items=[back]).refused[0].code == "never_claimed"
    for items, counts in (([claim], True), ([back], False), ([back, claim], True), ([claim, back], False)):
        assert not record_claims(company.ctx(), items=items).refused
        assert bool(standing(order)) is counts
        assert claim_stands(channel=channel, number=order) is counts
    assert len(signals(order)) == 1


def test_what_is_learnt_later_opens_a_review_before_money_leaves(company):
    order = buy(company, "later", 5)
    waiting = opened(company, order)
    assert waiting["state"] == "authorised"
    for _ in range(2):
        other_serial(company, order)
    flows.run_pending()
    assert risk(waiting["rma_id"]).score == 60
    review = case_of("fraud_review", waiting["rma_id"])
    assert (review.state, review.facts["reasons"]) == ("open", ["serial_mismatch", "serial_mismatch_again"])

    assert close_cases(company.ctx(), items=[CloseCase(review.id, "cleared")]).done
    flows.run_pending()
    kept = risk(waiting["rma_id"])
    assert (kept.outcome, kept.reviewed_by, bool(kept.reviewed_at)) == ("cleared", "user:1", True)
    again = rescore_returns(company.ctx(), items=[RescoreReturn(waiting["rma"])]).done[0]
    assert again.replayed
    assert case_of("fraud_review", waiting["rma_id"]).id == review.id
    reopen_cases(company.ctx(), items=[ReopenCase(review.id, "looked_again")])
    flows.run_pending()
    assert risk(waiting["rma_id"]).outcome == ""
    assert dock.breaches(LAWS) == []


def test_money_waits_for_an_open_review_and_leaves_when_it_is_cleared(company):
    order = buy(company, "money", 5)
    waiting = opened(company, order)
    for _ in range(2):
        other_serial(company, order)
    flows.run_pending()
    assert dock.receive(company, dock.scan(company, rma=waiting["rma"])).done
    flows.run_pending()
    credits = "SELECT FROM refunds_credit WHERE rma_id = %s"
    assert len(db.rows(credits, [waiting["rma_id"]])) == 0
    review = case_of("fraud_review", waiting["rma_id"])
    assert close_cases(company.ctx(), items=[CloseCase(review.id, "cleared")]).done
    flows.run_pending()
    assert len(db.rows(credits, [waiting["rma_id"]])) == 1


def test_refusals_say_what_is_missing(company):
    from counterflow.returns.documents import AskedLine, OpenRma

    blind = OpenRma(company.channel(), "blind-signal", (AskedLine(1, "too_small", sku=company.sku()),))
    rma = open_rmas(company.ctx(), items=[blind]).done[0].facts
    batch = rescore_returns(company.ctx(), items=[RescoreReturn(rma["rma"]), RescoreReturn("RMA-0")])
    assert [r.code for r in batch.refused] == ["nothing_to_score", "rma_not_found"]
    assert record_reviews(company.ctx(), items=[RecordReview(rma["rma_id"])]).refused[0].code == "score_missing"
    assert note_signals(company.ctx(), items=[NoteSignal(1)]).refused[0].code == "case_not_found"


def test_eight_who_note_the_same_case_note_it_once(company):
    order = buy(company, "race", 2)
    _, unit = other_serial(company, order)
    case = case_of("wrong_serial", unit).id
    together([lambda: note_signals(company.ctx(), items=[NoteSignal(case)]) for _ in range(8)])
    assert standing(order) == ["serial_mismatch"]
    again = [RescoreReturn(number) for number in _rmas(order)]
    together([lambda: rescore_returns(company.ctx(), items=again) for _ in range(6)])
    assert [r.n for r in _scores(order)] == [2]
    assert dock.breaches(LAWS) == []


def _rmas(order):
    sql = "SELECT r.number FROM returns_rma r JOIN orders_order o ON o.id = r.order_id WHERE o.number = %s"
    return [r.number for r in db.rows(sql, [order])]


def _scores(order):
    sql = (
        "SELECT count(*) AS n FROM policies_decision d JOIN returns_rma r ON r.id = d.subject_id"
        " JOIN orders_order o ON o.id = r.order_id WHERE o.number = %s AND d.kind = 'fraud' GROUP BY r.id"
    )
    return db.rows(sql, [order])


def test_signals_take_the_same_statements_for_one_and_for_many(company):
    def counted(number):
        found = [other_serial(company, buy(company, f"m{number}-{n}")) for n in range(number)]
        cases = [NoteSignal(case_of("wrong_serial", unit).id) for _, unit in found]
        counts = []
        for command, items in (
            (note_signals, cases),
            (rescore_returns, [RescoreReturn(told["rma"]) for told, _ in found]),
            (record_reviews, [RecordReview(told["rma_id"]) for told, _ in found]),
        ):
            with db.counting() as seen:
                assert not command(company.ctx(), items=items).refused
            counts.append(len(seen))
        return counts

    counted(2)
    assert counted(1) == counted(25)


def test_two_people_look_at_what_comes_back_once_the_score_is_high(company):
    """The plan for an inspection is asked with the latest score, not with that of the day it was opened."""
    order = buy(company, "looks", 5)
    waiting = opened(company, order)
    for _ in range(2):
        other_serial(company, order)
    flows.run_pending()
    assert risk(waiting["rma_id"]).score == 60
    lpn = company.lpn()
    assert dock.receive(company, dock.scan(company, rma=waiting["rma"], lpn=lpn)).done
    assert inspect(company, InspectUnit(lpn, "A")).done[0].facts["waits_for_second_look"]
