"""A case is taken, talked about and closed by who may; everybody else only looks."""

import html
import re
from dataclasses import dataclass

import pytest

from counterflow.console.case_facts import shown, subject
from counterflow.kernel.commands import Batch, Done, command
from counterflow.workqueue import commands, queries
from counterflow.workqueue.cases import CaseDraft, open_cases

NEXT = re.compile(r'href="([^"]+)" rel="next"')
CASE_LINK = re.compile(r'href="/cases/([0-9]+)"')


@dataclass(frozen=True)
class Draft:
    """The cause of a case."""

    cause: str


@command(needs="workqueue.work")
def draft_cases(ctx, *, items):
    """Open cases the way any command does."""
    drafts = [
        CaseDraft("short", "rma", 7, item.cause, money_at_risk_minor=4_200, currency="GBP", facts={"missing": 2})
        for item in items
    ]
    open_cases(ctx, drafts)
    return Batch([Done(item.cause) for item in items])


@pytest.fixture
def case_id(ctx, request):
    """An open case of its own for a test."""
    draft_cases(ctx(), items=[Draft(request.node.name)])
    return max(row.id for row in queries.cases(kind="short"))


def test_a_case_is_taken_talked_about_and_closed(browse, case_id):
    client = browse("agent")
    assert "Fewer pieces arrived than were authorised" in client.get("/cases?queue=dock").content.decode()
    client.post(f"/cases/{case_id}/assign", {"to": "me"})
    client.post(f"/cases/{case_id}/comment", {"text": "Asked the dock.", "key": "c" * 32})
    client.post(f"/cases/{case_id}/comment", {"text": "Asked the dock.", "key": "c" * 32})
    page = client.get(f"/cases/{case_id}").content.decode()
    assert "Service agent" in page
    assert page.count("Asked the dock.") == 1
    assert "£42.00" in page
    assert f'href="/cases/{case_id}"' in client.get("/").content.decode()
    client.post(f"/cases/{case_id}/close", {"outcome": "accepted"})
    assert queries.case(case_id).case.outcome == "accepted"
    assert "Close the case" not in client.get(f"/cases/{case_id}").content.decode()


def test_who_may_only_look_has_no_buttons(browse, case_id):
    page = browse("executive").get(f"/cases/{case_id}").content.decode()
    assert "Take it" not in page
    assert "Close the case" not in page


def test_a_case_that_is_not_there(browse):
    answer = browse("agent").get("/cases/99999999")
    assert answer.status_code == 404
    assert "There is no case 99999999" in answer.content.decode()


def test_a_long_list_goes_on_and_exports_whole(browse, ctx):
    draft_cases(ctx(), items=[Draft(f"many-{i}") for i in range(120)])
    client, seen, more = browse("agent"), set(), "?queue=dock"
    while more:
        text = client.get(f"/cases{more}").content.decode()
        seen |= set(CASE_LINK.findall(text))
        found = NEXT.search(text)
        more = html.unescape(found[1]) if found else ""
    total = len(queries.cases(queue="dock", limit=500))
    assert len(seen) == total >= 120
    lines = b"".join(client.get("/cases?queue=dock&format=csv").streaming_content).decode().splitlines()
    assert len(lines) == total + 1


def test_the_list_opens_with_what_waits(browse, case_id):
    client, link = browse("agent"), f'href="/cases/{case_id}"'
    client.post(f"/cases/{case_id}/assign", {"to": "me"})
    assert link in client.get("/cases?whose=mine").content.decode()
    client.post(f"/cases/{case_id}/close", {"outcome": "resolved"})
    assert link not in client.get("/cases?whose=mine").content.decode()
    assert link in client.get("/cases?whose=mine&state=").content.decode()


