"""Counting: planned by a controller, counted by clerks who see nothing of the books, posted by another person."""

import re
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from company import ASKED, make_company
from console_life import asked, disposed, received
from counterflow.kernel.context import Context
from counterflow.reconciliation import queries_counts as queries
from counterflow.reconciliation.reading_counts import BYTES_MAX


@pytest.fixture(scope="module")
def company(people):
    """A company with three tees to sell and a unit of two on the dock."""
    made = make_company(lambda: Context.make("user:1", ["*"], ASKED))
    disposed(made, received(made, asked(made, quantity=3), 3))
    return made


@pytest.fixture
def count(browse, company):
    """A count of available goods, created by the controller."""
    form = {
        "node": company.node(),
        "states": ["available"],
        "sample_a": 0,
        "sample_b": 0,
        "sample_c": 0,
        "tolerance_pieces": 0,
        "tolerance_percent": 0,
        "blind": "on",
    }
    answer = browse("inventory_controller").post("/counts/new", form)
    assert answer.status_code == 302, answer.content
    return answer["Location"]


def text(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def scan(client, count, code, **more):
    """A scan as the station's script sends it; what comes back."""
    answer = client.post(f"{count}/scan", {"scan": code, "state": "available", **more}, headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_a_day_of_counting(browse, company, count):
    clerk, sku = browse("clerk"), company.sku()
    page = text(clerk, f"{count}/work")
    assert "data-scan-box" in page
    assert sku in page
    assert "0 of 1 lines are counted." in page
    first = scan(clerk, count, sku)
    assert 'data-signal="good"' in first
    assert f'name="last" value="{sku}"' in first
    assert '<span class="hand-count">2</span>' in scan(clerk, count, "1", last=sku)
    assert 'data-signal="stop"' in scan(clerk, count, "no-such-code")
    controller = browse("inventory_controller")
    controller.post(f"{count}/compare", {"no_recount": "on"})
    page = text(controller, count)
    for word in ("What differs", "Missing", "Move 1 from available", "Compared", "Post 1 adjusting entry"):
        assert word in page, word
    assert "What differs" not in text(clerk, count)
    statement = re.search(r"/reconciliation/(\d+)", page)[0]
    identity = re.search(r'name="break" value="(\d+)"', page)[1]
    browse("finance").post(f"{statement}/post", {"break": [identity]})
    controller.post(f"{count}/close", {})
    page = text(controller, count)
    assert "Closed" in page
    assert "£8.00" in page
    accuracy = text(controller, "/counts")
    assert "Accuracy by node" in accuracy
    assert "0.0 %" in accuracy
    assert "Accuracy by node" not in text(clerk, "/counts")
    assert "This count is over" in text(clerk, f"{count}/work")


def test_who_counts_blind_sees_nothing_of_the_books(browse, company, count):
    clerk = browse("clerk")
    scan(clerk, count, company.sku())
    browse("inventory_controller").post(f"{count}/compare", {"no_recount": "on"})
    for address in (count, f"{count}/work", f"{count}?line=differs", f"{count}?line=agreed"):
        page = text(clerk, address)
        for word in ("In the books", "Apart", "Differs</span>", "expected<"):
            assert word not in page, (address, word)
    lines = b"".join(clerk.get(f"{count}?format=csv").streaming_content).decode()
    assert "differs" not in lines
    assert "books" not in lines


def test_nothing_is_lost_and_nothing_counted_twice_when_a_scan_is_sent_again(browse, company, count):
    clerk = browse("clerk")
    for _ in range(2):
        scan(clerk, count, company.sku(), key="k" * 32)
    assert "1 counted in all" in scan(clerk, count, company.sku(), key="k" * 32)


def test_an_entry_is_taken_back_and_none_is_an_answer(browse, company, count):
    clerk = browse("clerk")
    page = scan(clerk, count, company.sku())
    ref = re.search(r'name="ref" value="([^"]+)"', page)[1]
    headers = {"HX-Request": "true"}
    page = clerk.post(f"{count}/undo", {"ref": ref, "state": "available"}, headers=headers).content.decode()
    assert "Taken back" in page
    assert "0 counted in all" in page
    page = clerk.post(f"{count}/none", {"sku": company.sku(), "state": "available"}, headers=headers).content.decode()
    assert "Every line is counted." in page


def test_without_script_the_form_leads_back_to_the_station(browse, company, count):
    clerk = browse("clerk")
    answer = clerk.post(f"{count}/scan", {"scan": company.sku(), "state": "available"})
    assert answer.status_code == 302
    assert "1 piece" in text(clerk, answer["Location"])


def test_lines_beyond_the_tolerance_come_back_to_the_station(browse, company, count):
    clerk, controller = browse("clerk"), browse("inventory_controller")
    scan(clerk, count, company.sku())
    controller.post(f"{count}/compare", {})
    assert "differed and is counted again" in text(controller, count)
    assert "count again" in text(clerk, f"{count}/work")


def test_a_counted_sheet_is_recorded_once(browse, company, count):
    clerk = browse("clerk")
    sheet = b"".join(clerk.get(f"{count}?line=left&format=csv").streaming_content).decode()
    head, row = sheet.strip().splitlines()
    place = head.split(",").index("Counted")
    cells = row.split(",")
    cells[place] = "3"
    content = f"{head}\n{','.join(cells)}\n".encode()
    for _ in range(2):
        file = SimpleUploadedFile("sheet.csv", content)
        assert clerk.post(f"{count}/upload", {"file": file}).status_code == 302
    found = queries.count_lines(count=int(count.rpartition("/")[2]))
    assert [line.counted for line in found] == [3]
    for bad, words in ((b"", "empty"), (b"sku,counted\nA,x\n", "not a whole number"), (b"sku\nA\n", "no column")):
        clerk.post(f"{count}/upload", {"file": SimpleUploadedFile("x.csv", bad)})
        assert words in text(clerk, count), words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b",,\n", "no column for sku"),
        ("sku,quantity\nTEE,²\n".encode(), "is not a whole number of pieces"),
        (b"x" * (BYTES_MAX + 1), "at most 20 MB are taken"),
    ],
)
def test_a_sheet_that_cannot_be_read_is_told(browse, count, content, words):
    controller = browse("inventory_controller")
    controller.post(f"{count}/upload", {"file": SimpleUploadedFile("sheet.csv", content)})
    assert words in controller.get(count).content.decode()


