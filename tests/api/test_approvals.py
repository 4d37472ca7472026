"""Approvals for programs: ask, look, agree, and never agree with oneself."""

import pytest

from agreeing import as_, ask, person, request_of
from counterflow.kernel import db
from counterflow.refunds.commands.grant_goodwill import GrantGoodwill, grant_goodwill
from refunding import books


def item(company, amount=5000):
    return {
        "request_ref": company.lpn(),
        "amount_minor": amount,
        "reason": "late_delivery",
        "channel": company.channel(),
        "order": company.sell(),
    }


def body(company, **more):
    given = {"reference": company.lpn(), "command": "grant_goodwill", "item": item(company), "reason": "customer_care"}
    return {**given, **more}


@pytest.fixture
def programs(ctx, caller):
    """Two programs of two users; the second's user holds finance as well."""
    first, second = caller(), caller()
    rows = db.rows("SELECT id FROM access_user WHERE name = 'Program' ORDER BY id DESC LIMIT 1")
    db.execute(
        "INSERT INTO access_grant (user_id, role, granted_at, granted_by) VALUES (%s, 'finance', now(), 'user:1')",
        [rows[0].id],
    )
    return first, second


def test_a_refusal_names_who_has_to_agree(company, caller):
    refused = caller().post("/goodwill", item(company))
    told = refused.json()
    assert (refused.status_code, told["code"]) == (409, "approval_needed")
    assert (told["facts"]["approvers"], told["facts"]["role"]) == (1, "finance")
    assert "has to agree first" in told["detail"]


def test_one_program_asks_and_another_agrees(company, programs):
    asker, other = programs
    asked = asker.post("/approval-requests", body(company, note="The third late parcel."))
    assert asked.status_code == 201, asked.content
    request = asked.json()["request"]
    listed = other.get("/approval-requests", state="waiting", role="finance").json()["items"]
    assert request in [row["id"] for row in listed]
    shown = other.get(f"/approval-requests/{request}").json()
    assert shown["request"]["value_minor"] == 5000
    assert {(line["account"], line["amount"], line["currency"]) for line in shown["lines"]} == {
        ("goodwill", 5000, "GBP"),
        ("refunds_payable", -5000, "GBP"),
    }
    assert shown["note"] == "The third late parcel."
    assert shown["text"] == "Goodwill of more than 20.00: finance."
    own = asker.post("/approval-decisions", {"request_id": request, "verdict": "agree"})
    assert (own.status_code, own.json()["code"]) == (409, "requester_may_not_decide")
    agreed = other.post("/approval-decisions", {"request_id": request, "verdict": "agree"})
    assert (agreed.status_code, agreed.json()["state"]) == (201, "done")
    assert books(company) == {"goodwill": 5000, "refunds_payable": -5000}
    shown = other.get(f"/approval-requests/{request}").json()
    assert (shown["request"]["state"], len(shown["agreements"])) == ("done", 1)
    again = other.post("/approval-decisions", {"request_id": request, "verdict": "agree"})
    assert (again.status_code, again.json()["replayed"]) == (200, True)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"command": "release_credits"}, 422, "command_unknown"),
        ({"item": {"x": 1}}, 422, "item_unreadable"),
        ({"item": "x"}, 422, "body_invalid"),
        ({"surprise": 1}, 422, "body_invalid"),
        ({"reason": "not a code"}, 422, "reason_missing"),
    ],
)
def test_what_cannot_be_read_is_a_problem(company, caller, change, status, code):
    answer = caller().post("/approval-requests", body(company, **change))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content


def test_a_mixed_bulk_is_refused_as_a_whole_and_says_so(ctx, company, programs):
    _, other = programs
    askers = [person(ctx, "finance") for _ in range(2)]
    requests = []
    for asker in askers:
        goodwill = GrantGoodwill(**item(company))
        requests.append(request_of(ask(as_(asker), grant_goodwill, goodwill)))
    sent = {"items": [{"request_id": request, "verdict": "agree"} for request in requests]}
    answer = other.post("/approval-decisions/bulk", sent)
    assert answer.status_code == 200
    assert [result["code"] for result in answer.json()["results"]] == ["mixed_requests"] * 2
    assert "one asker" in answer.json()["results"][0]["message"]
    assert books(company) == {}


def test_withdrawing_and_standing_in(ctx, company, programs):
    asker, other = programs
    request = asker.post("/approval-requests", body(company)).json()["request"]
    foreign = other.post("/approval-withdrawals", {"request_id": request})
    assert (foreign.status_code, foreign.json()["code"]) == (409, "not_your_request")
    assert asker.post("/approval-withdrawals", {"request_id": request}).status_code == 201
    helper = person(ctx, "executive")
    mail = db.rows("SELECT email FROM access_user WHERE id = %s", [int(helper.partition(":")[2])])[0].email
    sent = {"reference": "holiday", "to": mail, "role": "finance", "ends_at": "2999-01-01T00:00:00Z"}
    assert other.post("/delegations", sent).json()["code"] == "period_invalid"
    ends = db.rows("SELECT to_char(now() + interval '9 days', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS at")[0].at
    made = other.post("/delegations", {**sent, "ends_at": ends})
    assert made.status_code == 201, made.content
    delegation = made.json()["delegation"]
    assert delegation in [row["id"] for row in other.get("/delegations").json()["items"]]
    assert other.post("/delegation-ends", {"delegation_id": delegation}).status_code == 201


def test_no_request_of_that_number(caller):
    assert caller().get("/approval-requests/1").status_code == 404


def test_what_waits_for_a_program_and_what_it_asked_for(company, programs):
    asker, other = programs
    request = asker.post("/approval-requests", body(company)).json()["request"]

    def listed(program, view):
        return [row["id"] for row in program.get("/approval-requests", view=view, limit=200).json()["items"]]

    assert request in listed(other, "for_me")
    assert request not in listed(asker, "for_me")
    assert request in listed(asker, "mine")
    assert request not in listed(other, "mine")
    assert request in listed(asker, "all")
    refused = asker.get("/approval-requests", view="theirs")
    assert (refused.status_code, refused.json()["code"]) == (422, "view_unknown")
    subject = asker.get(f"/approval-requests/{request}").json()["subject_id"]
    found = asker.get("/approval-requests", subject_id=subject).json()["items"]
    assert [row["id"] for row in found] == [request]


def test_words_are_for_who_asked_and_for_who_may_agree(ctx, company, programs, caller):
    request = programs[0].post("/approval-requests", body(company, note="A loyal customer.")).json()["request"]
    for program in programs:
        assert program.get(f"/approval-requests/{request}").json()["note"] == "A loyal customer."
    hidden = caller("approvals.view").get(f"/approval-requests/{request}").json()
    assert (hidden["note"], hidden["item"]) == (None, None)
    assert hidden["request"]["value_minor"] == 5000
