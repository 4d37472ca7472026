"""Governance: owners, thresholds and transitions as they are; drift by rates and shares; gaps that people leave."""

from datetime import UTC, date, datetime, timedelta

import pytest

from company import SOLD
from counterflow.access.commands import NewUser, SetRoles, create_users, set_roles
from counterflow.access.roles import ROLES
from counterflow.governance.changes import changed, master_changes
from counterflow.governance.drift import drift
from counterflow.governance.gaps import gaps
from counterflow.governance.owners import policy_owners, queue_owners, thresholds
from counterflow.governance.transitions import TAKEN_BY, machines, transitions
from counterflow.kernel import db
from counterflow.policies.commands.draft_policies import DraftPolicy, draft_policies
from counterflow.policies.facts import Kind
from counterflow.policies.tables import shipped
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from counterflow.workqueue.kinds import KINDS

LONG_AGO = date(2019, 3, 1)


def now():
    return datetime.now(UTC)


def user(ctx, name, *roles):
    email = f"{name}@demo.example"
    create_users(ctx(), items=[NewUser(email, name, roles)])
    return email


def test_every_policy_in_force_and_every_queue_has_an_owner(ctx, company):
    owners = policy_owners(at=now())
    assert {row.kind for row in owners} == set(Kind)
    assert {row.owner_role for row in owners} <= set(ROLES)
    assert {kind for row in queue_owners() for kind in row.kinds} == set(KINDS)


def test_thresholds_are_those_of_the_tables(ctx, company):
    found = {(row.kind, row.row, row.fact): row for row in thresholds(at=now())}
    small = found["refund", "returnless", "value_minor"]
    assert (small.limit, small.owner_role) == ("<= 1500", "finance")
    assert "EUR" in small.currency
    assert found["eligibility", "withdrawal", "order_age_days"].limit == "<= 14"
    assert "warranty_months" in found["eligibility", "promised-warranty", "order_age_days"].limit
    assert {row.kind for row in thresholds(at=now(), kind="refund")} == {"refund"}


def test_every_step_says_which_act_takes_it_with_which_permission(company):
    known = {machine.name: {action for action, _, _ in machine.moves} for machine in machines()}
    assert set(TAKEN_BY) <= set(known)
    for name, acts in TAKEN_BY.items():
        assert set(acts) <= known[name], name
    taken_by_nobody = {(row.machine, row.action) for row in transitions() if not row.permission}
    by_the_worker = {("back-test", action) for action in ("advance", "finish", "fail")}
    assert taken_by_nobody == {("case", "settle"), *by_the_worker}
    found = {(row.machine, row.action): row for row in transitions()}
    assert found["policy version", "activate"].permission == "policies.activate"
    assert "finance" in found["policy version", "activate"].roles
    assert {row.machine for row in transitions(machine="unit")} == {"unit"}


def test_who_nobody_is_and_what_hangs_on_one_person(ctx, company):
    sorts = {(gap.sort, gap.about) for gap in gaps(at=now())}
    assert ("role_unheld", "finance") in sorts
    assert any(sort == "approval_nobody" for sort, _ in sorts)
    user(ctx, "one", "finance", "executive", "agent")
    found = {gap.sort: gap.text for gap in gaps(at=now())}
    assert "hang on one person" in found["approval_alone"]
    assert "nobody could agree to a change" in found["review_alone"]
    for name in ("two", "three"):
        user(ctx, name, "finance", "executive", "agent")
    left = {about for gap in gaps(at=now()) if gap.sort.startswith("approval") for about in gap.about.split(", ")}
    assert left == {"disposition", "adjustment-large"}, "what wants an inventory controller, whom nobody is"


def late(company, number, override=""):
    order = company.sell([("tee", number, 2000, 400)])
    items = [
        OpenRma(
            company.channel(),
            f"{order}-{n}",
            [AskedLine(1, "no_longer_wanted", sku=company.sku())],
            order,
            SOLD + timedelta(days=200),
            override,
        )
        for n in range(number)
    ]
    assert not open_rmas(company.ctx(), items=items).refused


