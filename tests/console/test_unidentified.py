"""Pages of goods that nobody could name, and the labels of plates."""

import io

import pytest
from PIL import Image

from company import ASKED, make_company
from counterflow.kernel import db
from dock import authorise, breaches, receive, scan, tell


@pytest.fixture(scope="module")
def company(people):
    """A company of the module."""
    from counterflow.kernel.context import Context

    return make_company(lambda **more: Context.make("user:1", ["*"], ASKED, **more))


@pytest.fixture
def parked(company):
    """The plate of a unit that nobody could name."""
    one = scan(company, sku="")
    receive(company, one)
    return one.lpn


def photo():
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "navy").save(buffer, "JPEG")
    buffer.seek(0)
    buffer.name = "photo.jpg"
    return buffer


def test_the_list_shows_what_waits_for_a_name(browse, company, parked):
    tell(company, f"LOOSE-{parked}", "delivered")
    page = browse("clerk").get("/unidentified").content.decode()
    assert parked in page
    assert f"LOOSE-{parked}" in page
    file = browse("clerk").get("/unidentified?format=csv")
    assert parked in b"".join(file.streaming_content).decode()


def test_a_clerk_tells_clues_with_a_photo_and_sees_whose_it_may_be(browse, company, parked):
    rma = authorise(company, [("tee", 1)])
    clerk = browse("clerk")
    told = {"order": rma, "note": "found in a blue box", "photos": photo()}
    assert clerk.post(f"/unidentified/{parked}/clues", told).status_code == 302
    page = clerk.get(f"/unidentified/{parked}").content.decode()
    assert "its return number was found" in page
    assert "found in a blue box" in page
    assert "/small" in page
    assert "It is from" not in page


def test_an_agent_matches_a_suggestion(browse, company, parked):
    rma = authorise(company, [("tee", 1)])
    browse("clerk").post(f"/unidentified/{parked}/clues", {"order": rma})
    agent = browse("agent")
    assert f"It is from {rma}" in agent.get(f"/unidentified/{parked}").content.decode()
    answer = agent.post(f"/unidentified/{parked}/match", {"rma": rma, "line": "1"})
    assert answer["Location"] == f"/units/{parked}"
    found = db.rows("SELECT found FROM receiving_unit WHERE lpn = %s", [parked])[0]
    assert found.found == "expected"
    assert breaches() == []


def test_a_match_that_is_refused_says_why_and_stays_on_the_page(browse, parked):
    answer = browse("agent").post(f"/unidentified/{parked}/match", {"rma": "RMA-0", "line": "1"}, follow=True)
    assert "There is no RMA RMA-0" in answer.content.decode()


def test_nothing_told_is_refused_in_words(browse, parked):
    answer = browse("clerk").post(f"/unidentified/{parked}/clues", {}, follow=True)
    assert "give at least one clue" in answer.content.decode()


def test_who_may_not_does_not(browse, company, parked):
    assert browse("clerk").post(f"/unidentified/{parked}/match", {"rma": "R", "line": "1"}).status_code == 403
    assert browse("executive").post(f"/unidentified/{parked}/clues", {"sku": "x"}).status_code == 403
    assert browse("executive").get("/labels").status_code == 403
    assert browse("clerk").get("/unidentified/nobody").status_code == 404


def test_the_pages_take_a_bounded_number_of_statements(browse, company, parked, django_statements):
    clerk = browse("clerk")
    clerk.post(f"/unidentified/{parked}/clues", {"sku": company.sku(), "note": "x"})
    for address in ("/unidentified", f"/unidentified/{parked}"):
        clerk.get(address)
        with django_statements() as seen:
            clerk.get(address)
        assert len(seen) <= 15, address


def test_a_label_is_printed_again_as_pdf_and_as_zpl(browse, parked):
    clerk = browse("clerk")
    document = clerk.get(f"/units/{parked}/label.pdf?size=62x29")
    assert document.content.startswith(b"%PDF")
    assert document["X-Frame-Options"] == "SAMEORIGIN"
    assert document["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert f"^FD{parked}^FS" in clerk.get(f"/units/{parked}/label.zpl").content.decode()
    assert clerk.get("/units/nobody/label.pdf").status_code == 404


def test_blank_plates_are_printed_once_each(browse):
    clerk = browse("clerk")
    asked = {"count": "3", "size": "62x29", "kind": "zpl", "key": "plates-1"}
    first = clerk.post("/labels", asked).content.decode()
    assert first.count("^XA") == 3
    assert clerk.post("/labels", asked).content.decode() == first
    assert clerk.post("/labels", {**asked, "key": "plates-2"}).content.decode() != first
    assert clerk.post("/labels", {**asked, "kind": "pdf", "key": "plates-3"}).content.startswith(b"%PDF")
    assert clerk.post("/labels", {**asked, "count": "0", "key": "plates-4"}).status_code == 422


def test_a_case_about_such_goods_leads_to_their_page(browse, parked):
    case = db.rows(
        "SELECT c.id FROM workqueue_case c JOIN receiving_unit u ON u.id = c.subject_id WHERE u.lpn = %s", [parked]
    )[0]
    assert f"/unidentified/{parked}" in browse("agent").get(f"/cases/{case.id}").content.decode()
    assert f"/unidentified/{parked}" in browse("clerk").get(f"/units/{parked}").content.decode()
