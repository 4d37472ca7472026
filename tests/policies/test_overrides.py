"""Overrides: who may, with which reason and note, and how each lands in the report with its rule and its money."""

from datetime import UTC, datetime, timedelta

import pytest

import dock
import refunding
from agreeing import person, token
from calling import make_caller
from company import SOLD
from counterflow.catalog.commands.change_reasons import ChangeReason, change_reasons
from counterflow.catalog.commands.record_reasons import NewReason, record_reasons
from counterflow.kernel import db
from counterflow.policies import laws
from counterflow.policies.overrides import decided_by_row, override_sums, overrides
from counterflow.receiving.commands.dispose_units import DisposeUnit
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.refunds.commands.order_replacements import OrderReplacement, order_replacements
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from quality import dispose, graded

pytestmark = pytest.mark.usefixtures("nobody_asked")
LATE = SOLD + timedelta(days=200)


@pytest.fixture(autouse=True)
def sound():
    """Whatever was done, the report says what the decisions say, and the day sums count them."""
    yield
    assert dock.breaches(laws.LAWS) == []


@pytest.fixture
def reasons(ctx):
    """The company has two reasons for differing, one of which wants a note; both are out of use afterwards."""
    codes = [NewReason("override", "goodwill", "Goodwill"), NewReason("override", "other", "Other", needs_note=True)]
    record_reasons(ctx(), items=codes)
    change_reasons(ctx(), items=[ChangeReason("override", code.code, active=True) for code in codes])
    yield
    change_reasons(ctx(), items=[ChangeReason("override", code.code, active=False) for code in codes])


def day():
    return datetime.now(UTC).date()


def report(**more):
    return overrides(since=day() - timedelta(days=1), until=day() + timedelta(days=1), **more)


def late(company, override="goodwill", note="", lines=(("tee", 1),), actor="user:7"):
    order = company.sell([(name, 5, 2000, 400) for name, _ in lines])
    asked = [AskedLine(quantity, "no_longer_wanted", sku=company.sku(name)) for name, quantity in lines]
    item = OpenRma(company.channel(), f"late-{order}", asked, order, LATE, override, override_note=note)
    return open_rmas(company.ctx(actor=actor), items=[item])


def test_a_return_let_through_is_in_the_report_with_its_rule_and_money(company):
    rma = late(company, lines=(("tee", 2),)).done[0].facts["rma"]
    (row,) = report(rma=rma)
    assert (row.act, row.kind, row.row_id, row.version) == ("return", "eligibility", "window-over", 1)
    assert (row.by, row.reason, row.money_minor, row.currency) == ("user:7", "goodwill", 4800, "GBP")
    assert (row.channel, row.brand) == (company.channel(), f"brand-{company.tag}")
    assert (row.said["answer"], row.instead) == ("no", {"answer": "yes"})
    assert row.text == "The return window is over and nothing is wrong with it."


def test_only_the_lines_that_policy_would_not_let_through_are_overrides(company):
    order = company.sell([("tee", 5, 2000, 400), ("mug", 5, 900, 100)])
    asked = [AskedLine(1, "defective", sku=company.sku("tee")), AskedLine(1, "too_small", sku=company.sku("mug"))]
    item = OpenRma(company.channel(), f"mixed-{order}", asked, order, SOLD + timedelta(days=100), "goodwill")
    rma = open_rmas(company.ctx(), items=[item]).done[0].facts["rma"]
    assert [row.row_id for row in report(rma=rma)] == ["window-over"]


