"""Agreeing: never alone, never twice, in the role that is wanted; and what is done is what was agreed to."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreeing import address, as_, ask, person, request_of, say, token
from company import make_company
from counterflow.access.commands import SetRoles, set_roles
from counterflow.approvals import laws, queries
from counterflow.approvals.commands.ask_approvals import ask_approvals
from counterflow.approvals.commands.decide_approvals import DecideApproval, decide_approvals
from counterflow.approvals.commands.delegate_approvals import DelegateApproval, delegate_approvals
from counterflow.approvals.commands.end_delegations import EndDelegation, end_delegations
from counterflow.approvals.commands.expire_approvals import ExpireApproval, expire_approvals
from counterflow.approvals.commands.withdraw_approvals import WithdrawApproval, withdraw_approvals
from counterflow.kernel import db
from counterflow.kernel.clock import now
from counterflow.kernel.payloads import ErasePayloads, erase_payloads
from counterflow.policies.commands.publish_policies import PublishPolicy, publish_policies
from counterflow.policies.tables import Table, shipped
from counterflow.refunds.commands.grant_goodwill import GrantGoodwill, grant_goodwill
from refunding import at_once, books, breaches
from together import together


def goodwill(company, amount=5000, *, order="", **more):
    order = order or company.sell()
    return GrantGoodwill(company.lpn(), amount, "late_delivery", channel=company.channel(), order=order, **more)


def code(batch):
    (found,) = batch
    return getattr(found, "code", "done")


def row(request):
    return db.rows("SELECT * FROM approvals_request WHERE id = %s", [request])[0]


def case_of(request):
    return db.rows("SELECT state, outcome FROM workqueue_case WHERE subject_id = %s", [request])[0]


def holds():
    """Whether the laws of approvals hold; those of money and books are looked at where the books are."""
    found = [db.rows(law.sql.replace("%", "%%")) for law in laws.LAWS]
    assert not any(found), found
    return not any(found)


@pytest.fixture
def asker(ctx, company):
    return person(ctx, "finance")


@pytest.fixture
def second(ctx, company):
    return person(ctx, "finance")


@pytest.fixture
def two(ctx, company):
    """Goodwill needs two of finance in this company, until the test is over."""
    yield republish(ctx, approvers=2, second_role="finance")
    republish(ctx)


def republish(ctx, **then):
    """Change what every row about goodwill of more than 20.00 asks for; nothing changed puts back what is shipped."""
    table = shipped("approval")
    rows = tuple(
        type(r)(r.id, r.when, {**r.then, **then} if r.id == "goodwill" else r.then, r.agent, r.customer)
        for r in table.rows
    )
    newest = db.rows("SELECT max(version) AS n FROM policies_policyversion WHERE kind = 'approval'")[0].n
    changed = Table(table.kind, f"Version {newest + 1}", table.inputs, table.outputs, rows)
    batch = publish_policies(ctx(), items=[PublishPolicy("approval", newest + 1, changed.as_json(), "finance")])
    assert batch.done, batch


def test_the_act_is_done_as_its_asker_when_another_agrees(company, asker, second):
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    done = say(as_(second), request).done[0]
    assert done.facts["state"] == "done"
    assert done.facts["result"]["total_minor"] == 5000
    assert books(company) == {"goodwill": 5000, "refunds_payable": -5000}
    found = row(request)
    assert (found.state, found.ended_by, list(found.open_roles)) == ("done", second, [])
    assert found.outcome["facts"]["credit_id"] == done.facts["result"]["credit_id"]
    assert case_of(request)[:] == ("closed", "approved")
    (decision,) = db.rows("SELECT row_id, command_id FROM policies_decision WHERE subject_id = %s", [found.subject_id])
    assert (decision.row_id, decision.command_id) == ("goodwill", found.ended_command_id)
    trail = db.rows("SELECT actor, trail FROM kernel_commandrecord WHERE id = %s", [found.ended_command_id])[0]
    assert (trail.actor, trail.trail[0]["command"]) == (second, "grant_goodwill")
    assert holds()
    assert breaches() == []


def test_agreeing_again_is_a_replay_and_another_word_is_none(company, asker, second):
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    say(as_(second), request)
    assert say(as_(second), request).done[0].replayed
    assert code(say(as_(second), request, verdict="refuse")) == "already_decided"
    assert code(say(as_(person(company.ctx, "finance")), request)) == "request_over"
    assert books(company)["goodwill"] == 5000


def test_nobody_agrees_to_their_own_request_in_any_way(ctx, company, asker, second):
    item = goodwill(company)
    request = request_of(ask(as_(asker), grant_goodwill, item))
    assert code(say(as_(asker), request)) == "requester_may_not_decide"
    mine = token(ctx, asker, "approvals.decide")
    assert code(say(ctx("approvals.decide", actor=mine), request)) == "requester_may_not_decide"
    helper = person(ctx, "inventory_controller")
    delegate(as_(asker), helper, "finance")
    assert code(say(as_(helper), request)) == "role_not_held"
    other = request_of(ask(as_(second), grant_goodwill, goodwill(company)))
    assert say(as_(helper), other).done[0].facts["state"] == "done"
    assert row(request).state == "waiting"
    assert holds()


def test_what_a_token_asked_its_user_may_not_agree_to(ctx, company, asker):
    program = token(ctx, asker, "approvals.ask", "refunds.compensate")
    request = request_of(
        ask(ctx("approvals.ask", "refunds.compensate", actor=program), grant_goodwill, goodwill(company))
    )
    assert code(say(as_(asker), request)) == "requester_may_not_decide"


def test_only_the_wanted_role_agrees_or_refuses(ctx, company, asker):
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    for role in ("executive", "inventory_controller", "administrator"):
        (refused,) = say(as_(person(ctx, role)), request)
        assert refused.code == "role_not_held"
        assert "waits for the role finance controller" in refused.message
        assert code(say(as_(person(ctx, role)), request, verdict="refuse")) == "role_not_held"


def test_a_refusal_needs_a_reason_and_ends_it(company, asker, second):
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    bare = decide_approvals(as_(second), items=[DecideApproval(request, "refuse")])
    assert code(bare) == "refusal_needs_reason"
    assert say(as_(second), request, verdict="refuse").done[0].facts["state"] == "refused"
    assert case_of(request).state == "closed"
    assert books(company) == {}
    assert code(decide_approvals(as_(second), items=[DecideApproval(request, "perhaps")])) == "verdict_unknown"
    assert code(say(as_(second), 10**15)) == "request_unknown"
    assert holds()


def test_two_have_to_be_two_people(ctx, company, two, asker, second):
    third = person(ctx, "finance")
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    assert say(as_(second), request).done[0].facts == {
        "request": request,
        "state": "waiting",
        "open_roles": ["finance"],
    }
    assert say(as_(second), request).done[0].replayed
    assert books(company) == {}
    program = token(ctx, second, "approvals.decide")
    assert say(ctx("approvals.decide", actor=program), request).done[0].replayed
    helper = person(ctx, "inventory_controller")
    delegate(as_(second), helper, "finance")
    assert code(say(as_(helper), request)) == "same_person_twice"
    assert say(as_(third), request).done[0].facts["state"] == "done"
    assert holds()


def test_who_somebody_stood_in_for_agrees_no_more(ctx, company, two, asker, second):
    helper = person(ctx, "inventory_controller")
    delegate(as_(second), helper, "finance")
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    assert say(as_(helper), request).done
    assert code(say(as_(second), request)) == "same_person_twice"
    agreed = db.rows("SELECT * FROM approvals_agreement WHERE request_id = %s", [request])
    assert [(f"user:{a.user_id}", f"user:{a.on_behalf_of_id}", a.role) for a in agreed] == [(helper, second, "finance")]
    assert holds()


def for_me(actor):
    """The requests that wait for somebody, and their number as the first page counts them; both agree."""
    who = queries.reader(actor, at=now())
    found = {row.id for row in queries.requests(who=who, view="for_me", at=now(), limit=1_000)}
    assert queries.waiting_for(who.user_id, at=now()) == len(found)
    return found


def test_what_waits_for_me_is_what_i_may_agree_to(ctx, company, two, asker, second):
    """Nobody finds in their list what would be refused to them: of two who stand for each other one is enough."""
    helper, third = person(ctx, "inventory_controller"), person(ctx, "finance")
    delegate(as_(second), helper, "finance")
    by_helper, by_second = (request_of(ask(as_(asker), grant_goodwill, goodwill(company))) for _ in range(2))
    both = {by_helper, by_second}
    assert both <= for_me(helper)
    assert both <= for_me(second)
    assert not both & for_me(asker)
    say(as_(helper), by_helper)
    say(as_(second), by_second)
    assert not both & for_me(helper)
    assert not both & for_me(second)
    assert both <= for_me(third)


def delegate(ctx, to, role, *, starts=None, ends=None):
    ends = ends or ctx.at + timedelta(days=3)
    item = DelegateApproval(f"d-{to}-{role}-{ends.isoformat()}", address(to), role, ends, starts)
    batch = delegate_approvals(ctx, items=[item])
    assert batch.done, batch
    return batch.done[0].facts["delegation"]


def test_a_delegation_counts_from_its_first_instant_until_before_its_last(ctx, company, asker, second):
    helper = person(ctx, "inventory_controller")
    begins = now() + timedelta(hours=1)
    ends = begins + timedelta(hours=2)
    delegate(as_(second), helper, "finance", starts=begins, ends=ends)
    requests = [request_of(ask(as_(asker), grant_goodwill, goodwill(company))) for _ in range(2)]
    instant = timedelta(microseconds=1)
    assert code(say(as_(helper, at=begins - instant), requests[0])) == "role_not_held"
    assert code(say(as_(helper, at=ends), requests[0])) == "role_not_held"
    assert code(say(as_(helper, at=begins), requests[0])) == "done"
    assert code(say(as_(helper, at=ends - instant), requests[1])) == "done"


def test_ending_a_delegation_takes_nothing_back(ctx, company, asker, second):
    """Whoever ends it read the clock before somebody stood in, and ends it after: it counted until then."""
    helper = person(ctx, "inventory_controller")
    given = delegate(as_(second), helper, "finance")
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    early = as_(second)
    later = early.at + timedelta(seconds=5)
    assert say(as_(helper, at=later), request).done
    assert end_delegations(early, items=[EndDelegation(given)]).done
    ended = db.rows("SELECT ended_at FROM approvals_delegation WHERE id = %s", [given])[0].ended_at
    assert ended == later
    assert holds()


def test_a_delegation_that_is_ended_while_somebody_stands_in(ctx, company, asker, second):
    helper = person(ctx, "inventory_controller")
    for _ in range(4):
        given = delegate(as_(second), helper, "finance")
        request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
        said, ended = together(
            [
                lambda r=request: say(as_(helper), r),
                lambda d=given: end_delegations(as_(second), items=[EndDelegation(d)]),
            ]
        )
        assert code(said) in ("done", "role_not_held")
        assert ended.done
        assert holds()


def test_a_delegation_ends_with_the_role_of_its_giver_or_when_it_is_ended(ctx, company, asker, second):
    helper = person(ctx, "inventory_controller")
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    delegation = delegate(as_(second), helper, "finance")
    assert (
        code(end_delegations(as_(person(ctx, "finance")), items=[EndDelegation(delegation)])) == "delegation_of_another"
    )
    assert code(end_delegations(as_(second), items=[EndDelegation(delegation)])) == "done"
    assert end_delegations(as_(second), items=[EndDelegation(delegation)]).done[0].replayed
    assert code(say(as_(helper), request)) == "role_not_held"
    delegate(as_(second), helper, "finance", ends=now() + timedelta(days=9))
    set_roles(ctx(), items=[SetRoles(address(second), ("executive",))])
    assert code(say(as_(helper), request)) == "role_not_held"
    assert code(end_delegations(ctx(), items=[EndDelegation(1)])) == "delegation_unknown"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"role": "executive"}, "role_not_yours"),
        ({"to": "nobody@demo.example"}, "delegate_unknown"),
        ({"ends_at": now() - timedelta(days=1)}, "period_invalid"),
        ({"ends_at": now() + timedelta(days=800)}, "period_invalid"),
        ({"reference": ""}, "reference_missing"),
    ],
)
def test_what_cannot_be_delegated(ctx, company, second, change, expected):
    helper = person(ctx, "executive")
    given = {"reference": "r", "to": address(helper), "role": "finance", "ends_at": now() + timedelta(days=1)}
    assert code(delegate_approvals(as_(second), items=[DelegateApproval(**{**given, **change})])) == expected


def test_nobody_delegates_to_themselves_or_to_who_may_not_agree(ctx, company, second):
    ends = now() + timedelta(days=1)
    assert code(delegate_approvals(as_(second), items=[DelegateApproval("a", address(second), "finance", ends)])) == (
        "delegate_is_yourself"
    )
    clerk = address(person(ctx, "clerk"))
    assert code(delegate_approvals(as_(second), items=[DelegateApproval("b", clerk, "finance", ends)])) == (
        "delegate_cannot_agree"
    )


def test_after_its_time_nobody_agrees_and_the_worker_ends_it(company, asker, second):
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    expires = row(request).expires_at
    before = expires - timedelta(microseconds=1)
    assert code(say(as_(second, at=expires), request)) == "request_expired"
    assert code(expire_approvals(company.ctx(at=before), items=[ExpireApproval(request)])) == "not_expired"
    assert code(expire_approvals(company.ctx(at=expires), items=[ExpireApproval(request)])) == "done"
    assert expire_approvals(company.ctx(at=expires), items=[ExpireApproval(request)]).done[0].replayed
    assert row(request).state == "expired"
    assert case_of(request)[:] == ("closed", "expired")
    assert code(say(as_(second, at=before), request)) == "request_over"
    assert code(expire_approvals(company.ctx(), items=[ExpireApproval(1)])) == "request_unknown"
    assert holds()


def test_only_its_asker_withdraws_it(company, asker, second):
    item = goodwill(company)
    request = request_of(ask(as_(asker), grant_goodwill, item))
    assert code(withdraw_approvals(as_(second), items=[WithdrawApproval(request)])) == "not_your_request"
    assert code(withdraw_approvals(as_(asker), items=[WithdrawApproval(request)])) == "done"
    assert withdraw_approvals(as_(asker), items=[WithdrawApproval(request)]).done[0].replayed
    assert code(say(as_(second), request)) == "request_over"
    again = request_of(ask(as_(asker), grant_goodwill, item))
    assert say(as_(second), again).done[0].facts["state"] == "done"
    assert code(withdraw_approvals(as_(asker), items=[WithdrawApproval(again)])) == "request_over"
    assert holds()


def test_facts_that_changed_are_told_and_nothing_is_done(ctx, company, asker, second, owner):
    item = goodwill(company, method="store_credit")
    request = request_of(ask(as_(asker), grant_goodwill, item))
    owner.execute("UPDATE orders_order SET currency = 'EUR' WHERE id = %s", [row(request).subject_id])
    owner.execute("UPDATE ledger_entity SET currency = 'EUR' WHERE id = %s", [company.entity])
    refused = say(as_(second), request).refused[0]
    assert refused.code == "facts_changed"
    assert {"what": "currency", "old": "GBP", "new": "EUR"} in refused.facts["difference"]
    assert "currency was GBP and is EUR" in refused.message
    found = row(request)
    assert (found.state, found.outcome["code"]) == ("overtaken", "facts_changed")
    assert books(company) == {}
    assert case_of(request).state == "closed"
    owner.execute("UPDATE orders_order SET currency = 'GBP' WHERE id = %s", [row(request).subject_id])
    owner.execute("UPDATE ledger_entity SET currency = 'GBP' WHERE id = %s", [company.entity])
    again = request_of(ask(as_(asker), grant_goodwill, item))
    assert say(as_(second), again).done[0].facts["state"] == "done"


def test_a_table_that_asks_for_somebody_else_meanwhile_is_a_difference(ctx, company, asker, second, request):
    asked = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    republish(ctx, role="executive")
    request.addfinalizer(lambda: republish(ctx))
    refused = say(as_(second), asked).refused[0]
    assert refused.code == "facts_changed"
    assert refused.facts["difference"] == [{"what": "who has to agree", "old": "finance", "new": "executive"}]
    assert books(company) == {}
    assert holds()


def test_what_the_act_is_refused_for_comes_back(company, asker, second):
    order = company.sell()
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company, 7000, order=order, method="store_credit")))
    other = request_of(ask(as_(asker), grant_goodwill, goodwill(company, 6000, order=order, method="store_credit")))
    assert code(say(as_(second), other)) == "done"
    refused = say(as_(second), request).refused[0]
    assert (refused.code, refused.facts["left"], refused.facts["state"]) == ("over_goodwill", 6000, "overtaken")
    assert books(company)["goodwill"] == 6000
    assert holds()


def test_who_lost_the_permission_has_it_done_no_more(ctx, company, asker, second):
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    set_roles(ctx(), items=[SetRoles(address(asker), ("clerk",))])
    refused = say(as_(second), request).refused[0]
    assert (refused.code, refused.facts["actor"]) == ("permission_denied", asker)
    assert row(request).state == "overtaken"
    assert books(company) == {}


def test_what_was_done_meanwhile_is_not_done_again(ctx, company, asker, second, request):
    item = goodwill(company)
    asked = request_of(ask(as_(asker), grant_goodwill, item))
    republish(ctx, approvers=0)
    assert grant_goodwill(as_(asker), items=[item]).done
    republish(ctx)
    assert code(say(as_(second), asked)) == "done_already"
    assert books(company)["goodwill"] == 5000


def test_words_that_were_erased_cannot_be_acted_on(ctx, company, asker, second):
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    assert erase_payloads(ctx(), items=[ErasePayloads(request)]).done
    assert code(say(as_(second), request)) == "item_erased"
    assert row(request).state == "overtaken"
    assert books(company) == {}
    assert holds()


def test_requests_of_several_askers_are_not_agreed_to_in_one_call(ctx, company, asker, second):
    third = person(ctx, "finance")
    mine, theirs = (request_of(ask(as_(who), grant_goodwill, goodwill(company))) for who in (asker, second))
    batch = say(as_(third), mine, theirs)
    assert [refused.code for refused in batch] == ["mixed_requests"] * 2
    assert {row(mine).state, row(theirs).state} == {"waiting"}
    assert code(say(as_(third), mine)) == code(say(as_(third), theirs)) == "done"


def test_many_are_agreed_to_at_once_and_one_that_cannot_be_done_harms_no_other(company, asker, second):
    order = company.sell()
    items = [goodwill(company, 5000, order=order, method="store_credit") for _ in range(3)]
    requests = [request_of(ask(as_(asker), grant_goodwill, item)) for item in items]
    batch = say(as_(second), *requests)
    assert [getattr(r, "code", "done") for r in batch] == ["done", "done", "over_goodwill"]
    assert books(company)["goodwill"] == 10_000
    assert holds()


def test_two_who_agree_at_once_have_one_effect(ctx, company, asker, owner):
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    people = [person(ctx, "finance") for _ in range(8)]
    answers = at_once(lambda n: say(as_(people[n]), request))
    assert sorted(code(a) for a in answers) == ["done", *["request_over"] * 7]
    assert books(company)["goodwill"] == 5000
    assert db.rows("SELECT count(*) AS n FROM approvals_agreement WHERE request_id = %s", [request])[0].n == 1
    assert holds()


@pytest.mark.parametrize("number", range(4))
def test_agreeing_refusing_withdrawing_and_expiring_at_once_end_it_in_one_way(ctx, company, asker, owner, number):
    """Whoever is first has it; the others hear that it is over, and money moves only if it was agreed to."""
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    people = [person(ctx, "finance") for _ in range(4)]
    late = row(request).expires_at
    calls = [lambda who=who: say(as_(who), request) for who in people[:2]]
    calls += [lambda who=who: say(as_(who), request, verdict="refuse") for who in people[2:]]
    calls += [lambda: withdraw_approvals(as_(asker), items=[WithdrawApproval(request)])] * 2
    calls += [lambda: expire_approvals(as_(people[0], at=late), items=[ExpireApproval(request)])] * 2
    together(calls[number:] + calls[:number])
    ended = row(request).state
    assert ended in ("done", "refused", "withdrawn", "expired")
    assert books(company) == ({"goodwill": 5000, "refunds_payable": -5000} if ended == "done" else {})
    assert case_of(request).state == "closed"
    assert holds()


def test_two_seats_are_filled_once_each_however_many_agree_at_once(ctx, company, two, asker, owner):
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    people = [person(ctx, "finance") for _ in range(8)]
    answers = at_once(lambda n: say(as_(people[n]), request))
    assert sorted(code(a) for a in answers) == ["done", "done", *["request_over"] * 6]
    assert books(company)["goodwill"] == 5000
    assert holds()


def test_the_same_act_asked_for_eight_times_at_once_waits_once(ctx, company, asker, owner):
    item = goodwill(company)
    answers = at_once(lambda n: ask(as_(asker), grant_goodwill, item))
    assert sorted(code(a) for a in answers) == ["asked_already"] * 7 + ["done"]


def test_agreeing_takes_the_same_statements_for_one_and_for_a_thousand(ctx, company, asker, second):
    def counted(number):
        order = company.sell([("tee", number * 2, 2000, 400)])
        items = [goodwill(company, 2001, order=order, method="store_credit") for _ in range(number)]
        requests = [done.facts["request"] for done in ask(as_(asker), grant_goodwill, *items).done]
        who = as_(second)
        with db.counting() as seen:
            batch = say(who, *requests)
        assert not batch.refused, batch.refused[0]
        return len(seen)

    counted(2)
    assert counted(1) == counted(1_000) == 12


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["asker", "second", "third", "helper", "clerk"]), min_size=1, max_size=6))
def test_whoever_tries_in_whatever_order_the_laws_hold(ctx, order):
    company = make_company(ctx)
    republish(ctx, approvers=2, second_role="finance")
    people = {name: person(ctx, "finance") for name in ("asker", "second", "third")}
    people |= {"helper": person(ctx, "inventory_controller"), "clerk": person(ctx, "clerk")}
    delegate(as_(people["second"]), people["helper"], "finance")
    request = request_of(ask(as_(people["asker"]), grant_goodwill, goodwill(company)))
    for name in order:
        say(company.ctx("approvals.decide", actor=people[name]), request)
    voices = {"second" if name == "helper" else name for name in order} & {"second", "third"}
    assert row(request).state == ("done" if len(voices) == 2 else "waiting")
    assert books(company).get("goodwill", 0) == (5000 if len(voices) == 2 else 0)
    assert holds()
    republish(ctx)


def test_asking_needs_no_right_to_agree_and_agreeing_none_to_ask(ctx, company):
    assert ask_approvals.needs == "approvals.ask"  # type: ignore[attr-defined]
    assert decide_approvals.needs == "approvals.decide"  # type: ignore[attr-defined]
