"""Returns in the console: found by anything in one's hand, whole on a page, acted on by who may."""

import re

import pytest

from company import ASKED, make_company
from console_life import asked, blind, credited, disposed, received, whole
from counterflow.kernel.context import Context
from counterflow.refunds import queries as refunds
from counterflow.returns.page import return_page
from dock import announce, tell


@pytest.fixture(scope="module")
def company(people):
    """A company of its own."""
    return make_company(lambda: Context.make("user:1", ["*"], ASKED))


def text_of(client, address):
    """A page that is there."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_a_return_is_found_by_what_one_has_in_hand(browse, company):
    rma, lpn = whole(company)
    other = asked(company)
    client = browse("agent")
    order = return_page(number=rma).order
    for words in (rma, rma.lower(), lpn, order, f"ask-{order}"):
        page = text_of(client, f"/returns?q={words}")
        assert f'href="/returns/{rma}"' in page, words
        assert f'href="/returns/{other}"' not in page, words
    assert "Nothing matches" in text_of(client, "/returns?q=RMA-0")
    assert "Nothing matches" in text_of(client, f"/returns?q={rma}&state=declined")


def test_the_list_as_a_file_has_exact_amounts(browse, company):
    rma, _ = whole(company)
    client = browse("finance")
    lines = b"".join(client.get(f"/returns?q={rma}&format=csv").streaming_content).decode().splitlines()
    assert lines[0].startswith("Return,State,Channel,Order,Asked,Pieces")
    assert "48.00" in lines[1]
    assert len(lines) == 2


def test_the_page_shows_the_four_facts_the_story_and_the_entries(browse, company):
    rma, lpn = whole(company)
    page = text_of(browse("administrator"), f"/returns/{rma}")
    for word in ("Custody", "Quality", "Stock state", "Money", "2</span> here", "2</span> passed", "£48.00"):
        assert word in page, word
    story = re.findall(r'class="moment-title">([^<]+)<', page)
    assert story == ["Credit released", "Disposed", "Inspected", "Received", "Return asked for"]
    assert lpn in page
    entries = re.findall(r"<summary>.*?<strong>([^<]+)</strong>", page)
    assert entries == ["Credit", "Restock", "Inspect", "Receive"]
    assert "Refunds payable" in page


def test_why_quotes_the_rows_that_decided(browse, company):
    rma, _ = whole(company)
    page = text_of(browse("finance"), f"/returns/{rma}/why")
    for kind in ("Eligibility", "Refund", "Disposition"):
        assert f"{kind} · version" in page
    assert "No case about it." in page


def test_an_agent_decides_a_return_that_waits(browse, company):
    first, second = blind(company), blind(company)
    client = browse("agent")
    assert "Is this return accepted?" in text_of(client, f"/returns/{first}")
    client.post(f"/returns/{first}/decide", {"answer": "approve", "reason": "goodwill"})
    client.post(f"/returns/{second}/decide", {"answer": "decline", "reason": "too_late", "note": "Called back."})
    assert return_page(number=first).state == "authorised"
    assert return_page(number=second).state == "declined"
    page = text_of(client, f"/returns/{second}")
    assert "Declined by a person" in page
    assert "Reason: too late" in page
    assert "Is this return accepted?" not in page


def test_a_return_is_cancelled_only_by_who_may(browse, company):
    rma = asked(company)
    assert browse("clerk").post(f"/returns/{rma}/cancel").status_code == 403
    client = browse("agent")
    assert "Cancel the return" in text_of(client, f"/returns/{rma}")
    client.post(f"/returns/{rma}/cancel")
    page = text_of(client, f"/returns/{rma}")
    assert "Cancelled" in page
    assert "Cancel the return" not in page


def test_finance_releases_pays_and_closes(browse, company):
    rma = asked(company)
    lpn = received(company, rma)
    disposed(company, lpn)
    client = browse("finance")
    assert "2 pieces due" in text_of(client, f"/returns/{rma}")
    for _ in range(2):
        client.post(f"/returns/{rma}/release", {"key": "r" * 32})
    credits = refunds.credits(rma=rma)
    assert [credit.total_minor for credit in credits] == [4_800]
    page = text_of(client, f"/returns/{rma}")
    assert "Request payout" in page
    for _ in range(2):
        client.post(f"/returns/{rma}/credits/{credits[0].id}/pay", {"key": "p" * 32})
    assert [payout.amount_minor for payout in refunds.credits(rma=rma)[0].payouts] == [4_800]
    assert "Payout requested" in text_of(client, f"/returns/{rma}")


def test_an_early_credit_needs_its_own_permission(browse, company):
    rma = asked(company)
    client = browse("finance")
    assert "Credit before the milestone" in text_of(client, f"/returns/{rma}")
    client.post(f"/returns/{rma}/approve-early", {"line_no": 1, "quantity": 1, "reason": "loyal_customer"})
    assert return_page(number=rma).lines[0].money["due"] == 1
    assert browse("agent").post(f"/returns/{rma}/approve-early").status_code == 403


def test_who_may_not_see_money_or_books_does_not(browse, company):
    rma, _ = whole(company)
    page = text_of(browse("clerk"), f"/returns/{rma}")
    assert "Credits and payouts" not in page
    assert "Journal entries" not in page
    assert "paid</div>" not in page


def test_what_waits_for_another_role_is_said(browse, company):
    rma = asked(company)
    assert "for another role" in text_of(browse("clerk"), f"/returns/{rma}")


def test_simulated_data_says_so(browse, company):
    rma = asked(company)
    client = browse("clerk")
    assert "Simulated" in text_of(client, f"/returns/{rma}")
    assert "Simulated data:" in text_of(client, "/returns")


def test_the_pages_stay_within_their_statements(browse, company, django_statements):
    rma, _ = whole(company)
    client = browse("administrator")
    for address in ("/returns", f"/returns?q={rma}", f"/returns/{rma}", f"/returns/{rma}/why"):
        with django_statements() as seen:
            text_of(client, address)
        assert len(seen) <= 15, (address, len(seen))


def test_credits_of_returns_are_not_taken_twice(browse, company):
    rma = asked(company)
    disposed(company, received(company, rma))
    credited(company, rma)
    client = browse("finance")
    client.post(f"/returns/{rma}/release", {"key": "z" * 32})
    assert len(refunds.credits(rma=rma)) == 1


def test_enter_alone_answers_no_question(browse, company):
    page = text_of(browse("agent"), f"/returns/{blind(company)}")
    first = re.search(r'<form method="post" action="[^"]*/decide">\s*<button[^>]*>', page)[0]
    assert "disabled" in first
    grades = text_of(browse("inspector"), f"/units/{received(company, asked(company))}")
    assert '<option value="" selected>Choose a grade</option>' in grades


def test_labels_of_several_forms_on_a_page_meet_their_own_fields(browse, company):
    page = text_of(browse("finance"), f"/returns/{blind(company)}")
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'\sfor="([^"]+)"', page)) <= set(ids)


def test_a_case_about_its_parcel_is_among_the_open_questions(browse, company):
    rma = asked(company)
    tell(company, announce(company, rma), "accepted", "lost")
    page = text_of(browse("finance"), f"/returns/{rma}/why")
    assert "The carrier lost a parcel" in page
    story = re.findall(r'class="moment-title">([^<]+)<', text_of(browse("finance"), f"/returns/{rma}"))
    assert story.count("Parcel lost") == 1
    assert story.count("Carrier report") == 1