def test_a_count_may_be_cancelled(browse, count):
    controller = browse("inventory_controller")
    controller.post(f"{count}/cancel", {})
    assert "Cancelled" in text(controller, count)


def test_an_empty_scope_says_so(browse, company):
    form = {"node": company.node("3pl"), "states": ["available"], "sample_a": 0, "sample_b": 0, "sample_c": 0}
    form |= {"tolerance_pieces": 0, "tolerance_percent": 0}
    answer = browse("inventory_controller").post("/counts/new", form)
    assert answer.status_code == 422
    assert "is what this count asks for" in answer.content.decode()


def test_who_may_what(browse, count):
    assert browse("clerk").get("/counts/new").status_code == 403
    assert browse("clerk").post(f"{count}/compare").status_code == 403
    assert browse("executive").get(f"{count}/work").status_code == 403
    assert browse("agent").get("/counts").status_code == 403


def test_pages_of_a_count_take_few_statements(browse, company, count, django_statements):
    clerk, controller = browse("clerk"), browse("inventory_controller")
    scan(clerk, count, company.sku())
    controller.post(f"{count}/compare", {"no_recount": "on"})
    for address in ("/counts", count, f"{count}/work", "/counts/new"):
        with django_statements() as seen:
            assert controller.get(address).status_code == 200
        assert len(seen) <= 15, (address, len(seen))


def test_a_scan_takes_few_statements(browse, company, count, django_statements):
    clerk = browse("clerk")
    scan(clerk, count, company.sku())
    with django_statements() as seen:
        scan(clerk, count, company.sku())
    assert len(seen) <= 15, seen


def test_one_place_is_corrected_after_its_entry_was_shown(browse, company):
    controller, sku = browse("inventory_controller"), company.sku()
    page = text(controller, f"/inventory/adjust?sku={sku}&node={company.node()}")
    reference = re.search(r'name="reference" value="([^"]+)"', page)[1]
    form = {
        "reference": reference,
        "sku": sku,
        "node": company.node(),
        "from_state": "unexplained",
        "to_state": "available",
        "quantity": 2,
        "reason": "found_on_shelf",
    }
    shown = controller.post("/inventory/adjust", form).content.decode()
    assert "What would be posted" in shown
    assert "£16.00" in shown
    for _ in range(2):
        assert controller.post("/inventory/adjust", {**form, "post": "yes"}).status_code == 302
    assert text(controller, f"/movements?sku={sku}&kind=adjust").count("£16.00") == 1
    wrong = controller.post("/inventory/adjust", {**form, "reference": "other", "to_state": "unexplained"})
    assert wrong.status_code == 422
    assert browse("finance").get("/inventory/adjust").status_code == 403


def test_a_file_of_counts(browse, count):
    answer = browse("inventory_controller").get("/counts?format=csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert "Shrinkage" in lines[0]
    assert f"{datetime.now(UTC):%Y}" in lines[1]
