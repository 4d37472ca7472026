"""Decisions of people: by somebody else, with a reason, once."""

import pytest

from agreeing import person, token
from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from refunding import authorise, line_of, row


def requested(company, **more):
    return authorise(company, reason="a word nobody mapped", **more)


def open_cases(rma):
    rma_id = row("returns_rma", number=rma).id
    sql = "SELECT count(*) AS n FROM workqueue_case WHERE subject_id = %s AND state = 'open'"
    return db.rows(sql, [rma_id])[0].n


def test_an_approved_request_is_authorised_from_then_on(ctx, company):
    rma = requested(company)
    assert open_cases(rma) == 1
    done = decide_rmas(ctx(), items=[DecideRma(rma, True, "known_customer")]).done[0]
    assert done.facts["state"] == "authorised"
    kept = row("returns_rma", number=rma)
    assert (kept.state, kept.decided_by, kept.decision_reason) == ("authorised", "user:1", "known_customer")
    told = row("returns_milestone", rma_line_id=line_of(rma).id)
    assert (told.kind, told.quantity) == ("authorised", 5)
    assert open_cases(rma) == 0


def test_a_declined_request_gives_its_pieces_back(ctx, company):
    order = company.sell()
    rma = requested(company, order=order)
    assert decide_rmas(ctx(), items=[DecideRma(rma, False, "not_ours")]).done[0].facts["state"] == "declined"
    line = line_of(rma)
    assert (line.authorised_qty, line.cancelled_qty) == (0, 5)
    assert row("orders_shipmentline", id=line.shipment_line_id).authorised_qty == 0
    assert line_of(authorise(company, order=order)).authorised_qty == 5


def test_nobody_decides_what_they_asked_for_by_a_token(ctx, company):
    agent = person(ctx, "agent")
    program = token(ctx, agent, "returns.decide")
    for opener, decider in ((program, agent), (agent, program)):
        rma = requested(company, actor=opener)
        assert decide_rmas(ctx(actor=decider), items=[DecideRma(rma, True, "mine")]).refused[0].code == "own_request"
    assert decide_rmas(ctx(actor=person(ctx, "agent")), items=[DecideRma(rma, True, "ours")]).done


def test_nobody_decides_what_they_asked_for(ctx, company):
    rma = requested(company, actor="user:9")
    refused = decide_rmas(ctx(actor="user:9"), items=[DecideRma(rma, True, "mine")]).refused[0]
    assert refused.code == "own_request"


def test_the_same_decision_again_is_a_replay_and_another_is_refused(ctx, company):
    rma = requested(company)
    yes, no = DecideRma(rma, True, "seen"), DecideRma(rma, False, "seen")
    assert not decide_rmas(ctx(), items=[yes]).done[0].replayed
    assert decide_rmas(ctx(), items=[yes]).done[0].replayed
    assert decide_rmas(ctx(), items=[no]).refused[0].code == "move_not_allowed"
    both = decide_rmas(ctx(), items=[DecideRma(requested(company), True, "seen"), no, yes]).results
    assert [getattr(r, "code", r.facts.get("state")) for r in both] == ["authorised", "move_not_allowed", "authorised"]


def test_what_cannot_be_decided(ctx, company):
    assert decide_rmas(ctx(), items=[DecideRma("RMA-0", True, "x")]).refused[0].code == "rma_not_found"
    for reason in ("", "spoke to Mrs. Somebody", "x" * 65):
        refused = decide_rmas(ctx(), items=[DecideRma(requested(company), True, reason)]).refused[0]
        assert refused.code == "reason_missing"
    assert decide_rmas(ctx(), items=[DecideRma(authorise(company), True, "x")]).refused[0].code == "move_not_allowed"


def test_a_note_is_kept_where_it_can_be_erased(ctx, company):
    rma = requested(company)
    decide_rmas(ctx(), items=[DecideRma(rma, True, "seen", note="spoke to the customer")])
    rma_id = row("returns_rma", number=rma).id
    assert row("kernel_payload", subject_id=rma_id).body == {"note": "spoke to the customer"}
    facts = db.rows("SELECT facts::text AS f FROM kernel_eventrecord WHERE subject_id = %s", [rma_id])
    assert not any("spoke" in r.f for r in facts)


def test_it_takes_the_permission(ctx, company):
    with pytest.raises(PermissionDenied):
        decide_rmas(ctx("returns.open"), items=[DecideRma("RMA-0", True, "x")])


def test_statements_do_not_grow_with_the_batch(ctx, company):
    one, many = requested(company), [requested(company) for _ in range(10)]
    with db.counting() as few:
        decide_rmas(ctx(), items=[DecideRma(one, True, "seen")])
    with db.counting() as lots:
        assert len(decide_rmas(ctx(), items=[DecideRma(rma, True, "seen") for rma in many]).done) == 10
    assert len(few) == len(lots) <= 8
