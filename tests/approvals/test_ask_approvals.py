"""Asking: the act is tried and nothing stays, what it would do is kept, and what cannot be asked for says why."""

import re
from datetime import timedelta
from inspect import signature
from pathlib import Path

import pytest

import counterflow
from agreeing import as_, ask, nobody_asked, person, request_of, token
from counterflow.approvals.acts import written
from counterflow.approvals.commands.ask_approvals import AskApproval, ask_approvals
from counterflow.approvals.queries import request as query
from counterflow.approvals.tasks import expire
from counterflow.desk.commands.erase_customers import EraseCustomer, erase_customers
from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.refunds.commands.grant_goodwill import GrantGoodwill, grant_goodwill
from refunding import books, breaches

SOURCES = Path(counterflow.__path__[0])


def goodwill(company, amount=5000, **more):
    return GrantGoodwill(
        company.lpn(), amount, "late_delivery", channel=company.channel(), order=company.sell(), **more
    )


def code(batch):
    (found,) = batch
    return getattr(found, "code", "done")


def row(request):
    return db.rows("SELECT * FROM approvals_request WHERE id = %s", [request])[0]


@pytest.fixture
def asker(ctx, company):
    return person(ctx, "finance")


def test_an_act_that_needs_agreement_is_refused_and_says_whose(company, asker):
    refused = grant_goodwill(as_(asker), items=[goodwill(company)]).refused[0]
    assert refused.code == "approval_needed"
    assert "finance controller" in refused.message
    assert (refused.facts["approvers"], refused.facts["role"], refused.facts["row"]) == (1, "finance", "goodwill")
    assert books(company) == {}


def test_what_needs_nobody_is_done_and_its_decision_is_on_record(company, asker):
    done = grant_goodwill(as_(asker), items=[goodwill(company, 2000)]).done[0]
    order = db.rows("SELECT order_id FROM refunds_credit WHERE id = %s", [done.facts["credit_id"]])[0].order_id
    (decision,) = db.rows("SELECT row_id, outcome FROM policies_decision WHERE subject_id = %s", [order])
    assert (decision.row_id, decision.outcome["approvers"]) == ("goodwill-small", 0)


def test_a_request_shows_facts_money_and_lines_and_nothing_of_the_trial_stays(company, asker):
    before = db.rows("SELECT count(*) AS n FROM refunds_credit")[0].n
    made = row(request_of(ask(as_(asker), grant_goodwill, goodwill(company), note="The third time it was late.")))
    assert (made.act, made.state, made.value_minor, made.currency) == ("goodwill", "waiting", 5000, "GBP")
    assert made.facts["reason_code"] == "late_delivery"
    assert {(line["account"], line["amount"]) for line in made.lines} == {
        ("goodwill", 5000),
        ("refunds_payable", -5000),
    }
    assert list(made.roles) == ["finance"]
    assert (made.expires_at - made.asked_at).total_seconds() == 72 * 3600
    assert db.rows("SELECT count(*) AS n FROM refunds_credit")[0].n == before
    assert books(company) == {}
    assert db.rows("SELECT count(*) AS n FROM policies_decision WHERE subject_id = %s", [made.subject_id])[0].n == 0
    kept = db.rows("SELECT body FROM kernel_payload WHERE id = %s", [made.payload_id])[0].body
    assert kept["note"] == "The third time it was late."
    assert kept["item"]["amount_minor"] == 5000
    (case,) = db.rows("SELECT * FROM workqueue_case WHERE subject_id = %s", [made.id])
    assert (case.kind, case.owner_role, case.due_at) == ("approval_needed", "finance", made.expires_at)
    assert (case.money_at_risk_minor, case.state) == (5000, "open")
    assert breaches() == []


def test_what_would_be_refused_anyway_is_refused_now_with_its_reason(company, asker):
    assert code(ask(as_(asker), grant_goodwill, goodwill(company, 1_000_000))) == "over_goodwill"
    assert code(ask(as_(asker), grant_goodwill, goodwill(company, 2000))) == "needs_nobody"
    bare = person(company.ctx, "clerk")
    assert code(ask(as_(bare), grant_goodwill, goodwill(company))) == "permission_denied"
    done = goodwill(company, 1500)
    assert grant_goodwill(as_(asker), items=[done]).done
    assert code(ask(as_(asker), grant_goodwill, done)) == "done_already"


def test_the_same_request_is_made_once_and_the_same_act_waits_once(company, asker):
    item = goodwill(company)
    asked = AskApproval("mine", "grant_goodwill", written(item), "customer_care")
    first = ask_approvals(as_(asker), items=[asked, asked])
    assert [done.replayed for done in first.done] == [False, True]
    assert first.done[0].facts == first.done[1].facts
    assert ask_approvals(as_(asker), items=[asked]).done[0].replayed
    other = AskApproval("mine", "grant_goodwill", written(item), "another_reason")
    assert code(ask_approvals(as_(asker), items=[other])) == "identity_reused"
    assert code(ask(as_(asker), grant_goodwill, item)) == "asked_already"
    assert code(ask(as_(person(company.ctx, "finance")), grant_goodwill, item)) == "asked_already"


