"""A statement is uploaded, its differences are shown, and who may posts what is proposed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from company import ASKED, make_company
from console_life import asked, disposed, received
from counterflow.kernel.context import Context
from counterflow.reconciliation import queries


@pytest.fixture(scope="module")
def company(people):
    """A company with three tees to sell."""
    made = make_company(lambda: Context.make("user:1", ["*"], ASKED))
    disposed(made, received(made, asked(made, quantity=3), 3))
    return made


def upload(client, company, text, as_of="2026-05-20T12:00:00"):
    """Send a statement by the form."""
    file = SimpleUploadedFile("onhand.csv", text.encode())
    return client.post("/reconciliation/compare", {"node": company.node(), "as_of": as_of, "file": file})


def test_a_statement_is_compared_and_its_break_posted(browse, company):
    client = browse("inventory_controller")
    answer = upload(client, company, f"sku,state,quantity\n{company.sku()},available,2\nno-such,available,1\nx,,y\n")
    assert answer.status_code == 302, answer.content
    page = client.get(answer["Location"]).content.decode()
    for word in ("Missing", "Unknown SKU", "£8.00", "Rows that could not be read", "Move 1 from available"):
        assert word in page, word
    row = next(b for b in queries.breaks() if b.sku == company.sku())
    assert "another person has to agree to its 1 proposed entry, or posts it." in page
    post = f"{answer['Location']}/post"
    offered = client.post(post, {"break": [row.id]})
    assert "You compared this statement yourself." in offered.content.decode()
    other = browse("finance")
    assert f'name="break" value="{row.id}"' in other.get(answer["Location"]).content.decode()
    other.post(post, {"break": [row.id]})
    assert "1 adjusting entries posted." in other.get(answer["Location"]).content.decode()
    assert queries.breaks(statement=row.statement_id, kind="missing")[0].state == "settled"
    assert "Everything ties." in other.get("/ledger/tie-out").content.decode()
    lines = b"".join(other.get(f"{answer['Location']}?format=csv").streaming_content).decode().splitlines()
    assert len(lines) == 3


def test_a_statement_that_agrees_says_so(browse, company):
    client = browse("finance")
    answer = upload(client, company, f"sku;state;qty\n{company.sku()};available;3\n", as_of="2026-05-07T08:00:00")
    page = client.get(answer["Location"]).content.decode()
    assert "Statement and books agree." in page
    assert answer["Location"] in client.get("/reconciliation").content.decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "empty"), ("sku,state\nA,available\n", "no column for quantity"), ("\x00\x01", "not a text file")],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(browse, company, text, said):
    answer = upload(browse("finance"), company, text)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_time_to_come_is_refused(browse, company):
    answer = upload(browse("finance"), company, "sku,state,quantity\nA,available,1\n", as_of="2199-01-01T00:00:00")
    assert answer.status_code == 422
    assert "cannot be compared before" in answer.content.decode()


def test_only_who_may_compares(browse, company):
    assert upload(browse("executive"), company, "x").status_code == 403
    assert "Compare a statement" not in browse("executive").get("/reconciliation").content.decode()