def test_facts_lead_to_what_they_are_about():
    facts = {"quantity": 2, "lpn": "LPN-1", "rma": "RMA-1", "parcel_id": 7, "found": "excess", "missing": {"1": 2}}
    told = dict(shown(facts | {"reported_minor": 1799, "order": ""}, "GBP", lambda permission: True))
    assert list(told)[:2] == ["Return", "Plate"]
    assert (told["Return"].text, told["Return"].href) == ("RMA-1", "/returns/RMA-1")
    assert told["Plate"].href == "/units/LPN-1"
    assert told["Arrived as"].text == "More than expected"
    assert told["Missing"].text == "2 of line 1"
    assert told["Amount reported"].text == "£17.99"
    assert {"Parcel id", "Order"}.isdisjoint(told)
    assert dict(shown(facts, "", lambda permission: False))["Return"].href == ""
    assert subject(facts) == "RMA-1"
    assert subject({"reported_minor": 5}) == ""


def test_what_search_finds_by_name_is_linked_to_who_may_find_it():
    told = dict(shown({"order": "A 7", "kind": "over_credit"}, "", lambda permission: permission == "orders.view"))
    assert told["Order"].href == "/find?q=A+7"
    assert told["Reported"].text == "Over credit"
    assert dict(shown({"order": "A 7"}, "", lambda permission: False))["Order"].href == ""


def mark_of(page):
    """By what a page of selected cases knows them again."""
    return re.search(r'name="mark" value="([^"]+)"', page)[1]


def ids_of(causes):
    return [row.id for row in reversed(queries.cases(kind="short", sort="newest", limit=500))][-causes:]


def test_several_are_selected_looked_at_closed_and_opened_again(browse, ctx):
    draft_cases(ctx(), items=[Draft(f"several-{n}") for n in range(3)])
    client, ids = browse("agent"), ids_of(3)
    page = client.get("/cases?queue=dock").content.decode()
    assert 'name="ids"' in page
    chosen = client.get("/cases/chosen", {"ids": ids, "query": "queue=dock"}).content.decode()
    assert '<h1 class="page-title">3 cases, £126.00 at risk</h1>' in chosen
    form = {"ids": ids, "query": "queue=dock", "act": "close", "outcome": "customer_told", "note": "Told them."}
    stale = client.post("/cases/chosen/act", {**form, "mark": "another"}, follow=True)
    assert "The list changed meanwhile: it is 3 cases, £126.00 at risk now." in stale.content.decode()
    done = client.post("/cases/chosen/act", {**form, "mark": mark_of(chosen)})
    assert {queries.case(case_id).case.outcome for case_id in ids} == {"customer_told"}
    page = client.get(done.url).content.decode()
    assert "3 closed. They are out of the lists." in page
    command = re.search(r'name="command" value="([0-9]+)"', page)[1]
    browse("finance").post("/cases/chosen/undo", {"command": command})
    assert {queries.case(case_id).case.state for case_id in ids} == {"closed"}
    client.post("/cases/chosen/undo", {"command": command, "query": "queue=dock"})
    assert {queries.case(case_id).case.state for case_id in ids} == {"open"}
    again = client.post("/cases/chosen/undo", {"command": command}, follow=True).content.decode()
    assert "There is nothing to undo" in again


def test_all_that_match_are_closed_at_once(browse, ctx):
    draft_cases(ctx(), items=[Draft(f"all-{n}") for n in range(70)])
    client = browse("agent")
    page = client.get("/cases/chosen?all=1&query=kind%3Dshort").content.decode()
    total = len(queries.cases(kind="short", limit=500))
    assert f'<h1 class="page-title">{total} cases, £' in page
    form = {"all": "1", "query": "kind=short", "mark": mark_of(page), "act": "close", "outcome": "found"}
    client.post("/cases/chosen/act", form)
    assert queries.cases(kind="short") == []