def test_a_unit_sent_elsewhere_is_in_the_report_with_its_value_and_return(company):
    lpn = graded(company)
    item = DisposeUnit(lpn, disposition="scrap", override_reason="torn", note="torn inside")
    assert dispose(company, item, DisposeUnit(lpn, disposition="scrap", override_reason="torn")).done
    (row,) = [each for each in report(act="disposal") if each.document == lpn]
    assert (row.kind, row.row_id, row.money_minor, row.currency) == ("disposition", "like-new", 800, "GBP")
    assert (row.said["disposition"], row.instead) == ("restock", {"disposition": "scrap"})
    assert (row.channel, row.rma[:4]) == (company.channel(), "RMA-")
    note = db.rows("SELECT body FROM kernel_payload WHERE kind = 'override_note' AND subject_id = %s", [row.subject_id])
    assert [each.body for each in note] == [{"note": "torn inside"}]


def test_refunds_and_goods_ahead_set_the_refund_rule_aside(company):
    rma = refunding.authorise(company, [("tee", 3)])
    early = ApproveEarly(rma, 1, 2, "loyal")
    assert approve_early(company.ctx(actor="user:9"), items=[early, early]).done
    (row,) = report(rma=rma)
    assert (row.act, row.kind, row.row_id, row.by) == ("early_refund", "refund", "withdrawal", "user:9")
    assert (row.money_minor, row.said["milestone"], row.instead["pieces"]) == (4800, "received", 2)
    other = refunding.authorise(company, [("tee", 3)], resolution="replacement")
    ahead = OrderReplacement(f"ahead-{other}", other, 1, 1, ahead="loyal", note="cannot wait")
    assert order_replacements(company.ctx(), items=[ahead, ahead]).done
    (row,) = report(rma=other)
    assert (row.act, row.row_id, row.money_minor) == ("goods_ahead", "withdrawal", 2400)


def test_a_reason_is_one_of_the_companys_and_some_want_a_note(company, reasons):
    refused = late(company, "because").refused[0]
    assert (refused.code, "goodwill, other" in refused.message) == ("override_reason_unknown", True)
    assert late(company, "other").refused[0].code == "override_note_missing"
    assert late(company, "other", "their child is ill").done
    rma = refunding.authorise(company)
    assert approve_early(company.ctx(), items=[ApproveEarly(rma, 1, 1, "x")]).refused[0].code == (
        "override_reason_unknown"
    )
    assert approve_early(company.ctx(), items=[ApproveEarly(rma, 1, 1, "other", note="why")]).done
    lpn = graded(company)
    bad = DisposeUnit(lpn, disposition="scrap", override_reason="x")
    assert dispose(company, bad).refused[0].code == "override_reason_unknown"
    assert dispose(company, DisposeUnit(lpn, disposition="scrap", override_reason="goodwill")).done
    goods = refunding.authorise(company, resolution="replacement")
    ahead = OrderReplacement(f"a-{goods}", goods, 1, 1, ahead="other")
    assert order_replacements(company.ctx(), items=[ahead]).refused[0].code == "override_note_missing"


@pytest.mark.parametrize("roles", [("integrator",), ("integrator", "agent"), ("integrator", "administrator")])
def test_what_a_program_reports_is_never_against_policy(ctx, company, roles):
    """Whatever else its user may do, a token of a user that is an integrator decides nothing against a policy."""
    program = make_caller(ctx, "returns.open", "receiving.dispose", roles=roles)
    order = company.sell()
    body = {
        "channel": company.channel(),
        "request_ref": f"p-{order}",
        "order": order,
        "lines": [{"quantity": 1, "reason": "too_small", "sku": company.sku()}],
        "happened_at": LATE.isoformat(),
        "override": "goodwill",
    }
    assert program.post("/rmas", body).json()["code"] == "override_not_allowed"
    if "administrator" in roles:
        rma = refunding.authorise(company)
        everything = make_caller(ctx, roles=roles)
        early = {"rma": rma, "line_no": 1, "quantity": 1, "reason": "loyal"}
        assert everything.post("/early-approvals", early).status_code == 403
        assert everything.post("/rmas", body).json()["code"] == "override_not_allowed"