def test_a_row_that_people_set_aside_drifts(ctx, company):
    late(company, 40)
    late(company, 5, "goodwill")
    today = now().date()
    found = {(row.kind, row.row): row for row in drift(since=today, until=today + timedelta(days=1))}
    over = found["eligibility", "window-over"]
    assert (over.decided, over.overridden, over.rate_bp) == (45, 5, 1111)
    assert over.findings == ("often_overridden",)
    assert over.money == {"GBP": 12000}
    assert not over.exception
    assert found["eligibility", "just-over"].exception
    assert not {row.kind for row in found.values()} & {"fraud"}


@pytest.fixture
def history(ctx, company):
    """Writes how often rows answered on a day long ago, as day sums."""
    versions = {row.kind: row.id for row in db.rows("SELECT id, kind FROM policies_policyversion WHERE version = 1")}

    def write(day, **rows):
        for row, decided in rows.items():
            db.execute(
                "INSERT INTO policies_decisionday (day, version_id, row_id, decided) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (day, version_id, row_id) DO UPDATE SET decided = EXCLUDED.decided",
                [day, versions["eligibility"], row.replace("_", "-"), decided],
            )

    yield write
    db.execute("DELETE FROM policies_decisionday WHERE day < '2021-01-01'")


def findings(**more):
    found = drift(since=LONG_AGO, until=LONG_AGO + timedelta(days=10), kind="eligibility", **more)
    return {row.row: row for row in found}


def test_shares_are_compared_so_more_business_alone_is_no_drift(history):
    before, after = LONG_AGO - timedelta(days=3), LONG_AGO + timedelta(days=3)
    history(before, standard=900, vip=50, just_over=50)
    history(after, standard=9000, vip=500, just_over=500)
    assert not findings()["vip"].findings
    assert findings()["final-sale"].findings == ("never_fired",)
    history(after, standard=850, vip=100, just_over=50)
    assert findings()["vip"].findings == ("fires_more",)
    history(after, standard=900, vip=20, just_over=80)
    assert findings()["just-over"].findings == ("asks_more",)
    assert findings()["just-over"].share_bp == 800
    assert next(iter(findings().values())).findings, "what drifts comes first"


def test_a_day_outside_of_both_periods_counts_for_nothing(history):
    history(LONG_AGO - timedelta(days=11), vip=700)
    history(LONG_AGO + timedelta(days=10), vip=700)
    assert (findings()["vip"].decided, findings()["vip"].decided_before) == (0, 0)


def test_what_changed_is_told_with_what_it_was(ctx, company):
    email = user(ctx, "changing", "agent")
    set_roles(ctx(), items=[SetRoles(email, ("agent", "finance"))])
    draft_policies(ctx(), items=[DraftPolicy("gov-draft", "refund", shipped("refund").as_json(), "finance")])
    today = now().date()
    rows = changed(since=today, until=today + timedelta(days=1))
    roles = next(row for row in rows if row.sort == "role" and row.what == email)
    assert (roles.old, roles.new, roles.by) == ("agent", "agent finance", "user:1")
    assert any(row.sort == "policy" and row.how == "draft" and row.what.startswith("refund/") for row in rows)
    assert {row.sort for row in changed(since=today, until=today + timedelta(days=1), sort="role")} == {"role"}
    assert changed(since=LONG_AGO, until=LONG_AGO + timedelta(days=1)) == []
    assert all(row.count > 0 for row in master_changes(since=today, until=today + timedelta(days=1)))


def test_the_api_answers_all_of_it(ctx, company):
    from calling import make_caller

    program = make_caller(ctx)
    for path in ("policies", "queues", "thresholds", "transitions", "drift", "changes", "master-data", "gaps"):
        answer = program.get(f"/governance/{path}")
        assert answer.status_code == 200, (path, answer.content)
        assert "items" in answer.json(), path
    assert program.get("/governance/thresholds", kind="refund").json()["items"]
    few = make_caller(ctx, "orders.view")
    assert few.get("/governance/drift").status_code == 403