def test_another_case_of_the_same_worth_is_not_closed_unseen(browse, ctx):
    draft_cases(ctx(), items=[Draft(f"swap-{n}") for n in range(2)])
    client, (gone, stays) = browse("agent"), ids_of(2)
    page = client.get("/cases/chosen?all=1&query=kind%3Dshort").content.decode()
    assert commands.close_cases(ctx(), items=[commands.CloseCase(gone, "found")]).done
    draft_cases(ctx(), items=[Draft("swap-new")])
    form = {"all": "1", "query": "kind=short", "mark": mark_of(page), "act": "close", "outcome": "found"}
    answer = client.post("/cases/chosen/act", form, follow=True).content.decode()
    assert "The list changed meanwhile: it is 2 cases, £84.00 at risk now." in answer
    assert queries.case(stays).case.state == "open"
    assert commands.close_cases(ctx(), items=[commands.CloseCase(row.id, "found") for row in queries.cases()]).done


def test_the_next_of_the_list_that_is_shown_is_taken(browse, ctx):
    draft_cases(ctx(), items=[Draft(f"next-{n}") for n in range(2)])
    client, (first, second) = browse("agent"), ids_of(2)
    rma = queries.case(second).case.facts
    client.post("/cases/take", {"query": f"q={second}", "key": "take-second"})
    assert queries.case(second).case.assignee is not None, rma
    client.post("/cases/take", {"query": "role=mine&kind=chargeback", "key": "take-none"})
    client.post("/cases/take", {"query": "severity=1&kind=short", "key": "take-none-either"})
    assert queries.case(first).case.assignee is None
    client.post("/cases/take", {"query": "kind=short&whose=mine", "key": "take-first"})
    assert queries.case(first).case.assignee is not None
    assert commands.close_cases(ctx(), items=[commands.CloseCase(i, "found") for i in (first, second)]).done


def test_many_are_handed_on_put_off_escalated_and_merged(browse, ctx):
    draft_cases(ctx(), items=[Draft(f"many-acts-{n}") for n in range(2)])
    client, ids = browse("agent"), ids_of(2)
    page = client.get("/cases/chosen", {"ids": ids}).content.decode()
    common = {"ids": ids, "query": "", "mark": mark_of(page)}
    client.post("/cases/chosen/act", {**common, "act": "assign", "assignee": "", "role": "finance"})
    assert {queries.case(case_id).case.owner_role for case_id in ids} == {"finance"}
    client.post("/cases/chosen/act", {**common, "act": "snooze", "until": "2999-01-01T09:00", "reason": "later"})
    client.post("/cases/chosen/act", {**common, "act": "snooze", "until": "", "reason": ""})
    assert {queries.case(case_id).case.snoozed_until for case_id in ids} == {None}
    client.post("/cases/chosen/act", {**common, "act": "escalate", "role": "agent", "severity": "1", "reason": "late"})
    assert {queries.case(case_id).case.severity for case_id in ids} == {1}
    client.post("/cases/chosen/act", {**common, "act": "dance"})
    client.post("/cases/chosen/act", {**common, "act": "merge"})
    assert [queries.case(case_id).case.state for case_id in ids] == ["open", "closed"]
    assert (
        "Nothing of what was selected is open"
        in client.post("/cases/chosen/act", {"ids": ids[1:], "act": "close"}, follow=True).content.decode()
    )
    assert "Nothing selected" in client.get("/cases/chosen").content.decode()


def test_a_case_is_handed_on_put_off_escalated_and_merged(browse, ctx):
    draft_cases(ctx(), items=[Draft(f"one-acts-{n}") for n in range(2)])
    client, (first, second) = browse("agent"), ids_of(2)
    client.post(f"/cases/{first}/assign", {"assignee": "", "role": "finance"})
    client.post(f"/cases/{first}/snooze", {"until": "2031-01-01T09:00", "reason": "Waits for customer"})
    page = client.get(f"/cases/{first}").content.decode()
    assert "Waits for customer" not in page
    assert "SnoozeNotAhead" not in page
    client.post(f"/cases/{first}/escalate", {"role": "inventory_controller", "severity": "2", "reason": "late"})
    client.post(f"/cases/{first}/comment", {"text": "Seen with the other.", "key": "d" * 32})
    assert client.post(f"/cases/{first}/merge", {"into": "nothing"}).url == f"/cases/{first}"
    assert client.post(f"/cases/{first}/merge", {"into": f"#{second}"}).url == f"/cases/{second}"
    page = client.get(f"/cases/{second}").content.decode()
    for words in ("Seen with the other.", f'href="/cases/{first}"', "Merged into this one", "Others merged into it"):
        assert words in page, words
    merged = client.get(f"/cases/{first}").content.decode()
    assert "where it goes on" in merged
    client.post(f"/cases/{first}/reopen")
    assert queries.case(first).case.state == "open"


