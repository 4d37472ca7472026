"""Programs work the queue as people do: ask, take, say, merge, close, undo, and keep filters."""

import pytest

from counterflow.access import queries as access
from counterflow.access.commands import NewUser, create_users
from counterflow.kernel.commands import Batch, Done, command
from counterflow.workqueue.cases import CaseDraft, open_cases


@command(needs="workqueue.work")
def draft_for_api(ctx, *, items):
    open_cases(ctx, items)
    return Batch([Done("x")])


@pytest.fixture
def works(ctx):
    """A user who works cases, as the audit knows this user."""
    email = "works@demo.example"
    if access.user(email=email) is None:
        assert create_users(ctx(), items=[NewUser(email, "Works", ("agent",))]).done
    return f"user:{access.user(email=email).id}"


def opened(ctx, api, tag, count, **more):
    drafts = [
        CaseDraft("short", "rma", 77, f"{tag}:{n}", None, 124_000, "EUR", facts={"rma": f"{tag}-{n}"}, **more)
        for n in range(count)
    ]
    draft_for_api(ctx(), items=drafts)
    return [api.get("/cases", search=f"{tag}-{n}").json()["items"][0]["id"] for n in range(count)]


def test_a_case_from_taking_to_undoing(ctx, caller, works):
    api = caller()
    first, second = opened(ctx, api, "LIFE", 2)
    why = api.get(f"/cases/{first}/priority").json()
    assert (why["money_hours"], why["severity_hours"], why["due_assumed"]) == (24, 0, True)
    assert "1,240.00 EUR at risk counts as 24 h." in why["sentences"]
    taken = api.post("/case-takings", {"kind": "short", "assignee": works, "count": 2}, key="take")
    assert sorted(taken.json()["cases"]) == sorted([first, second])
    assert {row["id"] for row in api.get("/cases", assignee=works).json()["items"]} == {first, second}
    snoozed = {"case_id": first, "until": "2027-01-01T09:00:00Z", "reason": "later"}
    assert api.post("/case-snoozings", snoozed, key="snooze").status_code == 201
    assert [row["id"] for row in api.get("/cases", snoozed="only").json()["items"]] == [first]
    raised = {"case_id": first, "owner_role": "finance", "reason": "late", "severity": 1}
    assert api.post("/case-escalations", raised, key="raise").json()["owner_role"] == "finance"
    merged = api.post("/case-mergers", {"into_id": first, "case_ids": [second]}, key="merge")
    assert merged.json()["merged"] == [second]
    whole = api.get(f"/cases/{first}").json()
    assert [row["id"] for row in whole["merged"]] == [second]
    assert [step["action"] for step in whole["steps"]][-2:] == ["merge", "absorb"]
    wrong = api.post("/case-closings", {"case_id": first, "outcome": "refund_stands"}, key="wrong")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "outcome_unknown")
    closed = api.post("/case-closings", {"case_id": first, "outcome": "found", "note": "There."}, key="close")
    assert closed.status_code == 201
    assert api.post("/case-reopenings", {"case_id": first, "reason": "undo"}, key="undo").status_code == 201


def test_sums_views_and_kept_filters_are_those_of_whoever_asks(ctx, caller):
    api = caller()
    opened(ctx, api, "SUM", 3)
    (found,) = api.get("/cases-in-sum", search="SUM-1").json()["items"]
    assert (found["count"], found["more"], found["money_minor"], found["kinds"]) == (
        1,
        False,
        {"EUR": 124000},
        {"short": 1},
    )
    assert "customer_told" in found["outcomes"]
    views = {row["code"]: row for row in api.get("/case-views").json()["items"]}
    assert views["mine"]["question"] == {"whose": "mine"}
    kept = {"name": "Late", "question": {"due": "overdue", "money_from_minor": 100}, "columns": ["case"]}
    assert api.post("/case-filters", kept, key="keep").status_code == 201
    (row,) = api.get("/case-filters").json()["items"]
    assert (row["name"], row["question"]) == ("Late", kept["question"])
    assert api.get("/cases", due="overdue", owner_role="mine", assignee="mine").status_code == 200
    assert api.get("/cases", due="whenever").json()["code"] == "due_unknown"
    assert api.post("/case-filter-removals", {"name": "Late"}, key="drop").status_code == 201
    assert api.get("/case-filters").json()["items"] == []


def test_kinds_say_how_they_are_worked(caller):
    kinds = {row["code"]: row for row in caller("workqueue.view").get("/case-kinds").json()["items"]}
    assert kinds["short"]["outcomes"]["found"] == "The missing pieces turned up"
    assert kinds["short"]["actions"]["write_customer"] == "Write to the customer"


def test_a_review_of_signals_is_for_tokens_that_may_see_scores(ctx, caller):
    from casework import cases_about

    (case,) = cases_about(ctx, kind="fraud_review", money=9_000)
    plain, trusted = caller("workqueue.view", "workqueue.work"), caller("workqueue.view", "workqueue.work", "risk.view")
    for api, seen in ((plain, False), (trusted, True)):
        assert ("fraud" in {row["queue"] for row in api.get("/queues").json()["items"]}) is seen
        rows = api.get("/cases", kind="fraud_review").json()["items"]
        assert (case in {row["id"] for row in rows}) is seen
        assert (api.get("/cases-in-sum", kind="fraud_review").json()["items"][0]["count"] > 0) is seen
        assert api.get(f"/cases/{case}").status_code == (200 if seen else 404)
        assert api.get(f"/cases/{case}/priority").status_code == (200 if seen else 404)
        views = {view["code"]: view["count"] for view in api.get("/case-views").json()["items"]}
        assert (views["all"] > 0) is seen or not seen
    assert plain.post("/case-closings", {"case_id": case, "outcome": "cleared"}).status_code == 404
    letter = {"subject_kind": "case", "subject_id": case, "body": "SGVsbG8u"}
    number = caller("evidence.keep").post("/documents", letter).json()["document_id"]
    for api, status in ((caller("evidence.view"), 404), (caller("evidence.view", "risk.view"), 200)):
        assert api.get(f"/documents/{number}").status_code == status
        listed = api.get("/documents", subject_kind="case", subject_id=case).json()["items"]
        assert len(listed) == (status == 200)
    assert trusted.post("/case-closings", {"case_id": case, "outcome": "cleared"}).status_code == 201


def test_a_case_is_opened_by_a_program(ctx, caller):
    from company import make_company
    from everything import ask, buy

    company = make_company(ctx)
    rma = ask(company, buy(company, ("tee", 1)), ("tee", 1))
    api = caller()
    item = {"kind": "dispute", "about": "rma", "number": rma, "reference": "mail-1", "note": "The customer disagrees."}
    made = api.post("/cases", item)
    assert made.status_code == 201, made.content
    assert api.post("/cases", {**item, "reference": "mail-2"}).json()["case_id"] == made.json()["case_id"]
    assert api.post("/cases", {**item, "kind": "short"}).json()["code"] == "kind_not_by_hand"
    kinds = {row["code"]: row for row in api.get("/case-kinds").json()["items"]}
    assert (kinds["dispute"]["by_hand"], kinds["short"]["by_hand"]) == (True, False)
    assert api.get("/cases-in-sum", search=rma, sort="money", subject_kind="rma").json()["items"][0]["count"] == 1