@pytest.mark.parametrize(
    ("change", "expected", "where"),
    [
        ({"command": "release_credits"}, "command_unknown", None),
        ({"reason": "because I say so"}, "reason_missing", None),
        ({"reference": " "}, "reference_missing", None),
        ({"note": "x" * 2001}, "note_too_long", None),
        ({"item": {"amount": 5}}, "item_unreadable", "item.amount"),
        ({"item": {"request_ref": "r"}}, "item_unreadable", "item.amount_minor"),
        ({"item": {"request_ref": "r", "amount_minor": "5", "reason": "x"}}, "item_unreadable", "item.amount_minor"),
        ({"item": {"request_ref": "r", "amount_minor": True, "reason": "x"}}, "item_unreadable", "item.amount_minor"),
        (
            {"item": {"request_ref": "r", "amount_minor": 5, "reason": "x", "happened_at": "2026-01-01"}},
            "item_unreadable",
            "item.happened_at",
        ),
        ({"item": {"request_ref": "r", "amount_minor": 5, "reason": "x", "rate": 1.5}}, "item_unreadable", "item.rate"),
        ({"item": []}, "item_unreadable", "item"),
    ],
)
def test_what_cannot_be_read_says_where(company, asker, change, expected, where):
    given = {"reference": company.lpn(), "command": "grant_goodwill", "item": written(goodwill(company)), "reason": "x"}
    (refused,) = ask_approvals(as_(asker), items=[AskApproval(**{**given, **change})])
    assert refused.code == expected
    assert where is None or refused.facts["where"] == where


def test_a_program_asks_for_its_user_and_nobody_else_asks(ctx, company, asker):
    item = goodwill(company)
    program = token(ctx, asker, "approvals.ask", "refunds.compensate")
    made = row(request_of(ask(ctx("approvals.ask", "refunds.compensate", actor=program), grant_goodwill, item)))
    assert (made.asked_by, f"user:{made.asker_id}") == (program, asker)
    assert code(ask(ctx(actor="flow:credits"), grant_goodwill, goodwill(company))) == "asker_unknown"


def test_a_batch_is_tried_as_one(ctx, company, asker):
    order = company.sell()
    items = [
        GrantGoodwill(
            company.lpn(), 7000, "late_delivery", channel=company.channel(), order=order, method="store_credit"
        )
        for _ in range(2)
    ]
    assert [getattr(r, "code", "done") for r in ask(as_(asker), grant_goodwill, *items)] == ["done", "over_goodwill"]


def test_asking_takes_the_same_statements_for_one_and_for_a_thousand(ctx, company, asker):
    def counted(number):
        items = [
            GrantGoodwill(company.lpn(), 2001, "x", channel=company.channel(), order=order, method="store_credit")
            for order in [company.sell([("tee", number * 2, 2000, 400)])]
            for _ in range(number)
        ]
        with db.counting() as seen:
            batch = ask(as_(asker), grant_goodwill, *items)
        assert not batch.refused, batch.refused[0]
        return len(seen) - 1  # the context's own look-up of roles

    counted(2)
    assert counted(1) == counted(1_000) == 10


def test_only_approvals_gives_leave_and_no_edge_can():
    given = [
        str(path.relative_to(SOURCES))
        for path in sorted(SOURCES.rglob("*.py"))
        if re.search(r"\bleave=", path.read_text(encoding="utf-8"))
    ]
    assert given == ["approvals/commands/decide_approvals.py", "approvals/trying.py"]
    assert "leave" not in signature(Context.make).parameters


def test_words_of_a_request_go_with_the_customer(ctx, company, asker):
    item = goodwill(company)
    request = request_of(ask(as_(asker), grant_goodwill, item, note="The canary sings at Number 5."))
    ref = db.rows(
        "SELECT k.external_ref FROM orders_order o JOIN orders_customer k ON k.id = o.customer_id WHERE o.number = %s",
        [item.order],
    )[0].external_ref
    done = erase_customers(ctx(), items=[EraseCustomer(company.channel(), ref)]).done[0]
    assert done.facts["texts"] == 1
    assert db.rows("SELECT body FROM kernel_payload WHERE subject_id = %s", [request])[0].body is None
    found = query(request_id=request)
    assert (found.note, found.item, found.request.value_minor) == (None, None, 5000)


def test_the_worker_ends_what_nobody_agreed_to_in_time(ctx, company, asker):
    requests = [request_of(ask(as_(asker), grant_goodwill, goodwill(company))) for _ in range(2)]
    late = row(requests[0]).expires_at
    expire(late - timedelta(seconds=1))
    assert {row(request).state for request in requests} == {"waiting"}
    assert expire(late + timedelta(seconds=9)) >= 2
    assert {row(request).state for request in requests} == {"expired"}
    assert expire(late + timedelta(seconds=9)) == 0


def test_what_nobody_agreed_to_in_time_is_asked_for_again_at_once(company, asker):
    """Whether or not the worker has come by."""
    item = goodwill(company)
    first = request_of(ask(as_(asker), grant_goodwill, item))
    late = row(first).expires_at
    other = person(company.ctx, "finance")
    assert code(ask(as_(other, at=late - timedelta(seconds=1)), grant_goodwill, item)) == "asked_already"
    again = request_of(ask(as_(other, at=late), grant_goodwill, item))
    assert [row(request).state for request in (first, again)] == ["expired", "waiting"]
    assert db.rows("SELECT outcome FROM workqueue_case WHERE subject_id = %s", [first])[0].outcome == "expired"
    assert expire(late + timedelta(seconds=9)) == 0
    assert breaches() == []


def test_where_the_table_asks_nobody_nothing_can_be_asked_for(ctx, company, asker):
    nobody_asked(ctx)
    assert code(ask(as_(asker), grant_goodwill, goodwill(company))) == "needs_nobody"
    assert grant_goodwill(as_(asker), items=[goodwill(company)]).done