def test_a_case_says_why_it_stands_where_it_stands(browse, case_id):
    page = browse("executive").get(f"/cases/{case_id}").content.decode()
    assert "Nothing says when it is due; counted from 72 h after it was opened" in page
    assert "42.00 GBP at risk counts as 6 h." in page
    assert "Normal severity counts as nothing." in page


def test_the_next_case_is_taken(browse, ctx):
    draft_cases(ctx(), items=[Draft("take-next")])
    client = browse("agent")
    taken = client.post("/cases/take", {"query": "queue=dock"})
    assert re.fullmatch(r"/cases/[0-9]+", taken.url)
    empty = client.post("/cases/take", {"query": "queue=fraud&role=mine"}, follow=True).content.decode()
    assert "Nothing waits there that is nobody&#x27;s." in empty


def test_lists_are_kept_and_let_go(browse, case_id):
    client = browse("agent")
    query = "queue=dock&from=10&order=money&columns=case,money"
    client.post("/cases/filters", {"name": "Dear ones", "query": query, "role": ""})
    client.post("/cases/filters", {"name": "Ours", "query": "due=overdue", "role": "agent"})
    page = client.get("/cases").content.decode()
    kept = html.unescape(re.search(r'href="(/cases[?][^"]+)"><svg[^>]*><use[^>]*></use></svg> Dear ones', page)[1])
    shown = client.get(kept).content.decode()
    assert "At risk</th>" in shown
    assert "Whose</th>" not in shown
    assert "Ours" not in browse("clerk").get("/cases").content.decode()
    client.post("/cases/filters/drop", {"owner": "role:agent", "name": "Ours"})
    assert "Ours" not in client.get("/cases").content.decode()


def test_what_cannot_be_read_asks_nothing(browse):
    client = browse("agent")
    for query in ("from=lots", "from=-1", "to=NaN", "q=%00", "currency=%00", "age=x", "severity=9", "columns=colour"):
        assert client.get(f"/cases?{query}").status_code == 200, query


def test_every_kind_is_explained(browse):
    page = browse("clerk").get("/cases/kinds").content.decode()
    assert "Fewer pieces arrived than were authorised" in page
    assert "The missing pieces turned up" in page


def test_a_case_is_opened_by_hand(browse, ctx):
    from company import make_company
    from everything import ask, buy

    company = make_company(ctx)
    rma = ask(company, buy(company, ("tee", 1)), ("tee", 1))
    client = browse("agent")
    assert "/cases/new" in client.get("/cases").content.decode()
    page = client.get(f"/cases/new?about=rma&number={rma}").content.decode()
    assert f'value="{rma}"' in page
    assert "The customer and we do not agree" in page
    assert "Signals about a return" not in page
    form = {
        "kind": "dispute",
        "about": "rma",
        "number": "RMA-404",
        "amount": "19,99",
        "currency": "gbp",
        "note": "Blue.",
    }
    wrong = client.post("/cases/new", {**form, "key": "new-1"})
    assert wrong.status_code == 422
    assert "There is no return RMA-404; look its number up again." in wrong.content.decode()
    assert "Blue." in wrong.content.decode()
    assert client.post("/cases/new", {**form, "amount": "much", "key": "new-2"}).status_code == 422
    done = client.post("/cases/new", {**form, "number": rma, "key": "new-3"})
    case = queries.case(int(done.url.rsplit("/", 1)[1]))
    assert (case.case.kind, case.case.money_at_risk_minor, case.case.currency) == ("dispute", 1_999, "GBP")
    assert [comment.text for comment in case.comments] == ["Blue."]
    assert browse("executive").get("/cases/new").status_code == 403


