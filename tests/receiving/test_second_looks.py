"""Plans and second looks as the policy says: who looked, what counts meanwhile, and which plan was asked."""

import pytest

import dock
from calling import make_caller
from company import ASKED
from counterflow.kernel import db
from counterflow.policies.commands.publish_policies import PublishPolicy, publish_policies
from counterflow.policies.queries import versions
from counterflow.policies.tables import shipped
from counterflow.receiving import queries
from counterflow.receiving.commands.dispose_units import DisposeUnit
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.match_units import MatchUnit, match_units
from counterflow.receiving.queries_inspection import second_looks, sheet
from quality import arrived, dispose


@pytest.fixture(autouse=True)
def sound():
    """Whatever happened, every law holds at the end."""
    yield
    assert dock.breaches() == []


def policy(company, **then):
    """A version for this company's brand in which every unit gets the same answer."""
    table = shipped("inspection_plan").as_json()
    table["rows"] = table["rows"][-1:]
    table["rows"][0]["then"] = {"plan": None, "second_look": False, "code": "all", **then}
    version = max(row.version for row in versions(kind="inspection_plan")) + 1
    item = PublishPolicy("inspection_plan", version, table, "inspector", scope={"brand": [f"brand-{company.tag}"]})
    assert not publish_policies(company.ctx(), items=[item]).refused


def look(company, lpn, round=1, grade="A", actor="user:1", **more):
    batch = inspect_units(company.ctx(actor=actor), items=[InspectUnit(lpn, grade, round, **more)])
    assert batch.done, batch
    return batch.done[0].facts["waits_for_second_look"]


def counted(rma):
    line = dock.line_of(rma)
    return line.passed_qty, line.failed_qty


def test_what_passed_counts_when_another_person_has_looked(company):
    policy(company, second_look=True)
    lpn, rma = arrived(company)
    assert look(company, lpn)
    assert counted(rma) == (0, 0)
    assert [(row.lpn, row.by) for row in second_looks(node=company.node(), person="user:2")] == [(lpn, "user:1")]
    assert second_looks(node=company.node(), person="user:1") == []
    assert look(company, lpn, 2), "the same person again"
    assert not look(company, lpn, 3, actor="user:2")
    assert counted(rma) == (1, 0)
    assert second_looks(node=company.node(), person="user:3") == []
    assert not look(company, lpn, 4), "both have looked"
    assert counted(rma) == (1, 0)


def test_what_failed_counts_at_once_and_the_second_look_may_say_otherwise(company):
    policy(company, second_look=True)
    lpn, rma = arrived(company)
    assert not look(company, lpn, grade="D", passed=False)
    assert counted(rma) == (0, 1)
    assert not look(company, lpn, 2, actor="user:2")
    assert counted(rma) == (1, 0)


def test_a_person_with_a_token_is_the_same_person(ctx, company):
    policy(company, second_look=True)
    program = make_caller(ctx)
    user = db.rows("SELECT id, user_id FROM access_apitoken ORDER BY id DESC LIMIT 1")[0].user_id
    lpn, rma = arrived(company)
    assert look(company, lpn, actor=f"user:{user}")
    again = program.post("/inspections", {"lpn": lpn, "grade": "A", "round": 2}).json()
    assert again["waits_for_second_look"]
    assert counted(rma) == (0, 0)
    other = make_caller(ctx).post("/inspections", {"lpn": lpn, "grade": "A", "round": 3}).json()
    assert not other["waits_for_second_look"]


def test_a_unit_that_waits_may_only_be_set_apart(company):
    policy(company, second_look=True)
    lpn, _ = arrived(company)
    look(company, lpn)
    refused = dispose(company, DisposeUnit(lpn)).refused[0]
    assert (refused.code, "another person" in refused.message) == ("second_look_missing", True)
    assert dispose(company, DisposeUnit(lpn, disposition="quarantine", override_reason="apart")).done


def test_a_unit_matched_while_it_waits_counts_when_the_second_has_looked(company):
    policy(company, second_look=True)
    rma = dock.authorise(company, [("tee", 2)])
    scan = dock.scan(company, "tee")
    dock.receive(company, scan)
    assert look(company, scan.lpn)
    assert match_units(company.ctx(), items=[MatchUnit(scan.lpn, rma, 1)]).done
    assert counted(rma) == (0, 0)
    look(company, scan.lpn, 2, actor="user:2")
    assert counted(rma) == (1, 0)


def test_the_policy_names_the_plan_and_an_unknown_one_is_the_familys(company):
    lpn, _ = arrived(company)
    assert sheet(lpn=lpn, at=ASKED).plan.code == "apparel"
    policy(company, plan="homeware")
    found = sheet(lpn=lpn, at=company.ctx().at)
    assert (found.plan.code, found.second_look) == ("homeware", False)
    look(company, lpn)
    assert queries.unit(lpn=lpn).inspections[0].plan.startswith("homeware/")
    policy(company, plan="no such plan")
    other, _ = arrived(company)
    look(company, other)
    assert queries.unit(lpn=other).inspections[0].plan.startswith("apparel/")


def test_what_was_decided_is_kept_with_the_facts(company):
    lpn, _ = arrived(company)
    look(company, lpn)
    row = db.rows(
        "SELECT d.kind, d.row_id, d.facts FROM receiving_inspection i JOIN policies_decision d ON d.id = i.decision_id"
        " JOIN receiving_unit u ON u.id = i.unit_id WHERE u.lpn = %s",
        [lpn],
    )[0]
    assert (row.kind, row.row_id) == ("inspection_plan", "family")
    assert row.facts["value_minor"] == 2400
    assert row.facts["currency"] == "GBP"
    assert row.facts["reason_code"] == "no_longer_wanted"
    assert row.facts["found"] == "expected"