def test_staff_may_override_by_their_own_token(ctx, company):
    order = company.sell()
    body = {
        "channel": company.channel(),
        "request_ref": f"s-{order}",
        "order": order,
        "lines": [{"quantity": 1, "reason": "too_small", "sku": company.sku()}],
        "happened_at": LATE.isoformat(),
        "override": "goodwill",
    }
    done = make_caller(ctx, roles=("agent",)).post("/rmas", body)
    assert (done.status_code, done.json()["state"]) == (201, "authorised")


def test_sums_by_person_rule_and_reason_carry_money_and_a_rate(company):
    before = {(s.group, s.key): s.count for s in sums()}
    late(company, actor="user:41")
    late(company, actor="user:41", lines=(("mug", 1),))
    late(company, "", actor="user:41")
    found = {(s.group, s.key): s for s in sums()}
    mine = found["person", "user:41"]
    assert (mine.count, mine.money, mine.rate_bp) == (2, {"GBP": 4800}, None)
    rule = found["rule", "eligibility/1/window-over"]
    assert rule.count - before.get(("rule", rule.key), 0) == 2
    decided = decided_by_row(since=day(), until=day() + timedelta(days=1))
    version = report()[0].version_id
    assert rule.decided == decided[version, "window-over"] > rule.count
    assert rule.rate_bp == rule.count * 10_000 // rule.decided
    assert found["act", "return"].count >= 2
    assert found["channel", company.channel()].count == 2


def sums(**more):
    return override_sums(since=day(), until=day() + timedelta(days=1), **more)


def test_what_somebody_does_by_a_token_is_theirs(ctx, company):
    agent = person(ctx, "agent")
    program = token(ctx, agent, "returns.open", "policies.override")
    for actor in (agent, program):
        assert late(company, actor=actor).done
    assert sorted(row.by for row in report(by=agent)) == sorted([agent, program])
    assert [row.by for row in report(by=program)] == [program]
    sums = override_sums(since=day() - timedelta(days=1), until=day() + timedelta(days=1), by=agent)
    assert [(each.key, each.count) for each in sums if each.group == "person"] == [(agent, 2)]


def test_day_sums_are_the_same_before_and_after_they_are_folded(company):
    late(company)
    once = decided_by_row(since=day(), until=day() + timedelta(days=1))
    assert db.rows("SELECT policies_roll() AS moved")[0].moved > 0
    assert db.rows("SELECT policies_roll() AS moved")[0].moved == 0
    assert decided_by_row(since=day(), until=day() + timedelta(days=1)) == once
    late(company)
    again = decided_by_row(since=day(), until=day() + timedelta(days=1))
    assert sum(again.values()) > sum(once.values())


def test_the_api_lists_sums_and_goes_on(ctx, company):
    for _ in range(3):
        late(company)
    program = make_caller(ctx)
    first = program.get("/overrides", channel=company.channel(), limit=2).json()
    assert [row["reason"] for row in first["items"]] == ["goodwill"] * 2
    rest = program.get("/overrides", channel=company.channel(), limit=2, cursor=first["next"]).json()
    assert (len(rest["items"]), rest["next"]) == (1, None)
    assert (
        program.get("/overrides", channel=company.channel(), since="2020-01-01", until="2020-02-01").json()["items"]
        == []
    )
    found = program.get("/overrides/sums").json()["items"]
    assert {row["group"] for row in found} >= {"person", "rule", "reason", "act", "channel"}
    assert make_caller(ctx, "orders.view").get("/overrides").status_code == 403


def test_overrides_take_a_fixed_number_of_statements(ctx, company):
    def counted(number):
        order = company.sell([("tee", number, 2000, 400)])
        items = [
            OpenRma(
                company.channel(), f"n-{order}-{n}", [AskedLine(1, "too_small", sku=company.sku())], order, LATE, "x"
            )
            for n in range(number)
        ]
        with db.counting() as seen:
            assert not open_rmas(ctx(), items=items).refused
        return len(seen)

    counted(1)
    assert counted(1) == counted(40)