def test_a_review_of_signals_is_not_shown_to_who_may_not_see_scores(browse, ctx):
    from casework import cases_about

    (case,) = cases_about(ctx, kind="fraud_review", money=9_000)
    assert browse("agent").get(f"/cases/{case}").status_code == 200
    clerk = browse("clerk")
    assert clerk.get(f"/cases/{case}").status_code == 404
    assert f"/cases/{case}" not in clerk.get("/cases?kind=fraud_review").content.decode()
    assert "Signals about a return" not in clerk.get("/cases?kind=fraud_review&format=csv").getvalue().decode()
    assert "Nothing is selected that is still open." in clerk.get("/cases/chosen", {"ids": case}).content.decode()
    from django.core.files.uploadedfile import SimpleUploadedFile

    from counterflow.evidence import queries as evidence
    from pictures import picture

    about = {"subject_kind": "case", "subject_id": case, "key": "kept-from-some"}
    browse("agent").post("/documents/keep", {**about, "documents": [SimpleUploadedFile("a.txt", b"Hello.")]})
    browse("agent").post("/photos/keep", {**about, "photos": [SimpleUploadedFile("a.jpg", picture())]})
    document = evidence.documents_of(subject_kind="case", subject_id=case)[0].id
    photo = evidence.photos_of(subject_kind="case", subject_id=case)[0].id
    for address in (f"/documents/{document}", f"/photos/{photo}", f"/photos/{photo}/small"):
        assert browse("agent").get(address).status_code == 200
        assert clerk.get(address).status_code == 404
    clerk.post(f"/cases/{case}/close", {"outcome": "cleared", "key": "clerk-clears"})
    assert queries.case(case).case.state == "open"


def test_what_was_given_up_is_tried_again_from_its_case(browse, ctx, owner):
    from company import ids
    from counterflow.flows import ask_people
    from counterflow.kernel import db

    (command,) = (row.id for row in db.rows("SELECT max(id) AS id FROM kernel_commandrecord"))
    (delivery,) = ids(1)
    owner.execute(
        "INSERT INTO kernel_delivery (id, command_id, kinds, at, attempts) VALUES (%s, %s, '[]', now(), 5)",
        [delivery, command],
    )
    draft = CaseDraft("delivery_failed", "delivery", delivery, f"delivery:{delivery}", facts={"fault": "DataError"})
    ask_people(ctx(), items=[draft])
    case = queries.cases(kind="delivery_failed", sort="newest", subject_kind="delivery")[0].id
    client = browse("administrator")
    page = client.get(f"/cases/{case}").content.decode()
    assert "Try again" in page
    assert "DataError" in page
    client.post(f"/cases/{case}/retry", {"key": "retry-one"})
    assert queries.case(case).case.outcome == "tried_again"
    assert "If it fails again, a new case opens." in client.get(f"/cases/{case}").content.decode()
    assert db.rows("SELECT attempts FROM kernel_delivery WHERE id = %s", [delivery])[0].attempts == 0
    owner.execute("DELETE FROM kernel_delivery WHERE id = %s", [delivery])
    assert browse("executive").post(f"/cases/{case}/retry").status_code == 403


@pytest.mark.parametrize(
    ("currency", "typed", "smallest"), [("", "10", 1_000), ("JPY", "10", 10), ("KWD", "10.5", 10_500)]
)
def test_amounts_are_typed_in_the_units_of_the_currency(currency, typed, smallest):
    from django.http import QueryDict

    from counterflow.console.case_lists import address_of, question_of
    from counterflow.console.views.cases import _asked_of

    question = question_of(_asked_of(QueryDict(f"from={typed}&currency={currency.lower()}")))
    assert (question.money_from_minor, question.currency) == (smallest, currency)
    again = question_of(_asked_of(QueryDict(address_of(question.told).partition("?")[2])))
    assert again == question
